"""otcextensions as its users use it, with the emulator instead of the partner cloud."""

import openstack
from otcextensions import sdk

import judging


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


def main():
    tally = judging.Tally()
    with judging.Emulator() as emulator:
        connection = connect(emulator)
        with tally.check("the catalog has ltsv2"):
            assert connection.lts.get_endpoint() == f"{emulator.url}/v2/{judging.PROJECT}", connection.lts.get_endpoint()
        with tally.check("groups are created, listed, updated and deleted"):
            assert list(connection.lts.groups()) == []
            group = connection.lts.create_group(log_group_name="otc", ttl_in_days=7)
            assert len(group.id) == 36, group
            found = next(iter(connection.lts.groups()))
            assert (found.id, found.name, found.ttl_in_days) == (group.id, "otc", 7), found
            # The request has the group's id in its body, too.
            updated = connection.lts.update_group(found, ttl_in_days=30)
            assert updated.ttl_in_days == 30, updated
            assert next(iter(connection.lts.groups())).ttl_in_days == 30
        with tally.check("streams are created, listed and deleted"):
            stream = connection.lts.create_stream(group, log_stream_name="nginx")
            assert [one.id for one in connection.lts.streams(group)] == [stream.id], stream
            connection.lts.delete_stream(group, stream)
            assert list(connection.lts.streams(group)) == []
        with tally.check("deleting the group leaves nothing"):
            connection.lts.delete_group(group)
            assert list(connection.lts.groups()) == []
        with tally.check("its operations are known"):
            entries = emulator.control("GET", "requests")
            used = {entry["operation"] for entry in entries if entry["status"] < 300}
            assert used >= {"createLogGroup", "listLogGroups", "updateLogGroup", "deleteLogGroup"}, used
            assert used >= {"createLogStream", "listLogStreams", "deleteLogStream"}, used
            # keystoneauth1 first asks for the versions of IAM, which the emulator doesn't list.
            assert all(entry["status"] < 300 for entry in entries if entry["path"] != "/v3"), entries
    tally.done()


main()
