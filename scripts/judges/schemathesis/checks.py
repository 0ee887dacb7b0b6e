"""Extends schemathesis: checks that replace the expectations that schemathesis.toml disables, and random requests that
name existing resources."""

import functools
import json
import os
import time
import urllib.parse
import urllib.request
import zlib

import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.generation.meta import CoverageScenario, TestPhase

import judging

URL = os.environ["LTS_JUDGE_URL"]
SEEN_RESPONSES = os.environ["LTS_JUDGE_RESPONSES"]
# `x-lts-intervals`.
INTERVALS = {(2, "min"), (5, "min"), (30, "min"), (1, "hour"), (3, "hour"), (6, "hour"), (12, "hour")}
# The error codes for a body that violates its schema.
BROKEN_BODY = {"LTS.0007", "LTS.0009", "LTS.1836", "LTS.1901", "LTS.1902"}
IAM = {"createToken", "listProjects"}
WRITES = {"putLogs", "putTimedLogs", "putLogBatches"}
SEARCHES = {"listLogs", "listLogContext", "listLogHistogram"}
WRITTEN = "SVCSTG.ALS.200.200"
DAY = 86_400_000


def control(path):
    with urllib.request.urlopen(f"{URL}/_emulator/{path}") as response:
        return json.load(response)


def operation_of(case):
    return case.operation.definition.raw["operationId"]


def is_newer(case):
    """Operations of newer editions take bodies that known clients send beside the schema: texts for numbers, nulls."""
    return "x-lts-edition" in case.operation.definition.raw


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


def broken_places(case):
    """The parts of a request that violate the document: PATH, QUERY, HEADER, BODY."""
    if case.meta is None or is_positive(case):
        return set()
    return {place.name for place, info in case.meta.components.items() if info.mode.is_negative}


def code_of(response):
    try:
        body = response.json()
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    # Operations that write logs spell the code in another way, and have one for success.
    code = body.get("error_code", body.get("errorCode"))
    return None if code == WRITTEN else code


# Requests.


def draw(value):
    """A number that depends on the value alone, so that a seed always leads to the same requests."""
    return zlib.crc32(json.dumps(value, sort_keys=True).encode())


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes most valid random requests name existing resources, which chance would never do."""
    operation = operation_of(case)
    path = case.path_parameters or {}
    if "project_id" in path and "PATH" not in broken_places(case) and draw(path["project_id"]) % 8:
        path["project_id"] = judging.PROJECT
    if operation == "deleteTransfer":
        spare_seeded_task(case)
    if not is_positive(case):
        return
    if operation == "createLogDumpObs":
        name_for_log_dump(case.body)
    if operation in WRITES:
        write_well(case)
    if operation in SEARCHES:
        search_well(case)
    if operation in ("deleteLogGroup", "deleteLogStream"):
        name_spare(case, path)
    elif operation in NAMING_TASKS | {"listLogHistogram"} or "log_group_id" in path or "resource_id" in path:
        name_existing(case, operation, path)
    elif operation == "createToken" and draw(case.body) % 4:
        # A user who exists, so that the scope decides.
        user = {"name": judging.USER, "password": judging.PASSWORD, "domain": {"name": judging.DOMAIN}}
        case.body["auth"]["identity"]["password"]["user"] = user


def name_for_log_dump(body):
    """A group that exists; then a stream of it, too; then one without a task; then an interval, so that the bucket decides;
    then a bucket."""
    number = draw(body)
    groups = [group for group in control("state")["groups"] if group["streams"]]
    if not groups or number % 7 == 0:
        return
    group = groups[number // 7 % len(groups)]
    body["log_group_id"] = group["log_group_id"]
    streams = [stream["log_stream_id"] for stream in group["streams"]]
    if number % 7 > 2:
        busy = {stream["log_stream_id"] for task in control("tasks") for stream in task["log_streams"]}
        streams = [stream for stream in streams if stream not in busy] or streams
    if number % 7 > 1:
        body["log_stream_ids"] = [streams[number // 7 % len(streams)]]
    if number % 7 > 3:
        body |= {"period": 5, "period_unit": "min"}
    if number % 7 > 4:
        body["obs_bucket_name"] = judging.BUCKET


def write_well(case):
    """Sends most bodies without a compression that they don't have, and labels that are what they must be."""
    number = draw(case.body)
    if number % 8:
        case.headers.pop("Content-Encoding", None)
        for item in case.body.get("log_items", []):
            item["labels"] = '{"app":"shop"}'


