//! Where credentials come from, and which source takes precedence.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use huaweicloud_lts::{
    AkSk, Client, Error, Secret,
    credentials::{CredentialsProvider, ProvideFuture, ResolvedCredentials},
    error::CredentialsError,
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
    let error = lts.groups().list().await.unwrap_err();
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

/// A custom provider that issues a new token after each refusal.
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
    assert!(lts.groups().list().await.unwrap().is_empty());
    let requests = script.requests();
    assert!(requests[0].contains("x-auth-token: vault-0") && requests[1].contains("x-auth-token: vault-1"));
    assert!(
        requests[0].starts_with(&format!("GET /v2/{PROJECT}/groups")),
        "the project of the token is used"
    );

    let sealed = Vault { empty: true, ..Vault::default() };
    let lts = Client::builder().endpoint(&script.url).credentials_provider(sealed).build().unwrap();
    let error = lts.groups().list().await.unwrap_err();
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
    lts.groups().list().await.unwrap();
    lts.groups().list().await.unwrap();
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
            tokio::spawn(async move { lts.groups().list().await.unwrap_err() })
        })
        .collect();
    for error in all {
        assert!(error.await.unwrap().is_auth());
    }
    assert_eq!(script.requests().len(), 1);
}
