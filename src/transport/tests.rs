//! Calls with scripted responses instead of sockets, and with paused time.

mod made_up;

use std::{collections::VecDeque, sync::Mutex};

use http::StatusCode;

use super::*;
use crate::{
    Ttl,
    auth::{AkSk, CredentialsProvider, ResolvedCredentials, static_credentials::StaticCredentials},
    error::TransportError,
    spec::{Operation, Security, codes, servers},
};

const ID: &str = "b6b9332b-091f-4b22-b810-264318d2d664";
const SECOND: Duration = Duration::from_secs(1);

/// The scripted result of one attempt.
enum Reply {
    Response(u16, &'static [(&'static str, &'static str)], String),
    Failure(TransportFailure, bool),
    Never,
}

fn ok(body: &str) -> Reply {
    Reply::Response(200, &[], body.to_owned())
}

fn service_error(status: u16, code: &str) -> Reply {
    Reply::Response(status, &[], format!(r#"{{"error_code":"{code}","error_msg":"no"}}"#))
}

fn lost() -> Reply {
    Reply::Failure(TransportFailure::Closed, true)
}

/// Replays results attempt by attempt and records their times.
struct Script {
    replies: Mutex<VecDeque<Reply>>,
    times: Mutex<Vec<Duration>>,
    dates: Mutex<Vec<String>>,
    start: Instant,
}

impl Script {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            replies: Mutex::new(replies.into_iter().collect()),
            times: Mutex::default(),
            dates: Mutex::default(),
            start: Instant::now(),
        }
    }

    /// The times of the attempts, in milliseconds from the start.
    fn times(&self) -> Vec<u128> {
        self.times.lock().unwrap().iter().map(Duration::as_millis).collect()
    }
}

impl HttpSend for Script {
    async fn send(&self, request: reqwest::Request) -> Result<Response<Bytes>, TransportError> {
        self.times.lock().unwrap().push(self.start.elapsed());
        let date = request.headers().get("x-sdk-date").map(|date| date.to_str().unwrap().to_owned());
        self.dates.lock().unwrap().extend(date);
        let reply = self.replies.lock().unwrap().pop_front().expect("one attempt too many");
        match reply {
            Reply::Response(status, headers, body) => {
                let mut response = Response::new(body.into());
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                let headers = headers.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v)));
                response.headers_mut().extend::<Vec<(http::HeaderName, _)>>(headers.collect());
                Ok(response)
            }
            Reply::Failure(failure, sent) => Err(TransportError::new(failure, sent)),
            Reply::Never => std::future::pending().await,
        }
    }
}

fn settings(provider: Option<Arc<dyn CredentialsProvider>>) -> Settings {
    Settings { provider, ..Settings::for_test() }
}

fn transport(provided: ResolvedCredentials) -> Transport {
    // Pauses of half their longest: 100 ms, 200 ms, ...
    let shared =
        Shared { random: || 0.5, ..Shared::new(settings(Some(Arc::new(StaticCredentials::new(provided))))) };
    Transport { shared: Arc::new(shared), ..Transport::new(settings(None), servers::LTS, None) }
}

fn with_token() -> Transport {
    transport(ResolvedCredentials::Token { token: "token".into(), project_id: None })
}

