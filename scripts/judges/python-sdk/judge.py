"""The vendor's SDK for Python as its users use it, with the emulator instead of the service.

Codes and texts are written out here, as the reference prints them: nothing is read from our document.
"""

import datetime
import inspect
import json
import os
import re
import subprocess
import time

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import SdkException, ServiceResponseException
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdklts.v2 import (
    CreateLogDumpObsRequest,
    CreateLogDumpObsRequestBody,
    CreateLogGroupParams,
    CreateLogGroupRequest,
    CreateLogStreamParams,
    CreateLogStreamRequest,
    CreateTagsReqbody,
    CreateTagsRequest,
    CreateTransferRequest,
    CreateTransferRequestBody,
    CreateTransferRequestBodyLogStreams,
    CreateTransferRequestBodyLogTransferInfo,
    DeleteLogGroupRequest,
    DeleteLogStreamRequest,
    DeleteTransferRequest,
    ListChartsRequest,
    ListLogContextRequest,
    ListLogContextRequestBody,
    ListLogGroupsRequest,
    ListLogHistogramRequest,
    ListLogsRequest,
    ListLogStreamRequest,
    ListLogStreamsRequest,
    ListTransfersRequest,
    LogStreams,
    LogTransferDetail,
    LtsAsyncClient,
    LtsClient,
    QueryLogKeyWordCountRequestBody,
    QueryLtsLogParams,
    TagsBody,
    UpdateLogGroupParams,
    UpdateLogGroupRequest,
    UpdateLogStreamParams,
    UpdateLogStreamRequest,
    UpdateTransferRequest,
    UpdateTransferRequestBody,
    UpdateTransferRequestBodyLogTransferInfo,
)
from huaweicloudsdklts.v2.region.lts_region import LtsRegion

import judging

UNKNOWN = "00000000-0000-4000-8000-000000000000"
NO_GROUP = "The log group is not existed"
SIGNATURE = "Incorrect IAM authentication information: "
INTERVALS = "[2min, 5min, 30min, 1hour, 3hour, 6hour, 12hour]"


class Sdk:
    """The operations of the first edition, as the SDK has them."""

    def __init__(self, client):
        self.client = client

    def create_group(self, name, ttl=7):
        body = CreateLogGroupParams(log_group_name=name, ttl_in_days=ttl)
        return self.client.create_log_group(CreateLogGroupRequest(body=body)).log_group_id

    def groups(self):
        return self.client.list_log_groups(ListLogGroupsRequest()).log_groups

    def delete_group(self, group):
        return self.client.delete_log_group(DeleteLogGroupRequest(log_group_id=group)).status_code

    def create_stream(self, group, name):
        body = CreateLogStreamParams(log_stream_name=name)
        return self.client.create_log_stream(CreateLogStreamRequest(log_group_id=group, body=body)).log_stream_id

    def streams(self, group):
        return self.client.list_log_stream(ListLogStreamRequest(log_group_id=group)).log_streams

    def delete_stream(self, group, stream):
        request = DeleteLogStreamRequest(log_group_id=group, log_stream_id=stream)
        return self.client.delete_log_stream(request).status_code

    def create_transfer(self, group, streams, **changes):
        """The response; refused with 200, it is a success to the SDK."""
        members = {
            **{"log_group_id": group, "log_stream_ids": streams, "obs_bucket_name": judging.BUCKET, "type": "cycle"},
            **{"storage_format": "RAW", "switch_on": True, "prefix_name": "p", "dir_prefix_name": "d"},
            **{"period": 5, "period_unit": "min", **changes},
        }
        return self.client.create_log_dump_obs(CreateLogDumpObsRequest(body=CreateLogDumpObsRequestBody(**members)))


def sdk(emulator, ak=judging.AK, sk=judging.SK, project_id=judging.PROJECT, security_token=None):
    credentials = BasicCredentials(ak, sk, project_id)
    if security_token:
        credentials = credentials.with_security_token(security_token)
    return Sdk(LtsClient.new_builder().with_credentials(credentials).with_endpoint(emulator.url).build())


