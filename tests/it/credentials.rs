//! Where credentials come from, and which source takes precedence.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use huaweicloud_lts::{
    AkSk, Client, CredentialsError, CredentialsProvider, Error, ProvideFuture, ResolvedCredentials, Secret,
};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    configuration::{KEYS, configuration_error, endpoint, home, with_home},
    scripted_server::{PROJECT, Reply, ScriptedServer},
};

/// The access key that a client signs with, or its token.
pub(crate) async fn access_key_or_token(lts: &Client) -> String {
    match lts.credentials().await.unwrap() {
        ResolvedCredentials::Keys(keys) => keys.access_key().to_owned(),
        ResolvedCredentials::Token { token, .. } => token.expose().to_owned(),
        other => panic!("{other:?}"),
    }
}

/// A local address that refuses connections.
fn unreachable_endpoint() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn builder_takes_precedence_over_environment_over_profile() {
    let home = home(
        "[basic]\nak=file-ak\nsk=file-sk\nregion=file-1\n[other]\nak=other-ak\nsk=other-sk\nregion=other-1\n",
    );
    let all = || with_home(&home, &[KEYS[0], KEYS[1], ("HUAWEICLOUD_LTS_REGION", "env-1")]);
    let empty = || with_home(&home, &[]);

    let lts = Client::builder().credentials(AkSk::new("own-ak", "s")).region("own-1").profile("other");
    let lts = lts.or_variables(all()).build().unwrap();
    assert_eq!(
        (access_key_or_token(&lts).await, endpoint(&lts)),
        ("own-ak".into(), "https://lts.own-1.myhuaweicloud.com".into())
    );

    let lts = Client::builder().profile("other").or_variables(all()).build().unwrap();
    assert_eq!(
        (access_key_or_token(&lts).await, endpoint(&lts)),
        ("other-ak".into(), "https://lts.other-1.myhuaweicloud.com".into())
    );

    let lts = Client::builder().or_variables(all()).build().unwrap();
    assert_eq!(
        (access_key_or_token(&lts).await, endpoint(&lts)),
        ("env-ak".into(), "https://lts.env-1.myhuaweicloud.com".into())
    );

    let lts = Client::builder().or_variables(empty()).build().unwrap();
    assert_eq!(
        (access_key_or_token(&lts).await, endpoint(&lts)),
        ("file-ak".into(), "https://lts.file-1.myhuaweicloud.com".into())
    );
}

#[tokio::test]
async fn credential_parts_come_from_one_source() {
    let home = home("[basic]\nak=file-ak\nsk=file-sk\nsecurity_token=file-st\n");
    // The environment has half a key pair: the profile's key pair is used.
    let half =
        with_home(&home, &[("HUAWEICLOUD_SDK_AK", "env-ak"), ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "env-st")]);
    let lts = Client::builder().region("r").or_variables(half).build().unwrap();
    let expected = AkSk::new("file-ak", "file-sk").security_token("file-st");
    assert_eq!(lts.credentials().await.unwrap(), ResolvedCredentials::Keys(expected));
    // The environment has a whole key pair: nothing is added from the profile.
    let lts = Client::builder().region("r").or_variables(with_home(&home, &KEYS)).build().unwrap();
    assert_eq!(lts.credentials().await.unwrap(), ResolvedCredentials::Keys(AkSk::new("env-ak", "env-sk")));
}

