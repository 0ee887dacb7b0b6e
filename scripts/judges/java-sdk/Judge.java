import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.huaweicloud.sdk.core.HttpListener;
import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.exception.SdkException;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import com.huaweicloud.sdk.core.http.HttpConfig;
import com.huaweicloud.sdk.core.http.HttpRequestDef;
import com.huaweicloud.sdk.core.region.Region;
import com.huaweicloud.sdk.lts.v2.LtsClient;
import com.huaweicloud.sdk.lts.v2.LtsMeta;
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
import com.huaweicloud.sdk.lts.v2.model.ListLogContextRequest;
import com.huaweicloud.sdk.lts.v2.model.ListLogContextRequestBody;
import com.huaweicloud.sdk.lts.v2.model.ListLogGroupsRequest;
import com.huaweicloud.sdk.lts.v2.model.ListLogHistogramRequest;
import com.huaweicloud.sdk.lts.v2.model.ListLogStreamRequest;
import com.huaweicloud.sdk.lts.v2.model.ListLogStreamsRequest;
import com.huaweicloud.sdk.lts.v2.model.ListLogsRequest;
import com.huaweicloud.sdk.lts.v2.model.ListTransfersRequest;
import com.huaweicloud.sdk.lts.v2.model.LogContents;
import com.huaweicloud.sdk.lts.v2.model.QueryLogKeyWordCountRequestBody;
import com.huaweicloud.sdk.lts.v2.model.QueryLtsLogParams;
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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The vendor's SDK for Java, unmodified, against the emulator at LTS_URL. It sends its bodies in chunks. */
public class Judge {
    static final String URL = System.getenv("LTS_URL");
    static final String AK = "LTSEMULATORAK0000001";
    static final String SK = "LtsEmulatorSecretKeyForLocalUseOnly00001";
    static final String PROJECT = "0123456789abcdef0123456789abcdef";
    static final String UNKNOWN = "00000000-0000-4000-8000-000000000000";
    static final String WRONG = "Incorrect IAM authentication information: ";

