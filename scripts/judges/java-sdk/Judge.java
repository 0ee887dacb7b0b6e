import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import com.huaweicloud.sdk.core.region.Region;
import com.huaweicloud.sdk.lts.v2.LtsClient;
import com.huaweicloud.sdk.lts.v2.model.CreateLogDumpObsRequest;
import com.huaweicloud.sdk.lts.v2.model.CreateLogDumpObsRequestBody;
import com.huaweicloud.sdk.lts.v2.model.CreateLogDumpObsResponse;
import com.huaweicloud.sdk.lts.v2.model.CreateLogGroupParams;
import com.huaweicloud.sdk.lts.v2.model.CreateLogGroupRequest;
import com.huaweicloud.sdk.lts.v2.model.CreateLogStreamParams;
import com.huaweicloud.sdk.lts.v2.model.CreateLogStreamRequest;
import com.huaweicloud.sdk.lts.v2.model.CreateTagsReqbody;
import com.huaweicloud.sdk.lts.v2.model.CreateTagsRequest;
import com.huaweicloud.sdk.lts.v2.model.CreateTransferRequest;
import com.huaweicloud.sdk.lts.v2.model.CreateTransferRequestBody;
import com.huaweicloud.sdk.lts.v2.model.CreateTransferRequestBodyLogStreams;
import com.huaweicloud.sdk.lts.v2.model.CreateTransferRequestBodyLogTransferInfo;
import com.huaweicloud.sdk.lts.v2.model.DeleteLogGroupRequest;
import com.huaweicloud.sdk.lts.v2.model.DeleteLogStreamRequest;
import com.huaweicloud.sdk.lts.v2.model.DeleteTransferRequest;
import com.huaweicloud.sdk.lts.v2.model.ListLogGroupsRequest;
import com.huaweicloud.sdk.lts.v2.model.ListLogStreamRequest;
import com.huaweicloud.sdk.lts.v2.model.ListLogStreamsRequest;
import com.huaweicloud.sdk.lts.v2.model.ListTransfersRequest;
import com.huaweicloud.sdk.lts.v2.model.TagsBody;
import com.huaweicloud.sdk.lts.v2.model.TransferDetail;
import com.huaweicloud.sdk.lts.v2.model.UpdateLogGroupParams;
import com.huaweicloud.sdk.lts.v2.model.UpdateLogGroupRequest;
import com.huaweicloud.sdk.lts.v2.model.UpdateLogStreamParams;
import com.huaweicloud.sdk.lts.v2.model.UpdateLogStreamRequest;
import com.huaweicloud.sdk.lts.v2.model.UpdateTransferRequest;
import com.huaweicloud.sdk.lts.v2.model.UpdateTransferRequestBody;
import com.huaweicloud.sdk.lts.v2.model.UpdateTransferRequestBodyLogTransferInfo;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;

/** The vendor's SDK for Java, unmodified, against the emulator at LTS_URL. It sends its bodies in chunks. */
public class Judge {
    static final String URL = System.getenv("LTS_URL");
    static final String AK = "LTSEMULATORAK0000001";
    static final String SK = "LtsEmulatorSecretKeyForLocalUseOnly00001";
    static final String PROJECT = "0123456789abcdef0123456789abcdef";
    static final String UNKNOWN = "00000000-0000-4000-8000-000000000000";
    static final String WRONG = "Incorrect IAM authentication information: ";

    static int passed;
    static int failed;

    interface Check {
        void run() throws Exception;
    }

    static void check(String name, Check check) {
        try {
            check.run();
            passed++;
            System.out.println("ok   " + name);
        } catch (Exception | AssertionError error) {
            failed++;
            System.out.println("FAIL " + name + "\n  " + error);
        }
    }

    static void hold(boolean truth, Object what) {
        if (!truth) {
            throw new AssertionError(what);
        }
    }

    static LtsClient client(String ak, String sk, String token, String project) {
        BasicCredentials credentials = new BasicCredentials().withAk(ak).withSk(sk).withSecurityToken(token);
        if (project == null) {
            credentials.withIamEndpoint(URL);
            return LtsClient.newBuilder().withCredential(credentials).withRegion(new Region("cn-north-4", URL)).build();
        }
        return LtsClient.newBuilder().withCredential(credentials.withProjectId(project)).withEndpoint(URL).build();
    }

    static LtsClient client() {
        return client(AK, SK, null, PROJECT);
    }

