"""otcextensions as its users use it, with the emulator instead of the partner cloud."""

import openstack
from openstack.exceptions import HttpException
from otcextensions import sdk
from otcextensions.sdk.lts.v2._proxy import Proxy

import judging

UNKNOWN = "00000000-0000-4000-8000-000000000000"
# Its methods, and the operations that they call.
METHODS = {
    "create_group": "createLogGroup",
    "groups": "listLogGroups",
    "update_group": "updateLogGroup",
    "delete_group": "deleteLogGroup",
    "create_stream": "createLogStream",
    "streams": "listLogStreams",
    "delete_stream": "deleteLogStream",
}


def connect(emulator):
    connection = openstack.connection.Connection(
        auth_url=f"{emulator.url}/v3",
        username=judging.USER,
        password=judging.PASSWORD,
        user_domain_name=judging.DOMAIN,
        project_name=judging.PROJECT_NAME,
        region_name=judging.PROJECT_NAME,
    )
    sdk.register_otc_extensions(connection)
    return connection


def refused(status, code, call):
    """The exception has the status, and the response with the code and the request id."""
    try:
        outcome = call()
    except HttpException as error:
        found = (error.status_code, error.response.json()["error_code"])
        assert found == (status, code), found
        assert error.response.headers["X-Request-Id"], "no request id"
        return
    raise AssertionError(f"not refused: {outcome}")


def main():
    tally = judging.Tally()
    with judging.Emulator() as emulator:
        lts = connect(emulator).lts
        with tally.check("the catalog has ltsv2"):
            assert lts.get_endpoint() == f"{emulator.url}/v2/{judging.PROJECT}", lts.get_endpoint()
        with tally.check("groups are created, listed, updated and deleted"):
            assert list(lts.groups()) == []
            group = lts.create_group(log_group_name="otc", ttl_in_days=7)
            assert len(group.id) == 36, group
            found = next(iter(lts.groups()))
            assert (found.id, found.name, found.ttl_in_days) == (group.id, "otc", 7), found
            # The request has the group's id in its body, too.
            updated = lts.update_group(found, ttl_in_days=30)
            assert updated.ttl_in_days == 30, updated
            assert next(iter(lts.groups())).ttl_in_days == 30
        with tally.check("streams are created, listed and deleted"):
            stream = lts.create_stream(group, log_stream_name="nginx")
            assert [one.id for one in lts.streams(group)] == [stream.id], stream
            lts.delete_stream(group, stream)
            assert list(lts.streams(group)) == []
        with tally.check("deleting the group leaves nothing"):
            lts.delete_group(group)
            assert list(lts.groups()) == []
        with tally.check("only the request for the versions of IAM was refused"):
            # keystoneauth1 asks for them first, and the emulator doesn't list them.
            entries = emulator.control("GET", "requests")
            assert all(entry["status"] < 300 for entry in entries if entry["path"] != "/v3"), entries

        refused_group = lts.create_group(log_group_name="refused", ttl_in_days=7)
        emulator.control("POST", "faults", {"operation": "listLogGroups", "code": "LTS.0011"})
        for name, status, code, call in [
            ("groups", 403, "LTS.0011", lambda: list(lts.groups())),
            ("create_group", 400, "LTS.0101", lambda: lts.create_group(log_group_name="refused", ttl_in_days=7)),
            ("update_group", 400, "LTS.0009", lambda: lts.update_group(refused_group, ttl_in_days=366)),
            ("delete_group", 400, "LTS.0201", lambda: lts.delete_group(UNKNOWN)),
            ("streams", 400, "LTS.0201", lambda: list(lts.streams(UNKNOWN))),
            ("create_stream", 400, "LTS.0201", lambda: lts.create_stream(UNKNOWN, log_stream_name="x")),
        ]:
            with tally.check(f"refused: {name}"):
                refused(status, code, call)
        with tally.check("a refused deletion of a stream, which it takes for a success"):
            assert lts.delete_stream(refused_group, UNKNOWN, ignore_missing=False) is None, "it reports the refusal now"
            last = emulator.control("GET", "requests")[-1]
            assert (last["operation"], last["status"], last["code"]) == ("deleteLogStream", 400, "LTS.0208"), last
        with tally.check(f"each of its {len(METHODS)} methods succeeded, and was refused"):
            assert {name for name in vars(Proxy) if callable(getattr(Proxy, name)) and name[0] != "_"} == set(METHODS)
            entries = emulator.control("GET", "requests")
            succeeded = {entry["operation"] for entry in entries if entry["status"] < 300}
            were_refused = {entry["operation"] for entry in entries if entry["status"] >= 400 and entry["code"]}
            missing = set(METHODS.values()) - (succeeded & were_refused)
            assert not missing, missing
    tally.done()


main()
