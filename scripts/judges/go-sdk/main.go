// The vendor's SDK for Go, unmodified, against the emulator at LTS_URL. It signs without Content-Type.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/httphandler"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/invoker"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	lts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/lts/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/lts/v2/model"
)

const (
	ak      = "LTSEMULATORAK0000001"
	sk      = "LtsEmulatorSecretKeyForLocalUseOnly00001"
	project = "0123456789abcdef0123456789abcdef"
	unknown = "00000000-0000-4000-8000-000000000000"
	wrong   = "Incorrect IAM authentication information: "
)

var url = os.Getenv("LTS_URL")

// The body of the last response that the SDK got.
var lastBody []byte

type keys struct{ ak, sk, token, project string }

func client(k keys) (*lts.LtsClient, error) {
	builder := basic.NewCredentialsBuilder().WithAk(k.ak).WithSk(k.sk)
	if k.project != "" {
		builder = builder.WithProjectId(k.project)
	} else {
		builder = builder.WithIamEndpointOverride(url)
	}
	if k.token != "" {
		builder = builder.WithSecurityToken(k.token)
	}
	credentials, err := builder.SafeBuild()
	if err != nil {
		return nil, err
	}
	keep := func(response http.Response) { lastBody, _ = io.ReadAll(response.Body) }
	handler := httphandler.NewHttpHandler().AddResponseHandler(keep)
	building := lts.LtsClientBuilder().WithCredential(credentials).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpHandler(handler))
	if k.project != "" {
		building = building.WithEndpoint(url)
	} else {
		building = building.WithRegion(region.NewRegion("cn-north-4", url))
	}
	hc, err := building.SafeBuild()
	if err != nil {
		return nil, err
	}
	return lts.NewLtsClient(hc), nil
}

