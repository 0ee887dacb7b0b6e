//! The client against external servers that environment variables name, by default against the emulator.
//!
//! `scripts/judges/prism` sets them to a proxy that validates requests and responses against the spec, with an
//! emulator behind it, and to a mock server that is generated from the spec.

use std::{collections::BTreeMap, env};

use huaweicloud_lts::{
    AkSk, Client, ClientBuilder, Emulator, Error, GroupId, Login, StreamId, TransferId, Ttl,
    api::lts::types::{
        ListLogContextRequestBody, ListLogHistogramRequestBody, ListLogsRequestBody,
        PutLogBatchesRequestBody, PutLogsRequestBody, PutLogsResponseBody, PutTimedLogsRequestBody,
    },
    call::RetryPolicy,
    emulator::{Fault, Options},
    spec::{self, Operation, Service},
    transfers::{LogTransfer, Transfer, TransferInterval},
};
use serde_json::{Value, json};

use crate::suite::TestEnvironment;

/// The endpoint of LTS.
const ENDPOINT: &str = "LTS_TEST_ENDPOINT";
/// The endpoint of IAM.
const IAM_ENDPOINT: &str = "LTS_TEST_IAM_ENDPOINT";
/// A stateless server that responds with the example that a request prefers.
const MOCK: &str = "LTS_TEST_MOCK";

#[tokio::test]
async fn suite_passes_at_external_endpoint() {
    let own = Emulator::start().unwrap();
    let or_own = |name| env::var(name).unwrap_or_else(|_| own.url().to_owned());
    let login = Login::new(Options::DEFAULT_USER, Options::DEFAULT_PASSWORD, Options::DEFAULT_DOMAIN);
    let lts = Client::builder()
        .endpoint(or_own(ENDPOINT))
        .iam_endpoint(or_own(IAM_ENDPOINT))
        .region(Options::DEFAULT_PROJECT_NAME)
        .credentials(login)
        .build()
        .unwrap();
    TestEnvironment { lts: &lts, prefix: "external", bucket: Options::DEFAULT_BUCKET }.run().await;
}

/// An example response of the spec.
struct Example {
    operation: Operation,
    status: u16,
    name: String,
    /// Null if the response has no body.
    body: Value,
}

/// The JSON examples of all LTS responses, and the responses without a body.
fn examples() -> Vec<Example> {
    let document: Value = serde_json::from_str(spec::LTS.json).unwrap();
    let resolve = |value: &Value| match value["$ref"].as_str() {
        Some(target) => document.pointer(target.trim_start_matches('#')).unwrap().clone(),
        None => value.clone(),
    };
    let mut examples = Vec::new();
    for operation in Operation::ALL.iter().copied().filter(|o| o.service() == Service::Lts) {
        let described = &document["paths"][operation.path()][operation.method().to_ascii_lowercase()];
        for (status, response) in described["responses"].as_object().unwrap() {
            let response = resolve(response);
            let status = status.parse().unwrap();
            let Some(content) = response["content"].as_object() else {
                examples.push(Example { operation, status, name: String::new(), body: Value::Null });
                continue;
            };
            for (name, example) in content["application/json"]["examples"].as_object().unwrap() {
                let body = resolve(example)["value"].clone();
                examples.push(Example { operation, status, name: name.clone(), body });
            }
        }
    }
    examples
}

/// A client that gets this example as the response, from the mock or the emulator.
fn client(emulator: &Emulator, example: &Example) -> Client {
    let settings = match env::var(MOCK) {
        Ok(mock) => {
            let name =
                if example.name.is_empty() { String::new() } else { format!(", example={}", example.name) };
            Client::builder()
                .endpoint(mock)
                .project_id(Options::DEFAULT_PROJECT_ID)
                .credentials(AkSk::new(Options::DEFAULT_ACCESS_KEY, Options::DEFAULT_SECRET_KEY))
                .header("Prefer", format!("code={}{name}", example.status))
        }
        Err(_) => {
            let fault = Fault::new().operation(example.operation).status(example.status);
            // A fault without a body would get a default one.
            let body = if example.body.is_null() { json!("") } else { example.body.clone() };
            emulator.fault(fault.body(body)).unwrap();
            ClientBuilder::from(emulator)
        }
    };
    settings.retry(RetryPolicy::off()).build().unwrap()
}

