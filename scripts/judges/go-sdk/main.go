// The vendor's SDK for Go, unmodified, against the emulator at LTS_URL. It signs without Content-Type.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
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
	http := lts.LtsClientBuilder().WithCredential(credentials)
	if k.project != "" {
		http = http.WithEndpoint(url)
	} else {
		http = http.WithRegion(region.NewRegion("cn-north-4", url))
	}
	hc, err := http.SafeBuild()
	if err != nil {
		return nil, err
	}
	return lts.NewLtsClient(hc), nil
}

func control(method, path, body string) error {
	request, err := http.NewRequest(method, url+"/_emulator/"+path, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s", method, path, response.Status)
	}
	return nil
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
