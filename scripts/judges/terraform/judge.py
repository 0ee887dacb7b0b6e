"""The requests of the vendor's Terraform provider: create, read, update, read and delete each resource."""

import urllib.error

import judging

HEADERS = {"Content-Type": "application/json;charset=utf8"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"
OPERATIONS = {
    *("createLogGroup", "listLogGroups", "updateLogGroup", "deleteLogGroup", "changeTags"),
    *("createLogStream", "listLogStreams", "updateLogStream", "deleteLogStream"),
    *("createTransfer", "listTransfers", "updateTransfer", "deleteTransfer"),
}


class Provider:
    """Sends requests as the provider does; a token is one of its two kinds of credentials."""

    def __init__(self, emulator):
        self.emulator = emulator
        self.headers = {**HEADERS, "X-Auth-Token": emulator.token()}

    def send(self, method, path, body=None, version="v2"):
        return self.emulator.send(method, f"/{version}/{judging.PROJECT}/{path}", body, self.headers)[1]

    def tags(self, kind, resource, action, tags):
        """Without is_open, and for the resource alone."""
        tags = [{"key": key, "value": value, "tags_to_streams_enable": False} for key, value in tags.items()]
        return self.send("POST", f"{kind}/{resource}/tags/action", {"action": action, "tags": tags}, version="v1")

    def group(self, group):
        return next((one for one in self.send("GET", "groups")["log_groups"] if one["log_group_id"] == group), None)

    def stream(self, group, stream):
        listed = self.send("GET", f"groups/{group}/streams")["log_streams"]
        return next((one for one in listed if one["log_stream_id"] == stream), None)

    def transfer(self, transfer):
        """Reads pages until one repeats or is empty: for long the service ignored the offset."""
        offset, first, found = 0, None, []
        while True:
            page = self.send("GET", f"transfers?limit=100&offset={offset}")["log_transfers"]
            if not page or page[0]["log_transfer_id"] == first:
                break
            first = page[0]["log_transfer_id"]
            found += page
            offset += len(page)
        return next((one for one in found if one["log_transfer_id"] == transfer), None)


def refused(status, code, call):
    try:
        call()
    except urllib.error.HTTPError as error:
        assert error.code == status and code in error.read().decode(), error
        return
    raise AssertionError("not refused")


def group_resource(provider):
    body = {"log_group_name": "tf", "ttl_in_days": 7, "tags": [{"key": "a", "value": "1"}]}
    group = provider.send("POST", "groups?enterprise_project_id=0", body)["log_group_id"]
    found = provider.group(group)
    assert (found["ttl_in_days"], found["tag"]) == (7, {"a": "1", "_sys_enterprise_project_id": "0"}), found
    provider.send("POST", f"groups/{group}", {"ttl_in_days": 60})
    provider.tags("groups", group, "delete", {"a": "1"})
    provider.tags("groups", group, "create", {"b": "2"})
    found = provider.group(group)
    assert (found["ttl_in_days"], found["tag"]["b"], "a" in found["tag"]) == (60, "2", False), found
    return group


def stream_resource(provider, group):
    body = {"log_stream_name": "tf", "ttl_in_days": -1, "enterprise_project_name": "default", "tags": []}
    stream = provider.send("POST", f"groups/{group}/streams", body)["log_stream_id"]
    assert provider.stream(group, stream)["ttl_in_days"] == -1
    provider.send("PUT", f"groups/{group}/streams-ttl/{stream}", {"ttl_in_days": 14})
    provider.tags("topics", stream, "create", {"c": "3"})
    found = provider.stream(group, stream)
    assert (found["ttl_in_days"], found["tag"]["c"]) == (14, "3"), found
    assert provider.send("PUT", f"groups/{group}/streams-ttl/{stream}", {"ttl_in_days": -1})["ttl_in_days"] == -1
    return stream


def transfer_resource(provider, group, stream, kind, detail):
    """An empty array for each list that the configuration leaves out."""
    detail = {**detail, "lts_tags": [], "stream_tags": [], "struct_fields": []}
    info = {
        "log_transfer_type": kind,
        "log_transfer_mode": "cycle" if kind == "OBS" else "realTime",
        "log_storage_format": "RAW",
        "log_transfer_status": "ENABLE",
        "log_transfer_detail": detail,
        "cloud_project_id": judging.PROJECT,
    }
    body = {"log_group_id": group, "log_streams": [{"log_stream_id": stream, "log_stream_name": "tf"}], "log_transfer_info": info}
    transfer = provider.send("POST", "transfers", body)["log_transfer_id"]
    read = provider.transfer(transfer)
    assert read["log_streams"] == [{"log_stream_id": stream, "log_stream_name": "tf"}], read
    kept = read["log_transfer_info"]
    assert all(kept["log_transfer_detail"].get(name) == value for name, value in detail.items() if value != []), kept
    refused(400, "LTS.0207", lambda: provider.send("DELETE", f"groups/{group}/streams/{stream}"))
    # An update is what was read, with what changed.
    read["log_transfer_info"]["log_transfer_status"] = "DISABLE"
    provider.send("PUT", "transfers", read)
    assert provider.transfer(transfer) == read
    provider.send("DELETE", f"transfers?log_transfer_id={transfer}")
    assert provider.transfer(transfer) is None
    refused(400, "LTS.0405", lambda: provider.send("DELETE", f"transfers?log_transfer_id={transfer}"))


def refusals(tally, provider, group):
    """Each request of the provider is refused once, its lists for the lack of a token."""
    anonymous = Provider(provider.emulator)
    anonymous.headers = HEADERS
    info = {"log_storage_format": "RAW", "log_transfer_status": "ENABLE", "log_transfer_detail": {}}
    create = {**info, "log_transfer_type": "OBS", "log_transfer_mode": "cycle"}
    for name, status, code, call in [
        ("create group", 400, "LTS.0101", lambda: provider.send("POST", "groups", {"log_group_name": "tf", "ttl_in_days": 7})),
        ("read group", 401, "LTS.0002", lambda: anonymous.send("GET", "groups")),
        ("update group", 400, "LTS.0009", lambda: provider.send("POST", f"groups/{group}", {"ttl_in_days": 366})),
        ("delete group", 400, "LTS.0201", lambda: provider.send("DELETE", f"groups/{UNKNOWN}")),
        ("tags", 400, "LTS.0201", lambda: provider.tags("groups", UNKNOWN, "create", {"a": "1"})),
        ("create stream", 400, "LTS.0201", lambda: provider.send("POST", f"groups/{UNKNOWN}/streams", {"log_stream_name": "tf"})),
        ("read stream", 400, "LTS.0201", lambda: provider.send("GET", f"groups/{UNKNOWN}/streams")),
        ("update stream", 400, "LTS.0208", lambda: provider.send("PUT", f"groups/{group}/streams-ttl/{UNKNOWN}", {"ttl_in_days": 7})),
        ("delete stream", 400, "LTS.0208", lambda: provider.send("DELETE", f"groups/{group}/streams/{UNKNOWN}")),
        ("create transfer", 400, "LTS.0009", lambda: provider.send("POST", "transfers", {"log_group_id": group, "log_streams": [], "log_transfer_info": create})),
        ("read transfer", 401, "LTS.0002", lambda: anonymous.send("GET", "transfers")),
        ("update transfer", 400, "LTS.0405", lambda: provider.send("PUT", "transfers", {"log_transfer_id": UNKNOWN, "log_transfer_info": info})),
        ("delete transfer", 400, "LTS.0405", lambda: provider.send("DELETE", f"transfers?log_transfer_id={UNKNOWN}")),
    ]:
        with tally.check(f"refused: {name}"):
            refused(status, code, call)


def main():
    tally = judging.Tally()
    with judging.Emulator() as emulator:
        provider = Provider(emulator)
        group = stream = None
        with tally.check("huaweicloud_lts_group"):
            group = group_resource(provider)
        with tally.check("huaweicloud_lts_stream"):
            stream = stream_resource(provider, group)
        obs = {"obs_period": 3, "obs_period_unit": "hour", "obs_bucket_name": judging.BUCKET, "obs_encrypted_enable": False}
        zone = {"obs_time_zone": "UTC+01:00", "obs_time_zone_id": "Africa/Lagos", "obs_dir_pre_fix_name": "d/e"}
        for name, kind, detail in [
            ("OBS", "OBS", obs),
            ("OBS with a time zone", "OBS", {**obs, **zone}),
            ("DIS", "DIS", {"dis_id": "d", "dis_name": "n"}),
            ("DMS", "DMS", {"kafka_id": "k", "kafka_topic": "t"}),
        ]:
            with tally.check(f"huaweicloud_lts_transfer, {name}"):
                transfer_resource(provider, group, stream, kind, detail)
        refusals(tally, provider, group)
        with tally.check("destroy leaves nothing"):
            provider.send("DELETE", f"groups/{group}/streams/{stream}")
            provider.send("DELETE", f"groups/{group}")
            assert emulator.control("GET", "state")["groups"] == []
            assert provider.send("GET", "transfers")["log_transfers"] == []
        with tally.check("each operation that the provider has succeeded, and was refused"):
            entries = emulator.control("GET", "requests")
            succeeded = {entry["operation"] for entry in entries if entry["status"] < 300}
            were_refused = {entry["operation"] for entry in entries if entry["status"] >= 400 and entry["code"]}
            missing = OPERATIONS - (succeeded & were_refused)
            assert not missing, missing
    tally.done()


main()
