//! Routes: those of the spec, and the error for all others.

use super::*;

#[test]
fn unknown_path_or_method_gets_the_gateways_error() {
    let emulator = start();
    let known = format!("/v2/{PROJECT}/groups");
    for (method, target) in [
        ("POST", "/".to_owned()),
        ("GET", "/v2".to_owned()),
        ("GET", format!("{known}/")),
        ("GET", format!("/v2/{PROJECT}/Groups")),
        ("GET", format!("/V2/{PROJECT}/groups")),
        ("GET", format!("//v2/{PROJECT}/groups")),
        ("GET", "/v2//groups".to_owned()),
        ("GET", format!("/v2/{PROJECT}//groups")),
        ("GET", format!("{known}//streams")),
        ("DELETE", format!("{known}//streams/{NOWHERE}")),
        ("GET", format!("/v2/{PROJECT}%2Fgroups")),
        ("GET", format!("/v2%2F{PROJECT}/groups")),
        ("GET", format!("/v2/{PROJECT}/%67roups")),
        ("GET", format!("{known}/{NOWHERE}")),
        ("DELETE", format!("{known}/%ff")),
        ("DELETE", format!("{known}/{NOWHERE}/streams/%C3")),
        ("DELETE", known.clone()),
        ("PUT", known.clone()),
        ("HEAD", known.clone()),
        ("OPTIONS", known.clone()),
        ("OPTIONS", "*".to_owned()),
        ("get", known.clone()),
        ("BREW", known.clone()),
        ("HEAD", "/v3/projects".to_owned()),
        ("GET", "/v3/auth/tokens".to_owned()),
        ("POST", "/v3/projects".to_owned()),
        ("GET", format!("/v2/{PROJECT}/log-dump/obs")),
        ("POST", "/_emulator".to_owned()),
        ("GET", "/_emulator/reset".to_owned()),
    ] {
        // A credential makes no difference, and neither does a body.
        let reply = Request::new(method, &*target).signed(&emulator).body("{}").send(&emulator);
        if method == "HEAD" {
            assert_eq!((reply.status, reply.body.len()), (404, 0), "{target}");
            continue;
        }
        let text = format!("The API does not exist: method {method} not found");
        assert_eq!(reply.error(), error(404, "APIGW.0101", &text), "{target}");
        assert_eq!(reply.text("request_id"), reply.header("X-Request-Id").unwrap());
        assert_eq!(reply.header("Allow"), None);
    }
}

#[test]
fn routes_are_those_of_the_spec() {
    let emulator = start();
    let paths: BTreeSet<&str> = Operation::ALL.iter().map(|operation| operation.path()).collect();
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"] {
            let known = Operation::ALL.iter().find(|o| o.path() == path && o.method() == method);
            let target = path.replace("{project_id}", PROJECT).replace(['{', '}'], "");
            let reply = Request::new(method, target).send(&emulator);
            assert_eq!(reply.status != 404, known.is_some(), "{method} {path}");
            let last = emulator.requests().pop().unwrap();
            assert_eq!(
                (last.operation, last.status),
                (known.copied(), Some(reply.status)),
                "{method} {path}"
            );
        }
    }
}
