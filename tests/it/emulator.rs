//! The emulator, over real connections.

mod admin;
mod bodies;
mod connections;
mod console;
mod credentials;
pub(crate) mod data_file;
mod durability;
mod groups;
#[cfg(target_os = "linux")]
mod hostile_bodies;
mod iam;
mod ingest;
mod key_lockout;
mod lifecycle;
mod routes;
mod search;
mod seed_and_clock;
mod streams;
mod tags;
mod transfers;
mod updates;
pub(crate) mod wire;

use std::{collections::BTreeSet, thread};

use huaweicloud_lts::{
    AkSk, Client, ClientBuilder, Emulator, GroupId, Login, StreamId, Ttl,
    api::lts::types::{ListLogContextRequestBody, ListLogHistogramRequestBody, ListLogsRequestBody},
    emulator::{Admin, Options},
    logs::{Line, LineTime},
    signing::SigningRequest,
    spec::{Operation, Service},
    transfers::{StorageFormat, Transfer, TransferInterval},
};
use serde_json::{Value, json};
use wire::{Reply, Request, authority, raw};

const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";
const PROJECT: &str = Options::DEFAULT_PROJECT_ID;
const INVALID_PROJECT: &str = "Invalid projectId";
const INVALID_BODY: &str = "Failed to validate the request body";

fn start() -> Emulator {
    Emulator::start().unwrap()
}

