//! Calls of a client that is generated from a made-up document: everything it declares is sent and decoded.

use std::{collections::VecDeque, io::Read, sync::Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
};
use http::Method;

use super::super::*;
use crate::{
    StreamId,
    auth::{Credentials, ResolvedCredentials, static_credentials::StaticCredentials},
    spec::{Effect, IntegerRule, Location, Quota, Security, Server, Service, ValueRule},
};

#[allow(dead_code, missing_docs, unreachable_pub, unused_imports, clippy::all, clippy::unwrap_used)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/made_up.rs"));
}

#[allow(dead_code, missing_docs, unreachable_pub, unused_imports)]
mod facts {
    use crate::spec::{
        Effect, IntegerRule, Location, OperationFacts, Parameter, Quota, Security, Server, Service, TextRule,
        ValueRule,
    };

    include!(concat!(env!("OUT_DIR"), "/made_up_spec.rs"));

    pub(super) const ALL: [Operation; 6] = ALL_OPERATIONS;

    pub(super) fn of(operation: Operation) -> &'static OperationFacts {
        &OPERATIONS[operation as usize]
    }
}
use facts::{Operation, of};

impl ClientHooks<Transport> for generated::Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        let operation = facts::by_generated_name(info.operation_id);
        Ok(self.inner().exec(self.client(), request, operation).await)
    }
}

