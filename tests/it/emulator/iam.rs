//! IAM: logins and projects.

use super::*;

#[test]
fn login_creates_a_token_for_its_scope() {
    let emulator = start();
    let reply = login(&emulator, json!({"project": {"name": "cn-north-4"}}));
    assert_eq!(reply.status, 201);
    let secret = reply.header("X-Subject-Token").unwrap().to_owned();
    assert!((1000..=2000).contains(&secret.len()));
    assert_eq!(reply.header("X-IAM-Trace-Id"), reply.header("X-Request-Id"));
    let token = &reply.json()["token"];
    assert_eq!(token["project"]["id"], PROJECT);
    assert_eq!(token["project"]["domain"], token["user"]["domain"]);
    assert_eq!((&token["user"]["name"], &token["methods"]), (&json!("lts"), &json!(["password"])));
    assert_eq!(token["expires_at"].as_str().unwrap().len(), "2024-03-06T00:00:00.000000Z".len());
    assert!(!token["roles"][0]["name"].is_null());
    let urls: Vec<_> = token["catalog"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            assert_eq!(entry["endpoints"][0]["interface"], "public");
            (
                entry["type"].as_str().unwrap().to_owned(),
                entry["endpoints"][0]["url"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let url = emulator.url();
    assert_eq!(
        urls,
        [
            ("lts".to_owned(), format!("{url}/v2/{PROJECT}")),
            ("ltsv2".to_owned(), format!("{url}/v2/{PROJECT}")),
            ("iam".to_owned(), format!("{url}/v3")),
        ]
    );

    // Of project and domain the project wins, of id and name the id.
    let both = json!({"project": {"id": PROJECT, "name": "x"}, "domain": {"name": "lts"}});
    assert_eq!(login(&emulator, both).json()["token"]["project"]["id"], PROJECT);
    let domain = &login(&emulator, json!({"domain": {"name": "lts"}})).json()["token"];
    assert_eq!((&domain["domain"]["name"], &domain["project"]), (&json!("lts"), &Value::Null));
    let by_id = json!({"domain": {"id": domain["domain"]["id"]}});
    assert_eq!(login(&emulator, by_id).status, 201);
    let nothing = &login(&emulator, Value::Null).json()["token"];
    for member in ["project", "domain", "catalog", "roles"] {
        assert_eq!(nothing[member], Value::Null);
    }
    for query in ["nocatalog", "nocatalog=true", "a=b&nocatalog="] {
        let body = r#"{"auth": {"identity": {"methods": ["password"], "password": {"user":
            {"name": "lts", "password": "lts-emulator", "domain": {"name": "lts"}}}},
            "scope": {"project": {"name": "cn-north-4"}}}}"#;
        let reply = Request::new("POST", format!("/v3/auth/tokens?{query}")).body(body).send(&emulator);
        assert_eq!((reply.status, &reply.json()["token"]["catalog"]), (201, &Value::Null), "{query}");
    }
}

#[test]
fn failed_login_gets_an_iam_error() {
    let emulator = start();
    let refused = |reply: Reply, status: u16| {
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (status, &json!(status)), "{reply:?}");
        assert!(reply.json()["error_code"].is_null());
    };
    let log_in = |name: &str, password: &str, domain: &str| {
        let user = json!({"name": name, "password": password, "domain": {"name": domain}});
        let body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
        Request::new("POST", "/v3/auth/tokens").json(&body).send(&emulator)
    };
    assert_eq!(log_in("lts", "lts-emulator", "lts").status, 201);
    refused(log_in("lts", "wrong", "lts"), 401);
    refused(log_in("other", "lts-emulator", "lts"), 401);
    refused(log_in("lts", "lts-emulator", "other"), 401);
    refused(log_in("", "lts-emulator", "lts"), 400);
    for (scope, status) in [
        (json!({"project": {"name": "nowhere"}}), 401),
        (json!({"project": {"id": "nowhere"}}), 401),
        (json!({"project": {"name": "cn-north-4", "domain": {"name": "other"}}}), 401),
        (json!({"domain": {"name": "other"}}), 401),
        (json!({"project": {}}), 400),
        (json!({"domain": {}}), 400),
        (json!("unscoped"), 400),
    ] {
        refused(login(&emulator, scope), status);
    }
    for body in ["", "{", "{}", r#"{"auth": {}}"#, r#"{"auth": {"identity": {"methods": ["token"]}}}"#] {
        refused(Request::new("POST", "/v3/auth/tokens").body(body).send(&emulator), 400);
    }
    let long = Request::new("POST", "/v3/auth/tokens").body(vec![b' '; 12_582_913]).send(&emulator);
    refused(long, 400);
}

#[test]
fn projects_are_found_by_name() {
    let other = "fedcba9876543210fedcba9876543210";
    let emulator =
        Emulator::builder().project(PROJECT, "cn-north-4").project(other, "my project").start().unwrap();
    let ids = |reply: Reply| -> Vec<String> {
        assert_eq!(reply.status, 200, "{reply:?}");
        let projects = reply.json()["projects"].as_array().unwrap().clone();
        projects.iter().map(|project| project["id"].as_str().unwrap().to_owned()).collect()
    };
    let list = |query: &str| Request::new("GET", format!("/v3/projects{query}"));
    let signed = |query: &str| ids(list(query).signed(&emulator).send(&emulator));
    assert_eq!(signed(""), [PROJECT, other]);
    assert_eq!(signed("?name=cn-north-4"), [PROJECT]);
    assert_eq!(signed("?name=my%20project"), [other]);
    assert!(signed("?name=").is_empty() && signed("?name=CN-north-4").is_empty());
    for scope in [json!({"project": {"id": PROJECT}}), json!({"domain": {"name": "lts"}}), Value::Null] {
        let request = list("").header("X-Auth-Token", token(&emulator, scope));
        assert_eq!(ids(request.send(&emulator)), [PROJECT, other]);
    }
    for refused in [list("").send(&emulator), list("").header("X-Auth-Token", "x").send(&emulator)] {
        assert_eq!((refused.status, &refused.json()["error"]["code"]), (401, &json!(401)));
    }
    let wrong = list("").signed_with(&emulator, &AkSk::new("UNKNOWN", "x")).send(&emulator);
    assert_eq!(wrong.error().1, "APIGW.0301");
}