def search_well(case):
    """Asks for a time that has lines, mostly without a cursor and in words that are an expression."""
    number = draw(case.body)
    now = int(time.time() * 1000)
    if number % 8 == 0:
        return
    if operation_of(case) == "listLogContext":
        case.body["line_num"] = str(now * 1_000_000)
        return
    case.body |= {"start_time": str(now - 3_600_000), "end_time": str(now)}
    case.body.pop("line_num", None)
    case.body.pop("is_analysis_query", None)
    if "step_interval" in case.body:
        case.body["step_interval"] = 1 + number % (2 * DAY)
    for member in {"keywords", "key_word"} & set(case.body):
        case.body[member] = "error OR shop"


def spare_seeded_task(case):
    """Never deletes the oldest task, that of the seed: it protects the group in which the other requests find streams.
    Schemathesis knows its id from earlier responses."""
    tasks = control("tasks")
    if tasks and case.query and case.query.get("log_transfer_id") == tasks[0]["log_transfer_id"]:
        case.query["log_transfer_id"] = "00000000-0000-4000-8000-000000000000"


def name_spare(case, path):
    """The group and the stream of the seed that are there to be deleted, in examples. Chance hardly finds any such."""
    if case.meta.phase.name is not TestPhase.EXAMPLES:
        return
    for group in control("state")["groups"]:
        spare = next((stream for stream in group["streams"] if stream["log_stream_name"] == "spare"), None)
        if "log_stream_id" in path and spare:
            path |= {"log_group_id": group["log_group_id"], "log_stream_id": spare["log_stream_id"]}
        elif "log_stream_id" not in path and group["log_group_name"] == "spare":
            path["log_group_id"] = group["log_group_id"]


# The operations whose requests name a task.
NAMING_TASKS = {"createTransfer", "updateTransfer", "deleteTransfer"}


def name_existing(case, operation, path):
    """An existing group, stream or task in most requests of newer editions. Nothing of the seed is deleted this way."""
    body = case.body if isinstance(case.body, dict) else {}
    number = draw([body, path, case.query])
    groups = [group for group in control("state")["groups"] if group["streams"]]
    if not is_newer(case) or not groups or number % 4 == 0:
        return
    group = groups[number % len(groups)]
    stream = group["streams"][number % len(group["streams"])]
    if "resource_id" in path:
        path["resource_id"] = group["log_group_id"] if path["resource_type"] == "groups" else stream["log_stream_id"]
    if operation == "listLogHistogram":
        body |= {"group_id": group["log_group_id"], "stream_id": stream["log_stream_id"]}
    if "log_group_id" in path:
        path["log_group_id"] = group["log_group_id"]
    if "log_stream_id" in path:
        path["log_stream_id"] = stream["log_stream_id"]
    tasks = control("tasks")
    if operation == "deleteTransfer" and len(tasks) > 1:
        case.query["log_transfer_id"] = tasks[-1]["log_transfer_id"]
    if operation == "updateTransfer" and tasks:
        body["log_transfer_id"] = tasks[number % len(tasks)]["log_transfer_id"]
    if operation in ("createTransfer", "updateTransfer"):
        detail = {"obs_period": 5, "obs_period_unit": "min", "obs_bucket_name": judging.BUCKET}
        body["log_transfer_info"]["log_transfer_detail"] = detail
        body.pop("log_group_id", None)
        body.pop("log_streams", None)
        if operation == "createTransfer":
            body["log_transfer_info"] |= {"log_transfer_type": "OBS", "log_transfer_mode": "cycle"}
            body |= {"log_group_id": group["log_group_id"], "log_streams": [{"log_stream_id": stream["log_stream_id"]}]}


@schemathesis.hook
def after_call(context, case, response):
    with open(SEEN_RESPONSES, "a") as seen:
        print(json.dumps([operation_of(case), response.status_code, code_of(response)]), file=seen)


# Responses.


@schemathesis.check
def refused_with_reason(ctx, response, case):
    """The error of a valid request must be true, and the error of an invalid body must name the body."""
    code = code_of(response)
    operation = operation_of(case)
    if operation in IAM or response.status_code not in (200, 400):
        return
    if code is None:
        assert response.status_code == 200, "400 without a code"
        return
    assert response.status_code == 400 or operation == "createLogDumpObs", f"{operation} refuses with 200"
    if broken_places(case) == {"BODY"} and not is_newer(case):
        # If the body were accepted, the request would fail for the names in it.
        assert code in BROKEN_BODY, f"the broken body was overlooked: {code}"
    elif is_positive(case):
        assert code in REASONS, f"a valid request was refused with {code}"
        assert REASONS[code](Wanted(case)), f"{code} is not true"


