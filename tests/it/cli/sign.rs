//! `lts sign`.

use std::io::Write;

use serde_json::Value;

use super::{Cli, failed, fails, lts, run, stderr, stdout};
use crate::scripted_server::{Reply, ScriptedServer};

const KEYS: [&str; 4] = ["--ak", "AK", "--sk", "SK"];

#[test]
fn sign_prints_the_headers_to_send() {
    let arguments = ["sign", "http://h:1/p?q=1", "--ak", "AK", "--sk", "SK", "--date", "20240305T080910Z"];
    let text = stdout(&run(&[&arguments[..], &["-H", "X-A:  1 "]].concat()));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[..3], ["X-A: 1", "Host: h:1", "X-Sdk-Date: 20240305T080910Z"]);
    assert!(
        lines[3].starts_with("Authorization: SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-a;x-sdk-date, ")
    );

    let json = stdout(&run(&[&arguments[..], &["-o", "json"]].concat()));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["signed_headers"], "host;x-sdk-date");
    let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        ["authorization", "canonical_request", "headers", "signed_headers", "string_to_sign"]
    );
}

#[test]
fn path_and_query_are_signed_as_typed() {
    let url = "https://h/a//b/%7Eu/./c?b=1+2&a=%20";
    let text = stdout(&run(&[&["sign", url, "-o", "json"][..], &KEYS].concat()));
    let json: Value = serde_json::from_str(&text).unwrap();
    let canonical = json["canonical_request"].as_str().unwrap();
    let lines: Vec<_> = canonical.lines().collect();
    assert!(lines[1].starts_with("/a//b/") && lines[1].contains("/./c"), "{canonical}");
    assert!(lines[2].contains("b=1%2B2"), "{canonical}");
}

#[test]
fn date_header_takes_precedence_over_the_option() {
    let arguments =
        ["sign", "https://h/", "--date", "20240305T080910Z", "-H", "X-Sdk-Date: 20200101T000000Z"];
    let text = stdout(&run(&[&arguments[..], &KEYS].concat()));
    assert!(text.contains("X-Sdk-Date: 20200101T000000Z") && !text.contains("20240305"), "{text}");
}

#[test]
fn sign_takes_the_body_from_an_argument_a_file_or_standard_input() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "hello").unwrap();
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let canonical = |body: &str| {
        let mut command =
            lts(&[&["sign", "-X", "POST", "https://h/", "-o", "json", "-d", body][..], &KEYS].concat());
        let mut child =
            command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
        // The command ends without reading, unless the body is on standard input.
        let _ = child.stdin.take().unwrap().write_all(b"hello");
        let json: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
        json["canonical_request"].as_str().unwrap().to_owned()
    };
    for body in ["hello".to_owned(), format!("@{}", file.path().display()), "@-".to_owned()] {
        let canonical = canonical(&body);
        assert!(canonical.starts_with("POST\n") && canonical.ends_with(hash), "{body}: {canonical}");
    }
}

#[test]
fn method_is_signed_in_upper_case() {
    for (typed, signed) in [("get", "GET"), ("Patch", "PATCH"), ("x-own", "X-OWN")] {
        let text = stdout(&run(&[&["sign", "-X", typed, "https://h/", "-o", "json"][..], &KEYS].concat()));
        let json: Value = serde_json::from_str(&text).unwrap();
        let canonical = json["canonical_request"].as_str().unwrap();
        assert_eq!(canonical.lines().next(), Some(signed), "{canonical}");
    }
    for method in ["", "gét", "GET /", "a\nb", "(get)"] {
        fails(&[&["sign", "-X", method, "https://h/"][..], &KEYS].concat(), 2, "is not a method");
    }
}