def refused(status, code, message, call):
    """Checks status, code and text of an error. A text that ends in `…` is a prefix."""
    try:
        outcome = call()
    except ServiceResponseException as error:
        found = (error.status_code, error.error_code)
        assert found == (status, code), f"{found} {error.error_msg}"
        assert error.request_id, "no request id"
        said = error.error_msg
        good = said.startswith(message[:-1]) if message.endswith("…") else said == message
        assert good, f"said {said!r}, not {message!r}"
        return said
    raise AssertionError(f"not refused: {outcome}")


def refused_with_200(code, message, response):
    """The SDK doesn't detect an error under 200, so the raw content must show it."""
    assert response.status_code == 200 and not response.log_dump_obs_id, response
    assert json.loads(response.raw_content) == {"error_code": code, "error_msg": message}, response.raw_content


def life_cycle(tally, emulator, lts, what):
    with tally.check(f"life cycle, {what}"):
        before = len(lts.groups())
        group = lts.create_group("app")
        assert len(group) == 36, group
        found = next(one for one in lts.groups() if one.log_group_id == group)
        assert (found.log_group_name, found.ttl_in_days) == ("app", 7), found
        now = datetime.datetime.now().timestamp() * 1000
        assert abs(found.creation_time - now) < 60_000, found.creation_time
        assert lts.streams(group) == []
        stream = lts.create_stream(group, "nginx")
        assert [(one.log_stream_id, one.log_stream_name) for one in lts.streams(group)] == [(stream, "nginx")]
        transfer = lts.create_transfer(group, [stream])
        assert transfer.status_code == 201 and len(transfer.log_dump_obs_id) == 36, transfer
        kept = next(one for one in emulator.control("GET", "transfers") if one["log_dump_obs_id"] == transfer.log_dump_obs_id)
        assert (kept["log_stream_ids"], kept["period"], kept["switch_on"]) == ([stream], 5, True), kept
        emulator.control("DELETE", f"transfers/{transfer.log_dump_obs_id}")
        assert lts.delete_stream(group, stream) == 204
        assert lts.streams(group) == []
        assert lts.delete_group(group) == 204
        assert len(lts.groups()) == before