/// A request that the server received.
struct Received {
    method: Method,
    target: String,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

/// Starts a server with scripted responses; returns a client of it and the received requests.
async fn scripted(
    server: Server,
    responses: &[(u16, &'static str)],
) -> (generated::Client, Arc<Mutex<Vec<Received>>>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let responses = Arc::new(Mutex::new(VecDeque::from(responses.to_vec())));
    let seen = Arc::clone(&received);
    let router = Router::new().fallback(move |request: Request<Body>| {
        let (seen, responses) = (Arc::clone(&seen), Arc::clone(&responses));
        async move {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
            let (method, target, headers) = (head.method, head.uri.to_string(), head.headers);
            seen.lock().unwrap().push(Received { method, target, headers, body });
            let (status, body) = responses.lock().unwrap().pop_front().expect("one request too many");
            http::Response::builder()
                .status(status)
                .header("X-Request-Id", "req-1")
                .body(Body::from(body))
                .unwrap()
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = Settings {
        proxy: None,
        signing_region: Ok("local".to_owned()),
        provider: Some(Arc::new(StaticCredentials::new(ResolvedCredentials::Token {
            token: "tok".into(),
            project_id: None,
        }))),
        user_agent: HeaderValue::from_static("made-up"),
        attempt_timeout: Duration::from_secs(15),
        call_timeout: None,
        default_call_timeout: Duration::from_secs(30),
        retry: RetryPolicy::default().longest_pause(Duration::ZERO),
    };
    let transport = Transport::new(settings, server, None).for_one_call();
    let client =
        crate::Client::builder().endpoint(&url).project_id("p").credentials(Credentials::token("tok"));
    let http = client.build().unwrap().api().client().clone();
    (generated::Client::new_with_client(&url, http, transport), received)
}

fn lts() -> Server {
    of(Operation::ReadShelf).server
}

fn take(received: &Mutex<Vec<Received>>) -> Received {
    let mut received = received.lock().unwrap();
    assert_eq!(received.len(), 1);
    received.remove(0)
}

fn json(body: &[u8]) -> serde_json::Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn facts_match_the_document() {
    let effects = facts::ALL.map(|operation| (of(operation).method, of(operation).effect));
    let expected = [
        ("PUT", Effect::Update),
        ("PATCH", Effect::Update),
        ("GET", Effect::Read),
        ("DELETE", Effect::Delete),
        ("POST", Effect::Read),
        ("POST", Effect::Append),
    ];
    assert_eq!(effects, expected);
    let read = of(Operation::ReadShelf);
    assert_eq!((read.id, read.path, read.edition), ("readShelf", "/v1/shelves/{shelf_id}", "made-up"));
    assert_eq!(of(Operation::RenameShelf).edition, "made-up, second");
    assert!(!of(Operation::RenameShelf).has_content && read.has_content);
    assert_eq!(read.service, Service::Lts);
    assert_eq!(read.security, [Security::TokenAuth, Security::AkSkAuth]);
    let parameters: Vec<_> = read.parameters.iter().map(|p| (p.name, p.location, p.required)).collect();
    let expected = [
        ("shelf_id", Location::Path, true),
        ("limit", Location::Query, true),
        ("kind", Location::Query, false),
        ("X-Depth", Location::Header, true),
        ("X-Colour", Location::Header, false),
    ];
    assert_eq!(parameters, expected);
    assert!(matches!(read.parameters[1].rule, ValueRule::Integer(IntegerRule { min: 1, max: 100 })));
    assert!(matches!(read.parameters[2].rule, ValueRule::OneOf(["flat", "tall"])));
    assert_eq!(read.quota, None::<Quota>);
    let append = of(Operation::AppendLines);
    assert_eq!(append.server.name, "lts-access");
    assert_eq!(append.server.url, "https://lts-access.{region}.{cloud}:8102");
    assert_eq!(append.security, [Security::TokenAuth]);
}

#[tokio::test]
async fn put_sends_its_body_and_accepts_any_success() {
    for status in [200, 201, 202] {
        let (client, received) = scripted(lts(), &[(status, r#"{"name":"too long","width":"7"}"#)]).await;
        let shelf = generated::types::Shelf { name: "abc".to_owned().into(), width: Some(1) };
        let response = client.replace_shelf().shelf_id("s 1").body(shelf).send().await;
        client.inner.checked(response).unwrap();
        let request = take(&received);
        assert_eq!((request.method, request.target.as_str()), (Method::PUT, "/v1/shelves/s%201"));
        assert_eq!(json(&request.body), serde_json::json!({"name": "abc", "width": 1}));
        assert_eq!(request.headers["x-auth-token"], "tok");
        assert_eq!(request.headers["user-agent"], "made-up");
        assert_eq!(request.headers["content-type"], REQUEST_MEDIA_TYPE);
        assert!(!request.headers.contains_key(API_VERSION));
    }
}

#[tokio::test]
async fn update_is_retried() {
    let (client, received) = scripted(lts(), &[(500, ""), (503, ""), (204, "")]).await;
    let body = generated::types::RenameShelfBody { name: "new".to_owned().into() };
    client.inner.checked(client.rename_shelf().shelf_id("s").body(body).send().await).unwrap();
    let received = received.lock().unwrap();
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|r| r.method == Method::PATCH && json(&r.body)["name"] == "new"));
}

#[tokio::test]
async fn query_and_header_parameters_are_sent_and_unreadable_members_are_absent() {
    const BODY: &str = r#"{"count": "2", "books": [
        {"log_stream_id": "b1", "title": 7, "pages": "300", "weight": 1, "is_lent": "true", "tags": {"a": 1}},
        {"log_stream_id": "b2", "title": null, "pages": [1], "weight": "heavy", "tags": null},
        null
    ]}"#;
    let (client, received) = scripted(lts(), &[(200, BODY)]).await;
    let call = client.read_shelf().shelf_id("s").limit(5);
    let call = call.kind(generated::types::ReadShelfKind::Tall).x_depth("deep").x_colour("red");
    let shelf = client.inner.checked(call.send().await).unwrap().into_inner();
    assert_eq!(shelf.count.0, Some(2));
    let books = shelf.books.unwrap();
    assert!(books[2].is_none());
    let books: Vec<_> = books.into_iter().flatten().collect();
    assert_eq!(books[0].log_stream_id, StreamId::new("b1").unwrap());
    assert_eq!((books[0].title.0.as_deref(), books[0].pages.0), (Some("7"), Some(300)));
    assert_eq!((books[0].weight.0, books[0].is_lent.0), (Some(1.0), Some(true)));
    assert_eq!(books[0].tags.0.as_ref().unwrap()["a"], "1");
    assert_eq!((&books[1].title.0, books[1].pages.0, books[1].weight.0), (&None, None, None));
    assert_eq!((books[1].is_lent.0, &books[1].tags.0), (None, &None));
    let request = take(&received);
    assert_eq!((request.method, request.target.as_str()), (Method::GET, "/v1/shelves/s?kind=tall&limit=5"));
    assert_eq!(
        (request.headers["x-depth"].as_bytes(), request.headers["x-colour"].as_bytes()),
        (&b"deep"[..], &b"red"[..])
    );
    assert_eq!(request.body, b"");
}

#[tokio::test]
async fn body_of_the_wrong_shape_is_reported_with_its_path() {
    for (body, path) in [
        (r#"{"books":[{"log_stream_id":"b1"},{"title":"x"}]}"#, "books[1]"),
        (r#"{"books":[{"log_stream_id":".."}]}"#, "books[0].log_stream_id"),
        (r#"{"books":7}"#, "books"),
        ("[]", ""),
    ] {
        // Not repeated: the service would send the same.
        let (client, received) = scripted(lts(), &[(200, body)]).await;
        let call = client.read_shelf().shelf_id("s").limit(1).x_depth("d");
        let error = client.inner.checked(call.send().await).unwrap_err();
        take(&received);
        let Error::Decode(decode) = &error else { panic!("{error}") };
        assert_eq!(decode.path(), path, "{error}");
        assert_eq!((error.status(), error.request_id()), (Some(200), Some("req-1")));
        assert!(error.to_string().starts_with("readShelf: "), "{error}");
        assert!(!error.outcome_unknown());
    }
}

#[tokio::test]
async fn delete_sends_its_body_and_ignores_the_response_body() {
    for body in ["", "{}", r#"{"name":["odd"]}"#, r#"{"error_code":"SVCSTG.ALS.200200","error_msg":"done"}"#]
    {
        let (client, received) = scripted(lts(), &[(200, body)]).await;
        let reason = generated::types::DeleteShelfBody { reason: "old".to_owned() };
        let response = client.delete_shelf().shelf_id("s").body(reason).send().await;
        let () = client.inner.checked(response).unwrap().into_inner();
        let request = take(&received);
        assert_eq!(request.method, Method::DELETE);
        assert_eq!(json(&request.body), serde_json::json!({"reason": "old"}));
    }
    let (client, _) = scripted(lts(), &[(200, r#"{"error_msg":"no"}"#)]).await;
    let reason = generated::types::DeleteShelfBody { reason: "old".to_owned() };
    let error =
        client.inner.checked(client.delete_shelf().shelf_id("s").body(reason).send().await).unwrap_err();
    assert!(matches!(&error, Error::Service(e) if e.message() == "no"), "{error}");
}

#[tokio::test]
async fn read_by_post_is_retried() {
    let (client, received) = scripted(lts(), &[(500, ""), (200, "{\"shelves\":[{"), (200, "{}")]).await;
    let query = generated::types::QueryShelvesBody { words: Some("a".to_owned()) };
    let found = client.inner.checked(client.query_shelves().body(query).send().await).unwrap().into_inner();
    assert_eq!(found.shelves.map(|shelves| shelves.len()), None);
    assert_eq!(received.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn append_is_sent_to_its_server_and_compressed_once() {
    let lines = || generated::types::AppendLinesBody { lines: vec!["a line".to_owned(); 100] };
    let gzip = generated::types::AppendLinesContentEncoding::Gzip;
    let server = of(Operation::AppendLines).server;
    let success = (200, r#"{"errorCode":"SVCSTG.ALS.200.200"}"#);
    let (client, received) = scripted(server, &[(429, ""), success]).await;
    let response = client.append_lines().content_encoding(gzip).body(lines()).send().await;
    let response = client.inner.checked(response).unwrap().into_inner();
    assert_eq!(response.error_code.0.as_deref(), Some("SVCSTG.ALS.200.200"));
    for request in received.lock().unwrap().drain(..) {
        assert_eq!(request.headers["content-encoding"], "gzip");
        let mut body = Vec::new();
        flate2::read::GzDecoder::new(request.body.as_slice()).read_to_end(&mut body).unwrap();
        assert_eq!(json(&body)["lines"][99], "a line");
    }
    let (client, received) = scripted(server, &[(503, "")]).await;
    let error = client.inner.checked(client.append_lines().body(lines()).send().await).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert!(!take(&received).headers.contains_key("content-encoding"));
    let (mut client, received) = scripted(server, &[(503, ""), success]).await;
    let options = CallOptions { accepts_duplicates: true, ..CallOptions::default() };
    client.inner.call = Some(client.inner.begin(options));
    client.inner.checked(client.append_lines().body(lines()).send().await).unwrap();
    assert_eq!(received.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn client_of_another_server_is_rejected() {
    let (client, received) = scripted(lts(), &[]).await;
    let lines = generated::types::AppendLinesBody { lines: Vec::new() };
    let error = client.inner.checked(client.append_lines().body(lines).send().await).unwrap_err();
    assert!(matches!(&error, Error::Configuration(e) if e.setting() == "endpoint"), "{error}");
    assert!(received.lock().unwrap().is_empty());
}