fn request(operation: Operation) -> reqwest::Request {
    let url = format!("http://lts.example{}", operation.path().replace(['{', '}'], ""));
    let mut request = reqwest::Request::new(operation.method().parse().unwrap(), url.parse().unwrap());
    if operation.method() == "POST" {
        *request.body_mut() = Some(format!(r#"{{"ttl_in_days":{}}}"#, Ttl::days(7).as_days()).into());
    }
    request
}

async fn call(
    transport: &Transport,
    script: &Script,
    operation: Operation,
) -> Result<Response<Bytes>, Error> {
    send(transport, script, &prepared(transport, request(operation)), operation).await
}

async fn send(
    transport: &Transport,
    script: &Script,
    request: &reqwest::Request,
    kind: impl Into<CallKind>,
) -> Result<Response<Bytes>, Error> {
    let call = transport.call.clone().unwrap_or_else(|| transport.begin(CallOptions::default()));
    transport.attempts(script, request, kind.into(), &call, &Span::none()).await
}

/// The transport of one call with these options.
fn with_options(transport: &Transport, options: CallOptions) -> Transport {
    Transport { call: Some(transport.begin(options)), ..transport.clone() }
}

fn prepared(transport: &Transport, mut request: reqwest::Request) -> reqwest::Request {
    transport.prepare(&mut request).unwrap();
    request
}

fn created() -> Reply {
    Reply::Response(201, &[], format!(r#"{{"log_group_id":"{ID}"}}"#))
}

const EMPTY: &str = r#"{"log_groups":[]}"#;

#[tokio::test(start_paused = true)]
async fn list_succeeds_after_pauses_that_double() {
    let script = Script::new([service_error(503, codes::LTS_0010), lost(), ok(EMPTY)]);
    let response = call(&with_token(), &script, Operation::ListLogGroups).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(script.times(), [0, 100, 300]);
}

#[tokio::test(start_paused = true)]
async fn last_error_has_the_number_of_attempts() {
    let script = Script::new((0..3).map(|_| service_error(500, codes::LTS_0010)));
    let error = call(&with_token(), &script, Operation::ListLogGroups).await.unwrap_err();
    assert_eq!(error.as_service().unwrap().attempts(), 3);
    assert!(error.to_string().contains("3 attempts"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn creation_is_retried_only_if_it_was_not_applied() {
    let script = Script::new([
        Reply::Failure(TransportFailure::Connect, false),
        service_error(429, codes::APIGW_0308),
        created(),
    ]);
    call(&with_token(), &script, Operation::CreateLogGroup).await.unwrap();

    for doubt in [
        lost(),
        service_error(500, codes::LTS_0102),
        service_error(408, ""),
        Reply::Response(201, &[], "<html>".to_owned()),
    ] {
        let script = Script::new([doubt]);
        let error = call(&with_token(), &script, Operation::CreateLogGroup).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn taken_name_after_a_503_has_unknown_outcome() {
    let script = Script::new([service_error(503, codes::LTS_0010), service_error(400, codes::LTS_0101)]);
    let error = call(&with_token(), &script, Operation::CreateLogGroup).await.unwrap_err();
    assert!(error.is_already_exists() && error.outcome_unknown(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn delete_with_a_lost_response_succeeds_when_retry_finds_nothing() {
    let script = Script::new([lost(), service_error(400, codes::LTS_0201)]);
    let response = call(&with_token(), &script, Operation::DeleteLogGroup).await.unwrap();
    assert_eq!(response.status(), 204);
    let script = Script::new([service_error(400, codes::LTS_0201)]);
    assert!(call(&with_token(), &script, Operation::DeleteLogGroup).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn retry_after_pauses_all_calls_of_the_client() {
    let transport = with_token();
    let throttled = Reply::Response(
        429,
        &[("retry-after", "7")],
        r#"{"error_code":"APIGW.0308","error_msg":"slow"}"#.to_owned(),
    );
    let script = Script::new([throttled, ok(EMPTY), ok(EMPTY)]);
    let first = call(&transport, &script, Operation::ListLogGroups);
    let second = async {
        tokio::time::sleep(SECOND).await;
        call(&transport, &script, Operation::ListLogGroups).await
    };
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_ok() && second.is_ok());
    // The second call waits, too; the first adds its own pause.
    assert_eq!(script.times(), [0, 7_000, 7_100]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_beyond_the_deadline_fails_at_once() {
    let transport = with_token();
    let throttled = || {
        Reply::Response(
            503,
            &[("retry-after", "31")],
            r#"{"error_code":"LTS.0010","error_msg":"busy"}"#.to_owned(),
        )
    };
    let script = Script::new([throttled()]);
    let error = call(&transport, &script, Operation::ListLogGroups).await.unwrap_err();
    assert_eq!((error.status(), script.start.elapsed()), (Some(503), Duration::ZERO));
    let error = call(&transport, &script, Operation::ListLogGroups).await.unwrap_err();
    assert_eq!(script.start.elapsed(), Duration::ZERO);
    assert!(error.as_service().is_some_and(|error| error.attempts() == 0), "not sent: {error}");
    let text = error.to_string();
    assert!(text.contains("not sent, since an earlier call failed: LTS.0010: busy (HTTP 503)"), "{text}");
    assert!(text.contains("the service asks to wait 31 s, until "), "{text}");
    assert!(error.is_retryable() && !error.outcome_unknown());
}

/// A 429 with Retry-After, in seconds.
fn throttled(seconds: &'static str) -> Reply {
    let body = r#"{"error_code":"APIGW.0308","error_msg":"slow"}"#.to_owned();
    let headers: &'static [(&str, &str)] = vec![("retry-after", seconds)].leak();
    Reply::Response(429, headers, body)
}

const PERSISTENT: CallOptions = CallOptions {
    deadline: None,
    retry: None,
    persistent: true,
    accepts_duplicates: false,
    redacts_response: false,
};

#[tokio::test(start_paused = true)]
async fn persistent_call_is_bounded_by_its_deadline_alone() {
    let transport = with_options(&with_token(), PERSISTENT);
    let script = Script::new((0..100).map(|_| service_error(500, codes::LTS_0010)));
    let error = call(&transport, &script, Operation::ListLogGroups).await.unwrap_err();
    assert_eq!(error.status(), Some(500));
    // Pauses of 100, 200 and 400 ms, then of half a second, until the deadline of 30 s.
    assert_eq!(script.times()[..5], [0, 100, 300, 700, 1_200]);
    assert_eq!(script.times().len(), 62);
    // A policy that is set for the call takes precedence.
    let transport =
        with_options(&transport, CallOptions { retry: Some(RetryPolicy::default()), ..PERSISTENT });
    let script = Script::new((0..3).map(|_| service_error(500, codes::LTS_0010)));
    call(&transport, &script, Operation::ListLogGroups).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn persistent_call_gives_up_on_responses_of_another_server() {
    for operation in [Operation::ListLogGroups, Operation::DeleteLogStream] {
        let page = || ok("<html>Sign in</html>");
        // Failures of the service don't count.
        let replies = [lost(), page(), service_error(500, codes::LTS_0010), page(), lost(), page()];
        let script = Script::new(replies);
        let error = call(&with_options(&with_token(), PERSISTENT), &script, operation).await.unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{error}");
        assert_eq!(script.times().len(), 6);
        // A response that was cut off is complete the next time.
        let cut = [r#"{"log_groups":[{"log_gr"#, r#"{"log_groups":["#, "{"];
        let replies = (0..50).map(|i| ok(cut[i % cut.len()])).chain([ok(EMPTY)]);
        let script = Script::new(replies);
        call(&with_options(&with_token(), PERSISTENT), &script, operation).await.unwrap();
        assert_eq!(script.times().len(), 51);
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_that_the_service_asks_for_extends_the_deadline_of_a_persistent_call() {
    // Nine waits of 50 s: five minutes are added, and the deadline is 30 s.
    let script = Script::new((0..9).map(|_| throttled("50")));
    let transport = with_options(&with_token(), PERSISTENT);
    let error = call(&transport, &script, Operation::ListLogGroups).await.unwrap_err();
    assert!(error.is_throttled(), "{error}");
    assert_eq!(script.times().len(), 7);
    // A deadline that was set bounds everything.
    let script = Script::new([throttled("50")]);
    let options = CallOptions { deadline: Some(49 * SECOND), ..PERSISTENT };
    let error =
        call(&with_options(&with_token(), options), &script, Operation::ListLogGroups).await.unwrap_err();
    assert!(error.is_throttled() && script.start.elapsed() == Duration::ZERO, "{error}");
}

#[tokio::test(start_paused = true)]
async fn retry_after_of_one_stream_does_not_hold_back_others() {
    let transport = with_token();
    let script = Script::new([throttled("3600"), ok(EMPTY)]);
    call(&transport, &script, Operation::DeleteLogStream).await.unwrap_err();
    call(&transport, &script, Operation::ListLogGroups).await.unwrap();
    let error = call(&transport, &script, Operation::DeleteLogStream).await.unwrap_err();
    assert!(error.to_string().contains("deleteLogStream: not sent"), "{error}");
    assert_eq!(script.start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn attempt_timeout_and_call_deadline_both_apply() {
    let script = Script::new([Reply::Never, Reply::Never]);
    let error = call(&with_token(), &script, Operation::ListLogGroups).await.unwrap_err();
    // The second attempt has what is left of the call's 30 s.
    assert_eq!(script.times(), [0, 15_100]);
    assert_eq!(script.start.elapsed(), 30 * SECOND);
    assert!(matches!(&error, Error::Transport(e) if e.failure() == TransportFailure::Deadline), "{error}");
}

#[tokio::test(start_paused = true)]
async fn retry_budget_ends_retries_when_all_calls_fail() {
    let transport = with_token();
    let script = Script::new((0..200).map(|_| service_error(503, codes::LTS_0010)));
    for _ in 0..70 {
        let _ = call(&transport, &script, Operation::ListLogGroups).await;
    }
    // 70 first attempts, and 100 that the budget paid for.
    assert_eq!(script.times().len(), 170);
}

#[tokio::test(start_paused = true)]
async fn call_policy_takes_precedence_over_the_client_policy() {
    let with_policy =
        |policy| with_options(&with_token(), CallOptions { retry: Some(policy), ..CallOptions::default() });
    let transport = with_policy(RetryPolicy::off());
    let script = Script::new([service_error(503, codes::LTS_0010)]);
    call(&transport, &script, Operation::ListLogGroups).await.unwrap_err();
    let policy = RetryPolicy::default().max_attempts(150).longest_pause(Duration::ZERO).budget(false);
    let transport = with_policy(policy);
    let script = Script::new((0..150).map(|_| service_error(503, codes::LTS_0010)));
    call(&transport, &script, Operation::ListLogGroups).await.unwrap_err();
    assert_eq!(script.times().len(), 150, "no budget ends it");
}

fn with_keys() -> Transport {
    transport(ResolvedCredentials::Keys(AkSk::new("AK", "SK")))
}

#[tokio::test(start_paused = true)]
async fn clock_skew_is_learned_from_an_error_and_kept() {
    let transport = with_keys();
    let refused = Reply::Response(
        401,
        &[("date", "Tue, 05 Mar 2024 08:09:10 GMT")],
        r#"{"error_code":"APIGW.0301","error_msg":"calc aksk signature fail:signature expired"}"#.to_owned(),
    );
    let script = Script::new([refused, ok(EMPTY), ok(EMPTY)]);
    call(&transport, &script, Operation::ListLogGroups).await.unwrap();
    call(&transport, &script, Operation::ListLogGroups).await.unwrap();
    let dates = script.dates.lock().unwrap().clone();
    assert!(
        !dates[0].starts_with("2024") && dates[1..].iter().all(|d| d.starts_with("20240305T0809")),
        "{dates:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn wrong_signature_is_not_retried() {
    let now = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let headers: &'static [(&str, &str)] = vec![("date", &*now.leak())].leak();
    let message =
        "Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:GET|/other/";
    let body = format!(r#"{{"error_code":"APIGW.0301","error_msg":"{message}"}}"#);
    let script = Script::new([Reply::Response(401, headers, body)]);
    let error = call(&with_keys(), &script, Operation::ListLogGroups).await.unwrap_err();
    assert!(error.is_auth());
    let text = format!("{error:#}");
    assert!(text.contains("signed: /v2/project_id/groups/\n    seen:   /other/"), "{text}");
    assert!(!text.contains("SK"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn body_too_long_to_sign_is_not_sent() {
    let operation = Operation::CreateLogGroup;
    let mut long = request(operation);
    *long.body_mut() = Some(vec![b' '; 12_582_913].into());
    let error = send(&with_keys(), &Script::new([]), &long, operation).await.unwrap_err();
    assert!(matches!(&error, Error::InvalidInput(e) if e.field() == "body"), "{error}");
    let response = send(&with_token(), &Script::new([created()]), &long, operation).await;
    assert!(response.is_ok(), "with a token it may be longer");
}

#[tokio::test(start_paused = true)]
async fn locked_or_unknown_key_is_not_retried() {
    for message in
        ["AK access failed to reach the limit,forbidden.", "Get secretKey failed,ak:AK,err:ak not exist"]
    {
        let body = format!(
            r#"{{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information: {message}"}}"#
        );
        // Even if the clocks differ.
        let script = Script::new([Reply::Response(401, &[("date", "Tue, 05 Mar 2024 08:09:10 GMT")], body)]);
        let error = call(&with_keys(), &script, Operation::ListLogGroups).await.unwrap_err();
        assert!(
            error.is_auth() && error.remedy().is_some_and(|remedy| !remedy.contains("variants")),
            "{error:#}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn call_dropped_at_any_point_does_not_affect_the_next() {
    use std::{future::Future, task::Poll};

    let transport = with_token();
    for polls in 0..12 {
        let busy = || Reply::Response(503, &[], r#"{"error_code":"LTS.0010","error_msg":"busy"}"#.to_owned());
        let script = Script::new([busy(), busy(), ok(EMPTY)]);
        let mut dropped = Box::pin(call(&transport, &script, Operation::ListLogGroups));
        for _ in 0..polls {
            let done =
                std::future::poll_fn(|context| Poll::Ready(dropped.as_mut().poll(context).is_ready())).await;
            if done {
                break;
            }
            tokio::time::advance(Duration::from_millis(50)).await;
        }
        drop(dropped);
        let script = Script::new([ok(EMPTY)]);
        call(&transport, &script, Operation::ListLogGroups).await.unwrap();
        assert_eq!(script.times().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_the_operation_does_not_accept_are_rejected() {
    static FACTS: std::sync::LazyLock<OperationFacts> = std::sync::LazyLock::new(|| OperationFacts {
        security: &[Security::TokenAuth],
        ..*Operation::ListLogGroups.facts()
    });
    let keys = with_keys();
    let request = prepared(&keys, request(Operation::ListLogGroups));
    let error = send(&keys, &Script::new([]), &request, &*FACTS).await.unwrap_err();
    assert!(matches!(&error, Error::Configuration(e) if e.setting() == "credentials"), "{error}");
    send(&with_token(), &Script::new([ok(EMPTY)]), &request, &*FACTS).await.unwrap();
}

#[test]
fn client_types_are_send_and_sync() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    fn sent<T: Send>(_: T) {}
    shared::<crate::Client>();
    shared::<crate::ClientBuilder>();
    shared::<crate::AkSk>();
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    error::<Error>();
    fn calls(lts: &crate::Client) {
        sent(lts.groups().list().into_future());
        sent(lts.groups().ensure("app", Ttl::days(7)).into_future());
    }
    let _ = calls;
}