fn error(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

fn get(path: &str) -> Request {
    Request::new("GET", format!("/v2/{PROJECT}{path}"))
}

fn delete(path: &str) -> Request {
    Request::new("DELETE", format!("/v2/{PROJECT}{path}"))
}

fn post(path: &str, body: &Value) -> Request {
    Request::new("POST", format!("/v2/{PROJECT}{path}")).json(body)
}

fn put(path: &str, body: &Value) -> Request {
    Request::new("PUT", format!("/v2/{PROJECT}{path}")).json(body)
}

/// Sends a signed request that must succeed, and returns the body of the response.
fn done(emulator: &Emulator, request: Request) -> Value {
    let reply = request.signed(emulator).send(emulator);
    assert_eq!(reply.status, 200, "{reply:?}");
    if reply.body.is_empty() { Value::Null } else { reply.json() }
}

/// Sends a signed request that must fail, and returns status, code and message.
fn refused(emulator: &Emulator, request: Request) -> (u16, String, String) {
    request.signed(emulator).send(emulator).error()
}

fn create_group(emulator: &Emulator, name: &str) -> Reply {
    post("/groups", &json!({"log_group_name": name, "ttl_in_days": 7})).signed(emulator).send(emulator)
}

fn group(emulator: &Emulator, name: &str) -> String {
    create_group(emulator, name).text("log_group_id")
}

fn create_stream(emulator: &Emulator, group: &str, name: &str) -> Reply {
    let path = format!("/groups/{group}/streams");
    post(&path, &json!({"log_stream_name": name})).signed(emulator).send(emulator)
}

fn stream(emulator: &Emulator, group: &str, name: &str) -> String {
    create_stream(emulator, group, name).text("log_stream_id")
}

fn transfer_body(group: &str, streams: &[&str]) -> Value {
    json!({
        "log_group_id": group, "log_stream_ids": streams, "obs_bucket_name": "lts-test",
        "type": "cycle", "period": 5, "period_unit": "min",
    })
}

fn create_transfer(emulator: &Emulator, body: &Value) -> Reply {
    post("/log-dump/obs", body).signed(emulator).send(emulator)
}

fn login(emulator: &Emulator, scope: Value) -> Reply {
    let user = json!({
        "name": emulator.user(), "password": emulator.password(), "domain": {"name": emulator.domain()},
    });
    let mut auth = json!({"identity": {"methods": ["password"], "password": {"user": user}}});
    if !scope.is_null() {
        auth["scope"] = scope;
    }
    Request::new("POST", "/v3/auth/tokens").json(&json!({"auth": auth})).send(emulator)
}

fn token(emulator: &Emulator, scope: Value) -> String {
    let reply = login(emulator, scope);
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.header("X-Subject-Token").unwrap().to_owned()
}

fn project_token(emulator: &Emulator) -> String {
    token(emulator, json!({"project": {"id": PROJECT}}))
}

/// Finds the three lines of a stream by each operation that searches.
async fn find_lines(lts: &Client, group: &GroupId, stream: &StreamId) {
    let (api, project) = (lts.api(), lts.project_id().await.unwrap());
    let now = LineTime::now().as_nanoseconds() / 1_000_000;
    let (start, end) = (now - 3_600_000, now + 3_600_000);
    let range = json!({"start_time": start.to_string(), "end_time": end.to_string()});
    let with = |members: Value| {
        let mut body = range.clone();
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body
    };
    let call = api.list_logs().project_id(&project).log_group_id(group).log_stream_id(stream);
    let body: ListLogsRequestBody = serde_json::from_value(with(json!({"keywords": "with"}))).unwrap();
    let page = call.body(body).send().await.unwrap().into_inner();
    let lines: Vec<_> = page.logs.unwrap().into_iter().flatten().collect();
    assert_eq!((lines.len(), page.count.0, page.is_query_complete.0), (3, Some(3), Some(true)));
    let hit = "<HighLightTag>with</HighLightTag> an access key";
    assert_eq!(lines[0].content.0.as_deref(), Some(hit));

    let call = api.list_log_context().project_id(&project).log_group_id(group).log_stream_id(stream);
    let body = json!({"line_num": lines[1].line_num, "forwards_size": 0});
    let body: ListLogContextRequestBody = serde_json::from_value(body).unwrap();
    let context = call.body(body).send().await.unwrap().into_inner();
    assert_eq!((context.total_count.0, context.backwards_count.0), (Some(2), Some(1)));

    let body = with(json!({"step_interval": 86_400_000, "group_id": group, "stream_id": stream}));
    let body: ListLogHistogramRequestBody = serde_json::from_value(body).unwrap();
    let call = api.list_log_histogram().project_id(&project).body(body);
    assert_eq!(call.send().await.unwrap().into_inner().count.0, Some(3));
}

#[tokio::test]
async fn client_covers_all_operations() {
    let emulator = start();
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    let group = lts.groups().create("app", Ttl::days(7)).await.unwrap();
    let (in_group, transfers) = (lts.group(&group), lts.transfers());
    let stream = in_group.streams().create("nginx").await.unwrap();
    assert_eq!(lts.groups().list().await.unwrap()[0].id, group);
    assert_eq!(in_group.streams().list().await.unwrap()[0].id, stream);
    lts.groups().update(&group).ttl(Ttl::days(30)).tag("team", "shop").await.unwrap();
    in_group.streams().update(&stream).ttl(Ttl::days(14)).await.unwrap();
    let of_project = lts.streams().list().await.unwrap();
    assert_eq!((of_project[0].group.as_ref(), of_project[0].ttl), (Some(&group), Some(Ttl::days(14).into())));
    let transfer = Transfer::to_obs(&group, [&stream], "lts-test", TransferInterval::Minutes5);
    let dump = transfers.create_log_dump(transfer.clone().format(StorageFormat::Json)).await.unwrap();
    assert!(lts.groups().delete(&group).await.unwrap_err().is_in_use());
    transfers.delete(&dump).await.unwrap();
    let task = transfers.create(transfer).await.unwrap();
    let listed = transfers.list().await.unwrap();
    assert_eq!(listed[0].id, task);
    transfers.update(&listed[0]).paused(true).await.unwrap();
    transfers.delete(&task).await.unwrap();
    // The client picks one by its credentials.
    let logs = |lts: &Client| lts.group(&group).stream(&stream).logs();
    let login = Login::new(emulator.user(), emulator.password(), emulator.domain());
    let with_token = ClientBuilder::from(&emulator).credentials(login).build().unwrap();
    logs(&lts).put(["with an access key"]).await.unwrap();
    logs(&with_token).put(["with a token"]).await.unwrap();
    logs(&with_token).put([Line::new("with a time").at(LineTime::now())]).await.unwrap();
    find_lines(&lts, &group, &stream).await;
    in_group.streams().delete(&stream).await.unwrap();
    lts.groups().delete(&group).await.unwrap();
    let of_lts = |operation: &Operation| operation.service() == Service::Lts;
    let requests = emulator.requests();
    let used: BTreeSet<_> = requests.iter().filter_map(|entry| entry.operation).filter(of_lts).collect();
    let all: BTreeSet<_> = Operation::ALL.iter().copied().filter(of_lts).collect();
    assert_eq!(used, all);
}
