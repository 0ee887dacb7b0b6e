//! The signer reproduces signatures of the official SDK (`tests/data/aksk-signing.json`), through the library and
//! through `lts sign`.

use std::{collections::BTreeMap, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use huaweicloud_lts::{AkSk, signing::SigningRequest};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Vector {
    name: String,
    ak: String,
    sk: String,
    method: String,
    scheme: String,
    host: String,
    path: String,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    body_base64: Option<String>,
    body_repeat: Option<String>,
    body_len: Option<usize>,
    sdk_date: String,
    canonical_request: String,
    string_to_sign: String,
    signed_headers: String,
    authorization: String,
}

impl Vector {
    fn all() -> Vec<Self> {
        let all: Vec<Self> = serde_json::from_str(include_str!("../data/aksk-signing.json")).unwrap();
        assert_eq!(all.len(), 24);
        all
    }

    /// Path and query in the caller's order, with the minimum of escapes.
    fn target(&self) -> String {
        let encode = |text: &str| {
            text.bytes()
                .map(|byte| match byte {
                    b'%' | b'&' | b'=' | b'#' | b' ' => format!("%{byte:02x}"),
                    _ => char::from(byte).to_string(),
                })
                .collect::<String>()
        };
        let query: Vec<_> = self.query.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect();
        if query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, query.join("&")) }
    }

    fn body(&self) -> Vec<u8> {
        match (&self.body_base64, &self.body_repeat, self.body_len) {
            (Some(text), _, _) => STANDARD.decode(text).unwrap(),
            (None, Some(text), Some(len)) => text.bytes().cycle().take(len).collect(),
            _ => panic!("{} has no body", self.name),
        }
    }
}

#[test]
fn signing_request_reproduces_known_signatures() {
    for vector in Vector::all() {
        let (target, body) = (vector.target(), vector.body());
        let mut request = SigningRequest::new(&vector.method, &vector.host, &target)
            .body(&body)
            .date(&*vector.sdk_date)
            .unwrap();
        for (name, value) in &vector.headers {
            request = request.header(name, value);
        }
        let signed = request.sign(&AkSk::new(&vector.ak, vector.sk.as_str()));
        assert_eq!(signed.canonical_request(), vector.canonical_request, "{}", vector.name);
        assert_eq!(signed.string_to_sign(), vector.string_to_sign, "{}", vector.name);
        assert_eq!(signed.signed_headers(), vector.signed_headers, "{}", vector.name);
        assert_eq!(signed.authorization(), vector.authorization, "{}", vector.name);
    }
}

#[test]
fn lts_sign_reproduces_known_signatures() {
    let dir = tempfile::tempdir().unwrap();
    for vector in Vector::all() {
        let file = dir.path().join(&vector.name);
        std::fs::write(&file, vector.body()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lts"));
        command.args(["sign", "-o", "json", "-X", &vector.method, "--ak", &vector.ak, "--sk", &vector.sk]);
        command.args(["--date", &vector.sdk_date, "-d", &format!("@{}", file.display())]);
        for (name, value) in &vector.headers {
            command.args(["-H", &format!("{name}:{value}")]);
        }
        command.arg(format!("{}://{}{}", vector.scheme, vector.host, vector.target()));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}: {}", vector.name, String::from_utf8_lossy(&output.stderr));
        let mut signed: Value = serde_json::from_slice(&output.stdout).unwrap();
        let headers = signed.as_object_mut().unwrap().remove("headers").unwrap();
        assert_eq!(headers["Authorization"], *vector.authorization, "{}", vector.name);
        let expected = serde_json::json!({
            "canonical_request": vector.canonical_request,
            "string_to_sign": vector.string_to_sign,
            "signed_headers": vector.signed_headers,
            "authorization": vector.authorization,
        });
        assert_eq!(signed, expected, "{}", vector.name);
    }
}
