//! The client against the emulator, with every kind of credentials.

use huaweicloud_lts::{AkSk, Client, ClientBuilder, Credentials, Emulator, Error, Login, Ttl};

use crate::{emulator::wire::Request, suite::TestEnvironment};

fn emulator() -> Emulator {
    Emulator::start().unwrap()
}

/// A builder for an emulator, without credentials and project.
fn settings(emulator: &Emulator) -> ClientBuilder {
    Client::builder().endpoint(emulator.url()).iam_endpoint(emulator.url())
}

fn login(emulator: &Emulator) -> Login {
    Login::new(emulator.user(), emulator.password(), emulator.domain())
}

fn keys(emulator: &Emulator) -> AkSk {
    AkSk::new(emulator.access_key(), emulator.secret_key())
}

async fn run_suite(emulator: &Emulator, lts: &Client, prefix: &str) {
    TestEnvironment { lts, prefix, bucket: emulator.bucket() }.run().await;
    assert!(lts.groups().list().await.unwrap().is_empty(), "the suite deletes everything");
    assert!(lts.transfers().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn suite_passes_with_access_keys() {
    let emulator = emulator();
    run_suite(&emulator, &ClientBuilder::from(&emulator).build().unwrap(), "keys").await;
}

#[tokio::test]
async fn suite_passes_with_login() {
    let emulator = emulator();
    let by_id = settings(&emulator).project_id(emulator.project_id()).credentials(login(&emulator));
    run_suite(&emulator, &by_id.build().unwrap(), "login-id").await;
    let by_name = settings(&emulator).region("cn-north-4").credentials(login(&emulator)).build().unwrap();
    assert_eq!(by_name.project_id().await.unwrap().as_str(), emulator.project_id());
    run_suite(&emulator, &by_name, "login-name").await;
}

#[tokio::test]
async fn suite_passes_with_token() {
    let emulator = emulator();
    let token = token(&emulator);
    let lts = settings(&emulator).project_id(emulator.project_id()).credentials(Credentials::token(token));
    run_suite(&emulator, &lts.build().unwrap(), "token").await;
}

/// A token that is requested without the client.
fn token(emulator: &Emulator) -> String {
    let login = serde_json::json!({ "auth": {
        "identity": { "methods": ["password"], "password": { "user": {
            "name": emulator.user(), "password": emulator.password(), "domain": { "name": emulator.domain() },
        } } },
        "scope": { "project": { "id": emulator.project_id() } },
    } });
    let response = Request::new("POST", "/v3/auth/tokens").json(&login).send(emulator);
    assert_eq!(response.status, 201);
    let token = response.header("x-subject-token").unwrap().to_owned();
    assert!((1_000..=2_000).contains(&token.len()));
    token
}

#[tokio::test]
async fn missing_project_id_is_looked_up_once() {
    let emulator = emulator();
    let lts = settings(&emulator).region("cn-north-4").credentials(keys(&emulator)).build().unwrap();
    lts.groups().list().await.unwrap();
    lts.clone().groups().list().await.unwrap();
    assert_eq!(lts.project_id().await.unwrap().as_str(), emulator.project_id());
    assert_eq!(requests(&emulator, "listProjects"), 1);

    let unknown = settings(&emulator).region("xx-none-1").credentials(keys(&emulator)).build().unwrap();
    let error = unknown.groups().list().await.unwrap_err();
    assert!(matches!(error, Error::Credentials(_)) && error.to_string().contains("\"xx-none-1\""), "{error}");
}

fn requests(emulator: &Emulator, id: &str) -> usize {
    let all = emulator.requests();
    all.iter().filter(|request| request.operation.is_some_and(|operation| operation.id() == id)).count()
}

#[tokio::test]
async fn concurrent_callers_share_one_login() {
    let emulator = emulator();
    let lts = settings(&emulator).region("cn-north-4").credentials(login(&emulator)).build().unwrap();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let lts = lts.clone();
            tokio::spawn(async move { lts.groups().list().await.map(|groups| groups.len()) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 0);
    }
    assert_eq!(requests(&emulator, "createToken"), 1);
    assert_eq!(requests(&emulator, "listLogGroups"), 50);
}

#[tokio::test]
async fn wrong_credentials_are_auth_errors() {
    let emulator = emulator();
    let with = |credentials: Credentials| {
        let settings = settings(&emulator).project_id(emulator.project_id());
        settings.credentials(credentials).build().unwrap()
    };
    let password = with(Login::new(emulator.user(), "hunter2", emulator.domain()).into());
    let error = password.groups().list().await.unwrap_err();
    assert!(
        matches!(error, Error::Credentials(_)) && error.is_auth() && error.status() == Some(401),
        "{error}"
    );
    assert!(!format!("{error:#} {error:?}").contains("hunter2"));

    let token = with(Credentials::token("t".repeat(1_500))).groups().list().await.unwrap_err();
    assert!(token.is_auth() && token.code() == Some("LTS.0003"), "{token}");

    let secret = with(AkSk::new(emulator.access_key(), "hunter2").into()).groups().list().await.unwrap_err();
    assert!(secret.is_auth() && secret.code() == Some("APIGW.0301") && secret.remedy().is_some(), "{secret}");
    assert!(!format!("{secret:#} {secret:?}").contains("hunter2"));

    let key = with(AkSk::new("UNKNOWN", "x").into()).groups().list().await.unwrap_err();
    assert!(key.is_auth() && key.remedy() != secret.remedy(), "each variant has its remedy: {key:#}");
}

#[tokio::test]
async fn concurrent_ensure_group_creates_one_group() {
    let emulator = emulator();
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let lts = lts.clone();
            tokio::spawn(async move { lts.groups().ensure("app", Ttl::days(7)).await.unwrap() })
        })
        .collect();
    let mut all = Vec::new();
    for call in calls {
        all.push(call.await.unwrap());
    }
    assert_eq!(all.iter().filter(|ensured| ensured.created).count(), 1);
    assert!(all.iter().all(|ensured| ensured.id == all[0].id));
    assert_eq!(lts.groups().list().await.unwrap().len(), 1);
}