#[tokio::test]
async fn exhausted_chain_reports_what_each_source_lacks() {
    let home = home("[basic]\nak=hidden\n");
    let variables =
        with_home(&home, &[("HUAWEICLOUD_LTS_USERNAME", "hidden"), ("HUAWEICLOUD_LTS_REGION", "r")]);
    let lts =
        Client::builder().or_variables(variables).metadata_endpoint(unreachable_endpoint()).build().unwrap();
    let error = lts.groups().await.unwrap_err();
    let Error::Configuration(found) = &error else { panic!("{error:?}") };
    assert_eq!(found.setting(), "credentials");
    let text = error.to_string();
    for part in [
        "environment: HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK not set",
        "HUAWEICLOUD_LTS_TOKEN not set",
        "HUAWEICLOUD_LTS_USERNAME set, but HUAWEICLOUD_LTS_PASSWORD, HUAWEICLOUD_LTS_DOMAIN_NAME not set",
        ".huaweicloud/credentials [basic]: ak set, but sk not set",
        "ECS metadata (http://127.0.0.1:",
        "can't connect",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    assert!(!text.contains("hidden") && !text.contains('\n'), "{text}");

    let empty = TempDir::new().unwrap();
    let (setting, text) = configuration_error(Client::builder().or_variables(with_home(&empty, &[])).build());
    assert_eq!(setting, "region");
    assert!(text.contains("HUAWEICLOUD_SDK_AK") && text.contains("doesn't exist"), "{text}");
}

#[test]
fn what_is_wrong_with_a_profile_is_said_by_place_and_without_a_value() {
    let home = home(
        "[basic]\nak=a\nsk=s\n[half]\nsk=hush\n[odd]\nak=a\nsk=s\nendpoint=ftp://hush\n[id]\nak=a\nsk=s\nregion=r\nproject_id=hush/\n[r]\nak=a\nsk=s\nregion=hush hush\n",
    );
    for (profile, setting, part) in [
        ("none", "profile", "has no section [none]"),
        ("half", "profile", "[half]: sk set, but ak not set"),
        ("odd", "endpoint", "[odd] endpoint: the scheme"),
        ("id", "project_id", "[id] project_id: must be"),
        ("r", "region", "[r] region: can't be part of a host name"),
    ] {
        let builder = Client::builder().profile(profile).or_variables(with_home(&home, &[]));
        let (found, text) = configuration(builder.build());
        assert_eq!(found, setting);
        assert!(text.contains(part) && text.contains("credentials") && !text.contains("hush"), "{text}");
    }
    let file = home.path().join("broken");
    fs::write(&file, "[basic]\nak = hush\n[hush").unwrap();
    let broken =
        [("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.to_str().unwrap()), ("HUAWEICLOUD_LTS_REGION", "r")];
    let (setting, text) = configuration(Client::builder().or_variables(environment(&broken)).build());
    assert!(setting == "profile" && text.contains("broken: line 3") && !text.contains("hush"), "{text}");
    // With credentials from elsewhere, nobody needs it.
    let variables = [&broken[..], &KEYS].concat();
    assert!(Client::builder().or_variables(environment(&variables)).build().is_ok());
    let missing = [("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/no/such/file")];
    let (_, text) = configuration(Client::builder().profile("p").or_variables(environment(&missing)).build());
    assert!(text.contains("/no/such/file") && text.contains("doesn't exist"), "{text}");
}

/// The metadata service's answer with keys that are good until a time.
fn keys_until(access: &str, expires_at: &str) -> Reply {
    let credential =
        json!({ "access": access, "secret": "s", "securitytoken": "st-secret", "expires_at": expires_at });
    Reply::json(200, &json!({ "credential": credential }).to_string())
}

/// Settings that have nothing but the metadata service.
fn on_ecs(script: &Script, clock: &Arc<AtomicU64>) -> ClientBuilder {
    let clock = Arc::clone(clock);
    Client::builder()
        .or_variables([])
        .region("cn-north-4")
        .project_id(PROJECT)
        .metadata_endpoint(&script.url)
        .clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(SeqCst)))
}

#[tokio::test]
async fn keys_come_from_ecs_metadata_and_are_renewed_40_minutes_ahead() {
    let session = || Reply::with(200, &[], "session-token\n");
    let script = Script::serve([
        session(),
        keys_until("one", "1970-01-02T00:00:00.000000Z"),
        session(),
        keys_until("two", "1970-01-03T00:00:00.000000Z"),
    ])
    .await;
    let clock = Arc::new(AtomicU64::new(0));
    let lts = on_ecs(&script, &clock).build().unwrap();
    assert_eq!(script.requests().len(), 0, "only the first call asks");
    let all: Vec<_> = (0..100)
        .map(|_| {
            let lts = lts.clone();
            tokio::spawn(async move { lts.credentials().await.unwrap() })
        })
        .collect();
    for provided in all {
        let expected = AkSk::new("one", "s").security_token("st-secret");
        assert_eq!(provided.await.unwrap(), ResolvedCredentials::Keys(expected));
    }
    let requests = script.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].starts_with("PUT /meta-data/latest/api/token "), "{}", requests[0]);
    assert!(requests[0].contains("x-metadata-token-ttl-seconds: 21600"));
    assert!(requests[1].starts_with("GET /openstack/latest/securitykey "), "{}", requests[1]);
    assert!(requests[1].contains("x-metadata-token: session-token"));

    clock.store(23 * 3_600 + 19 * 60, SeqCst);
    assert_eq!(who(&lts).await, "one");
    assert_eq!(script.requests().len(), 2, "not before its time");
    clock.store(23 * 3_600 + 20 * 60, SeqCst);
    while who(&lts).await == "one" {
        tokio::task::yield_now().await;
    }
    assert_eq!(who(&lts).await, "two");
    assert!(!format!("{:?} {lts:?}", lts.credentials().await.unwrap()).contains("secret"));
}