/// A transfer as the service lists it.
fn listed_transfer() -> LogTransfer {
    let listed = examples().into_iter().find(|example| example.name == "one_transfer").unwrap();
    serde_json::from_value(listed.body["log_transfers"][0].clone()).unwrap()
}

/// Calls an operation that writes logs, whatever the credentials.
async fn write(
    lts: &Client,
    operation: Operation,
    group: &GroupId,
    stream: &StreamId,
) -> Result<PutLogsResponseBody, Error> {
    let (api, project) = (lts.access_api()?, lts.project_id().await?);
    // Prism refuses integers that a number of JavaScript can't express, although they are within int64.
    let example = operation.request().unwrap().examples[0].value.replace("1767225600", "1");
    let response = match operation {
        Operation::PutLogs => {
            let body: PutLogsRequestBody = serde_json::from_str(&example).unwrap();
            let call = api.put_logs().project_id(&project).log_group_id(group).log_stream_id(stream);
            call.body(body).send().await
        }
        Operation::PutTimedLogs => {
            let body: PutTimedLogsRequestBody = serde_json::from_str(&example).unwrap();
            let call = api.put_timed_logs().project_id(&project).log_group_id(group).log_stream_id(stream);
            call.body(body).send().await
        }
        _ => {
            let body: PutLogBatchesRequestBody = serde_json::from_str(&example).unwrap();
            let call = api.put_log_batches().project_id(&project).log_group_id(group).log_stream_id(stream);
            call.body(body).send().await
        }
    };
    Ok(response.map_err(Error::from_api)?.into_inner())
}

/// Calls an operation that searches logs.
async fn search(
    lts: &Client,
    operation: Operation,
    group: &GroupId,
    stream: &StreamId,
) -> Result<Value, Error> {
    let (api, project) = (lts.api(), lts.project_id().await?);
    let example = operation.request().unwrap().examples[0].value;
    Ok(match operation {
        Operation::ListLogs => {
            let body: ListLogsRequestBody = serde_json::from_str(example).unwrap();
            let call = api.list_logs().project_id(&project).log_group_id(group).log_stream_id(stream);
            json!(call.body(body).send().await.map_err(Error::from_api)?.into_inner())
        }
        Operation::ListLogContext => {
            let body: ListLogContextRequestBody = serde_json::from_str(example).unwrap();
            let call = api.list_log_context().project_id(&project).log_group_id(group).log_stream_id(stream);
            json!(call.body(body).send().await.map_err(Error::from_api)?.into_inner())
        }
        _ => {
            let body: ListLogHistogramRequestBody = serde_json::from_str(example).unwrap();
            let call = api.list_log_histogram().project_id(&project);
            json!(call.body(body).send().await.map_err(Error::from_api)?.into_inner())
        }
    })
}