def newer_operations(tally, emulator, lts, what):
    """Updates, tags, the streams of the project and transfers, as their models have them."""
    client = lts.client
    with tally.check(f"updates and tags, {what}"):
        group = lts.create_group("newer")
        stream = lts.create_stream(group, "nginx")
        tags = [TagsBody(key="team", value="shop"), TagsBody(key="empty")]
        updated = client.update_log_group(
            UpdateLogGroupRequest(log_group_id=group, body=UpdateLogGroupParams(ttl_in_days=30, tags=tags))
        )
        assert (updated.status_code, updated.log_group_id, updated.log_group_name) == (200, group, "newer"), updated
        assert updated.ttl_in_days == 30 and updated.creation_time > 1_577_808_000_000, updated
        for ttl in (14, -1):
            body = UpdateLogStreamParams(ttl_in_days=ttl)
            updated = client.update_log_stream(UpdateLogStreamRequest(log_group_id=group, log_stream_id=stream, body=body))
            assert (updated.log_topic_id, updated.log_topic_name, updated.ttl_in_days) == (stream, "nginx", ttl), updated
        for kind, resource in (("groups", group), ("topics", stream)):
            for action, keys in (("create", ("a", "b")), ("delete", ("b",))):
                body = CreateTagsReqbody(action=action, is_open=True, tags=[TagsBody(key=key, value="v") for key in keys])
                tagged = client.create_tags(CreateTagsRequest(resource_type=kind, resource_id=resource, body=body))
                assert tagged.status_code in (200, 201), tagged
        found = next(one for one in lts.groups() if one.log_group_id == group)
        assert found.tag == {"team": "shop", "empty": "", "a": "v", "_sys_enterprise_project_id": "0"}, found
        listed = client.list_log_streams(ListLogStreamsRequest(log_group_name="newer", log_stream_name="nginx")).log_streams
        assert [(one.log_group_id, one.log_stream_id, one.ttl_in_days) for one in listed] == [(group, stream, -1)], listed
        assert listed[0].tag["a"] == "v" and "b" not in listed[0].tag, listed
        assert client.list_log_streams(ListLogStreamsRequest(log_group_name="newe")).log_streams == []

    with tally.check(f"transfers, {what}"):
        details = {
            "OBS": LogTransferDetail(obs_period=5, obs_period_unit="min", obs_bucket_name=judging.BUCKET, obs_encrypted_enable=False),
            "DIS": LogTransferDetail(obs_period=5, obs_period_unit="min", obs_bucket_name="any", dis_id="d", dis_name="n"),
            "DMS": LogTransferDetail(obs_period=5, obs_period_unit="min", obs_bucket_name="any", kafka_id="k", kafka_topic="t", lts_tags=[]),
        }
        for kind, detail in details.items():
            info = CreateTransferRequestBodyLogTransferInfo(
                log_transfer_type=kind,
                log_transfer_mode="cycle" if kind == "OBS" else "realTime",
                log_storage_format="RAW",
                log_transfer_status="ENABLE",
                log_transfer_detail=detail,
            )
            streams = [CreateTransferRequestBodyLogStreams(log_stream_id=stream)]
            body = CreateTransferRequestBody(log_group_id=group, log_streams=streams, log_transfer_info=info)
            request = CreateTransferRequest(body=body)
            created = client.create_transfer(request)
            assert (created.status_code, len(created.log_transfer_id)) == (200, 36), created
            assert created.log_transfer_info.log_agency_transfer is None, created
            busy = "Log stream is associated by transfer"
            refused(400, "LTS.0207", busy, lambda: client.create_transfer(request))
            listed = client.list_transfers(ListTransfersRequest(log_transfer_type=kind, log_group_name="newer")).log_transfers
            assert [one.log_transfer_id for one in listed] == [created.log_transfer_id], listed
            assert listed[0].log_streams[0].log_stream_name == "nginx", listed
            change = UpdateTransferRequestBody(
                log_transfer_id=created.log_transfer_id,
                log_group_id=group,
                log_streams=[LogStreams(log_stream_id=stream)],
                log_transfer_info=UpdateTransferRequestBodyLogTransferInfo(
                    log_storage_format="JSON", log_transfer_status="DISABLE", log_transfer_detail=detail
                ),
            )
            updated = client.update_transfer(UpdateTransferRequest(body=change)).log_transfer_info
            assert (updated.log_storage_format, updated.log_transfer_status) == ("JSON", "DISABLE"), updated
            delete = lambda: client.delete_transfer(DeleteTransferRequest(log_transfer_id=created.log_transfer_id))
            deleted = delete()
            assert (deleted.status_code, deleted.log_transfer_id) == (200, created.log_transfer_id), deleted
            refused(400, "LTS.0405", "The log transfer does not existed", delete)
        assert client.list_transfers(ListTransfersRequest()).log_transfers == []
        assert lts.delete_group(group) == 204


