//! Calls with scripted responses instead of sockets, and a clock that doesn't wait.

mod made_up;

use std::{collections::VecDeque, sync::Mutex};

use http::StatusCode;

use super::*;
use crate::{
    Ttl,
    auth::{AkSk, ResolvedCredentials, static_credentials::StaticCredentials},
    error::TransportError,
    spec::{Operation, Security, codes, servers},
};

const ID: &str = "b6b9332b-091f-4b22-b810-264318d2d664";
const SECOND: Duration = Duration::from_secs(1);

/// What comes of one attempt.
enum Reply {
    Answer(u16, &'static [(&'static str, &'static str)], String),
    Failure(TransportFailure, bool),
    Never,
}

fn ok(body: &str) -> Reply {
    Reply::Answer(200, &[], body.to_owned())
}

fn refusal(status: u16, code: &str) -> Reply {
    Reply::Answer(status, &[], format!(r#"{{"error_code":"{code}","error_msg":"no"}}"#))
}

fn lost() -> Reply {
    Reply::Failure(TransportFailure::Closed, true)
}

/// Answers attempt after attempt, and remembers when each came.
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

    /// When the attempts came, in milliseconds from the start.
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
            Reply::Answer(status, headers, body) => {
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
    Settings {
        provider,
        user_agent: HeaderValue::from_static("test"),
        attempt_timeout: 15 * SECOND,
        call_timeout: 30 * SECOND,
        retry: RetryPolicy::default(),
    }
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
    transport.attempts(script, &prepared(transport, request(operation)), operation.into()).await
}

fn prepared(transport: &Transport, mut request: reqwest::Request) -> reqwest::Request {
    transport.prepare(&mut request).unwrap();
    request
}

fn created() -> Reply {
    Reply::Answer(201, &[], format!(r#"{{"log_group_id":"{ID}"}}"#))
}

const EMPTY: &str = r#"{"log_groups":[]}"#;

#[tokio::test(start_paused = true)]
async fn a_list_gets_through_after_pauses_that_double() {
    let script = Script::new([refusal(503, codes::LTS_0010), lost(), ok(EMPTY)]);
    let answer = call(&with_token(), &script, Operation::ListLogGroups).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(script.times(), [0, 100, 300]);
}

#[tokio::test(start_paused = true)]
async fn the_last_error_says_how_many_attempts_there_were() {
    let script = Script::new((0..3).map(|_| refusal(500, codes::LTS_0010)));
    let error = call(&with_token(), &script, Operation::ListLogGroups).await.unwrap_err();
    assert_eq!(error.as_service().unwrap().attempts(), 3);
    assert!(error.to_string().contains("3 attempts"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_creation_is_repeated_only_if_it_was_not_done() {
    let script = Script::new([
        Reply::Failure(TransportFailure::Connect, false),
        refusal(429, codes::APIGW_0308),
        created(),
    ]);
    call(&with_token(), &script, Operation::CreateLogGroup).await.unwrap();

    for doubt in [
        lost(),
        refusal(500, codes::LTS_0102),
        refusal(408, ""),
        Reply::Answer(201, &[], "<html>".to_owned()),
    ] {
        let script = Script::new([doubt]);
        let error = call(&with_token(), &script, Operation::CreateLogGroup).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn there_already_after_a_503_leaves_the_outcome_open() {
    let script = Script::new([refusal(503, codes::LTS_0010), refusal(400, codes::LTS_0101)]);
    let error = call(&with_token(), &script, Operation::CreateLogGroup).await.unwrap_err();
    assert!(error.is_already_exists() && error.outcome_unknown(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_delete_whose_answer_was_lost_is_done_when_it_is_gone() {
    let script = Script::new([lost(), refusal(400, codes::LTS_0201)]);
    let answer = call(&with_token(), &script, Operation::DeleteLogGroup).await.unwrap();
    assert_eq!(answer.status(), 204);
    let script = Script::new([refusal(400, codes::LTS_0201)]);
    assert!(call(&with_token(), &script, Operation::DeleteLogGroup).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_slows_every_call_of_the_client() {
    let transport = with_token();
    let throttled = Reply::Answer(
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
async fn a_retry_after_beyond_the_deadline_fails_at_once() {
    let transport = with_token();
    let throttled = || {
        Reply::Answer(
            503,
            &[("retry-after", "31")],
            r#"{"error_code":"LTS.0010","error_msg":"busy"}"#.to_owned(),
        )
    };
    let script = Script::new([throttled()]);
    let error = call(&transport, &script, Operation::ListLogGroups).await.unwrap_err();
    assert_eq!((error.status(), script.start.elapsed()), (Some(503), Duration::ZERO));
    let error = call(&transport, &script, Operation::ListLogGroups).await.unwrap_err();
    assert!(matches!(&error, Error::Transport(e) if e.failure() == TransportFailure::Deadline), "{error}");
    assert_eq!(script.start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_and_a_call_have_their_own_times() {
    let script = Script::new([Reply::Never, Reply::Never]);
    let error = call(&with_token(), &script, Operation::ListLogGroups).await.unwrap_err();
    // The second attempt has what is left of the call's 30 s.
    assert_eq!(script.times(), [0, 15_100]);
    assert_eq!(script.start.elapsed(), 30 * SECOND);
    assert!(matches!(&error, Error::Transport(e) if e.failure() == TransportFailure::Deadline), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_budget_ends_retries_when_everything_fails() {
    let transport = with_token();
    let script = Script::new((0..200).map(|_| refusal(503, codes::LTS_0010)));
    for _ in 0..70 {
        let _ = call(&transport, &script, Operation::ListLogGroups).await;
    }
    // 70 first attempts, and 100 that the budget paid for.
    assert_eq!(script.times().len(), 170);
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_the_call_goes_before_the_clients() {
    let mut transport = with_token();
    transport.retry = Some(RetryPolicy::off());
    let script = Script::new([refusal(503, codes::LTS_0010)]);
    call(&transport, &script, Operation::ListLogGroups).await.unwrap_err();
    transport.retry =
        Some(RetryPolicy::default().max_attempts(150).longest_pause(Duration::ZERO).budget(false));
    let script = Script::new((0..150).map(|_| refusal(503, codes::LTS_0010)));
    call(&transport, &script, Operation::ListLogGroups).await.unwrap_err();
    assert_eq!(script.times().len(), 150, "no budget ends it");
}

fn with_keys() -> Transport {
    transport(ResolvedCredentials::Keys(AkSk::new("AK", "SK")))
}

#[tokio::test(start_paused = true)]
async fn the_servers_clock_is_learned_from_a_refusal_and_kept() {
    let transport = with_keys();
    let refused = Reply::Answer(
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
async fn a_wrong_signature_is_not_sent_again() {
    let now = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let headers: &'static [(&str, &str)] = vec![("date", &*now.leak())].leak();
    let message =
        "Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:GET|/other/";
    let body = format!(r#"{{"error_code":"APIGW.0301","error_msg":"{message}"}}"#);
    let script = Script::new([Reply::Answer(401, headers, body)]);
    let error = call(&with_keys(), &script, Operation::ListLogGroups).await.unwrap_err();
    assert!(error.is_auth());
    let text = format!("{error:#}");
    assert!(text.contains("signed: /v2/project_id/groups/\n    seen:   /other/"), "{text}");
    assert!(!text.contains("SK"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_body_too_long_to_sign_is_not_sent() {
    let operation = Operation::CreateLogGroup;
    let mut long = request(operation);
    *long.body_mut() = Some(vec![b' '; 12_582_913].into());
    let error = with_keys().attempts(&Script::new([]), &long, operation.into()).await.unwrap_err();
    assert!(matches!(&error, Error::InvalidInput(e) if e.field() == "body"), "{error}");
    let answer = with_token().attempts(&Script::new([created()]), &long, operation.into()).await;
    assert!(answer.is_ok(), "with a token it may be longer");
}

#[tokio::test(start_paused = true)]
async fn a_locked_or_unknown_key_is_never_tried_again() {
    for message in
        ["AK access failed to reach the limit,forbidden.", "Get secretKey failed,ak:AK,err:ak not exist"]
    {
        let body = format!(
            r#"{{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information: {message}"}}"#
        );
        // Even if the clocks differ.
        let script = Script::new([Reply::Answer(401, &[("date", "Tue, 05 Mar 2024 08:09:10 GMT")], body)]);
        let error = call(&with_keys(), &script, Operation::ListLogGroups).await.unwrap_err();
        assert!(
            error.is_auth() && error.remedy().is_some_and(|remedy| !remedy.contains("variants")),
            "{error:#}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_point_leaves_the_next_one_alone() {
    use std::{future::Future, task::Poll};

    let transport = with_token();
    for polls in 0..12 {
        let busy = || Reply::Answer(503, &[], r#"{"error_code":"LTS.0010","error_msg":"busy"}"#.to_owned());
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
async fn credentials_of_a_kind_that_the_operation_does_not_take_are_an_error() {
    static FACTS: std::sync::LazyLock<OperationFacts> = std::sync::LazyLock::new(|| OperationFacts {
        security: &[Security::TokenAuth],
        ..*Operation::ListLogGroups.facts()
    });
    let keys = with_keys();
    let request = prepared(&keys, request(Operation::ListLogGroups));
    let error = keys.attempts(&Script::new([]), &request, (&*FACTS).into()).await.unwrap_err();
    assert!(matches!(&error, Error::Configuration(e) if e.setting() == "credentials"), "{error}");
    with_token().attempts(&Script::new([ok(EMPTY)]), &request, (&*FACTS).into()).await.unwrap();
}

#[test]
fn what_users_share_between_threads_can_be_shared() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    fn sent<T: Send>(_: T) {}
    shared::<crate::Client>();
    shared::<crate::ClientBuilder>();
    shared::<crate::AkSk>();
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    error::<Error>();
    fn calls(lts: &crate::Client) {
        sent(lts.groups().into_future());
        sent(lts.ensure_group("app", Ttl::days(7)).into_future());
    }
    let _ = calls;
}
