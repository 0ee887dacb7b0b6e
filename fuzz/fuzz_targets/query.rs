//! Any parameters of any operation have a response that the spec allows (the emulator checks itself), and it makes no
//! difference to a query how its letters are encoded.
//!
//! Input: `OPERATION QUERY`, path parameters as headers, an empty line, a body. Path parameters that are not given name
//! what exists; `{group}` and `{stream}` in the query and the body, too.
#![no_main]

use std::{
    cell::LazyCell,
    time::{SystemTime, UNIX_EPOCH},
};

use http::Uri;
use huaweicloud_lts::{
    emulator::Options,
    fuzzing::InProcess,
    spec::{Effect, Operation},
};
use huaweicloud_lts_fuzz::{JSON, Message, call, on_the_wire, only_stream};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

thread_local! {
    static EMULATOR: LazyCell<(Runtime, InProcess)> = LazyCell::new(|| {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        let options = Options::default().lenient(true).self_check(true);
        (runtime, InProcess::new(options).expect("an emulator"))
    });
}

fuzz_target!(|input: &[u8]| {
    let Some(message) = Message::read(input) else { return };
    let (operation, query) = message.first.split_once(' ').unwrap_or((message.first, ""));
    let Ok(operation) = operation.parse::<Operation>() else { return };
    EMULATOR.with(|emulator| {
        let (runtime, emulator) = &**emulator;
        runtime.block_on(request(emulator, operation, query, &message));
    });
});

async fn request(emulator: &InProcess, operation: Operation, query: &str, message: &Message<'_>) {
    let (group, stream) = only_stream(emulator).await;
    let filled = |text: &str| text.replace("{group}", &group).replace("{stream}", &stream);
    let mut path = operation.path().to_owned();
    for (name, value) in message.headers() {
        path = path.replace(&format!("{{{name}}}"), on_the_wire(value));
    }
    let project = Options::DEFAULT_PROJECT_ID;
    for (name, id) in [("project_id", project), ("log_group_id", &group), ("log_stream_id", &stream)] {
        path = path.replace(&format!("{{{name}}}"), id);
    }
    let query = filled(query);
    let target = |query: &str| if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
    // What HTTP can't carry, and what another operation's path is.
    if target(&query).parse::<Uri>().is_err() {
        return;
    }
    let body = match str::from_utf8(message.body) {
        Ok(text) => filled(text).into_bytes(),
        Err(_) => message.body.to_vec(),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a good clock").as_nanos().to_string();
    let lines = json!({"log_time_ns": now, "contents": ["a line"], "labels": {}}).to_string();
    let put = Operation::PutLogs.path().replace("{project_id}", project).replace("{log_group_id}", &group);
    call(emulator, "POST", &put.replace("{log_stream_id}", &stream), &[JSON], lines).await;

    let send = async |query: &str| {
        let response = call(emulator, operation.method(), &target(query), &[JSON], body.clone()).await;
        assert_ne!(response.status(), 500, "{response:?}");
        let mut value = match response.body().is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(response.body()).expect("JSON"),
        };
        // The gateway's errors have it.
        value.as_object_mut().map(|members| members.remove("request_id"));
        (response.status(), value)
    };
    let response = send(&query).await;
    if operation.effect() == Effect::Read {
        assert_eq!(send(&encoded(&query)).await, response, "{query}");
    }
}

/// The query with each letter and digit percent-encoded, outside of escapes.
fn encoded(query: &str) -> String {
    let mut encoded = String::new();
    let mut rest = query.chars();
    while let Some(character) = rest.next() {
        match character {
            '%' => encoded.extend([Some('%'), rest.next(), rest.next()].into_iter().flatten()),
            character if character.is_ascii_alphanumeric() => {
                encoded.push_str(&format!("%{:02X}", u32::from(character)));
            }
            character => encoded.push(character),
        }
    }
    encoded
}
