//! Secrets stay out of `Debug` output, errors and logs.

use std::time::Duration;

use huaweicloud_lts::{
    AkSk, Credentials, Emulator, Login, Secret, Ttl, call::RetryPolicy, credentials::ResolvedCredentials,
    signing::SigningRequest,
};

use serde_json::json;

use crate::{
    isolated_process::in_isolated_process,
    scripted_server::{Reply, ScriptedServer},
};

#[tokio::test]
async fn debug_output_and_errors_hide_secrets() {
    let script =
        ScriptedServer::serve([Reply::json(401, r#"{"error_code":"LTS.0003","error_msg":"Invalid token"}"#)])
            .await;
    let builder = script.with_token();
    let lts = builder.clone().build().unwrap();
    let call = lts.groups().list();
    let mut shown = format!("{builder:?} {lts:?} {call:?} {:?}", lts.api());
    let error = call.await.unwrap_err();
    assert!(error.is_auth());
    shown += &format!("{error} {error:#} {error:?}");
    shown += &format!("{:?} {:?}", script.with_keys(), script.with_keys().build().unwrap().api());
    let keys = AkSk::new("AK-secret", "SK-secret").security_token("token-secret");
    let login = Login::new("user-secret", "password-secret", "domain-secret");
    let signing = SigningRequest::new("GET", "h", "/").header("x-security-token", "token-secret");
    shown += &format!(
        "{keys:?} {login:?} {:?} {:?}",
        Credentials::from(keys.clone()),
        Credentials::from(login.clone())
    );
    shown += &format!("{:?} {:?}", ResolvedCredentials::Keys(keys.clone()), Secret::new("a-secret"));
    shown += &format!("{:?}", ResolvedCredentials::Token { token: "token-secret".into(), project_id: None });
    shown += &format!("{signing:?} {:?}", signing.sign(&keys));
    let options = Emulator::builder().key("AK", "SK-secret").user("u", "password-secret", "d");
    shown += &format!("{options:?} {:?}", options.clone().start().unwrap());
    assert!(!shown.contains("secret"), "{shown}");
}

/// Ways in which a server may send back what it received.
const ECHOES: [fn(&str) -> Reply; 11] = [
    |request| Reply::json(400, &json!({"error_code": "LTS.0009", "error_msg": request}).to_string()),
    |request| Reply::json(400, &json!({"error_code": request, "error_msg": "no"}).to_string()),
    |request| {
        Reply::json(401, &json!({"error": {"message": request, "code": 401, "title": request}}).to_string())
    },
    |request| Reply::with(500, &[], request),
    |request| {
        Reply::with(502, &[("Content-Type", "text/html")], &format!("<html><pre>{request}</pre></html>"))
    },
    |request| Reply::json(200, &json!({"error_code": "LTS.0201", "error_msg": request}).to_string()),
    |request| Reply::with(200, &[], request),
    |request| {
        Reply::json(
            200,
            &json!({"log_groups": request, "log_group_id": request, "token": request}).to_string(),
        )
    },
    |request| {
        let start: String = request.chars().rev().take(400).collect::<Vec<_>>().into_iter().rev().collect();
        let echoed = request.lines().filter_map(|line| line.split_once(": "));
        let headers: serde_json::Map<_, _> =
            echoed.map(|(name, value)| (name.into(), value.into())).collect();
        Reply::json(
            200,
            &json!({"log_groups": headers, "log_group_id": [headers], "token": start}).to_string(),
        )
    },
    |request| {
        let lines = request.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        Reply::with(400, &[("X-Request-Id", &lines), ("X-IAM-Trace-Id", &lines)], "{}")
    },
    |request| {
        let escaped: String = request.chars().map(|c| format!("\\u{:04x}", c as u32)).collect();
        Reply::json(400, &format!(r#"{{"error_code":"LTS.0009","error_msg":"{escaped}"}}"#))
    },
];

const TOKEN: &str = "MIIEzAYJKoZIhvcNAQcCoIIEvTCCBLkCAQEx";
const SECRET_KEY: &str = "hxTkpBzF3/0xLZCrKz+q3xHb8cD8MnQj4kbnSfW7";
const SECURITY_TOKEN: &str = "gQpjbi1ub3J0aC00ylwhPTyvm-temporary";
const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn secrets_that_come_back_are_redacted() {
    let keys = AkSk::new("LTSEMULATORAK0000001", SECRET_KEY).security_token(SECURITY_TOKEN);
    let credentials = [
        Credentials::token(TOKEN),
        Credentials::from(keys),
        // A server that is told the secret key as the access key.
        Credentials::from(AkSk::new("AK", SECRET_KEY)),
        Credentials::from(Login::new("user", PASSWORD, "domain")),
    ];
    for credentials in credentials {
        for (way, echo) in ECHOES.into_iter().enumerate() {
            let script = ScriptedServer::serve((0..7).map(|_| Reply::Echo(echo))).await;
            let builder = script.with_token().iam_endpoint(&script.url).retry(RetryPolicy::off());
            let lts = builder.credentials(credentials.clone()).build().unwrap();
            let mut shown = String::new();
            if let Err(error) = lts.groups().list().await {
                shown += &format!("{error} {error:#} {error:?}");
            }
            if let Err(error) = lts.groups().create("app", Ttl::days(7)).await {
                shown += &format!("{error} {error:#} {error:?}");
            }
            let (group, task) = (crate::scripted_server::group(), "t".repeat(36).parse().unwrap());
            if let Err(error) = lts.groups().update(&group).ttl(Ttl::days(7)).tag("a", "b").await {
                shown += &format!("{error} {error:#} {error:?}");
            }
            for error in [
                lts.groups().update(&group).untag("a").await.err(),
                lts.transfers().delete(&task).await.err(),
            ] {
                shown += &error.map_or_else(String::new, |error| format!("{error} {error:#} {error:?}"));
            }
            match lts.request("GET", "/v2/{project_id}/groups").await {
                Ok(response) => {
                    shown += &format!(
                        "{response:?} {} {:?}",
                        String::from_utf8_lossy(response.body()),
                        response.request_id()
                    );
                    shown +=
                        &response.into_result().map_or_else(|error| format!("{error:#}"), |_| String::new());
                }
                Err(error) => shown += &format!("{error} {error:#} {error:?}"),
            }
            let requests = script.requests();
            assert!(!requests.is_empty() && !shown.is_empty());
            let signatures =
                requests.iter().filter_map(|request| request.split("Signature=").nth(1)?.lines().next());
            for secret in [TOKEN, SECRET_KEY, SECURITY_TOKEN, PASSWORD].into_iter().chain(signatures) {
                let start = &secret[..12];
                assert!(!shown.contains(start), "way {way}: {start}… in\n{shown}");
            }
        }
    }
}

#[tokio::test]
async fn traces_show_calls_and_attempts_but_hide_secrets() {
    if !in_isolated_process("secrets::traces_show_calls_and_attempts_but_hide_secrets") {
        return;
    }
    use tracing::{Level, instrument::WithSubscriber};

    /// A log writer that all clones share.
    #[derive(Clone, Default)]
    struct LogBuffer(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for LogBuffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let echoed_id =
        Reply::with(200, &[("X-Request-Id", "tok-secret")], r#"{"log_groups":[],"log_streams":[]}"#);
    let busy = || Reply::json(503, r#"{"error_code":"LTS.0010","error_msg":"busy"}"#);
    let script =
        ScriptedServer::serve([busy(), Reply::json(200, r#"{"log_groups":[]}"#), busy(), echoed_id]).await;
    let log = LogBuffer::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_writer(move || writer.clone())
        .finish();
    async {
        let policy = RetryPolicy::default().first_pause(Duration::ZERO);
        script.with_token().retry(policy).build().unwrap().groups().list().await.unwrap();
        script.with_keys().build().unwrap().groups().list().retry(RetryPolicy::off()).await.unwrap_err();
        script.with_token().build().unwrap().groups().list().await.unwrap();
        // A login that is refused with its own body, and tried again.
        let refused =
            |request: &str| Reply::json(502, &json!({"error": {"message": request, "code": 1}}).to_string());
        let echo = ScriptedServer::serve((0..3).map(|_| Reply::Echo(refused))).await;
        let login = Login::new("user", "password-secret", "domain");
        let lts = echo.with_token().iam_endpoint(&echo.url).credentials(login).build().unwrap();
        let error = lts.groups().list().await.unwrap_err();
        assert!(error.to_string().contains("[redacted]"), "{error}");
    }
    .with_subscriber(subscriber)
    .await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for part in [
        "http.request.method=\"GET\"",
        "url.template=\"/v2/{project_id}/groups\"",
        "attempt=1",
        "LTS.0010",
        "http.response.status_code=200",
        "lts.request_id=\"req-1\"",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    assert!(!text.contains("secret"), "{text}");
}