@schemathesis.check
def deleted_task_is_gone(ctx, response, case):
    """A deleted task is in no list."""
    if operation_of(case) == "deleteTransfer" and response.status_code == 200:
        assert case.query["log_transfer_id"] not in {task["log_transfer_id"] for task in control("tasks")}


@schemathesis.check
def wrong_method_is_unknown(ctx, response, case):
    """The gateway knows an API by path and method together."""
    data = case.meta.phase.data if case.meta else None
    if getattr(data, "scenario", None) == CoverageScenario.UNSPECIFIED_HTTP_METHOD:
        assert response.status_code == 404, f"{response.status_code} for a wrong method"
        assert response.request.method == "HEAD" or code_of(response) == "APIGW.0101", "not the response of the gateway"
        assert "allow" not in response.headers, "there is nothing to allow"


@schemathesis.check
def iam_tells_right_from_wrong(ctx, response, case):
    """A login that must succeed does, and one that must not doesn't."""
    if operation_of(case) != "createToken" or not is_positive(case):
        return
    auth = case.body["auth"]
    user = auth["identity"]["password"]["user"]
    known = user["name"] == judging.USER and user["password"] == judging.PASSWORD
    if not known and response.status_code == 201:
        assert user["name"] == "username" and user["password"] == "password", "a stranger got a token"
    if response.status_code == 400:
        # The document lets a project or a domain be without both name and id.
        nothing = [thing for thing in anything(auth.get("scope", {})) if not {"id", "name"} & set(thing)]
        assert nothing, "a valid login was refused with 400"
    if known and "scope" not in auth:
        assert response.status_code == 201, "an unscoped login was refused"
    if response.status_code == 201:
        assert 1000 <= len(response.headers["x-subject-token"][0]) <= 2000, "the token's length"


def anything(scope):
    """The objects that a scope consists of."""
    for thing in scope.values():
        if isinstance(thing, dict):
            yield thing
            yield from anything({"domain": thing["domain"]} if "domain" in thing else {})