    static final ObjectMapper MAPPER = new ObjectMapper();
    /** The body of the last response that the SDK got. */
    static volatile String lastBody;

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
        var builder = LtsClient.newBuilder().withHttpConfig(HttpConfig.getDefaultHttpConfig()
            .addHttpListener(HttpListener.forResponseListener(response -> lastBody = response.body().orElse(null))));
        if (project == null) {
            credentials.withIamEndpoint(URL);
            return builder.withCredential(credentials).withRegion(new Region("cn-north-4", URL)).build();
        }
        return builder.withCredential(credentials.withProjectId(project)).withEndpoint(URL).build();
    }

    static LtsClient client() {
        return client(AK, SK, null, PROJECT);
    }

    /** Sends without the SDK, with a token if there is one. */
    static String send(String method, String path, String body, String token) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(URL + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (token != null) {
            request.header("X-Auth-Token", token);
        }
        HttpResponse<String> response =
            HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
        hold(response.statusCode() < 300, method + " " + path + ": " + response.body());
        return response.body();
    }

    static void control(String method, String path, String body) throws Exception {
        send(method, "/_emulator/" + path, body, null);
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
            hold(changed.getLogTopicId().equals(stream) && changed.getTtlInDays().getValue() == ttl, changed);
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

    static List<String> contents(List<LogContents> lines) {
        return lines.stream().map(LogContents::getContent).toList();
    }

    /** The operations that read lines; the SDK has none that writes any. */
    static void searches(LtsClient lts) throws Exception {
        String group = createGroup(lts, "lines");
        String stream = lts.createLogStream(new CreateLogStreamRequest().withLogGroupId(group)
            .withBody(new CreateLogStreamParams().withLogStreamName("nginx"))).getLogStreamId();
        control("POST", "seed", "{\"tokens\": [{\"token\": \"writer\", \"project_id\": \"%s\"}]}".formatted(PROJECT));
        long now = Instant.now().getEpochSecond() * 1_000_000_000;
        send("POST", "/v2/%s/lts/groups/%s/streams/%s/tenant/contents".formatted(PROJECT, group, stream), """
            {"log_time_ns": %d, "labels": {"app": "shop"},
             "contents": ["GET /a 200", "GET /b 500", "GET /c 200", "error timeout"]}
            """.formatted(now), "writer");

        String start = String.valueOf(now / 1_000_000);
        String end = String.valueOf(now / 1_000_000 + 2000);
        QueryLtsLogParams query = new QueryLtsLogParams().withStartTime(start).withEndTime(end).withHighlight(false);
        ListLogsRequest search = new ListLogsRequest().withLogGroupId(group).withLogStreamId(stream).withBody(query);
        query.withLimit(3);
        var first = lts.listLogs(search);
        hold(contents(first.getLogs()).equals(List.of("GET /a 200", "GET /b 500", "GET /c 200"))
            && first.getLogs().get(0).getLabels().get("app").equals("shop") && first.getIsQueryComplete(), first);
        query.withLineNum(first.getLogs().get(2).getLineNum()).withSearchType(QueryLtsLogParams.SearchTypeEnum.FORWARDS);
        var second = lts.listLogs(search);
        hold(contents(second.getLogs()).equals(List.of("error timeout")), second);
        query.withKeywords("*x");
        refused(400, "LTS.0301", "\"*\" and '?' not allowed as first character", () -> lts.listLogs(search));

        ListLogContextRequest around = new ListLogContextRequest().withLogGroupId(group).withLogStreamId(stream)
            .withBody(new ListLogContextRequestBody().withLineNum(first.getLogs().get(1).getLineNum())
                .withBackwardsSize(1).withForwardsSize(1));
        var context = lts.listLogContext(around);
        hold(contents(context.getLogs()).equals(List.of("GET /a 200", "GET /b 500", "GET /c 200"))
            && context.getTotalCount() == 3 && context.getBackwardsCount() == 1 && context.getForwardsCount() == 1, context);
        around.withLogStreamId(UNKNOWN);
        refused(400, "LTS.0208", "The log stream does not existed", () -> lts.listLogContext(around));

        ListLogHistogramRequest count = new ListLogHistogramRequest().withBody(new QueryLogKeyWordCountRequestBody()
            .withStartTime(start).withEndTime(end).withStepInterval(1000L).withGroupId(group).withStreamId(stream)
            .withKeyWord("GET"));
        histogram(lts, count);
        count.getBody().withStepInterval(86_400_001L);
        refused(400, "LTS.0601", "must be less than or equal to 86400000", () -> lts.listLogHistogram(count));
        lts.deleteLogGroup(new DeleteLogGroupRequest().withLogGroupId(group));
    }

    /** Proves that this SDK can't read the list that the service sends: its model has a text. */
    static void histogram(LtsClient lts, ListLogHistogramRequest count) throws Exception {
        Object found;
        try {
            found = lts.listLogHistogram(count);
        } catch (SdkException error) {
            JsonNode sent = MAPPER.readTree(lastBody);
            JsonNode steps = sent.get("histogram");
            hold(sent.get("count").asInt() == 3 && steps.isArray() && steps.size() == 2 && steps.get(0).get("num").asInt() == 3
                && steps.get(0).get("endTime").isIntegralNumber(), lastBody);
            hold(error.toString().contains("Cannot deserialize current JsonToken (START_ARRAY) to string type"), error);
            return;
        }
        throw new AssertionError("this SDK reads the histogram now: " + found);
    }

    /** Refuses each operation once that the checks before haven't. */
    static void refusals(LtsClient lts) throws Exception {
        String group = createGroup(lts, "refusals");
        String noGroup = "The log group is not existed";
        String invalid = "Failed to validate the request body";
        String tooLong = "x".repeat(65);
        refused(400, "LTS.0201", noGroup, () -> lts.updateLogGroup(
            new UpdateLogGroupRequest().withLogGroupId(UNKNOWN).withBody(new UpdateLogGroupParams().withTtlInDays(7))));
        refused(400, "LTS.0201", noGroup,
            () -> lts.deleteLogGroup(new DeleteLogGroupRequest().withLogGroupId(UNKNOWN)));
        refused(400, "LTS.0009", invalid, () -> lts.createLogStream(new CreateLogStreamRequest().withLogGroupId(group)
            .withBody(new CreateLogStreamParams().withLogStreamName(tooLong))));
        refused(400, "LTS.0208", "The log stream does not existed", () -> lts.updateLogStream(new UpdateLogStreamRequest()
            .withLogGroupId(group).withLogStreamId(UNKNOWN).withBody(new UpdateLogStreamParams().withTtlInDays(7))));
        refused(400, "LTS.0009", invalid,
            () -> lts.listLogStreams(new ListLogStreamsRequest().withLogGroupName(tooLong)));
        refused(400, "LTS.0201", noGroup, () -> lts.createTags(new CreateTagsRequest().withResourceType("groups")
            .withResourceId(UNKNOWN).withBody(new CreateTagsReqbody().withAction(CreateTagsReqbody.ActionEnum.CREATE)
                .withIsOpen(true).withTags(List.of(new TagsBody().withKey("a"))))));
        refused(400, "LTS.0009", invalid, () -> createTransfer(lts, "x", UNKNOWN));
        refused(400, "LTS.0001", "Invalid log transfer type", () -> lts.listTransfers(
            new ListTransfersRequest().withLogTransferType(ListTransfersRequest.LogTransferTypeEnum.fromValue("FTP"))));
        refused(400, "LTS.0405", "The log transfer does not existed", () -> lts.updateTransfer(
            new UpdateTransferRequest().withBody(new UpdateTransferRequestBody().withLogTransferId(UNKNOWN)
                .withLogTransferInfo(new UpdateTransferRequestBodyLogTransferInfo()
                    .withLogStorageFormat(UpdateTransferRequestBodyLogTransferInfo.LogStorageFormatEnum.RAW)
                    .withLogTransferStatus(UpdateTransferRequestBodyLogTransferInfo.LogTransferStatusEnum.ENABLE)
                    .withLogTransferDetail(new TransferDetail().withObsPeriod(TransferDetail.ObsPeriodEnum.NUMBER_5)
                        .withObsPeriodUnit("min").withObsBucketName("lts-test"))))));
        lts.deleteLogGroup(new DeleteLogGroupRequest().withLogGroupId(group));
    }

    static String key(String method, String path) {
        return method + " " + path.replaceAll("\\{[^}]*}", "{}");
    }

    /** Checks that each operation of the document that the SDK has succeeded, and was refused. */
    static void completeness() throws Exception {
        Set<String> defined = new HashSet<>();
        for (var field : LtsMeta.class.getFields()) {
            if (field.get(null) instanceof HttpRequestDef<?, ?> operation) {
                defined.add(key(operation.getMethod().name(), operation.getUri()));
            }
        }
        List<String> has = new ArrayList<>();
        List<String> lacks = new ArrayList<>();
        for (String line : System.getenv("LTS_OPERATIONS").split("\n")) {
            String[] words = line.split(" ");
            (defined.contains(key(words[0], words[1])) ? has : lacks).add(words[2]);
        }
        check("the SDK has %d of %d operations, none that writes lines".formatted(has.size(), has.size() + lacks.size()),
            () -> hold(lacks.equals(List.of("putLogs", "putTimedLogs", "putLogBatches")), lacks));
        check("each of the %d operations succeeded, and was refused".formatted(has.size()), () -> {
            Set<String> missing = new HashSet<>();
            has.forEach(operation -> missing.addAll(List.of(operation + " succeeded", operation + " refused")));
            for (JsonNode call : MAPPER.readTree(send("GET", "/_emulator/requests", "", null))) {
                int status = call.get("status").asInt();
                boolean coded = !call.get("code").isNull();
                if (status < 300 && !coded || status >= 400 && coded) {
                    missing.remove(call.get("operation").asText() + (coded ? " refused" : " succeeded"));
                }
            }
            hold(missing.isEmpty(), missing);
        });
    }

    static Check list(LtsClient lts) {
        return () -> lts.listLogGroups(new ListLogGroupsRequest());
    }

    public static void main(String[] arguments) throws Exception {
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
        check("searches; the SDK can't read the histogram", () -> searches(client()));
        check("refused: each operation once", () -> refusals(client()));
        completeness();
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
