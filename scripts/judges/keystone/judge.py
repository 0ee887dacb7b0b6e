"""keystoneauth1 as a client with a token that finds LTS by its name in the catalog."""

import datetime
import time

from keystoneauth1 import exceptions, session
from keystoneauth1.adapter import Adapter
from keystoneauth1.identity import generic, v3

import judging

NOWHERE = "00000000-0000-4000-8000-000000000000"
WHO = {"username": judging.USER, "password": judging.PASSWORD, "user_domain_name": judging.DOMAIN}


def lts(emulator, plugin=v3.Password, **scope):
    """A client of LTS, whose address comes from the catalog."""
    auth = plugin(auth_url=f"{emulator.url}/v3", **WHO, **scope)
    return Adapter(session.Session(auth), service_type="lts", interface="public", region_name=judging.PROJECT_NAME)


def calls(emulator):
    return [(call["operation"], call["status"], call["code"]) for call in emulator.control("GET", "requests")]


def refused(status, code, call):
    try:
        call()
    except exceptions.HttpError as error:
        found = (error.http_status, error.response.json().get("error_code"))
        assert found == (status, code), found
        return error
    raise AssertionError("not refused")


def life_cycle(emulator, client):
    json = {"log_group_name": "keystone", "ttl_in_days": 7}
    created = client.post("/groups", json=json)
    group = created.json()["log_group_id"]
    assert created.status_code == 201, created
    assert [one["log_group_id"] for one in client.get("/groups").json()["log_groups"]] == [group]
    assert refused(400, "LTS.0101", lambda: client.post("/groups", json=json)).response.headers["X-Request-Id"]
    stream = client.post(f"/groups/{group}/streams", json={"log_stream_name": "s"}).json()["log_stream_id"]
    streams = client.get(f"/groups/{group}/streams").json()["log_streams"]
    assert [one["log_stream_id"] for one in streams] == [stream]
    transfer = {
        **{"log_group_id": group, "log_stream_ids": [stream], "obs_bucket_name": judging.BUCKET},
        **{"type": "cycle", "period": 1, "period_unit": "hour"},
    }
    response = client.post("/log-dump/obs", json=transfer)
    assert response.status_code == 201, response.text
    refused(400, "LTS.0207", lambda: client.delete(f"/groups/{group}/streams/{stream}"))
    emulator.control("DELETE", f"transfers/{response.json()['log_dump_obs_id']}")
    assert client.delete(f"/groups/{group}/streams/{stream}").status_code == 204
    assert client.delete(f"/groups/{group}").status_code == 204
    refused(400, "LTS.0201", lambda: client.get(f"/groups/{group}/streams"))


