//! Any body that writes logs is accepted as a whole or refused; what is accepted is found, and its encoding makes no
//! difference.
//!
//! Input: `OPERATION ENCODING [TIMES [PIECE]]`, headers, an empty line, a body. OPERATION is `batches`, `timed` or `one`;
//! with `gzip` or `snappy` as ENCODING, the body is sent in that encoding, too. A header `content-encoding` sends it as it
//! is. In the body, `{...}` stands for TIMES pieces, by default a letter.
#![no_main]

use std::{cell::LazyCell, io::Write, time::Duration};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::Response;
use huaweicloud_lts::{emulator::Options, fuzzing::InProcess, spec::Operation};
use huaweicloud_lts_fuzz::{JSON, Message, call, filled, only_stream};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// The longest filling of a body, in bytes: less than a page of a search has.
const LONGEST: usize = 1 << 20;
/// The most lines of a page.
const PAGE: usize = 5_000;
const CONTENT_ENCODING: &str = "content-encoding";

thread_local! {
    static EMULATOR: LazyCell<(Runtime, InProcess)> = LazyCell::new(|| {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        // Lines of any time.
        let options = Options::default().ingest_window(Duration::ZERO).query_range(Duration::ZERO);
        (runtime, InProcess::new(options.lenient(true)).expect("an emulator"))
    });
}

fuzz_target!(|input: &[u8]| {
    let Some(message) = Message::read(input) else { return };
    EMULATOR.with(|emulator| {
        let (runtime, emulator) = &**emulator;
        runtime.block_on(write(emulator, &message));
    });
});

async fn write(emulator: &InProcess, message: &Message<'_>) {
    let mut words = message.first.split(' ');
    let operation = match words.next() {
        Some("batches") => Operation::PutLogBatches,
        Some("timed") => Operation::PutTimedLogs,
        _ => Operation::PutLogs,
    };
    let encoding = words.next().unwrap_or_default();
    let times = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let body = filled(message.body, times, words.next().unwrap_or("x"), LONGEST);
    let headers: Vec<(&str, &str)> = message.headers().collect();

    let (response, found) = put(emulator, operation, &headers, body.clone()).await;
    let is_encoded = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(CONTENT_ENCODING));
    // A number may be too large to be a value where it is ignored.
    match serde_json::from_slice(&body) {
        _ if !response.status().is_success() || is_encoded => {}
        Ok(body) => {
            let sent = sent(operation, &body);
            assert_eq!(found.len(), sent.len().min(PAGE));
            assert!(sent.len() > PAGE || found == sent, "{found:?} is not {sent:?}");
        }
        Err(error) => assert!(error.to_string().contains("number out of range"), "{error}"),
    }
    let encoded = match encoding {
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&body).expect("memory");
            encoder.finish().expect("memory")
        }
        "snappy" => snap::raw::Encoder::new().compress_vec(&body).expect("memory"),
        _ => return,
    };
    if !is_encoded {
        let with_encoding = [&headers[..], &[(CONTENT_ENCODING, encoding)]].concat();
        let (with_encoding, found_then) = put(emulator, operation, &with_encoding, encoded).await;
        assert_eq!((with_encoding.status(), found_then), (response.status(), found));
    }
}

/// Writes to an empty stream. Returns the response, and the contents of the first lines then, sorted.
async fn put(
    emulator: &InProcess,
    operation: Operation,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> (Response<Bytes>, Vec<String>) {
    let (group, stream) = only_stream(emulator).await;
    // No line has expired.
    call(emulator, "POST", "/_emulator/clock", &[JSON], r#"{"set": "1970-01-01T00:00:00Z"}"#).await;
    let path = operation.path().replace("{project_id}", Options::DEFAULT_PROJECT_ID);
    let path = path.replace("{log_group_id}", &group).replace("{log_stream_id}", &stream);
    let response = call(emulator, operation.method(), &path, headers, body).await;
    assert!(response.status().is_success() || response.status().is_client_error(), "{response:?}");

    let path = format!("/v2/{}/groups/{group}/streams/{stream}/content/query", Options::DEFAULT_PROJECT_ID);
    let all = json!({"start_time": "0", "end_time": i64::MAX.to_string(), "limit": PAGE, "highlight": false});
    let page = call(emulator, "POST", &path, &[JSON], all.to_string()).await;
    assert!(page.status().is_success(), "{page:?}");
    let page: Value = serde_json::from_slice(page.body()).expect("JSON");
    let lines = page["logs"].as_array().expect("a list").iter();
    let mut found: Vec<_> = lines.map(|line| text(&line["content"])).collect();
    found.sort_unstable();
    assert!(response.status().is_success() || found.is_empty(), "refused, but a part is there: {found:?}");
    (response, found)
}

/// The contents of a valid body, sorted.
fn sent(operation: Operation, body: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let items =
        if operation == Operation::PutLogBatches { list(&body["log_items"]) } else { vec![body.clone()] };
    let lines = items.iter().flat_map(|item| list(&item["contents"]));
    let is_text = operation == Operation::PutLogs;
    let mut sent: Vec<_> = lines.map(|line| text(if is_text { &line } else { &line["log"] })).collect();
    sent.sort_unstable();
    sent
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