def searches(tally, emulator, lts):
    """The operations that read lines; the SDK has none that writes any."""
    client = lts.client
    group = lts.create_group("lines")
    stream = lts.create_stream(group, "nginx")
    now = time.time_ns() // 10**9 * 10**9
    lines = ["GET /a 200", "GET /b 500", "GET /c 200", "error timeout", "started"]
    body = {"log_time_ns": now, "contents": lines, "labels": {"app": "shop"}}
    path = f"/v2/{judging.PROJECT}/lts/groups/{group}/streams/{stream}/tenant/contents"
    emulator.send("POST", path, body, {"X-Auth-Token": emulator.token()})
    start, end = str(now // 10**6), str(now // 10**6 + 2000)
    contents = lambda found: [line.content for line in found.logs]

    def search(stream=stream, **members):
        body = QueryLtsLogParams(**{"start_time": start, "end_time": end, "highlight": False, **members})
        return client.list_logs(ListLogsRequest(log_group_id=group, log_stream_id=stream, body=body))

    with tally.check("lines are searched, page by page"):
        first = search(limit=3, is_count=True)
        assert (contents(first), first.count, first.is_query_complete) == (lines[:3], 5, True), first
        assert (first.logs[0].line_num, first.logs[0].labels["app"]) == (str(now), "shop"), first
        assert contents(search(limit=3, line_num=first.logs[-1].line_num, search_type="forwards")) == lines[3:]
        assert contents(search(is_desc=True, keywords="GET NOT 500")) == ["GET /c 200", "GET /a 200"]
        assert contents(search(labels={"app": "other"})) == []
    with tally.check("the lines around a line"):
        request = lambda stream: ListLogContextRequest(
            log_group_id=group,
            log_stream_id=stream,
            body=ListLogContextRequestBody(line_num=str(now + 2), backwards_size=1, forwards_size=5),
        )
        found = client.list_log_context(request(stream))
        assert contents(found) == lines[1:], found
        counts = (found.total_count, found.backwards_count, found.forwards_count, found.is_query_complete)
        assert counts == (4, 1, 2, True), counts

    def count(stream=stream, **members):
        given = {"start_time": start, "end_time": end, "step_interval": 1000, "group_id": group, "stream_id": stream}
        return client.list_log_histogram(ListLogHistogramRequest(body=QueryLogKeyWordCountRequestBody(**{**given, **members})))

    with tally.check("lines are counted; this SDK makes a text of the list, in the notation of Python"):
        found = count(key_word="GET")
        assert (found.count, found.is_query_complete) == (3, True), found
        steps = json.loads(found.raw_content)["histogram"]
        assert [step["num"] for step in steps] == [3, 0] and steps[0]["startTime"] == int(start), steps
        assert found.histogram == str(steps), f"no longer a text: {found.histogram!r}"

    for name, code, message, call in [
        ("listLogs, a wildcard first", "LTS.0301", "\"*\" and '?' not allowed as first character", lambda: search(keywords="*x")),
        ("listLogs, a stream unknown", "LTS.0208", "The log stream does not existed", lambda: search(UNKNOWN)),
        ("listLogContext, a stream unknown", "LTS.0208", "The log stream does not existed", lambda: client.list_log_context(request(UNKNOWN))),
        ("listLogHistogram, a step of over a day", "LTS.0601", "must be less than or equal to 86400000", lambda: count(step_interval=86_400_001)),
        ("listLogHistogram, a group unknown", "LTS.0201", "The log group does not existed", lambda: count(group_id=UNKNOWN)),
    ]:
        with tally.check(f"refused: {name}"):
            refused(400, code, message, call)
    lts.delete_group(group)


def completeness(tally, emulator):
    """All operations of the document that the SDK has, by method and path."""
    plain = lambda path: re.sub("{.*?}", "{}", path)
    defined = re.findall(r'"method": "(.*?)",\s+"resource_path": "(.*?)"', inspect.getsource(LtsClient))
    defined = {(method, plain(path)) for method, path in defined}
    document = [line.split() for line in os.environ["LTS_OPERATIONS"].splitlines()]
    has = {operation for method, path, operation in document if (method, plain(path)) in defined}
    with tally.check(f"the SDK has {len(has)} of {len(document)} operations, none that writes lines"):
        lacks = {operation for *_, operation in document} - has
        assert lacks == {"putLogs", "putTimedLogs", "putLogBatches"}, lacks
    with tally.check(f"each of the {len(has)} operations succeeded, and was refused"):
        calls = emulator.control("GET", "requests")
        succeeded = {call["operation"] for call in calls if call["status"] < 300 and call["code"] is None}
        refused = {call["operation"] for call in calls if call["status"] >= 400 and call["code"]}
        assert has <= succeeded and has <= refused, f"no success: {has - succeeded}, no refusal: {has - refused}"


def refusals(tally, emulator):
    lts = sdk(emulator)
    group = lts.create_group("taken")
    stream = lts.create_stream(group, "taken")
    client = lts.client
    update_group = lambda group: client.update_log_group(
        UpdateLogGroupRequest(log_group_id=group, body=UpdateLogGroupParams(ttl_in_days=30))
    )
    update_stream = lambda stream: client.update_log_stream(
        UpdateLogStreamRequest(log_group_id=group, log_stream_id=stream, body=UpdateLogStreamParams(ttl_in_days=30))
    )
    tag = lambda group, action: client.create_tags(
        CreateTagsRequest("groups", group, CreateTagsReqbody(action=action, is_open=True, tags=[TagsBody(key="a")]))
    )
    project_streams = lambda name: client.list_log_streams(ListLogStreamsRequest(log_group_name=name))
    transfers = lambda kind: client.list_transfers(ListTransfersRequest(log_transfer_type=kind))
    detail = LogTransferDetail(obs_period=5, obs_period_unit="min", obs_bucket_name=judging.BUCKET)
    info = UpdateTransferRequestBodyLogTransferInfo(
        log_storage_format="RAW", log_transfer_status="ENABLE", log_transfer_detail=detail
    )
    update_transfer = lambda transfer: client.update_transfer(
        UpdateTransferRequest(body=UpdateTransferRequestBody(log_transfer_id=transfer, log_transfer_info=info))
    )
    invalid = "Failed to validate the request body"
    taken = "Failed to create log group, the group name has been existed"
    for name, status, code, message, call in [
        ("a ttl out of range", 400, "LTS.0009", invalid, lambda: lts.create_group("x", 366)),
        ("a name against the rule", 400, "LTS.0009", invalid, lambda: lts.create_group(".x")),
        ("a stream's name too long", 400, "LTS.0009", invalid, lambda: lts.create_stream(group, "x" * 65)),
        ("a group's name taken", 400, "LTS.0101", taken, lambda: lts.create_group("taken")),
        ("a group unknown, delete", 400, "LTS.0201", NO_GROUP, lambda: lts.delete_group(UNKNOWN)),
        ("a group unknown, create", 400, "LTS.0201", NO_GROUP, lambda: lts.create_stream(UNKNOWN, "x")),
        ("a group unknown, list", 400, "LTS.0201", NO_GROUP, lambda: lts.streams(UNKNOWN)),
        ("a group unknown, stream", 400, "LTS.0201", NO_GROUP, lambda: lts.delete_stream(UNKNOWN, stream)),
        ("a stream's name taken", 400, "LTS.0205", "The log stream name has been existed", lambda: lts.create_stream(group, "taken")),
        ("a stream unknown", 400, "LTS.0208", "The log stream does not existed", lambda: lts.delete_stream(group, UNKNOWN)),
        ("a group unknown, update", 400, "LTS.0201", NO_GROUP, lambda: update_group(UNKNOWN)),
        ("a stream unknown, update", 400, "LTS.0208", "The log stream does not existed", lambda: update_stream(UNKNOWN)),
        ("a group unknown, tags", 400, "LTS.0201", NO_GROUP, lambda: tag(UNKNOWN, "create")),
        ("an action unknown, tags", 400, "LTS.1836", "action is create or delete", lambda: tag(group, "replace")),
        ("a name too long, the project's streams", 400, "LTS.0009", invalid, lambda: project_streams("x" * 65)),
        ("a type unknown, transfers", 400, "LTS.0001", "Invalid log transfer type", lambda: transfers("FTP")),
        ("a transfer unknown, update", 400, "LTS.0405", "The log transfer does not existed", lambda: update_transfer(UNKNOWN)),
        ("a group's id too short, transfer to OBS", 400, "LTS.0009", invalid, lambda: lts.create_transfer("x", [stream])),
        ("another project", 403, "LTS.0001", "Invalid projectId", lambda: sdk(emulator, project_id="f" * 32).groups()),
        (
            "an operation that isn't there",
            404,
            "APIGW.0101",
            "The API does not exist: method GET not found",
            lambda: lts.client.list_charts(ListChartsRequest(log_group_id=group, log_stream_id=stream)),
        ),
    ]:
        with tally.check(f"refused: {name}"):
            refused(status, code, message, call)

    for name, code, message, changes in [
        ("a group unknown", "LTS.0201", "The log group does not existed", {"log_group_id": UNKNOWN}),
        ("a stream unknown", "LTS.0208", f"Log stream id does not exist: {UNKNOWN}", {"log_stream_ids": [stream, UNKNOWN]}),
        ("a bucket unknown", "LTS.0416", "obs bucket does not exist: nowhere", {"obs_bucket_name": "nowhere"}),
        ("a type unknown", "LTS.1901", "type is not in the list [cycle]", {"type": "once"}),
        ("a format unknown", "LTS.1901", "storage_format is not in the list [RAW, JSON]", {"storage_format": "XML"}),
        ("a unit unknown", "LTS.1901", "period_unit is not in the list [min, hour]", {"period_unit": "day"}),
        ("an interval unknown", "LTS.1901", f"period+period_unit is not in the list {INTERVALS}", {"period": 12}),
        ("a prefix too long", "LTS.1902", "prefix_name is invalid, please verify if it's provided as required", {"prefix_name": "x" * 65}),
        ("a folder too long", "LTS.1902", "dir_prefix_name is invalid, please verify if it's provided as required", {"dir_prefix_name": "x" * 65}),
    ]:
        with tally.check(f"refused with 200: {name}"):
            refused_with_200(code, message, lts.create_transfer(group, [stream], **changes))

    with tally.check("refused: what a transfer holds"):
        transfer = lts.create_transfer(group, [stream]).log_dump_obs_id
        refused(400, "LTS.0207", "Log stream is associated by transfer", lambda: lts.delete_stream(group, stream))
        refused(400, "LTS.0105", "Log group is associated by transfer", lambda: lts.delete_group(group))
        again = lts.create_transfer(group, [stream])
        refused_with_200("LTS.0207", f"Log stream id is associated by transfer: {stream}", again)
        emulator.control("DELETE", f"transfers/{transfer}")
        assert lts.delete_group(group) == 204


def quotas(tally):
    with judging.Emulator("--quota-groups", "1", "--quota-streams", "1", "--ttl-must-be-7") as emulator:
        lts = sdk(emulator)
        with tally.check("refused: a ttl that the service doesn't take"):
            refused(400, "LTS.0106", "The log group TTL day must be 7", lambda: lts.create_group("x", 30))
        with tally.check("refused: quotas"):
            group = lts.create_group("one")
            full = "Failed to create log group, the number of log groups exceeds the quota"
            refused(400, "LTS.0104", full, lambda: lts.create_group("two"))
            lts.create_stream(group, "one")
            full = "Failed to create log stream, the number of Log streams exceeds the quota"
            refused(400, "LTS.0206", full, lambda: lts.create_stream(group, "two"))


def failures(tally, emulator):
    """Errors that only a fault of the emulator causes."""
    lts = sdk(emulator)
    create = lambda: lts.create_group("x")
    for operation, status, code, message, call in [
        ("createLogGroup", 500, "LTS.0102", "Failed to create log group", create),
        ("deleteLogGroup", 500, "LTS.0103", "Failed to delete log group", lambda: lts.delete_group(UNKNOWN)),
        ("createLogStream", 500, "LTS.0202", "Failed to create Log stream", lambda: lts.create_stream(UNKNOWN, "x")),
        ("deleteLogStream", 500, "LTS.0203", "Failed to delete Log stream", lambda: lts.delete_stream(UNKNOWN, UNKNOWN)),
        ("createLogDumpObs", 500, "LTS.0202", "Failed to query lts struct log", lambda: lts.create_transfer(UNKNOWN, [UNKNOWN])),
        ("listLogGroups", 500, "LTS.0010", "Internal Server Error", lts.groups),
        ("listLogGroups", 400, "LTS.0010", "The system encountered an internal error", lts.groups),
        ("listLogStreams", 500, "LTS.0010", "Internal Server Error", lambda: lts.streams(UNKNOWN)),
        ("createLogGroup", 401, "LTS.0023", "Current user is suspended or restricted or unverified.", create),
        ("createLogDumpObs", 403, "LTS.0018", "Current user does not have the permission to operate obs", lambda: lts.create_transfer(UNKNOWN, [UNKNOWN])),
        ("createLogGroup", 403, "LTS.0011", "Invalid projectId", create),
        ("createLogGroup", 429, "APIGW.0308", "The throttling threshold has been reached", create),
    ]:
        with tally.check(f"on demand: {operation} {status} {code}"):
            emulator.control("POST", "faults", {"operation": operation, "code": code, "status": status})
            refused(status, code, message, call)
            assert emulator.control("GET", "faults") == []


def keys(tally, emulator):
    with tally.check("a wrong secret key: the gateway shows what it signed"):
        said = refused(401, "APIGW.0301", f"{SIGNATURE}verify aksk signature fail, canonicalRequest:GET|/v2/…", sdk(emulator, sk="wrong").groups)
        canonical = said.split("canonicalRequest:")[1].split("|")
        host = emulator.url.removeprefix("http://")
        assert canonical[1:3] == [f"/v2/{judging.PROJECT}/groups/", ""], canonical
        assert f"host:{host}" in canonical and f"x-project-id:{judging.PROJECT}" in canonical, canonical
        assert canonical[-1] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", canonical
        assert canonical[-2] == "content-type;host;user-agent;x-project-id;x-sdk-date", canonical
    with tally.check("an unknown access key"):
        refused(401, "APIGW.0301", f"{SIGNATURE}Get secretKey failed,ak:UNKNOWN,err:ak not exist", sdk(emulator, ak="UNKNOWN").groups)

    with tally.check("a clock 14 minutes ahead or behind is good, 16 minutes are not"):
        for minutes, is_good in [(14, True), (16, False), (-14, True), (-16, False)]:
            moved = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
            emulator.control("POST", "clock", {"set": moved.isoformat()})
            if is_good:
                sdk(emulator).groups()
            else:
                said = refused(401, "APIGW.0301", f"{SIGNATURE}calc aksk signature fail:signature expired, signature time:…", sdk(emulator).groups)
                assert f"server time:{moved:%Y%m%dT%H%M}" in said, said
        emulator.control("POST", "reset")

    in_an_hour, a_minute_ago = (
        (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)).isoformat() for minutes in (60, -1)
    )
    seed = [
        {"ak": "TEMPORARY", "sk": "s", "security_token": "t" * 900, "expires_at": in_an_hour},
        {"ak": "EXPIRED", "sk": "s", "security_token": "t" * 900, "expires_at": a_minute_ago},
        {"ak": "SECOND", "sk": "another"},
    ]
    emulator.control("POST", "seed", {"keys": seed})
    temporary = sdk(emulator, "TEMPORARY", "s", security_token="t" * 900)
    life_cycle(tally, emulator, temporary, "temporary key")
    newer_operations(tally, emulator, temporary, "temporary key")
    life_cycle(tally, emulator, sdk(emulator, "SECOND", "another"), "second key")
    gone = SIGNATURE + "Get secretKey failed,ak:{},err:ak not exist"
    for name, ak, token in [
        ("without its security token", "TEMPORARY", None),
        ("with another's security token", "TEMPORARY", "u" * 900),
        ("after it expired", "EXPIRED", "t" * 900),
    ]:
        with tally.check(f"a temporary key {name}"):
            refused(401, "APIGW.0301", gone.format(ak), sdk(emulator, ak, "s", security_token=token).groups)
    with tally.check("a temporary key with a wrong secret key"):
        wrong = sdk(emulator, "TEMPORARY", "wrong", security_token="t" * 900)
        refused(401, "APIGW.0301", f"{SIGNATURE}verify aksk signature fail, canonicalRequest:…", wrong.groups)

    with tally.check("six wrong signatures lock a key, for five minutes"), judging.Emulator("--lock-keys") as locking:
        for _ in range(6):
            refused(401, "APIGW.0301", f"{SIGNATURE}verify aksk signature fail, canonicalRequest:…", sdk(locking, sk="wrong").groups)
        refused(401, "APIGW.0301", f"{SIGNATURE}AK access failed to reach the limit,forbidden.", sdk(locking).groups)
        locking.control("POST", "clock", {"advance_s": 301})
        sdk(locking).groups()


