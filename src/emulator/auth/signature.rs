//! Verifies signatures as the gateway does.
//!
//! The canonical request is written by the signer's own code from what arrived: the raw request target (a decoded path
//! loses the difference between `/` and `%2F`) and the headers that the client lists as signed. The official signers
//! sign different headers.
//!
//! `X-Sdk-Date` must be among them, as with every official signer: without it a request has no age. `Host` is in every
//! official list too, but nothing here depends on it, so it isn't required.
//!
//! `X-Sdk-Content-Sha256` counts only if it is among them, and must be the hash of the body or `UNSIGNED-PAYLOAD`.

use std::borrow::Cow;

use http::{HeaderMap, header, request::Parts};
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;

use super::{java_text::as_java_text, key_lockout::KeyLockout};
use crate::{
    auth::signing::{
        self, SECURITY_TOKEN_HEADER,
        canonical::{self, ALGORITHM, Canonical, DATE_HEADER, PAYLOAD_HEADER, UNSIGNED_PAYLOAD},
        v11,
    },
    emulator::{account::Key, errors::ApiError},
    spec::Security,
};

/// How far the client's clock may be from the server's, in either direction.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// The parts of the `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
struct Presented<'a> {
    access_key: &'a str,
    /// What the key of V11-HMAC-SHA256 is derived for: day, region and service.
    scope: Option<&'a str>,
    signed_headers: &'a str,
    signature: &'a str,
}

/// Whether a request has a signature of one of these schemes, valid or not. An `Authorization` header of another scheme
/// doesn't count.
pub(crate) fn is_signed(headers: &HeaderMap, accepted: &[Security]) -> bool {
    accepted.iter().filter_map(|scheme| algorithm(*scheme)).any(|name| authorization(headers, name).is_some())
}

/// The algorithm of a scheme that signs.
fn algorithm(scheme: Security) -> Option<&'static str> {
    match scheme {
        Security::AkSkAuth => Some(ALGORITHM),
        Security::V11Auth => Some(v11::ALGORITHM),
        Security::TokenAuth => None,
    }
}

/// The rest of the header after the algorithm's name.
fn authorization<'a>(headers: &'a HeaderMap, algorithm: &str) -> Option<&'a [u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes().trim_ascii();
    let rest = value.strip_prefix(algorithm.as_bytes())?;
    (rest.is_empty() || rest[0] == b' ').then_some(rest)
}

/// `Access=<AK>, SignedHeaders=<list>, Signature=<hex>`, in any order and spacing. V11-HMAC-SHA256 has
/// `Credential=<AK>/<scope>` for `Access=<AK>`.
fn presented(headers: &HeaderMap) -> Option<Presented<'_>> {
    let derived = authorization(headers, v11::ALGORITHM);
    let parts = str::from_utf8(derived.or_else(|| authorization(headers, ALGORITHM))?).ok()?;
    let part = |name: &str| {
        let mut parts = parts.split(',').filter_map(|part| part.trim().split_once('='));
        parts.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let (access_key, scope) = match derived {
        Some(_) => {
            part("Credential")?.split_once('/').map(|(access_key, scope)| (access_key, Some(scope)))?
        }
        None => (part("Access")?, None),
    };
    Some(Presented {
        access_key,
        scope,
        signed_headers: part("SignedHeaders")?,
        signature: part("Signature")?,
    })
}

/// Whether a scope is `<day of the date>/<region>/lts`.
fn is_scope(scope: &str, date: &str) -> bool {
    matches!(scope.split('/').collect::<Vec<_>>()[..], [day, region, service]
        if day == v11::day(date) && !region.is_empty() && service == v11::SERVICE)
}