    static void control(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(URL + "/_emulator/" + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body)).build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        hold(response.statusCode() < 300, method + " " + path + ": " + response.body());
    }

    static void refused(int status, String code, String text, Check call) throws Exception {
        try {
            call.run();
        } catch (ServiceResponseException error) {
            hold(error.getHttpStatusCode() == status && code.equals(error.getErrorCode())
                && error.getErrorMsg().startsWith(text) && error.getRequestId() != null, error);
            return;
        }
        throw new AssertionError("not refused");
    }

    static String createGroup(LtsClient lts, String name) {
        CreateLogGroupParams body = new CreateLogGroupParams().withLogGroupName(name).withTtlInDays(7);
        return lts.createLogGroup(new CreateLogGroupRequest().withBody(body)).getLogGroupId();
    }

    static CreateLogDumpObsResponse createTransfer(LtsClient lts, String group, String stream) {
        CreateLogDumpObsRequestBody body = new CreateLogDumpObsRequestBody()
            .withLogGroupId(group).withLogStreamIds(List.of(stream)).withObsBucketName("lts-test").withType("cycle")
            .withStorageFormat("RAW").withSwitchOn(false).withDirPrefixName("d").withPeriod(30).withPeriodUnit("min");
        return lts.createLogDumpObs(new CreateLogDumpObsRequest().withBody(body));
    }

    static void lifeCycle(LtsClient lts) throws Exception {
        String group = createGroup(lts, "java");
        var groups = lts.listLogGroups(new ListLogGroupsRequest()).getLogGroups();
        hold(groups.size() == 1 && groups.get(0).getLogGroupId().equals(group)
            && groups.get(0).getLogGroupName().equals("java") && groups.get(0).getTtlInDays() == 7, groups);
        String stream = lts.createLogStream(new CreateLogStreamRequest().withLogGroupId(group)
            .withBody(new CreateLogStreamParams().withLogStreamName("nginx"))).getLogStreamId();
        var streams = lts.listLogStream(new ListLogStreamRequest().withLogGroupId(group)).getLogStreams();
        hold(streams.size() == 1 && streams.get(0).getLogStreamId().equals(stream), streams);
        CreateLogDumpObsResponse transfer = createTransfer(lts, group, stream);
        hold(transfer.getHttpStatusCode() == 201 && transfer.getLogDumpObsId().length() == 36, transfer);
        // An error under 200 is a success without an id to this SDK.
        CreateLogDumpObsResponse again = createTransfer(lts, group, stream);
        hold(again.getHttpStatusCode() == 200 && again.getLogDumpObsId() == null, again);
        Check delete = () ->
            lts.deleteLogStream(new DeleteLogStreamRequest().withLogGroupId(group).withLogStreamId(stream));
        refused(400, "LTS.0207", "Log stream is associated by transfer", delete);
        control("DELETE", "transfers/" + transfer.getLogDumpObsId(), "");
        delete.run();
        hold(lts.deleteLogGroup(new DeleteLogGroupRequest().withLogGroupId(group)).getHttpStatusCode() == 204, group);
    }

    static void newer(LtsClient lts) throws Exception {
        String group = createGroup(lts, "newer");
        String stream = lts.createLogStream(new CreateLogStreamRequest().withLogGroupId(group)
            .withBody(new CreateLogStreamParams().withLogStreamName("nginx"))).getLogStreamId();
        List<TagsBody> tags = List.of(new TagsBody().withKey("a").withValue("v"));
        var updated = lts.updateLogGroup(new UpdateLogGroupRequest().withLogGroupId(group)
            .withBody(new UpdateLogGroupParams().withTtlInDays(30).withTags(tags)));
        hold(updated.getTtlInDays() == 30 && updated.getLogGroupId().equals(group), updated);
        for (int ttl : List.of(14, 7, -1)) {
            var changed = lts.updateLogStream(new UpdateLogStreamRequest().withLogGroupId(group).withLogStreamId(stream)
                .withBody(new UpdateLogStreamParams().withTtlInDays(ttl)));
            hold(changed.getLogTopicId().equals(stream), changed);
        }
        for (var action : List.of(CreateTagsReqbody.ActionEnum.CREATE, CreateTagsReqbody.ActionEnum.DELETE)) {
            CreateTagsReqbody body = new CreateTagsReqbody().withAction(action).withIsOpen(true)
                .withTags(List.of(new TagsBody().withKey("b").withValue("v")));
            lts.createTags(new CreateTagsRequest().withResourceType("groups").withResourceId(group).withBody(body));
            lts.createTags(new CreateTagsRequest().withResourceType("topics").withResourceId(stream).withBody(body));
        }
        var streams = lts.listLogStreams(new ListLogStreamsRequest().withLogGroupName("newer")).getLogStreams();
        hold(streams.size() == 1 && streams.get(0).getLogStreamId().equals(stream)
            && "v".equals(streams.get(0).getTag().get("a")) && !streams.get(0).getTag().containsKey("b"), streams);

        TransferDetail detail = new TransferDetail().withObsPeriod(TransferDetail.ObsPeriodEnum.NUMBER_5)
            .withObsPeriodUnit("min").withObsBucketName("lts-test").withObsPrefixName("p");
        CreateTransferRequest create = new CreateTransferRequest().withBody(new CreateTransferRequestBody()
            .withLogGroupId(group)
            .withLogStreams(List.of(new CreateTransferRequestBodyLogStreams().withLogStreamId(stream)))
            .withLogTransferInfo(new CreateTransferRequestBodyLogTransferInfo().withLogTransferType("OBS")
                .withLogTransferMode(CreateTransferRequestBodyLogTransferInfo.LogTransferModeEnum.CYCLE)
                .withLogStorageFormat(CreateTransferRequestBodyLogTransferInfo.LogStorageFormatEnum.RAW)
                .withLogTransferStatus(CreateTransferRequestBodyLogTransferInfo.LogTransferStatusEnum.ENABLE)
                .withLogTransferDetail(detail)));
        String transfer = lts.createTransfer(create).getLogTransferId();
        refused(400, "LTS.0207", "Log stream is associated by transfer", () -> lts.createTransfer(create));
        var listed = lts.listTransfers(new ListTransfersRequest().withOffset(0).withLimit(100)).getLogTransfers();
        hold(listed.size() == 1 && listed.get(0).getLogTransferId().equals(transfer), listed);
        var info = lts.updateTransfer(new UpdateTransferRequest().withBody(new UpdateTransferRequestBody()
            .withLogTransferId(transfer)
            .withLogTransferInfo(new UpdateTransferRequestBodyLogTransferInfo()
                .withLogStorageFormat(UpdateTransferRequestBodyLogTransferInfo.LogStorageFormatEnum.JSON)
                .withLogTransferStatus(UpdateTransferRequestBodyLogTransferInfo.LogTransferStatusEnum.DISABLE)
                .withLogTransferDetail(detail)))).getLogTransferInfo();
        hold("JSON".equals(info.getLogStorageFormat().getValue())
            && "DISABLE".equals(info.getLogTransferStatus().getValue()), info);
        DeleteTransferRequest delete = new DeleteTransferRequest().withLogTransferId(transfer);
        hold(lts.deleteTransfer(delete).getLogTransferId().equals(transfer), transfer);
        refused(400, "LTS.0405", "The log transfer does not existed", () -> lts.deleteTransfer(delete));
        lts.deleteLogGroup(new DeleteLogGroupRequest().withLogGroupId(group));
    }

    static Check list(LtsClient lts) {
        return () -> lts.listLogGroups(new ListLogGroupsRequest());
    }

    public static void main(String[] arguments) {
        check("life cycle, permanent key", () -> lifeCycle(client()));
        check("operations of newer editions", () -> newer(client()));
        check("life cycle, temporary key", () -> {
            Instant now = Instant.now();
            control("POST", "seed", """
                {"keys": [
                  {"ak": "TEMPORARY", "sk": "s", "security_token": "t", "expires_at": "%s"},
                  {"ak": "EXPIRED", "sk": "s", "security_token": "t", "expires_at": "%s"}]}
                """.formatted(now.plusSeconds(3600), now.minusSeconds(60)));
            lifeCycle(client("TEMPORARY", "s", "t", PROJECT));
        });
        check("life cycle, project looked up", () -> lifeCycle(client(AK, SK, null, null)));
        check("refused: a name taken", () -> {
            createGroup(client(), "taken");
            refused(400, "LTS.0101", "Failed to create log group, the group name has been existed",
                () -> createGroup(client(), "taken"));
        });
        check("refused: a group unknown", () -> refused(400, "LTS.0201", "The log group is not existed",
            () -> client().listLogStream(new ListLogStreamRequest().withLogGroupId(UNKNOWN))));
        check("refused: a project unknown",
            () -> refused(403, "LTS.0001", "Invalid projectId", list(client(AK, SK, null, "f".repeat(32)))));
        check("refused: a wrong secret key", () -> refused(401, "APIGW.0301",
            WRONG + "verify aksk signature fail, canonicalRequest:GET|/v2/" + PROJECT + "/groups/|",
            list(client(AK, "wrong", null, PROJECT))));
        check("refused: an access key unknown", () -> refused(401, "APIGW.0301",
            WRONG + "Get secretKey failed,ak:UNKNOWN,err:ak not exist", list(client("UNKNOWN", SK, null, PROJECT))));
        check("refused: an expired key", () -> refused(401, "APIGW.0301",
            WRONG + "Get secretKey failed,ak:EXPIRED,err:ak not exist", list(client("EXPIRED", "s", "t", PROJECT))));
        check("refused: a clock behind", () -> {
            control("POST", "clock", "{\"advance_s\": 960}");
            refused(401, "APIGW.0301", WRONG + "calc aksk signature fail:signature expired, signature time:",
                list(client()));
        });
        System.out.println(passed + " passed, " + failed + " failed");
        // The SDK leaves threads behind.
        System.exit(failed == 0 ? 0 : 1);
    }
}