def look_up(tally, emulator):
    def client(region, ak=judging.AK):
        credentials = BasicCredentials(ak, judging.SK).with_iam_endpoint(emulator.url)
        builder = LtsClient.new_builder().with_credentials(credentials)
        return Sdk(builder.with_region(Region(region, emulator.url)).build())

    with tally.check("the project is looked up by the region's name"):
        client(judging.PROJECT_NAME).groups()
        calls = [(call["operation"], call["status"]) for call in emulator.control("GET", "requests")[-2:]]
        assert calls == [("listProjects", 200), ("listLogGroups", 200)], calls
    with tally.check("a region without a project"):
        try:
            client("nowhere-1")
            raise AssertionError("found")
        except SdkException as error:
            assert "Failed to get project id of region 'nowhere-1'" in str(error), error
    with tally.check("the look-up with an unknown key"):
        try:
            client(judging.PROJECT_NAME, "UNKNOWN")
            raise AssertionError("found")
        except SdkException as error:
            assert "err:ak not exist" in str(error), error


def environment(tally, emulator):
    """`--print-env` sets all variables that the SDK reads, except the one of the endpoint."""
    with tally.check("configured by --print-env alone"):
        address = emulator.url.removeprefix("http://")
        printed = subprocess.check_output([os.environ["LTS_BIN"], "emulator", "--listen", address, "--print-env"], text=True)
        given = dict(line.removeprefix("export ").split("=", 1) for line in printed.splitlines())
        given["HUAWEICLOUD_SDK_REGION_LTS_CN_NORTH_4"] = given["HUAWEICLOUD_LTS_ENDPOINT"]
        os.environ.update(given)
        client = LtsClient.new_builder().with_region(LtsRegion.value_of(given["HUAWEICLOUD_LTS_REGION"])).build()
        group = Sdk(client).create_group("from-the-environment")
        assert Sdk(client).delete_group(group) == 204


def main():
    tally = judging.Tally()
    with judging.Emulator() as emulator:
        life_cycle(tally, emulator, sdk(emulator), "permanent key")
        newer_operations(tally, emulator, sdk(emulator), "permanent key")
        with tally.check("life cycle, asynchronous client"):
            credentials = BasicCredentials(judging.AK, judging.SK, judging.PROJECT)
            client = LtsAsyncClient.new_builder().with_credentials(credentials).with_endpoint(emulator.url).build()
            body = CreateLogGroupParams(log_group_name="async", ttl_in_days=7)
            creations = [client.create_log_group_async(CreateLogGroupRequest(body=body)) for _ in range(8)]
            outcomes = []
            for creation in creations:
                try:
                    outcomes.append(creation.result().status_code)
                except ServiceResponseException as error:
                    outcomes.append(error.error_code)
            assert sorted(map(str, outcomes)) == ["201", *["LTS.0101"] * 7], outcomes
        refusals(tally, emulator)
        searches(tally, emulator, sdk(emulator))
        completeness(tally, emulator)
        failures(tally, emulator)
        keys(tally, emulator)
        look_up(tally, emulator)
        environment(tally, emulator)
    quotas(tally)
    tally.done()


main()