/// Verifies the signature of a request that [is signed](is_signed). `key` finds a key pair by its access key. Wrong
/// signatures are counted in `lockout`, if given.
pub(crate) fn verify(
    request: &Parts,
    body: &[u8],
    now: Timestamp,
    key: impl FnOnce(&str) -> Result<Option<Key>, ApiError>,
    lockout: Option<&KeyLockout>,
) -> Result<(), ApiError> {
    let headers = &request.headers;
    let Some(presented) = presented(headers) else { return Err(gateway("missing_token", [])) };
    let key = key(presented.access_key)?.filter(|key| token_fits(key, headers));
    let Some(key) = key else {
        return Err(gateway("unknown_access_key", [("access_key", presented.access_key.to_owned())]));
    };
    if lockout.is_some_and(|lockout| lockout.is_locked(&key.access_key, now)) {
        return Err(gateway("locked_access_key", []));
    }

    let date = text(headers, DATE_HEADER).unwrap_or_default();
    let date = date.trim();
    let in_time = signing::parse_date(date).is_ok_and(|date| now.duration_since(date).abs() <= WINDOW);
    if !in_time && !date.is_empty() {
        let server_time = canonical::date(now);
        let parts = [("signature_time", date.to_owned()), ("server_time", server_time)];
        return Err(gateway("signature_expired", parts));
    }

    let names: Vec<String> = presented.signed_headers.split(';').map(str::to_ascii_lowercase).collect();
    // A header that isn't signed can be added by anyone who has seen the request.
    let payload_header =
        text(headers, PAYLOAD_HEADER).filter(|_| names.iter().any(|name| name == PAYLOAD_HEADER));
    let is_of_body = |given: &str| given == UNSIGNED_PAYLOAD || given == canonical::body_hash(body);
    let has_wrong_payload = payload_header.as_deref().is_some_and(|given| !is_of_body(given));
    let payload_header = payload_header.filter(|_| !has_wrong_payload);
    let mut canonical = Canonical {
        method: request.method.as_str(),
        path: request.uri.path(),
        query: request.uri.query().unwrap_or_default(),
        headers: names
            .iter()
            .map(|name| (Cow::Borrowed(name.as_str()), signed_value(request, name)))
            .collect(),
        payload_hash: canonical::payload_hash(payload_header.as_deref(), body),
    };
    let is_genuine = |canonical_request: &str| {
        let expected = match presented.scope {
            Some(scope) => {
                let secret = v11::derived_key(&key.access_key, &key.secret_key, scope);
                canonical::signature(&secret, &v11::string_to_sign(scope, canonical_request))
            }
            None => {
                let string_to_sign = canonical::string_to_sign(date, canonical_request);
                canonical::signature(&key.secret_key, &string_to_sign)
            }
        };
        bool::from(expected.as_bytes().ct_eq(presented.signature.as_bytes()))
    };
    let succeeded = || {
        if let Some(lockout) = lockout {
            lockout.succeeded(&key.access_key);
        }
        Ok(())
    };
    let canonical_request = canonical.written().0;
    let has_scope = presented.scope.is_none_or(|scope| is_scope(scope, date));
    if in_time && has_scope && !has_wrong_payload && names.iter().any(|name| name == DATE_HEADER) {
        if is_genuine(&canonical_request) {
            return succeeded();
        }
        // The vendor's Java producer hashes its compressed body as the text that Java decodes from it.
        if presented.scope.is_some() {
            canonical.payload_hash = Cow::Owned(canonical::body_hash(&as_java_text(body)).into_owned());
            if is_genuine(&canonical.written().0) {
                return succeeded();
            }
        }
        // For an empty body some signers use the header's value and some don't; both are accepted.
        if let Some(given) = payload_header.as_deref().filter(|_| body.is_empty()) {
            canonical.payload_hash = Cow::Borrowed(given);
            if is_genuine(&canonical.written().0) {
                return succeeded();
            }
        }
    }
    if let Some(lockout) = lockout {
        lockout.failed(&key.access_key, now);
    }
    Err(gateway("signature_mismatch", [("canonical_request", canonical_request.replace('\n', "|"))]))
}

/// A temporary key is valid only with its security token.
fn token_fits(key: &Key, headers: &HeaderMap) -> bool {
    key.security_token.as_deref().is_none_or(|token| {
        let given = headers.get(SECURITY_TOKEN_HEADER).map_or(&[][..], |value| value.as_bytes());
        given.ct_eq(token.as_bytes()).into()
    })
}

/// The value of a signed header; empty if it did not arrive.
fn signed_value<'a>(request: &'a Parts, name: &str) -> Cow<'a, str> {
    // With an absolute target the authority may be in the target only.
    let authority = || (name == header::HOST).then(|| request.uri.authority()).flatten();
    text(&request.headers, name)
        .or_else(|| authority().map(|authority| Cow::Borrowed(authority.as_str())))
        .unwrap_or_default()
}

/// A header's value. Bytes that aren't UTF-8 can't have been signed, so replacing them is safe.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
}

