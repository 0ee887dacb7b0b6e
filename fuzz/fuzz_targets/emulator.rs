//! A conversation with the emulator: each of its responses is one that the spec allows (it checks itself), and its state
//! is what the responses said.
//!
//! Input: requests between lines of `%%`, each `AUTH METHOD TARGET`, headers, an empty line, a body. AUTH is `keys`,
//! `token` or `none`; `{project}`, `{group}`, `{stream}` and `{transfer}` stand for the id in the last response, and
//! `{other}` for one before.
#![no_main]

use std::{cell::LazyCell, collections::BTreeMap, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri};
use huaweicloud_lts::{AkSk, emulator::Options, fuzzing::InProcess, signing::SigningRequest};
use huaweicloud_lts_fuzz::{Message, messages, on_the_wire};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// The most groups of a project, and streams of a group.
const QUOTA: u64 = 4;
/// The most requests of a conversation.
const REQUESTS: usize = 16;

thread_local! {
    static EMULATOR: LazyCell<(Runtime, InProcess)> = LazyCell::new(|| {
        // Delays pass at once.
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        let options = Options::default().self_check(true).quota_groups(QUOTA).quota_streams(QUOTA);
        (runtime, InProcess::new(options).expect("an emulator"))
    });
}

/// What the responses said so far.
#[derive(Default)]
struct Said {
    /// By id: the name, and the streams by their ids.
    groups: BTreeMap<String, (String, BTreeMap<String, String>)>,
    transfers: Vec<String>,
    last: BTreeMap<&'static str, Vec<String>>,
    token: Option<String>,
    /// Once the control has set faults or stock, responses say less than there is.
    tampered: bool,
}

fuzz_target!(|input: &[u8]| {
    EMULATOR.with(|emulator| {
        let (runtime, emulator) = &**emulator;
        runtime.block_on(converse(emulator, input));
    });
});

async fn converse(emulator: &InProcess, input: &[u8]) {
    admin(emulator, "POST", "reset").await;
    let mut said = Said::default();
    for message in messages(input).take(REQUESTS) {
        let Some(request) = said.request(&message) else { continue };
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let body = request.body().clone();
        // A connection that a fault ends has no response.
        let response = tokio::time::timeout(Duration::from_secs(1 << 40), emulator.call(request)).await;
        let Ok(Some(response)) = response else {
            assert!(said.tampered, "{method} {path} has no response");
            continue;
        };
        said.hear(&method, &path, &body, &response);
    }
    let state = admin(emulator, "GET", "state").await;
    let transfers = admin(emulator, "GET", "transfers").await;
    said.agrees(&state, &transfers);
}

async fn admin(emulator: &InProcess, method: &str, path: &str) -> Value {
    let request = Request::builder().method(method).uri(format!("/_emulator/{path}"));
    let response = emulator.call(request.body(Bytes::new()).expect("a good request")).await;
    let response = response.expect("a whole response");
    assert!(response.status().is_success(), "{path}: {response:?}");
    serde_json::from_slice(response.body()).unwrap_or_default()
}

impl Said {
    fn filled(&self, text: &str) -> String {
        let mut text = text.replace("{project}", Options::DEFAULT_PROJECT_ID);
        for (what, ids) in &self.last {
            if let Some(last) = ids.last() {
                text = text.replace(&format!("{{{what}}}"), last);
            }
            if let [first, .., _] = ids.as_slice() {
                text = text.replace("{other}", first);
            }
        }
        text
    }

