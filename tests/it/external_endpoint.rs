//! The client against servers that others run, where variables name them; without them, against the emulator.
//!
//! `scripts/judges/prism` names two: a proxy that holds both sides to the spec, with an emulator behind it, and
//! a mock that is made of the spec alone.

use std::{
    collections::BTreeMap,
    env,
    io::{Read, Write},
    net::TcpStream,
};

use huaweicloud_lts::{
    AkSk, Client, ClientBuilder, Emulator, Error, GroupId, Login, RetryPolicy, StreamId, TransferId,
    TransferInterval, Ttl,
    emulator::{Fault, Options},
    spec::{self, Operation, Service},
};
use serde_json::{Value, json};

use crate::suite::TestEnvironment;

/// LTS, and IAM, as a client is to reach them.
const ENDPOINT: &str = "LTS_TEST_ENDPOINT";
const IAM_ENDPOINT: &str = "LTS_TEST_IAM_ENDPOINT";
/// The emulator behind them, for its control.
const CONTROL: &str = "LTS_TEST_CONTROL";
/// A server without state that answers with the example that a request prefers.
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
    let control = or_own(CONTROL);
    let end_transfer = &|id: &TransferId| {
        let authority = control.trim_start_matches("http://");
        let mut connection = TcpStream::connect(authority).unwrap();
        write!(
            connection,
            "DELETE /_emulator/transfers/{id} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    };
    TestEnvironment { lts: &lts, prefix: "elsewhere", bucket: Options::DEFAULT_BUCKET, end_transfer }
        .run()
        .await;
}

/// An example of an answer: what a client has to make of it is plain.
struct Example {
    operation: Operation,
    status: u16,
    name: String,
    /// Null for none.
    body: Value,
}

/// The JSON examples of all answers of LTS, and the answers without a body.
fn examples() -> Vec<Example> {
    let document: Value = serde_json::from_str(spec::LTS.json).unwrap();
    let mut examples = Vec::new();
    for operation in Operation::ALL.iter().copied().filter(|o| o.service() == Service::Lts) {
        let described = &document["paths"][operation.path()][operation.method().to_ascii_lowercase()];
        for (status, answer) in described["responses"].as_object().unwrap() {
            let answer = match answer["$ref"].as_str() {
                Some(target) => document.pointer(target.trim_start_matches('#')).unwrap(),
                None => answer,
            };
            let status = status.parse().unwrap();
            let Some(content) = answer["content"].as_object() else {
                examples.push(Example { operation, status, name: String::new(), body: Value::Null });
                continue;
            };
            for (name, example) in content["application/json"]["examples"].as_object().unwrap() {
                let body = example["value"].clone();
                examples.push(Example { operation, status, name: name.clone(), body });
            }
        }
    }
    examples
}

/// A client that is going to be answered with this example, by the mock or by the emulator.
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
            // Without a body of its own the fault would be given one.
            let body = if example.body.is_null() { json!("") } else { example.body.clone() };
            emulator.fault(fault.body(body)).unwrap();
            ClientBuilder::from(emulator)
        }
    };
    settings.retry(RetryPolicy::off()).build().unwrap()
}

/// What the client makes of an operation's answer, in the members of the spec.
async fn call(lts: &Client, operation: Operation) -> Result<Value, Error> {
    let group: GroupId = "b6b9332b-091f-4b22-b810-264318d2d664".parse().unwrap();
    let stream: StreamId = "c54dbc58-0fd8-48ed-b007-6d54981427a7".parse().unwrap();
    let in_group = lts.group(&group);
    Ok(match operation {
        Operation::CreateLogGroup => {
            json!({"log_group_id": lts.create_group("lts-group-01nh", Ttl::days(7)).await?})
        }
        Operation::ListLogGroups => json!({"log_groups": lts.groups().await?}),
        Operation::DeleteLogGroup => json!(lts.delete_group(&group).await?),
        Operation::CreateLogStream => {
            json!({"log_stream_id": in_group.create_stream("lts-stream-02kh").await?})
        }
        Operation::ListLogStreams => json!({"log_streams": in_group.streams().await?}),
        Operation::DeleteLogStream => json!(in_group.delete_stream(&stream).await?),
        Operation::CreateLogDumpObs => {
            let transfer = in_group.transfer_to_obs([&stream], "lts-test", TransferInterval::Hours3);
            json!({"log_dump_obs_id": transfer.prefix("p").dir("d").paused().await?})
        }
        other => panic!("say here how the client calls {other:?}"),
    })
}

#[tokio::test]
async fn client_decodes_every_response_example() {
    let emulator = Emulator::start().unwrap();
    let mut understood = BTreeMap::<Operation, usize>::new();
    for example in examples() {
        let Example { operation, status, name, body } = &example;
        let what = format!("{operation:?} {status} {name}");
        let result = call(&client(&emulator, &example), *operation).await;
        if *status < 300 && body.get("error_code").is_none() {
            let result = result.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(has(&result, body), "{what}: {result}, not {body}");
        } else {
            let error = result.expect_err(&what);
            let error = error.as_service().unwrap_or_else(|| panic!("{what}: {error}"));
            let text = |member: &str| body.get(member).and_then(Value::as_str);
            assert_eq!((error.status(), error.code()), (*status, text("error_code")), "{what}");
            assert_eq!(Some(error.message()), text("error_msg"), "{what}");
        }
        *understood.entry(*operation).or_default() += 1;
    }
    assert!(emulator.faults().is_empty());
    assert_eq!(understood.len(), Operation::ALL.iter().filter(|o| o.service() == Service::Lts).count());
    assert!(understood.values().all(|examples| *examples > 10), "{understood:?}");
}

/// Whether `all` has everything that is in `some`, and no other elements in its lists.
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