/// Calls the operation and returns the result in the JSON form of the spec.
async fn call(lts: &Client, operation: Operation) -> Result<Value, Error> {
    let group: GroupId = "b6b9332b-091f-4b22-b810-264318d2d664".parse().unwrap();
    let stream: StreamId = "c54dbc58-0fd8-48ed-b007-6d54981427a7".parse().unwrap();
    let in_group = lts.group(&group);
    Ok(match operation {
        Operation::CreateLogGroup => {
            json!({"log_group_id": lts.groups().create("lts-group-01nh", Ttl::days(7)).await?})
        }
        Operation::ListLogGroups => json!({"log_groups": lts.groups().list().await?}),
        Operation::DeleteLogGroup => json!(lts.groups().delete(&group).await?),
        Operation::CreateLogStream => {
            json!({"log_stream_id": in_group.streams().create("lts-stream-02kh").await?})
        }
        Operation::ListLogStreams => json!({"log_streams": in_group.streams().list().await?}),
        Operation::DeleteLogStream => json!(in_group.streams().delete(&stream).await?),
        Operation::CreateLogDumpObs => {
            let transfer = Transfer::to_obs(&group, [&stream], "lts-test", TransferInterval::Hours3);
            let transfer = transfer.prefix("p").dir("d").paused(true);
            json!({"log_dump_obs_id": lts.transfers().create_log_dump(transfer).await?})
        }
        Operation::UpdateLogGroup => json!(lts.groups().update(&group).ttl(Ttl::days(30)).await?),
        Operation::UpdateLogStream => {
            json!(in_group.streams().update(&stream).ttl(Ttl::days(14)).await?)
        }
        Operation::ListProjectLogStreams => json!({"log_streams": lts.streams().list().await?}),
        Operation::ChangeTags => json!(lts.groups().update(&group).tag("team", "shop").await?),
        Operation::CreateTransfer => {
            let transfer = Transfer::to_obs(&group, [&stream], "lts-test", TransferInterval::Hours3);
            json!({"log_transfer_id": lts.transfers().create(transfer).await?})
        }
        Operation::ListTransfers => json!({"log_transfers": lts.transfers().list().await?}),
        Operation::UpdateTransfer => json!(lts.transfers().update(&listed_transfer()).paused(true).await?),
        Operation::DeleteTransfer => {
            let id: TransferId = "45fdc36b-8a1b-4567-9f6e-559a1b2df968".parse().unwrap();
            json!(lts.transfers().delete(&id).await?)
        }
        Operation::PutLogs | Operation::PutTimedLogs | Operation::PutLogBatches => {
            json!(write(lts, operation, &group, &stream).await?)
        }
        Operation::ListLogs | Operation::ListLogContext | Operation::ListLogHistogram => {
            search(lts, operation, &group, &stream).await?
        }
        other => panic!("add a call for {other:?}"),
    })
}

#[tokio::test]
async fn client_decodes_every_response_example() {
    let emulator = Emulator::start().unwrap();
    let mut decoded = BTreeMap::<Operation, usize>::new();
    for example in examples() {
        let Example { operation, status, name, body } = &example;
        let what = format!("{operation:?} {status} {name}");
        let result = call(&client(&emulator, &example), *operation).await;
        if *status < 300 && body.get("error_code").is_none() {
            let result = result.unwrap_or_else(|error| panic!("{what}: {error}"));
            // Updates and deletes return nothing, and a creation the id alone.
            let is_id = result.as_object().is_some_and(|members| members.contains_key("log_transfer_id"));
            let is_whole = !result.is_null() && !is_id;
            assert!(!is_whole || has(&result, body), "{what}: {result}, not {body}");
            assert!(!is_id || result["log_transfer_id"] == body["log_transfer_id"], "{what}: {result}");
        } else {
            let error = result.expect_err(&what);
            let error = error.as_service().unwrap_or_else(|| panic!("{what}: {error}"));
            let text = |member: &str| body.get(member).and_then(Value::as_str);
            let code = text("error_code").or(text("errorCode"));
            assert_eq!((error.status(), error.code()), (*status, code), "{what}");
            assert_eq!(Some(error.message()), text("error_msg"), "{what}");
        }
        *decoded.entry(*operation).or_default() += 1;
    }
    assert!(emulator.faults().is_empty());
    assert_eq!(decoded.len(), Operation::ALL.iter().filter(|o| o.service() == Service::Lts).count());
    assert!(decoded.values().all(|examples| *examples > 5), "{decoded:?}");
}

/// Whether `all` contains all members of `some`, with lists of equal length.
fn has(all: &Value, some: &Value) -> bool {
    match (all, some) {
        (Value::Object(all), Value::Object(some)) => {
            some.iter().all(|(name, value)| all.get(name).is_some_and(|found| has(found, value)))
        }
        (Value::Array(all), Value::Array(some)) => {
            all.len() == some.len() && all.iter().zip(some).all(|(all, some)| has(all, some))
        }
        (all, some) => all == some,
    }
}