#[test]
fn sign_without_a_key_uses_the_credentials_chain() {
    let signed = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = lts(&[&["sign", "https://h/p"], arguments].concat());
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let temporary = [
        ("HUAWEICLOUD_SDK_AK", "AK"),
        ("HUAWEICLOUD_SDK_SK", "SK"),
        ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "temporary"),
    ];
    let text = signed(&temporary, &[]);
    assert!(text.contains("X-Security-Token: temporary\n") && text.contains("x-security-token"), "{text}");

    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "[staging]\nak = PROFILE\nsk = SK\n").unwrap();
    let profile = [("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.path().to_str().unwrap())];
    assert!(signed(&profile, &["--profile", "staging"]).contains("Access=PROFILE,"));
}

#[tokio::test]
async fn sign_uses_keys_of_the_ecs_metadata_service_last() {
    let keys = r#"{"credential":{"access":"ECS","secret":"sk","securitytoken":"st","expires_at":"2099-01-01T00:00:00Z"}}"#;
    let script = ScriptedServer::serve([Reply::json(404, ""), Reply::json(200, keys)]).await;
    let mut command = tokio::process::Command::from(lts(&["sign", "https://h/p"]));
    let output = command.env("HUAWEICLOUD_LTS_METADATA_ENDPOINT", &script.url).output().await.unwrap();
    let text = stdout(&output);
    assert!(text.contains("Access=ECS,") && text.contains("X-Security-Token: st\n"), "{}", stderr(&output));
}

#[test]
fn sign_rejects_invalid_input() {
    let with_keys = |arguments: &[&'static str]| [&["sign", "https://h/p"], &KEYS[..], arguments].concat();
    fails(&["sign", "https://h/p"], 3, "HUAWEICLOUD_SDK_AK");
    fails(&[&["sign", "/only/a/path"][..], &KEYS].concat(), 2, "full URL");
    fails(&["sign", "https://h/p", "--ak", "a"], 2, "--sk");
    // As from an unset variable of a shell.
    fails(&["sign", "https://h/p", "--ak", "", "--sk", "s"], 2, "--ak");
    fails(&["sign", "https://h/p", "--ak", "a", "--sk", ""], 2, "--sk");
    fails(&with_keys(&["-H", "nonsense"]), 2, "NAME: VALUE");
    // This would become two lines in the request.
    fails(&with_keys(&["-H", "a: b\nc: d"]), 2, "NAME: VALUE");
    fails(&with_keys(&["-H", "a b: c"]), 2, "NAME: VALUE");
    fails(&with_keys(&["-X", "GET /"]), 2, "method");
    fails(&[&["sign", "https://h/p\nq"][..], &KEYS].concat(), 2, "full URL");
    fails(&[&["sign", "https://h/p q"][..], &KEYS].concat(), 2, "full URL");
    fails(&with_keys(&["--date", "now"]), 2, "20240305T080910Z");
    fails(&with_keys(&["-d", "@/no/such/file"]), 2, "/no/such/file");
    let cli = Cli::start();
    failed(&cli.by_login(&["sign", "https://h/p"]).output().unwrap(), 3, "environment has a login");
    assert_eq!(cli.requests(), [""; 0]);
}

#[test]
fn body_without_a_content_type_is_noted() {
    let note = |arguments: &[&str]| {
        let output =
            run(&[&["sign", "https://h/", "--date", "20240305T080910Z"], &KEYS[..], arguments].concat());
        assert!(stdout(&output).contains("Authorization: "), "{}", stderr(&output));
        stderr(&output)
    };
    let expected =
        "note: the body has no Content-Type; LTS expects -H 'Content-Type: application/json;charset=UTF-8'\n";
    assert_eq!(note(&["-d", "{}"]), expected);
    assert_eq!(note(&["-d", "{}", "-H", "content-type: application/json"]), "");
    assert_eq!((note(&[]), note(&["-d", ""])), (String::new(), String::new()));
}

#[test]
fn password_in_a_url_is_not_repeated() {
    for url in [
        "https://user:Sec-ret-7@lts.example/v2/p/groups",
        "https://user:Sec-ret/7@lts.example/ b",
        "user:Sec-ret-7@lts.example",
        "https://Sec-ret-7@",
    ] {
        let output = run(&["sign", url, "--ak", "AK", "--sk", "SK"]);
        failed(&output, 2, "is not a full URL with scheme, host and escaped path");
        assert!(!stderr(&output).contains("ret"), "{}", stderr(&output));
    }
    fails(
        &["sign", "https://user:pw@lts.example/", "--ak", "AK", "--sk", "SK"],
        2,
        "\"https://…@lts.example/\"",
    );
}

#[test]
fn date_header_that_is_no_date_is_refused() {
    let arguments = ["sign", "https://lts.example/", "-H", "X-Sdk-Date: bad", "--ak", "AK", "--sk", "SK"];
    super::fails(&arguments, 2, "20240305T080910Z");
}