fn gateway<const N: usize>(variant: &'static str, parts: [(&'static str, String); N]) -> ApiError {
    ApiError::Gateway { variant, parts: parts.into() }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};
    use proptest::prelude::*;

    use super::*;
    use crate::{
        auth::{AkSk, signing::SigningRequest},
        spec,
    };

    const DATE: &str = "20240305T080910Z";
    const BOTH: &[Security] = &[Security::AkSkAuth, Security::V11Auth];

    fn now() -> Timestamp {
        "2024-03-05T08:09:10Z".parse().unwrap()
    }

    fn key() -> Key {
        Key {
            access_key: "AK".to_owned(),
            secret_key: "SK".to_owned(),
            security_token: None,
            expires_at: None,
        }
    }

    /// A request as our signer signs it.
    fn signed(target: &str, headers: &[(&'static str, &'static str)], body: &[u8], keys: &AkSk) -> Parts {
        let mut request = SigningRequest::new("POST", "localhost:1", target).body(body).date(DATE).unwrap();
        let mut parts = Request::post(target).body(()).unwrap().into_parts().0;
        for (name, value) in headers {
            request = request.header(*name, *value);
            parts.headers.append(*name, HeaderValue::from_static(value));
        }
        for (name, value) in request.sign(keys).headers() {
            let name: http::HeaderName = name.parse().unwrap();
            parts.headers.append(name, value.parse().unwrap());
        }
        parts
    }

    fn verify_at(request: &Parts, body: &[u8], now: Timestamp) -> Result<(), &'static str> {
        verify_with(request, body, now, key())
    }

    fn verify_with(request: &Parts, body: &[u8], now: Timestamp, key: Key) -> Result<(), &'static str> {
        let find = |ak: &str| Ok((ak == key.access_key).then_some(key));
        verify(request, body, now, find, None).map_err(|refusal| {
            let ApiError::Gateway { variant, parts } = refusal else { panic!("{refusal:?}") };
            let row = spec::GATEWAY_MESSAGE_VARIANTS.iter().find(|row| row.name == variant).unwrap();
            for (name, _) in parts {
                assert!(row.message.contains(&format!("{{{name}}}")), "{name}");
            }
            variant
        })
    }

    #[test]
    fn signatures_of_the_signer_are_accepted() {
        let keys = AkSk::new("AK", "SK");
        for target in ["/v2/p/groups", "/a%2Fb//c?b=1&a=%20&a=", "/", "/%e6%97%a5?k+1=%2B"] {
            assert_eq!(verify_at(&signed(target, &[], b"{}", &keys), b"{}", now()), Ok(()), "{target}");
        }
        let headers = [("Content-Type", "text/plain"), ("X-Other", "  a  b ")];
        assert_eq!(verify_at(&signed("/", &headers, b"x", &keys), b"any body", now()), Ok(()));
        assert_eq!(verify_at(&signed("/", &headers, b"", &keys), b"", now()), Ok(()));
    }

    #[test]
    fn empty_body_may_be_signed_with_the_header_value() {
        let mut request =
            signed("/", &[("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD")], b"", &AkSk::new("AK", "SK"));
        assert_eq!(verify_at(&request, b"", now()), Ok(()));
        // The Go and Java signers use the header's value although the body is empty.
        let other =
            signed("/", &[("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD")], b"x", &AkSk::new("AK", "SK"));
        request.headers.insert("authorization", other.headers["authorization"].clone());
        assert_eq!(verify_at(&request, b"", now()), Ok(()));
    }

    #[test]
    fn each_failure_has_its_text() {
        let keys = AkSk::new("AK", "SK");
        let good = || signed("/v2/p/groups?a=1", &[("X-Project-Id", "p")], b"{}", &keys);
        assert_eq!(verify_at(&good(), b"{ }", now()), Err("signature_mismatch"));
        assert_eq!(
            verify_at(&signed("/", &[], b"", &AkSk::new("AK", "other")), b"", now()),
            Err("signature_mismatch")
        );
        assert_eq!(
            verify_at(&signed("/", &[], b"", &AkSk::new("KA", "SK")), b"", now()),
            Err("unknown_access_key")
        );
        for changed in [("x-project-id", "q"), ("host", "localhost:2"), ("x-sdk-date", "20240305T080911Z")] {
            let mut request = good();
            request.headers.insert(changed.0, HeaderValue::from_static(changed.1));
            assert_eq!(verify_at(&request, b"{}", now()), Err("signature_mismatch"), "{changed:?}");
        }
        for target in ["/v2/p/groups?a=2", "/v2/p/groups", "/v2/p/Groups?a=1", "/v2/p//groups?a=1"] {
            let mut request = good();
            request.uri = target.parse().unwrap();
            assert_eq!(verify_at(&request, b"{}", now()), Err("signature_mismatch"), "{target}");
        }
        let mut request = good();
        request.headers.insert("x-sdk-date", HeaderValue::from_static("today"));
        assert_eq!(verify_at(&request, b"{}", now()), Err("signature_expired"));
        for authorization in ["SDK-HMAC-SHA256", "SDK-HMAC-SHA256 Access=AK", "SDK-HMAC-SHA256 \u{e9}"] {
            let mut request = good();
            request
                .headers
                .insert("authorization", HeaderValue::from_bytes(authorization.as_bytes()).unwrap());
            assert!(is_signed(&request.headers, BOTH));
            assert_eq!(verify_at(&request, b"{}", now()), Err("missing_token"), "{authorization}");
        }
        for other in ["Bearer x", "SDK-HMAC-SHA256x Access=AK", ""] {
            let mut request = good();
            request.headers.insert("authorization", HeaderValue::from_static(other));
            assert!(!is_signed(&request.headers, BOTH), "{other}");
        }
        let mut request = good();
        request.headers.insert("authorization", HeaderValue::from_static("V11-HMAC-SHA256 Credential=AK/"));
        assert!(is_signed(&request.headers, BOTH) && !is_signed(&request.headers, &[Security::AkSkAuth]));
    }

    #[test]
    fn signature_is_valid_for_fifteen_minutes_in_both_directions() {
        let request = signed("/", &[], b"", &AkSk::new("AK", "SK"));
        for (seconds, expected) in [
            (0, Ok(())),
            (900, Ok(())),
            (-900, Ok(())),
            (901, Err("signature_expired")),
            (-901, Err("signature_expired")),
        ] {
            let now = now() + SignedDuration::from_secs(seconds);
            assert_eq!(verify_at(&request, b"", now), expected, "{seconds}");
        }
    }

    #[test]
    fn date_must_be_signed() {
        let sign = |names: &[&'static str]| {
            let mut parts = Request::get("/").body(()).unwrap().into_parts().0;
            parts.headers.insert("host", HeaderValue::from_static("h"));
            parts.headers.insert("x-sdk-date", HeaderValue::from_static(DATE));
            let headers = names.iter().map(|name| {
                let value = parts.headers[*name].to_str().unwrap();
                (Cow::Borrowed(*name), Cow::Owned(value.to_owned()))
            });
            let canonical = Canonical {
                method: "GET",
                path: "/",
                query: "",
                headers: headers.collect(),
                payload_hash: canonical::payload_hash(None, b""),
            };
            let (request, list) = canonical.written();
            let signature = canonical::signature("SK", &canonical::string_to_sign(DATE, &request));
            let authorization = format!("{ALGORITHM} Access=AK,SignedHeaders={list},Signature={signature}");
            parts.headers.insert("authorization", authorization.parse().unwrap());
            verify_at(&parts, b"", now())
        };
        assert_eq!(sign(&["host", "x-sdk-date"]), Ok(()));
        assert_eq!(sign(&["host"]), Err("signature_mismatch"));
        assert_eq!(sign(&["x-sdk-date"]), Ok(()));
    }

    #[test]
    fn temporary_keys_need_their_security_token() {
        let temporary = || Key { security_token: Some("secret".to_owned()), ..key() };
        let request = signed("/", &[], b"", &AkSk::new("AK", "SK").security_token("secret"));
        assert_eq!(verify_with(&request, b"", now(), temporary()), Ok(()));
        for wrong in [AkSk::new("AK", "SK"), AkSk::new("AK", "SK").security_token("other")] {
            let request = signed("/", &[], b"", &wrong);
            assert_eq!(verify_with(&request, b"", now(), temporary()), Err("unknown_access_key"));
        }
    }

    /// Results of the official Python signer, and the published example.
    #[test]
    fn official_signatures_are_accepted() {
        #[derive(serde::Deserialize)]
        struct Vector {
            name: String,
            ak: String,
            sk: String,
            method: String,
            host: String,
            request_target: String,
            headers: std::collections::BTreeMap<String, String>,
            #[serde(default)]
            body_base64: String,
            #[serde(default)]
            body_repeat: String,
            #[serde(default)]
            body_len: usize,
            sdk_date: String,
            authorization: String,
            canonical_request: String,
        }
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/aksk-signing.json");
        let vectors: Vec<Vector> = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let mut verified = 0;
        for vector in vectors {
            use base64::Engine;
            let mut body = base64::engine::general_purpose::STANDARD.decode(&vector.body_base64).unwrap();
            body.extend(vector.body_repeat.bytes().cycle().take(vector.body_len));
            // hyper refuses some targets and headers before they are verified.
            let Ok(uri) = vector.request_target.parse() else { continue };
            let mut request =
                Request::builder().method(&*vector.method).uri::<http::Uri>(uri).body(()).unwrap();
            let headers = request.headers_mut();
            headers.insert("host", vector.host.parse().unwrap());
            headers.insert("x-sdk-date", vector.sdk_date.parse().unwrap());
            for (name, value) in &vector.headers {
                let Ok(value) = HeaderValue::from_bytes(value.trim().as_bytes()) else { continue };
                headers.insert(name.parse::<http::HeaderName>().unwrap(), value);
            }
            // Headers that the signer added are in the canonical request only.
            for line in vector.canonical_request.lines() {
                if let Some((name, value)) = line.split_once(':')
                    && let Ok(name) = name.parse::<http::HeaderName>()
                    && !headers.contains_key(&name)
                {
                    headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
                }
            }
            headers.insert("authorization", vector.authorization.parse().unwrap());
            let token = headers.get("x-security-token").map(|v| v.to_str().unwrap().to_owned());
            let key = Key { access_key: vector.ak, secret_key: vector.sk, security_token: token, ..key() };
            let now = signing::parse_date(&vector.sdk_date).unwrap();
            assert_eq!(verify_with(&request.into_parts().0, &body, now, key), Ok(()), "{}", vector.name);
            verified += 1;
        }
        assert!(verified > 20, "{verified}");
    }

    /// The requests of the vendor's Java producer, with compressed bodies among them.
    #[test]
    fn signatures_of_the_vendors_producer_are_accepted() {
        let text = std::fs::read_to_string("tests/data/v11-signing.json").unwrap();
        let vectors: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert!(vectors.len() > 40);
        for vector in &vectors {
            use base64::Engine;
            let text = |name: &str| vector[name].as_str().unwrap();
            let body = base64::engine::general_purpose::STANDARD.decode(text("body_base64")).unwrap();
            let mut request = Request::builder().method(text("method")).uri(text("path")).body(()).unwrap();
            for (name, value) in vector["headers"].as_object().unwrap() {
                let name: http::HeaderName = name.parse().unwrap();
                request.headers_mut().insert(name, value.as_str().unwrap().parse().unwrap());
            }
            request.headers_mut().insert("authorization", text("authorization").parse().unwrap());
            let request = request.into_parts().0;
            let now = signing::parse_date(request.headers["x-sdk-date"].to_str().unwrap()).unwrap();
            let (access_key, secret_key) = (text("access_key").to_owned(), text("secret_key").to_owned());
            let key = || Key { access_key: access_key.clone(), secret_key: secret_key.clone(), ..key() };
            assert_eq!(verify_with(&request, &body, now, key()), Ok(()));
            assert!(verify_with(&request, &[&body[..], b" "].concat(), now, key()).is_err());
        }
    }

    #[test]
    fn scope_must_be_of_the_day_and_the_service() {
        let keys = AkSk::new("AK", "SK");
        let signed = |region: &str| {
            let request = SigningRequest::new("POST", "h", "/").body(b"{}").date(DATE).unwrap();
            let mut parts = Request::post("/").body(()).unwrap().into_parts().0;
            for (name, value) in request.sign_v11(&keys, region).headers() {
                parts.headers.append(name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
            }
            parts
        };
        assert_eq!(verify_at(&signed("local"), b"{}", now()), Ok(()));
        for region in ["", "a/b"] {
            assert_eq!(verify_at(&signed(region), b"{}", now()), Err("signature_mismatch"), "{region}");
        }
        let mut tomorrow = signed("local");
        tomorrow.headers.insert("x-sdk-date", HeaderValue::from_static("20240306T000001Z"));
        assert!(verify_at(&tomorrow, b"{}", "2024-03-06T00:00:00Z".parse().unwrap()).is_err());
    }

    /// An arbitrary request: target, header values, body.
    fn any_request() -> impl Strategy<Value = (String, Vec<String>, Vec<u8>)> {
        let text = "([a-zA-Z0-9._~!$'()*,;:@-]|%[2-7][0-9a-e]){0,12}";
        let path = prop::collection::vec(text, 1..5).prop_map(|segments| format!("/{}", segments.join("/")));
        let query = prop::collection::vec((text, prop::option::of(text)), 0..4).prop_map(|pairs| {
            let pairs = pairs.into_iter().map(|(k, v)| v.map_or(k.clone(), |v| format!("{k}={v}")));
            pairs.collect::<Vec<_>>().join("&")
        });
        let headers = prop::collection::vec("[!-~]([ -~]{0,20}[!-~])?", 0..4);
        let body = prop::collection::vec(any::<u8>(), 0..200);
        (path, query, headers, body).prop_map(|(path, query, headers, body)| {
            let target = if query.is_empty() { path } else { format!("{path}?{query}") };
            (target, headers, body)
        })
    }

    /// Replaces a letter or digit; other bytes stay.
    fn replaced(byte: u8) -> u8 {
        match byte {
            b'z' => b'a',
            b'Z' => b'A',
            b'9' => b'0',
            letter if letter.is_ascii_alphanumeric() => letter + 1,
            other => other,
        }
    }

    proptest! {
        #[test]
        fn signer_and_verifier_agree_and_changed_requests_are_refused(
            (target, values, body) in any_request(),
            place in any::<prop::sample::Index>(),
        ) {
            let keys = AkSk::new("AK", "SK");
            let parts = |target: &str, values: &[String], signed: &signing::Signed| {
                let mut parts = Request::post(target).body(()).unwrap().into_parts().0;
                for (i, value) in values.iter().enumerate() {
                    let name: http::HeaderName = format!("x-header-{i}").parse().unwrap();
                    parts.headers.append(name, value.parse().unwrap());
                }
                for (name, value) in signed.headers() {
                    let name: http::HeaderName = name.parse().unwrap();
                    parts.headers.append(name, value.parse().unwrap());
                }
                parts
            };
            let mut request = SigningRequest::new("POST", "localhost:1", &target).body(&body).date(DATE).unwrap();
            for (i, value) in values.iter().enumerate() {
                request = request.header(format!("x-header-{i}"), value);
            }
            let signed = request.sign(&keys);
            prop_assert_eq!(verify_at(&parts(&target, &values, &signed), &body, now()), Ok(()));

            // One byte of the body.
            if !body.is_empty() {
                let mut changed = body.clone();
                changed[place.index(body.len())] ^= 1;
                prop_assert!(verify_at(&parts(&target, &values, &signed), &changed, now()).is_err());
            }
            // One letter or digit of the target. The order of the query's pairs doesn't count, so with several pairs a
            // change may be none.
            let mut changed = target.clone().into_bytes();
            let at = place.index(changed.len());
            changed[at] = replaced(changed[at]);
            let changed = String::from_utf8(changed).unwrap();
            if changed != target && changed.matches('=').count() < 2 {
                prop_assert!(verify_at(&parts(&changed, &values, &signed), &body, now()).is_err(), "{}", changed);
            }
            // One byte of a header.
            if !values.is_empty() {
                let mut changed = values.clone();
                let one = &mut changed[place.index(values.len())];
                one.push('x');
                prop_assert!(verify_at(&parts(&target, &changed, &signed), &body, now()).is_err());
            }
            // One digit of the signature.
            let mut other = parts(&target, &values, &signed);
            let mut changed = signed.authorization().to_owned().into_bytes();
            let last = changed.len() - 1 - place.index(64);
            changed[last] = if changed[last] == b'0' { b'1' } else { b'0' };
            other.headers.insert(header::AUTHORIZATION, HeaderValue::from_bytes(&changed).unwrap());
            prop_assert!(verify_at(&other, &body, now()).is_err());
        }
    }
}