    /// The request of a message; nothing where HTTP can't carry it.
    fn request(&self, message: &Message<'_>) -> Option<Request<Bytes>> {
        let mut words = message.first.splitn(3, ' ');
        let (auth, method, target) = (words.next()?, words.next()?, self.filled(words.next()?));
        let uri: Uri = target.parse().ok()?;
        let target = uri.path_and_query()?.as_str().to_owned();
        let body = match str::from_utf8(message.body) {
            Ok(text) => Bytes::from(self.filled(text)),
            Err(_) => Bytes::copy_from_slice(message.body),
        };
        let mut request = Request::new(body.clone());
        *request.method_mut() = Method::from_bytes(method.as_bytes()).ok()?;
        *request.uri_mut() = uri;
        let mut signing = SigningRequest::new(method, "localhost:1", &target).body(&body);
        for (name, value) in message.headers() {
            let (name, value) = (name.to_ascii_lowercase(), on_the_wire(value));
            let key = name.parse::<HeaderName>().ok()?;
            request.headers_mut().append(key, HeaderValue::from_bytes(value.as_bytes()).ok()?);
            signing = signing.header(name, value);
        }
        let mut added: Vec<(String, String)> = Vec::new();
        match auth {
            "keys" => {
                let keys = AkSk::new(Options::DEFAULT_ACCESS_KEY, Options::DEFAULT_SECRET_KEY);
                let signed = signing.sign(&keys);
                added.extend(signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            "token" => added.push(("x-auth-token".to_owned(), self.token.clone().unwrap_or_default())),
            _ => {}
        }
        for (name, value) in added {
            let name: HeaderName = name.parse().ok()?;
            request.headers_mut().insert(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        Some(request)
    }

    /// Looks at a response by itself, and remembers what it says.
    fn hear(&mut self, method: &Method, path: &str, body: &[u8], response: &Response<Bytes>) {
        let status = response.status().as_u16();
        if path.starts_with("/_emulator/") {
            assert_ne!(status, 500, "{response:?}");
            self.tampered |= *method != Method::GET && status == 204;
            return;
        }
        if self.tampered {
            return;
        }
        // A handler that failed, or a response that the spec doesn't have.
        assert!(status != 500, "{method} {path}: {response:?}");
        assert!(response.headers().contains_key("x-request-id"), "{response:?}");
        let json: Value = match response.body().is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(response.body()).expect("JSON"),
        };
        assert_eq!(json.is_null(), status == 204, "{response:?}");
        let text = |member: &str| json[member].as_str().map(str::to_owned);
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        let named = |member: &str| sent[member].as_str().unwrap_or_default().to_owned();
        let segments: Vec<&str> = path.split('/').collect();
        match (method.as_str(), segments.as_slice(), status) {
            ("POST", ["", "v2", _, "groups"], 201) => {
                let (id, name) = (text("log_group_id").expect("an id"), named("log_group_name"));
                assert!(self.groups.values().all(|(known, _)| *known != name), "{name:?} is declared twice");
                assert!(self.groups.insert(id.clone(), (name, BTreeMap::new())).is_none(), "{id} twice");
                self.last.entry("group").or_default().push(id);
            }
            ("DELETE", ["", "v2", _, "groups", group], 204) => {
                assert!(self.groups.remove(*group).is_some(), "{group} wasn't there");
            }
            ("POST", ["", "v2", _, "groups", group, "streams"], 201) => {
                let (id, name) = (text("log_stream_id").expect("an id"), named("log_stream_name"));
                let (_, streams) = self.groups.get_mut(*group).expect("a group that is there");
                assert!(streams.values().all(|known| *known != name), "{name:?} is declared twice");
                streams.insert(id.clone(), name);
                self.last.entry("stream").or_default().push(id);
            }
            ("DELETE", ["", "v2", _, "groups", group, "streams", stream], 204) => {
                let (_, streams) = self.groups.get_mut(*group).expect("a group that is there");
                assert!(streams.remove(*stream).is_some(), "{stream} wasn't there");
            }
            ("GET", ["", "v2", _, "groups"], 200) => {
                let listed = json["log_groups"].as_array().expect("a list");
                assert_eq!(listed.len(), self.groups.len(), "{json}");
            }
            ("GET", ["", "v2", _, "groups", group, "streams"], 200) => {
                let listed = json["log_streams"].as_array().expect("a list");
                assert_eq!(listed.len(), self.groups[*group].1.len(), "{json}");
            }
            ("POST", ["", "v2", _, "log-dump", "obs"], 201) => {
                let id = text("log_dump_obs_id").expect("an id");
                self.transfers.push(id.clone());
                self.last.entry("transfer").or_default().push(id);
            }
            ("POST", ["", "v3", "auth", "tokens"], 201) => {
                let token = response.headers()["x-subject-token"].to_str().expect("letters");
                self.token = Some(token.to_owned());
            }
            (_, _, 201 | 204) => panic!("{method} {path} did something unknown: {response:?}"),
            _ => {}
        }
    }

    /// Holds what was said against what there is.
    fn agrees(&self, state: &Value, transfers: &Value) {
        let groups = state["groups"].as_array().expect("groups");
        let mut names = BTreeMap::<_, usize>::new();
        let mut found = BTreeMap::new();
        for group in groups {
            let of = |value: &Value, member: &str| value[member].as_str().expect("a text").to_owned();
            let name = of(group, "log_group_name");
            *names.entry((of(group, "project_id"), name.clone())).or_default() += 1;
            let streams = group["streams"].as_array().expect("streams").iter();
            let streams: BTreeMap<_, _> =
                streams.map(|stream| (of(stream, "log_stream_id"), of(stream, "log_stream_name"))).collect();
            let mut unique: Vec<_> = streams.values().collect();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), streams.len(), "a stream's name twice: {state}");
            assert!(self.tampered || streams.len() <= QUOTA as usize, "{state}");
            found.insert(of(group, "log_group_id"), (name, streams));
        }
        assert!(names.values().all(|count| *count == 1), "a group's name twice: {state}");
        assert_eq!(found.len(), groups.len(), "an id twice: {state}");
        let transfers = transfers.as_array().expect("transfers");
        for transfer in transfers {
            let group = transfer["log_group_id"].as_str().expect("a group");
            for stream in transfer["log_stream_ids"].as_array().expect("streams") {
                let stream = stream.as_str().expect("an id");
                assert!(found[group].1.contains_key(stream), "a transfer of nothing: {transfer}");
            }
        }
        if !self.tampered {
            assert!(groups.len() <= QUOTA as usize, "{state}");
            assert_eq!(found, self.groups);
            assert_eq!(transfers.len(), self.transfers.len(), "{transfers:?}");
        }
    }
}
