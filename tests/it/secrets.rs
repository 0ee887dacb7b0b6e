//! Secrets stay out of `Debug` output, errors and logs.

use std::time::Duration;

use huaweicloud_lts::{
    AkSk, Credentials, Emulator, Login, Secret, call::RetryPolicy, credentials::ResolvedCredentials,
    signing::SigningRequest,
};

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

    let busy = || Reply::json(503, r#"{"error_code":"LTS.0010","error_msg":"busy"}"#);
    let script = ScriptedServer::serve([busy(), Reply::json(200, r#"{"log_groups":[]}"#), busy()]).await;
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