def lines(emulator, client):
    """The catalog has no lts-access: the host for lines to write has to be given."""
    group = client.post("/groups", json={"log_group_name": "lines", "ttl_in_days": 7}).json()["log_group_id"]
    stream = client.post(f"/groups/{group}/streams", json={"log_stream_name": "s"}).json()["log_stream_id"]
    now = time.time_ns() // 10**9 * 10**9
    body = {"log_time_ns": now, "contents": ["GET /a 200", "GET /b 500"], "labels": {}}
    access = f"{emulator.url}/v2/{judging.PROJECT}/lts/groups/{group}/streams"
    write = lambda stream: client.post(f"/{stream}/tenant/contents", endpoint_override=access, json=body)
    assert write(stream).json()["errorCode"] == "SVCSTG.ALS.200.200"
    try:
        write(NOWHERE)
        raise AssertionError("not refused")
    except exceptions.BadRequest as error:
        assert error.response.json()["errorCode"] == "SVCSTG.ALS.200201", error
    times = {"start_time": str(now // 10**6), "end_time": str(now // 10**6 + 1000)}
    search = f"/groups/{group}/streams/{stream}/content/query"
    found = client.post(search, json={**times, "keywords": "500", "highlight": False}).json()["logs"]
    assert [(line["content"], line["line_num"]) for line in found] == [("GET /b 500", str(now + 1))], found
    refused(400, "LTS.0301", lambda: client.post(search, json={**times, "keywords": "*x"}))
    assert client.delete(f"/groups/{group}").status_code == 204


def logins(tally, emulator):
    for name, scope in [
        ("project id", {"project_id": judging.PROJECT}),
        ("project name", {"project_name": judging.PROJECT_NAME, "project_domain_name": judging.DOMAIN}),
    ]:
        with tally.check(f"life cycle, scope by {name}"):
            client = lts(emulator, **scope)
            assert client.get_endpoint() == f"{emulator.url}/v2/{judging.PROJECT}", client.get_endpoint()
            life_cycle(emulator, client)
            assert client.get_project_id() == judging.PROJECT
            access = client.session.auth.get_access(client.session)
            assert (access.username, access.user_domain_name) == (judging.USER, judging.DOMAIN)
            assert (access.project_name, access.project_scoped) == (judging.PROJECT_NAME, True)
            day = access.expires - access.issued
            assert day == datetime.timedelta(days=1), day

    with tally.check("life cycle, plugin that asks for versions first"):
        life_cycle(emulator, lts(emulator, generic.Password, project_id=judging.PROJECT))
    with tally.check("a token is good for writing and searching lines"):
        lines(emulator, lts(emulator, project_id=judging.PROJECT))
    with tally.check("the catalog's IAM lists the projects"):
        client = lts(emulator, project_id=judging.PROJECT)
        iam = Adapter(client.session, service_type="iam", interface="public")
        found = iam.get("/projects", params={"name": judging.PROJECT_NAME}).json()["projects"]
        assert [project["id"] for project in found] == [judging.PROJECT], found
    with tally.check("without the catalog"):
        client = lts(emulator, project_id=judging.PROJECT, include_catalog=False)
        try:
            raise AssertionError(client.get_endpoint())
        except exceptions.EmptyCatalog:
            pass
        assert client.get("/groups", endpoint_override=f"{emulator.url}/v2/{judging.PROJECT}").status_code == 200
        assert not client.session.auth.get_access(client.session).has_service_catalog()
    with tally.check("a second project, a second user"):
        other = {"id": "f" * 32, "name": "other"}
        user = {"name": "someone", "password": "pw", "domain": judging.DOMAIN}
        emulator.control("POST", "seed", {"projects": [other], "users": [user]})
        auth = v3.Password(
            auth_url=f"{emulator.url}/v3", username="someone", password="pw", user_domain_name=judging.DOMAIN, project_id="f" * 32
        )
        client = Adapter(session.Session(auth), service_type="lts")
        assert client.get_endpoint().endswith("f" * 32) and client.get("/groups").json() == {"log_groups": []}
        override = f"{emulator.url}/v2/{judging.PROJECT}"
        refused(403, "LTS.0001", lambda: client.get("/groups", endpoint_override=override))
    with tally.check("a domain's token opens no project"):
        client = lts(emulator, domain_name=judging.DOMAIN)
        access = client.session.auth.get_access(client.session)
        assert (access.domain_scoped, access.domain_name) == (True, judging.DOMAIN)
        override = f"{emulator.url}/v2/{judging.PROJECT}"
        refused(403, "LTS.0001", lambda: client.get("/groups", endpoint_override=override))
    with tally.check("a token without a scope"):
        client = lts(emulator)
        access = client.session.auth.get_access(client.session)
        assert not access.scoped and access.username == judging.USER

    for name, changes in [
        ("password", {"password": "wrong"}),
        ("user", {"username": "unknown"}),
        ("domain", {"user_domain_name": "nowhere"}),
        ("project", {"project_id": NOWHERE}),
    ]:
        with tally.check(f"refused login: {name}"):
            auth = v3.Password(**{"auth_url": f"{emulator.url}/v3", **WHO, "project_id": judging.PROJECT, **changes})
            try:
                session.Session(auth).get_token()
                raise AssertionError("logged in")
            except exceptions.Unauthorized as error:
                assert error.message.startswith("The username or password is wrong."), error.message


def renewals(tally, emulator):
    with tally.check("a token is used again, and renewed when it has expired"):
        emulator.control("POST", "reset")
        client = lts(emulator, project_id=judging.PROJECT)
        client.get("/groups")
        client.get("/groups")
        token = client.get_token()
        # The clock of the client is unchanged: it learns from the 401 that the token has expired.
        emulator.control("POST", "clock", {"advance_s": 24 * 60 * 60 + 1})
        assert client.get("/groups").status_code == 200
        assert client.get_token() != token
        assert calls(emulator) == [
            ("createToken", 201, None),
            ("listLogGroups", 200, None),
            ("listLogGroups", 200, None),
            ("listLogGroups", 401, "LTS.0003"),
            ("createToken", 201, None),
            ("listLogGroups", 200, None),
        ], calls(emulator)
    with tally.check("a revoked token is renewed"):
        emulator.control("POST", "reset")
        assert client.get("/groups").status_code == 200
        expected = [("listLogGroups", 401, "LTS.0003"), ("createToken", 201, None), ("listLogGroups", 200, None)]
        assert calls(emulator) == expected, calls(emulator)
    with tally.check("a token that is about to expire is renewed ahead"), judging.Emulator("--token-ttl", "60s") as brief:
        client = lts(brief, project_id=judging.PROJECT)
        client.get("/groups")
        client.get("/groups")
        operations = [call[0] for call in calls(brief)]
        first = operations.index("listLogGroups")
        assert operations[-1] == "listLogGroups" and "createToken" in operations[first:], operations
        assert all(call[1] < 400 for call in calls(brief)), calls(brief)


def main():
    tally = judging.Tally()
    with judging.Emulator() as emulator:
        logins(tally, emulator)
        renewals(tally, emulator)
    tally.done()


main()