class Wanted:
    """Compares the names in a request with the existing resources."""

    def __init__(self, case):
        self.body = case.body if isinstance(case.body, dict) else {}
        self.query = case.query or {}
        self.headers = case.headers or {}
        self.path = {name: urllib.parse.unquote(str(value)) for name, value in (case.path_parameters or {}).items()}

    @functools.cached_property
    def groups(self):
        return control("state")["groups"]

    @property
    def group(self):
        if self.path.get("resource_type") == "topics":
            return next((group for group in self.groups if self.stream_ids & self.ids_of(group)), None)
        of_body = self.body.get("log_group_id", self.body.get("group_id"))
        wanted = self.path.get("log_group_id", self.path.get("resource_id", of_body))
        return next((group for group in self.groups if group["log_group_id"] == wanted), None)

    @property
    def stream_ids(self):
        for member in ("log_stream_id", "resource_id"):
            if member in self.path:
                return {self.path[member]}
        if "stream_id" in self.body:
            return {self.body["stream_id"]}
        streams = self.body.get("log_streams", [])
        return {stream["log_stream_id"] for stream in streams} | set(self.body.get("log_stream_ids", []))

    @staticmethod
    def ids_of(group):
        return {stream["log_stream_id"] for stream in group["streams"]} if group else set()

    @property
    def known_stream_ids(self):
        return self.ids_of(self.group)

    @functools.cached_property
    def tasks(self):
        return control("tasks")

    @property
    def busy_stream_ids(self):
        return {stream["log_stream_id"] for task in self.tasks for stream in task["log_streams"]}

    @property
    def bucket(self):
        info = self.body.get("log_transfer_info", {})
        return self.body.get("obs_bucket_name", info.get("log_transfer_detail", {}).get("obs_bucket_name"))

    @property
    def task_id(self):
        return self.query.get("log_transfer_id", self.body.get("log_transfer_id"))

    def has_invalid_tags(self):
        """The rules of tags that the schema only describes, and the limit of 20 with those that are there."""
        keys = [tag["key"] for tag in self.body.get("tags", [])]
        values = [tag.get("value", "") for tag in self.body.get("tags", [])]
        is_bad = lambda text, allowed: any(not (c.isalnum() or c in allowed) for c in text)
        if len(set(keys)) < len(keys) or any(key.startswith("_sys_") or key != key.strip() for key in keys):
            return True
        if any(is_bad(key, " _.:=+-@") for key in keys) or any(is_bad(value, " _.:=+-@/") for value in values):
            return True
        there = [resource["tag"] for group in self.groups for resource in (group, *group["streams"])]
        return any(len({*tags, *keys}) > 20 for tags in there)

    def has_invalid_detail(self):
        """The rules of a transfer that depend on its type."""
        info = self.body.get("log_transfer_info")
        if info is None:
            return False
        task = next((task for task in self.tasks if task["log_transfer_id"] == self.task_id), None)
        info = {**(task["log_transfer_info"] if task else {}), **info} if self.task_id else info
        kind, detail = info.get("log_transfer_type"), {k: v for k, v in info["log_transfer_detail"].items() if v not in ("", [])}
        required = {
            "OBS": ("obs_period", "obs_period_unit", "obs_bucket_name"),
            "DIS": ("dis_id", "dis_name"),
            "DMS": ("kafka_id", "kafka_topic"),
        }.get(kind, ())
        return (
            info.get("log_transfer_mode") != ("cycle" if kind == "OBS" else "realTime")
            or any(member not in detail for member in required)
            or kind == "OBS" and (detail["obs_period"], detail["obs_period_unit"]) not in INTERVALS
            or ("obs_time_zone" in detail) != ("obs_time_zone_id" in detail)
            or detail.get("obs_encrypted_enable") is True and "obs_encrypted_id" not in detail
            or self.body.get("log_group_id") is not None and "log_streams" not in self.body
        )

    def has_invalid_lines(self):
        """What is wrong with lines to write, apart from the schema: ids, compression, labels."""
        if self.group is None or not self.known_stream_ids.issuperset(self.stream_ids):
            return True
        if "Content-Encoding" in self.headers:
            return True
        return any(not is_object(item["labels"]) for item in self.body.get("log_items", []))

    @property
    def times(self):
        return [self.body[member] for member in ("start_time", "end_time") if member in self.body]

    def has_unordered_times(self):
        if any(not text.isdecimal() for text in self.times):
            return False
        start, end = map(int, self.times)
        line_num = self.body.get("line_num", "")
        return start >= end or line_num.isdecimal() and not start <= int(line_num) // 1_000_000 <= end

    def has_invalid_search(self):
        """The rules of a search that the schema can't say. Whether words are an expression is for other tests."""
        numbers = [*self.times, *([self.body["line_num"]] if "line_num" in self.body else [])]
        return (
            any(not (text.isascii() and text.isdecimal() and len(text) < 20) for text in numbers)
            or self.body.get("is_analysis_query") is True
            or bool(self.times) and int(self.times[1]) - int(self.times[0]) > 180 * DAY
            or bool({"keywords", "key_word"} & set(self.body))
        )

    def has_name(self, things, member):
        return any(thing[member] == self.body[member] for thing in things)


def is_object(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


# For each error code, whether the error is true.
REASONS = {
    # A stream's retention is -1 or at least 1, which the schema can't say.
    "LTS.0009": lambda wanted: wanted.has_invalid_tags()
    or wanted.has_invalid_detail()
    or wanted.has_invalid_search()
    or wanted.body.get("ttl_in_days") == 0,
    "LTS.0101": lambda wanted: wanted.has_name(wanted.groups, "log_group_name"),
    "LTS.0105": lambda wanted: not wanted.busy_stream_ids.isdisjoint(wanted.known_stream_ids),
    "LTS.0201": lambda wanted: wanted.group is None,
    "LTS.0205": lambda wanted: wanted.has_name(wanted.group["streams"], "log_stream_name"),
    "LTS.0207": lambda wanted: not wanted.busy_stream_ids.isdisjoint(wanted.stream_ids),
    "LTS.0208": lambda wanted: not wanted.known_stream_ids.issuperset(wanted.stream_ids),
    "LTS.0301": lambda wanted: any(wildcard in json.dumps(wanted.body) for wildcard in "*?"),
    "LTS.0601": lambda wanted: wanted.body["step_interval"] > DAY,
    "LTS.0701": lambda wanted: wanted.has_unordered_times(),
    "LTS.0405": lambda wanted: all(task["log_transfer_id"] != wanted.task_id for task in wanted.tasks),
    "LTS.0416": lambda wanted: wanted.bucket not in control("state")["buckets"],
    "SVCSTG.ALS.200201": lambda wanted: wanted.has_invalid_lines(),
    "LTS.1901": lambda wanted: (wanted.body["period"], wanted.body["period_unit"]) not in INTERVALS,
}
