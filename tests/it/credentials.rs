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
    let home = home("[basic]\nak=file-ak\nsk=file-sk\nsecurity_token=file-st\n[half]\nak=hidden\nregion=r\n");
    // The environment has a whole key pair: nothing is added from the profile.
    let lts = Client::builder().region("r").or_variables(with_home(&home, &KEYS)).build().unwrap();
    assert_eq!(lts.credentials().await.unwrap(), ResolvedCredentials::Keys(AkSk::new("env-ak", "env-sk")));

    let token = ("HUAWEICLOUD_LTS_TOKEN", "hidden");
    for (variables, missing) in [
        (&[("HUAWEICLOUD_SDK_AK", "hidden")][..], "HUAWEICLOUD_SDK_SK not set"),
        (&[("HUAWEICLOUD_SDK_SK", "hidden"), token], "HUAWEICLOUD_SDK_AK not set"),
        (&[("HUAWEICLOUD_SDK_SECURITY_TOKEN", "hidden")], "HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK not set"),
        (
            &[("HUAWEICLOUD_LTS_USERNAME", "hidden")],
            "HUAWEICLOUD_LTS_PASSWORD, HUAWEICLOUD_LTS_DOMAIN_NAME not set",
        ),
    ] {
        let lts = Client::builder().region("r").or_variables(with_home(&home, variables));
        let (setting, text) = configuration_error(lts.build());
        assert_eq!(setting, "credentials");
        assert!(text.contains(missing) && !text.contains("hidden"), "{text}");
    }
    // A chosen profile doesn't fall back to the environment either.
    let (_, text) =
        configuration_error(Client::builder().profile("half").or_variables(with_home(&home, &KEYS)).build());
    assert!(text.contains("[half]: ak set, but sk not set"), "{text}");
}

#[tokio::test]
async fn exhausted_chain_reports_what_each_source_lacks() {
    let home = home("[basic]\nregion=r\n");
    let lts = Client::builder().or_variables(with_home(&home, &[]));
    let lts = lts.metadata_endpoint(unreachable_endpoint()).build().unwrap();
    let error = lts.groups().list().await.unwrap_err();
    let Error::Configuration(found) = &error else { panic!("{error:?}") };
    assert_eq!(found.setting(), "credentials");
    let text = error.to_string();
    for part in [
        "environment: HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_LTS_TOKEN, HUAWEICLOUD_LTS_USERNAME, ",
        "HUAWEICLOUD_LTS_PASSWORD, HUAWEICLOUD_LTS_DOMAIN_NAME not set",
        ".huaweicloud/credentials [basic]: ak, sk not set",
        "ECS metadata (http://127.0.0.1:",
        "can't connect",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    assert!(!text.contains('\n'), "{text}");

    let empty = TempDir::new().unwrap();
    let (setting, text) = configuration_error(Client::builder().or_variables(with_home(&empty, &[])).build());
    assert_eq!(setting, "region");
    assert!(text.contains("set HUAWEICLOUD_LTS_REGION or HUAWEICLOUD_LTS_ENDPOINT"), "{text}");
    assert!(text.contains("HUAWEICLOUD_SDK_AK") && text.contains("doesn't exist"), "{text}");
}

#[test]
fn swapped_keys_are_rejected_without_showing_the_secret() {
    let (access_key, secret_key) = ("LTSEMULATORAK0000001", "LtsEmulatorSecretKeyForLocalUseOnly00001");
    let explicit = Client::builder().region("r").credentials(AkSk::new(secret_key, access_key));
    let variables = [("HUAWEICLOUD_SDK_AK", secret_key), ("HUAWEICLOUD_SDK_SK", access_key)];
    let empty = TempDir::new().unwrap();
    let environment = Client::builder().region("r").or_variables(with_home(&empty, &variables));
    for builder in [explicit, environment] {
        let (setting, text) = configuration_error(builder.build());
        assert_eq!(setting, "credentials");
        assert!(text.contains("are access key and secret key swapped?"), "{text}");
        assert!(!text.contains(secret_key) && !text.contains(&secret_key[..4]), "{text}");
    }
}

#[test]
fn malformed_credentials_name_the_part_and_not_the_value() {
    let keys = |ak: &str, sk: &str| AkSk::new(ak, sk);
    for (keys, expected) in [
        (keys("hidden\n", "sk"), "the access key contains a line end"),
        (keys("ak", "hidden\u{1b}[2J"), "the secret key contains the control character U+001B"),
        (keys("ak", "sk").security_token("hidden "), "the security token starts or ends with a blank"),
    ] {
        let (setting, text) = configuration_error(Client::builder().region("r").credentials(keys).build());
        assert_eq!(setting, "credentials");
        assert!(text.contains(expected) && !text.contains("hidden"), "{text}");
    }
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

#[tokio::test]
async fn project_lookup_takes_the_exact_name_and_enabled_projects_first() {
    let named = |id: &str, name: &str, enabled: bool| json!({ "id": id, "name": name, "enabled": enabled });
    let region = "cn-north-4";
    for (projects, expected) in [
        (vec![named("p3", "MOS", true)], None),
        (vec![named("p1", "cn-north-4_dev", true), named("p2", region, true)], Some("p2")),
        (vec![named("p1", region, false), named("p2", region, true)], Some("p2")),
        (vec![named("p1", region, false), named("p3", "CN-NORTH-4", true)], Some("p1")),
        (vec![json!({ "id": "p1", "name": region }), named("p2", region, false)], Some("p1")),
        (vec![named("p1", region, true), named("p2", region, true)], None),
        (vec![json!(null), named("p1", region, true), named("p1", region, true)], Some("p1")),
        (
            vec![json!({ "name": region }), json!({ "id": [1], "name": region }), named("p2", region, true)],
            Some("p2"),
        ),
        (vec![named("", region, true), named("p2", region, false)], Some("p2")),
        (vec![json!({ "name": region })], None),
    ] {
        let reply = Reply::json(200, &json!({ "projects": projects }).to_string());
        let script = ScriptedServer::serve([reply]).await;
        let lts = Client::builder().endpoint(&script.url).region(region).credentials(AkSk::new("AK", "SK"));
        let found = lts.build().unwrap().project_id().await;
        assert_eq!(found.ok().as_ref().map(|id| id.as_str()), expected, "{projects:?}");
    }
}

/// A vault whose keys were entered the wrong way round.
#[derive(Debug)]
struct SwappedVault;

impl CredentialsProvider for SwappedVault {
    fn credentials(&self) -> ProvideFuture<'_> {
        let keys = AkSk::new("hidden0000000000000000000000000000000000", "ACCESSKEY00000000001");
        Box::pin(std::future::ready(Ok(ResolvedCredentials::Keys(keys))))
    }
}

#[tokio::test]
async fn swapped_keys_of_a_provider_are_reported_and_not_sent() {
    let script = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    let builder = || Client::builder().endpoint(&script.url).credentials_provider(SwappedVault);
    let lts = builder().project_id(PROJECT).build().unwrap();
    let by_region = builder().region("r").build().unwrap();
    for error in [
        lts.groups().list().await.unwrap_err(),
        by_region.groups().list().await.unwrap_err(),
        builder().signing_keys().await.unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(
            text.contains("are access key and secret key swapped?") && !text.contains("hidden"),
            "{text}"
        );
    }
    assert_eq!(script.requests().len(), 0, "the secret key is not sent");
}