#[tokio::test]
async fn an_older_metadata_service_is_asked_without_a_token() {
    for status in [404, 405, 503] {
        let script =
            Script::serve([Reply::with(status, &[], ""), keys_until("old", "2999-01-01T00:00:00Z")]).await;
        let lts = on_ecs(&script, &Arc::default()).build().unwrap();
        assert_eq!(who(&lts).await, "old");
        assert!(!script.requests()[1].contains("x-metadata-token"));
    }
}

#[tokio::test]
async fn metadata_without_keys_is_a_link_that_passes() {
    for (reply, why) in [
        (Reply::with(404, &[], ""), "no agency"),
        (Reply::json(200, r#"{"credential":{"access":"hush"}}"#), "can't be read"),
        (Reply::with(500, &[], ""), "HTTP 500"),
        (Reply::with(200, &[], &"x".repeat(100_000)), "too long"),
        (keys_until("hush", "tomorrow"), "expires_at"),
    ] {
        let script = Script::serve([Reply::with(404, &[], ""), reply]).await;
        let lts = on_ecs(&script, &Arc::default()).build().unwrap();
        let error = lts.groups().await.unwrap_err();
        assert!(matches!(error, Error::Configuration(_)), "{error}");
        let text = format!("{error:#} {error:?}");
        assert!(text.contains("ECS metadata") && text.contains(why) && !text.contains("hush"), "{text}");
    }
}

#[tokio::test]
async fn metadata_that_does_not_answer_is_given_up_after_a_second_by_all_callers_at_once() {
    let script = Script::serve([Reply::Silence]).await;
    let lts = on_ecs(&script, &Arc::default()).build().unwrap();
    let start = std::time::Instant::now();
    let all: Vec<_> = (0..100)
        .map(|_| {
            let lts = lts.clone();
            tokio::spawn(async move { lts.groups().await.unwrap_err().to_string() })
        })
        .collect();
    for error in all {
        let error = error.await.unwrap();
        assert!(error.contains("no response within 1s"), "{error}");
    }
    assert!(start.elapsed() < Duration::from_secs(10), "they waited together: {:?}", start.elapsed());
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn metadata_is_not_asked_where_anything_else_has_credentials() {
    let script = Script::serve([]).await;
    let lts = Client::builder().or_variables(environment(&KEYS)).region("r").metadata_endpoint(&script.url);
    assert_eq!(who(&lts.build().unwrap()).await, "env-ak");
    assert_eq!(script.requests().len(), 0);
}

/// A provider of a user's own: it has one token after another.
#[derive(Debug, Default)]
struct Vault {
    refused: AtomicU64,
    empty: bool,
}

impl CredentialsProvider for Vault {
    fn credentials(&self) -> ProvideFuture<'_> {
        Box::pin(async {
            if self.empty {
                return Err(CredentialsError::new("the vault is sealed", None).into());
            }
            let token = format!("vault-{}", self.refused.load(SeqCst)).into();
            Ok(ResolvedCredentials::Token { token, project_id: Some(PROJECT.parse().unwrap()) })
        })
    }

    fn refused(&self, token: &Secret) -> bool {
        let current = format!("vault-{}", self.refused.load(SeqCst));
        if token.expose() == current {
            self.refused.fetch_add(1, SeqCst);
        }
        true
    }
}

#[tokio::test]
async fn custom_provider_is_called_before_every_attempt() {
    let script = ScriptedServer::serve([
        Reply::json(401, r#"{"error_code":"LTS.0003","error_msg":"Invalid token"}"#),
        Reply::json(200, r#"{"log_groups":[]}"#),
    ])
    .await;
    let lts = Client::builder().endpoint(&script.url).credentials_provider(Vault::default()).build().unwrap();
    assert!(lts.groups().await.unwrap().is_empty());
    let requests = script.requests();
    assert!(requests[0].contains("x-auth-token: vault-0") && requests[1].contains("x-auth-token: vault-1"));
    assert!(
        requests[0].starts_with(&format!("GET /v2/{PROJECT}/groups")),
        "the project of the token is used"
    );

    let sealed = Vault { empty: true, ..Vault::default() };
    let lts = Client::builder().endpoint(&script.url).credentials_provider(sealed).build().unwrap();
    let error = lts.groups().await.unwrap_err();
    assert!(matches!(error, Error::Credentials(_)) && error.to_string() == "the vault is sealed", "{error}");
}

#[tokio::test]
async fn project_lookup_by_region_runs_once_for_concurrent_calls() {
    let projects = |ids: &[&str]| {
        let all: Vec<_> = ids.iter().map(|id| json!({ "id": id, "name": "cn-north-4", "domain_id": "d", "parent_id": "d", "is_domain": false, "enabled": true, "description": "", "links": { "self": "x" } })).collect();
        Reply::json(200, &json!({ "projects": all, "links": { "self": "x" } }).to_string())
    };
    let list = || Reply::json(200, r#"{"log_groups":[]}"#);
    let script = ScriptedServer::serve([projects(&["a", "b"]), projects(&[PROJECT]), list(), list()]).await;
    let lts = Client::builder().endpoint(&script.url).iam_endpoint(&script.url).region("cn-north-4");
    let lts = lts.credentials(AkSk::new("AK", "SK")).build().unwrap();
    let several = lts.resolve().await.unwrap_err().to_string();
    assert!(
        several.contains("several projects") && several.contains("a (cn-north-4), b (cn-north-4)"),
        "{several}"
    );
    lts.groups().await.unwrap();
    lts.groups().await.unwrap();
    let requests = script.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests[1].starts_with("GET /v3/projects?name=cn-north-4 "), "{}", requests[1]);
    assert!(requests[1].contains("authorization: SDK-HMAC-SHA256 Access=AK"));
    assert!(requests[2].contains(&format!("x-project-id: {PROJECT}")));

    // All callers share one refused signature: a few in a row would lock the key.
    let refusal = Reply::json(401, r#"{"error_code":"APIGW.0301","error_msg":"no"}"#);
    let script = ScriptedServer::serve([refusal]).await;
    let lts = Client::builder().endpoint(&script.url).iam_endpoint(&script.url).region("cn-north-4");
    let lts = lts.credentials(AkSk::new("AK", "SK")).build().unwrap();
    let all: Vec<_> = (0..100)
        .map(|_| {
            let lts = lts.clone();
            tokio::spawn(async move { lts.groups().await.unwrap_err() })
        })
        .collect();
    for error in all {
        assert!(error.await.unwrap().is_auth());
    }
    assert_eq!(script.requests().len(), 1);
}