// send sends without the SDK, with a token if there is one. It returns the body of the response.
func send(method, path, body, token string) ([]byte, error) {
	request, err := http.NewRequest(method, url+path, bytes.NewBufferString(body))
	if err != nil {
		return nil, err
	}
	if token != "" {
		request.Header.Set("X-Auth-Token", token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s", method, path, response.Status)
	}
	return io.ReadAll(response.Body)
}

func control(method, path, body string) error {
	_, err := send(method, "/_emulator/"+path, body, "")
	return err
}

func createGroup(c *lts.LtsClient, name string) (*model.CreateLogGroupResponse, error) {
	body := &model.CreateLogGroupParams{LogGroupName: name, TtlInDays: 7}
	return c.CreateLogGroup(&model.CreateLogGroupRequest{Body: body})
}

func createTransfer(c *lts.LtsClient, group, stream string) (*model.CreateLogDumpObsResponse, error) {
	on, prefix := true, "p"
	return c.CreateLogDumpObs(&model.CreateLogDumpObsRequest{Body: &model.CreateLogDumpObsRequestBody{
		LogGroupId: group, LogStreamIds: []string{stream}, ObsBucketName: "lts-test", Type: "cycle",
		StorageFormat: "JSON", SwitchOn: &on, PrefixName: &prefix, Period: 12, PeriodUnit: "hour",
	}})
}

// lifeCycle takes a group, a stream and a transfer from creation to deletion.
func lifeCycle(k keys) error {
	c, err := client(k)
	if err != nil {
		return err
	}
	created, err := createGroup(c, "go")
	if err != nil {
		return err
	}
	group := *created.LogGroupId
	groups, err := c.ListLogGroups(&model.ListLogGroupsRequest{})
	if err != nil {
		return err
	}
	found := (*groups.LogGroups)[0]
	if len(*groups.LogGroups) != 1 || found.LogGroupId != group || found.LogGroupName != "go" || found.TtlInDays != 7 {
		return fmt.Errorf("listed %v", groups)
	}
	stream, err := c.CreateLogStream(&model.CreateLogStreamRequest{
		LogGroupId: group, Body: &model.CreateLogStreamParams{LogStreamName: "nginx"},
	})
	if err != nil {
		return err
	}
	streams, err := c.ListLogStream(&model.ListLogStreamRequest{LogGroupId: group})
	if err != nil {
		return err
	}
	if len(*streams.LogStreams) != 1 || *(*streams.LogStreams)[0].LogStreamId != *stream.LogStreamId {
		return fmt.Errorf("listed %v", streams)
	}
	transfer, err := createTransfer(c, group, *stream.LogStreamId)
	if err != nil {
		return err
	}
	if transfer.HttpStatusCode != 201 || transfer.LogDumpObsId == nil || len(*transfer.LogDumpObsId) != 36 {
		return fmt.Errorf("transfer %v", transfer)
	}
	// Refused with 200: to this SDK a success without an id.
	again, err := createTransfer(c, group, *stream.LogStreamId)
	if err != nil || again.HttpStatusCode != 200 || again.LogDumpObsId != nil {
		return fmt.Errorf("second transfer %v, %w", again, err)
	}
	delete := func() error {
		_, err := c.DeleteLogStream(&model.DeleteLogStreamRequest{LogGroupId: group, LogStreamId: *stream.LogStreamId})
		return err
	}
	if err := refused(delete(), 400, "LTS.0207", "Log stream is associated by transfer"); err != nil {
		return err
	}
	if err := control("DELETE", "transfers/"+*transfer.LogDumpObsId, ""); err != nil {
		return err
	}
	if err := delete(); err != nil {
		return err
	}
	_, err = c.DeleteLogGroup(&model.DeleteLogGroupRequest{LogGroupId: group})
	return err
}

// newer calls the operations of newer editions: updates, tags, the streams of the project, transfers.
func newer(k keys) error {
	c, err := client(k)
	if err != nil {
		return err
	}
	created, err := createGroup(c, "newer")
	if err != nil {
		return err
	}
	group := *created.LogGroupId
	inherited, value := int32(-1), "v"
	made, err := c.CreateLogStream(&model.CreateLogStreamRequest{
		LogGroupId: group, Body: &model.CreateLogStreamParams{LogStreamName: "nginx", TtlInDays: &inherited},
	})
	if err != nil {
		return err
	}
	stream := *made.LogStreamId
	updated, err := c.UpdateLogGroup(&model.UpdateLogGroupRequest{
		LogGroupId: group,
		Body:       &model.UpdateLogGroupParams{TtlInDays: 30, Tags: &[]model.TagsBody{{Key: "a", Value: &value}}},
	})
	if err != nil || *updated.TtlInDays != 30 || *updated.LogGroupId != group {
		return fmt.Errorf("updated group %v, %w", updated, err)
	}
	for _, ttl := range []int32{14, -1} {
		updated, err := c.UpdateLogStream(&model.UpdateLogStreamRequest{
			LogGroupId: group, LogStreamId: stream, Body: &model.UpdateLogStreamParams{TtlInDays: ttl},
		})
		if err != nil || updated.TtlInDays.Value() != ttl || *updated.LogTopicId != stream {
			return fmt.Errorf("updated stream %v, %w", updated, err)
		}
	}
	actions := model.GetCreateTagsReqbodyActionEnum()
	for _, action := range []model.CreateTagsReqbodyAction{actions.CREATE, actions.DELETE} {
		for kind, id := range map[string]string{"groups": group, "topics": stream} {
			_, err := c.CreateTags(&model.CreateTagsRequest{ResourceType: kind, ResourceId: id, Body: &model.CreateTagsReqbody{
				Action: action, IsOpen: true, Tags: []model.TagsBody{{Key: "b", Value: &value}},
			}})
			if err != nil {
				return err
			}
		}
	}
	name := "newer"
	streams, err := c.ListLogStreams(&model.ListLogStreamsRequest{LogGroupName: &name})
	if err != nil {
		return err
	}
	found := (*streams.LogStreams)[0]
	if len(*streams.LogStreams) != 1 || *found.LogGroupId != group || found.LogStreamId != stream ||
		*found.TtlInDays != -1 || found.Tag["a"] != "v" || found.Tag["b"] != "" {
		return fmt.Errorf("listed %v", streams)
	}
	dis, disName := "d", "n"
	for kind, detail := range map[string]*model.LogTransferDetail{
		"OBS": {ObsPeriod: 5, ObsPeriodUnit: "min", ObsBucketName: "lts-test"},
		// This SDK sends zeros for the members of OBS.
		"DIS": {DisId: &dis, DisName: &disName},
	} {
		if err := transfer(c, group, stream, kind, detail); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	_, err = c.DeleteLogGroup(&model.DeleteLogGroupRequest{LogGroupId: group})
	return err
}

// transfer takes a transfer from creation to deletion.
func transfer(c *lts.LtsClient, group, stream, kind string, detail *model.LogTransferDetail) error {
	mode := model.GetCreateTransferRequestBodyLogTransferInfoLogTransferModeEnum().REAL_TIME
	if kind == "OBS" {
		mode = model.GetCreateTransferRequestBodyLogTransferInfoLogTransferModeEnum().CYCLE
	}
	request := &model.CreateTransferRequest{Body: &model.CreateTransferRequestBody{
		LogGroupId: group,
		LogStreams: []model.CreateTransferRequestBodyLogStreams{{LogStreamId: stream}},
		LogTransferInfo: &model.CreateTransferRequestBodyLogTransferInfo{
			LogTransferType:   kind,
			LogTransferMode:   mode,
			LogStorageFormat:  model.GetCreateTransferRequestBodyLogTransferInfoLogStorageFormatEnum().RAW,
			LogTransferStatus: model.GetCreateTransferRequestBodyLogTransferInfoLogTransferStatusEnum().ENABLE,
			LogTransferDetail: detail,
		},
	}}
	created, err := c.CreateTransfer(request)
	if err != nil {
		return err
	}
	_, err = c.CreateTransfer(request)
	if err := refused(err, 400, "LTS.0207", "Log stream is associated by transfer"); err != nil {
		return err
	}
	listed, err := c.ListTransfers(&model.ListTransfersRequest{})
	if err != nil {
		return err
	}
	if len(*listed.LogTransfers) != 1 || (*listed.LogTransfers)[0].LogTransferId != *created.LogTransferId {
		return fmt.Errorf("listed %v", listed)
	}
	updated, err := c.UpdateTransfer(&model.UpdateTransferRequest{Body: &model.UpdateTransferRequestBody{
		LogTransferId: *created.LogTransferId,
		LogTransferInfo: &model.UpdateTransferRequestBodyLogTransferInfo{
			LogStorageFormat:  model.GetUpdateTransferRequestBodyLogTransferInfoLogStorageFormatEnum().JSON,
			LogTransferStatus: model.GetUpdateTransferRequestBodyLogTransferInfoLogTransferStatusEnum().DISABLE,
			LogTransferDetail: detail,
		},
	}})
	if err != nil {
		return err
	}
	if updated.LogTransferInfo.LogStorageFormat.Value() != "JSON" ||
		updated.LogTransferInfo.LogTransferStatus.Value() != "DISABLE" {
		return fmt.Errorf("updated %v", updated)
	}
	deletion := &model.DeleteTransferRequest{LogTransferId: *created.LogTransferId}
	deleted, err := c.DeleteTransfer(deletion)
	if err != nil || *deleted.LogTransferId != *created.LogTransferId {
		return fmt.Errorf("deleted %v, %w", deleted, err)
	}
	_, err = c.DeleteTransfer(deletion)
	return refused(err, 400, "LTS.0405", "The log transfer does not existed")
}

// searches reads lines. The SDK has no operation that writes any.
func searches(k keys) error {
	c, err := client(k)
	if err != nil {
		return err
	}
	created, err := createGroup(c, "lines")
	if err != nil {
		return err
	}
	group := *created.LogGroupId
	made, err := c.CreateLogStream(&model.CreateLogStreamRequest{
		LogGroupId: group, Body: &model.CreateLogStreamParams{LogStreamName: "nginx"},
	})
	if err != nil {
		return err
	}
	stream := *made.LogStreamId
	if err := control("POST", "seed", fmt.Sprintf(`{"tokens": [{"token": "writer", "project_id": %q}]}`, project)); err != nil {
		return err
	}
	now := time.Now().Unix() * 1e9
	body := fmt.Sprintf(`{"log_time_ns": %d, "labels": {"app": "shop"},
		"contents": ["GET /a 200", "GET /b 500", "GET /c 200", "error timeout"]}`, now)
	path := fmt.Sprintf("/v2/%s/lts/groups/%s/streams/%s/tenant/contents", project, group, stream)
	if _, err := send("POST", path, body, "writer"); err != nil {
		return err
	}

	start, end := strconv.FormatInt(now/1e6, 10), strconv.FormatInt(now/1e6+2000, 10)
	limit, highlight, size := int32(3), false, int32(1)
	search := func(stream string, change func(*model.QueryLtsLogParams)) (*model.ListLogsResponse, error) {
		body := &model.QueryLtsLogParams{StartTime: start, EndTime: end, Highlight: &highlight}
		change(body)
		return c.ListLogs(&model.ListLogsRequest{LogGroupId: group, LogStreamId: stream, Body: body})
	}
	first, err := search(stream, func(body *model.QueryLtsLogParams) { body.Limit = &limit })
	if err != nil {
		return err
	}
	lines := *first.Logs
	if len(lines) != 3 || *lines[2].Content != "GET /c 200" || lines[2].Labels["app"] != "shop" || !*first.IsQueryComplete {
		return fmt.Errorf("found %v", first)
	}
	forwards := model.GetQueryLtsLogParamsSearchTypeEnum().FORWARDS
	second, err := search(stream, func(body *model.QueryLtsLogParams) { body.LineNum, body.SearchType = lines[2].LineNum, &forwards })
	if err != nil {
		return err
	}
	if len(*second.Logs) != 1 || *(*second.Logs)[0].Content != "error timeout" {
		return fmt.Errorf("found %v", second)
	}
	wildcard := "*x"
	_, err = search(stream, func(body *model.QueryLtsLogParams) { body.Keywords = &wildcard })
	if err := refused(err, 400, "LTS.0301", `"*" and '?' not allowed as first character`); err != nil {
		return err
	}

	around := &model.ListLogContextRequest{LogGroupId: group, LogStreamId: stream, Body: &model.ListLogContextRequestBody{
		LineNum: lines[1].LineNum, BackwardsSize: &size, ForwardsSize: &size,
	}}
	context, err := c.ListLogContext(around)
	if err != nil {
		return err
	}
	if len(*context.Logs) != 3 || *context.TotalCount != 3 || *context.BackwardsCount != 1 || *context.ForwardsCount != 1 {
		return fmt.Errorf("context %v", context)
	}
	around.LogStreamId = unknown
	_, err = c.ListLogContext(around)
	if err := refused(err, 400, "LTS.0208", "The log stream does not existed"); err != nil {
		return err
	}

	count := &model.ListLogHistogramRequest{Body: &model.QueryLogKeyWordCountRequestBody{
		StartTime: start, EndTime: end, StepInterval: 1000, GroupId: group, StreamId: stream, KeyWord: "GET",
	}}
	if err := histogram(c, count); err != nil {
		return err
	}
	count.Body.StepInterval = 86_400_001
	_, err = c.ListLogHistogram(count)
	if err := refused(err, 400, "LTS.0601", "must be less than or equal to 86400000"); err != nil {
		return err
	}
	_, err = c.DeleteLogGroup(&model.DeleteLogGroupRequest{LogGroupId: group})
	return err
}

// histogram proves that this SDK can't read the list that the service sends: its model has a text.
func histogram(c *lts.LtsClient, count *model.ListLogHistogramRequest) error {
	found, err := c.ListLogHistogram(count)
	var sent struct {
		Count     int64
		Histogram []struct{ Num, StartTime, EndTime int64 }
	}
	if err := json.Unmarshal(lastBody, &sent); err != nil {
		return fmt.Errorf("not a list of steps: %s: %w", lastBody, err)
	}
	if sent.Count != 3 || len(sent.Histogram) != 2 || sent.Histogram[0].Num != 3 || sent.Histogram[0].EndTime == 0 {
		return fmt.Errorf("sent %s", lastBody)
	}
	if err == nil {
		return fmt.Errorf("this SDK reads the histogram now: %v", found)
	}
	if !strings.Contains(err.Error(), "ListLogHistogramResponse.Histogram: ReadString: expects") {
		return fmt.Errorf("another error: %w", err)
	}
	return nil
}

// refusals refuses each operation once that the checks before haven't.
func refusals(k keys) error {
	c, err := client(k)
	if err != nil {
		return err
	}
	created, err := createGroup(c, "refusals")
	if err != nil {
		return err
	}
	group, tooLong := *created.LogGroupId, strings.Repeat("x", 65)
	var ftp model.ListTransfersRequestLogTransferType
	if err := ftp.UnmarshalJSON([]byte(`"FTP"`)); err != nil {
		return err
	}
	info := &model.UpdateTransferRequestBodyLogTransferInfo{
		LogStorageFormat:  model.GetUpdateTransferRequestBodyLogTransferInfoLogStorageFormatEnum().RAW,
		LogTransferStatus: model.GetUpdateTransferRequestBodyLogTransferInfoLogTransferStatusEnum().ENABLE,
		LogTransferDetail: &model.LogTransferDetail{ObsPeriod: 5, ObsPeriodUnit: "min", ObsBucketName: "lts-test"},
	}
	for _, refusal := range []struct {
		name, code, text string
		call             func() error
	}{
		{"updateLogGroup", "LTS.0201", "The log group is not existed", func() error {
			_, err := c.UpdateLogGroup(&model.UpdateLogGroupRequest{
				LogGroupId: unknown, Body: &model.UpdateLogGroupParams{TtlInDays: 7},
			})
			return err
		}},
		{"deleteLogGroup", "LTS.0201", "The log group is not existed", func() error {
			_, err := c.DeleteLogGroup(&model.DeleteLogGroupRequest{LogGroupId: unknown})
			return err
		}},
		{"createLogStream", "LTS.0009", "Failed to validate the request body", func() error {
			_, err := c.CreateLogStream(&model.CreateLogStreamRequest{
				LogGroupId: group, Body: &model.CreateLogStreamParams{LogStreamName: tooLong},
			})
			return err
		}},
		{"updateLogStream", "LTS.0208", "The log stream does not existed", func() error {
			_, err := c.UpdateLogStream(&model.UpdateLogStreamRequest{
				LogGroupId: group, LogStreamId: unknown, Body: &model.UpdateLogStreamParams{TtlInDays: 7},
			})
			return err
		}},
		{"listProjectLogStreams", "LTS.0009", "Failed to validate the request body", func() error {
			_, err := c.ListLogStreams(&model.ListLogStreamsRequest{LogGroupName: &tooLong})
			return err
		}},
		{"changeTags", "LTS.0201", "The log group is not existed", func() error {
			_, err := c.CreateTags(&model.CreateTagsRequest{ResourceType: "groups", ResourceId: unknown, Body: &model.CreateTagsReqbody{
				Action: model.GetCreateTagsReqbodyActionEnum().CREATE, IsOpen: true, Tags: []model.TagsBody{{Key: "a"}},
			}})
			return err
		}},
		{"createLogDumpObs", "LTS.0009", "Failed to validate the request body", func() error {
			_, err := createTransfer(c, "x", unknown)
			return err
		}},
		{"listTransfers", "LTS.0001", "Invalid log transfer type", func() error {
			_, err := c.ListTransfers(&model.ListTransfersRequest{LogTransferType: &ftp})
			return err
		}},
		{"updateTransfer", "LTS.0405", "The log transfer does not existed", func() error {
			_, err := c.UpdateTransfer(&model.UpdateTransferRequest{Body: &model.UpdateTransferRequestBody{
				LogTransferId: unknown, LogTransferInfo: info,
			}})
			return err
		}},
	} {
		if err := refused(refusal.call(), 400, refusal.code, refusal.text); err != nil {
			return fmt.Errorf("%s: %w", refusal.name, err)
		}
	}
	_, err = c.DeleteLogGroup(&model.DeleteLogGroupRequest{LogGroupId: group})
	return err
}

// operations returns the operations of the document that the SDK has, by method and path, and those that it lacks.
func operations() (has, lacks []string) {
	parameter := regexp.MustCompile(`{[^}]*}`)
	key := func(method, path string) string { return method + " " + parameter.ReplaceAllString(path, "{}") }
	defined := map[string]bool{}
	c := reflect.ValueOf(&lts.LtsClient{})
	for i := 0; i < c.NumMethod(); i++ {
		if strings.HasSuffix(c.Type().Method(i).Name, "Invoker") {
			made := c.Method(i).Call([]reflect.Value{reflect.New(c.Method(i).Type().In(0).Elem())})[0]
			operation := made.Elem().FieldByName("BaseInvoker").Interface().(*invoker.BaseInvoker).Exchange.ApiReference
			defined[key(operation.Method, operation.Path)] = true
		}
	}
	for _, line := range strings.Split(os.Getenv("LTS_OPERATIONS"), "\n") {
		words := strings.Fields(line)
		if defined[key(words[0], words[1])] {
			has = append(has, words[2])
		} else {
			lacks = append(lacks, words[2])
		}
	}
	return has, lacks
}

// complete checks that each operation that the SDK has succeeded, and was refused.
func complete(has []string) error {
	text, err := send("GET", "/_emulator/requests", "", "")
	if err != nil {
		return err
	}
	var calls []struct {
		Operation string
		Status    int
		Code      string
	}
	if err := json.Unmarshal(text, &calls); err != nil {
		return err
	}
	succeeded, refused := map[string]bool{}, map[string]bool{}
	for _, call := range calls {
		succeeded[call.Operation] = succeeded[call.Operation] || call.Status < 300 && call.Code == ""
		refused[call.Operation] = refused[call.Operation] || call.Status >= 400 && call.Code != ""
	}
	for _, operation := range has {
		if !succeeded[operation] || !refused[operation] {
			return fmt.Errorf("%s: succeeded %t, refused %t", operation, succeeded[operation], refused[operation])
		}
	}
	return nil
}

// refused checks status, code and the beginning of the text of an error.
func refused(err error, status int, code, text string) error {
	var refusal *sdkerr.ServiceResponseError
	if !errors.As(err, &refusal) {
		return fmt.Errorf("not refused: %v", err)
	}
	if refusal.StatusCode != status || refusal.ErrorCode != code || refusal.RequestId == "" ||
		!strings.HasPrefix(refusal.ErrorMessage, text) {
		return fmt.Errorf("refused otherwise: %v", refusal)
	}
	return nil
}

// refusedCall calls with a client and expects an error.
func refusedCall(k keys, status int, code, text string, call func(*lts.LtsClient) error) error {
	c, err := client(k)
	if err != nil {
		return err
	}
	return refused(call(c), status, code, text)
}

func list(c *lts.LtsClient) error {
	_, err := c.ListLogGroups(&model.ListLogGroupsRequest{})
	return err
}

func main() {
	good := keys{ak, sk, "", project}
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	seed := fmt.Sprintf(`{"keys": [
		{"ak": "TEMPORARY", "sk": "s", "security_token": "t", "expires_at": %q},
		{"ak": "EXPIRED", "sk": "s", "security_token": "t", "expires_at": %q}]}`, in(time.Hour), in(-time.Minute))
	has, lacks := operations()
	checks := []struct {
		name string
		run  func() error
	}{
		{"life cycle, permanent key", func() error { return lifeCycle(good) }},
		{"life cycle, temporary key", func() error {
			if err := control("POST", "seed", seed); err != nil {
				return err
			}
			return lifeCycle(keys{"TEMPORARY", "s", "t", project})
		}},
		{"operations of newer editions", func() error { return newer(good) }},
		{"life cycle, project looked up", func() error { return lifeCycle(keys{ak, sk, "", ""}) }},
		{"refused: a name taken", func() error {
			return refusedCall(good, 400, "LTS.0101", "Failed to create log group, the group name has been existed",
				func(c *lts.LtsClient) error {
					if _, err := createGroup(c, "taken"); err != nil {
						return fmt.Errorf("the first: %v", err)
					}
					_, err := createGroup(c, "taken")
					return err
				})
		}},
		{"refused: a group unknown", func() error {
			return refusedCall(good, 400, "LTS.0201", "The log group is not existed", func(c *lts.LtsClient) error {
				_, err := c.ListLogStream(&model.ListLogStreamRequest{LogGroupId: unknown})
				return err
			})
		}},
		{"refused: a project unknown", func() error {
			return refusedCall(keys{ak, sk, "", strings.Repeat("f", 32)}, 403, "LTS.0001", "Invalid projectId", list)
		}},
		{"refused: a wrong secret key", func() error {
			return refusedCall(keys{ak, "wrong", "", project}, 401, "APIGW.0301",
				wrong+"verify aksk signature fail, canonicalRequest:GET|/v2/"+project+"/groups/|", list)
		}},
		{"refused: an access key unknown", func() error {
			return refusedCall(keys{"UNKNOWN", sk, "", project}, 401, "APIGW.0301",
				wrong+"Get secretKey failed,ak:UNKNOWN,err:ak not exist", list)
		}},
		{"refused: an expired key", func() error {
			return refusedCall(keys{"EXPIRED", "s", "t", project}, 401, "APIGW.0301",
				wrong+"Get secretKey failed,ak:EXPIRED,err:ak not exist", list)
		}},
		{"searches; the SDK can't read the histogram", func() error { return searches(good) }},
		{"refused: each operation once", func() error { return refusals(good) }},
		{fmt.Sprintf("the SDK has %d of %d operations, none that writes lines", len(has), len(has)+len(lacks)), func() error {
			if !reflect.DeepEqual(lacks, []string{"putLogs", "putTimedLogs", "putLogBatches"}) {
				return fmt.Errorf("lacks %v", lacks)
			}
			return nil
		}},
		{fmt.Sprintf("each of the %d operations succeeded, and was refused", len(has)), func() error { return complete(has) }},
		{"refused: a clock behind", func() error {
			if err := control("POST", "clock", `{"advance_s": 960}`); err != nil {
				return err
			}
			return refusedCall(good, 401, "APIGW.0301",
				wrong+"calc aksk signature fail:signature expired, signature time:", list)
		}},
	}
	passed, failed := 0, 0
	for _, check := range checks {
		if err := check.run(); err != nil {
			failed++
			fmt.Printf("FAIL %s\n  %v\n", check.name, err)
		} else {
			passed++
			fmt.Printf("ok   %s\n", check.name)
		}
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
