//! Any request can be signed by either algorithm. The verifier accepts what a server receives of it, and rejects it with
//! one byte changed. It reads any `Authorization` header.
//!
//! Input: `METHOD TARGET`, headers, an empty line, a body. The headers `ak`, `sk` and `region` are settings.
#![no_main]

use http::{HeaderName, HeaderValue, Request, header, request::Parts};
use huaweicloud_lts::{
    AkSk,
    fuzzing::verify,
    signing::{Signed, SigningRequest},
};
use huaweicloud_lts_fuzz::{Message, on_the_wire};
use libfuzzer_sys::fuzz_target;

const DATE: &str = "20240305T080910Z";
/// The headers that are settings.
const SETTINGS: [&str; 3] = ["ak", "sk", "region"];

fuzz_target!(|input: &[u8]| {
    let Some(message) = Message::read(input) else { return };
    let region =
        message.headers().find(|(name, _)| *name == "region").map_or("cn-north-4", |(_, value)| value);
    check(&message, |request, keys| request.sign(keys));
    // The header can't hold such keys and regions; real ones are not like that.
    let is_plain = |text: &str| !text.contains(['/', ',', ' ']) && text.trim() == text && !text.is_empty();
    if is_plain(region) && !message.headers().any(|(name, value)| name == "ak" && !is_plain(value)) {
        check(&message, |request, keys| request.sign_v11(keys, region));
    }
});

fn check(message: &Message<'_>, sign: impl Fn(&SigningRequest<'_>, &AkSk) -> Signed) {
    let (method, target) = message.first.split_once(' ').unwrap_or((message.first, "/"));
    let set = |wanted: &str, default| {
        message.headers().find(|(name, _)| *name == wanted).map_or(default, |(_, value)| value)
    };
    let (ak, sk) = (set("ak", "AK"), set("sk", "SK"));
    let date = message.headers().find(|(name, _)| name.eq_ignore_ascii_case("x-sdk-date"));
    let date = date.map_or(DATE, |(_, value)| on_the_wire(value));
    let given = || message.headers().filter(|(name, _)| !SETTINGS.contains(name));

    let mut request = SigningRequest::new(method, "localhost:1", target)
        .body(message.body)
        .date(DATE)
        .expect("a good date");
    for (name, value) in given() {
        request = request.header(name, value);
    }
    let signed = sign(&request, &AkSk::new(ak, sk));
    assert_eq!(
        signed.authorization(),
        sign(&request, &AkSk::new(ak, sk)).authorization(),
        "it is repeatable"
    );
    let other = sign(&request, &AkSk::new(ak, "another"));
    assert_eq!(signed.canonical_request(), other.canonical_request(), "nothing of the secret key is in it");

    // As a server receives it, where HTTP can carry it at all.
    let mut names: Vec<String> = given().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    // Of one name, a signature covers one value; a given signature is none of ours.
    if names.windows(2).any(|two| two[0] == two[1]) {
        return;
    }
    if names.iter().any(|name| name == "authorization") {
        if let Some(parts) = parts(method, target, given()) {
            let _ = verify(&parts, message.body, date, ak, sk);
        }
        return;
    }
    let all = given().chain(signed.headers());
    let Some(parts) = parts(method, target, all) else { return };
    // The header can't hold access keys with a comma or a space; real keys have neither.
    if ak.contains([',', ' ']) || ak.trim() != ak {
        return;
    }
    let verdict = verify(&parts, message.body, date, ak, sk);
    if verdict == Err("no time") {
        return;
    }
    assert_eq!(verdict, Ok(()), "{}", signed.canonical_request());

    // One byte changed: of the body, of a signed header, of the key, of the method.
    let refused = |parts: &Parts, body: &[u8], sk: &str| verify(parts, body, date, ak, sk).is_err();
    assert!(refused(&parts, message.body, &format!("{sk}x")), "another key");
    let unsigned = parts.headers.get("x-sdk-content-sha256").is_some();
    let mut body = message.body.to_vec();
    if let Some(last) = body.last_mut().filter(|_| !unsigned) {
        *last ^= 1;
        assert!(refused(&parts, &body, sk), "another body");
    }
    for name in signed.signed_headers().split(';') {
        let Some(value) = parts.headers.get(name) else { continue };
        let mut changed = parts.clone();
        let mut value = value.as_bytes().to_vec();
        value.push(b'x');
        changed.headers.insert(
            name.parse::<HeaderName>().expect("a name that was there"),
            HeaderValue::from_bytes(&value).expect("a value with a letter more"),
        );
        // A longer token is wrong on its own account, and a header that stands for the body may not count.
        if name != "x-sdk-content-sha256" {
            assert!(refused(&changed, message.body, sk), "another {name}");
        }
    }
    let mut changed = parts.clone();
    changed.method = if method == "PUT" { http::Method::POST } else { http::Method::PUT };
    assert!(refused(&changed, message.body, sk), "another method");
}

/// The request as it arrives; nothing where it can't.
fn parts<'a>(method: &str, target: &str, headers: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Parts> {
    let uri: http::Uri = target.parse().ok()?;
    // A fragment is never sent; an absolute target is a proxy's.
    if uri.path_and_query()?.as_str() != target || !target.starts_with('/') {
        return None;
    }
    let method = http::Method::from_bytes(method.as_bytes()).ok()?;
    let mut parts = Request::builder().method(method).uri(uri).body(()).ok()?.into_parts().0;
    for (name, value) in headers {
        let name: HeaderName = name.parse().ok()?;
        parts.headers.insert(name, HeaderValue::from_bytes(on_the_wire(value).as_bytes()).ok()?);
    }
    parts.headers.contains_key(header::AUTHORIZATION).then_some(parts)
}
