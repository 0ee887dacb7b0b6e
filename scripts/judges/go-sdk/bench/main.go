// What a list of groups costs with the vendor's SDK for Go: bench ADDRESS WARMUP CALLS prints the CPU time of the process
// for a call, in microseconds, and its peak memory, in MB.
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	lts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/lts/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/lts/v2/model"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func usage() (microseconds float64, megabytes float64) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	seconds := func(time syscall.Timeval) float64 { return float64(time.Sec)*1e6 + float64(time.Usec) }
	return seconds(usage.Utime) + seconds(usage.Stime), float64(usage.Maxrss) / 1024
}

func main() {
	credentials := must(basic.NewCredentialsBuilder().
		WithAk("AKIDEXAMPLE000000001").
		WithSk("SecretKeyOfThatManyCharactersIsAsLong001").
		WithProjectId("0123456789abcdef0123456789abcdef").
		SafeBuild())
	http := must(lts.LtsClientBuilder().WithCredential(credentials).WithEndpoint("http://" + os.Args[1]).SafeBuild())
	client := lts.NewLtsClient(http)
	list := func(calls int) {
		for range make([]struct{}, calls) {
			response := must(client.ListLogGroups(&model.ListLogGroupsRequest{}))
			if response.LogGroups == nil || len(*response.LogGroups) == 0 {
				panic("no groups")
			}
		}
	}
	calls := must(strconv.Atoi(os.Args[3]))
	list(must(strconv.Atoi(os.Args[2])))
	before, _ := usage()
	list(calls)
	after, peak := usage()
	fmt.Printf("{\"cpu_us\": %f, \"peak_mb\": %f}\n", (after-before)/float64(calls), peak)
}
