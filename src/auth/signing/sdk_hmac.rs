//! The algorithm SDK-HMAC-SHA256.

use std::{borrow::Cow, fmt};

use http::{HeaderName, header};

use super::canonical::{self, ALGORITHM, Canonical, DATE_HEADER, PAYLOAD_HEADER, UNSIGNED_PAYLOAD};
use crate::{auth::AkSk, input::InvalidInput};

/// The header that carries the security token of temporary keys.
pub(crate) const SECURITY_TOKEN_HEADER: &str = "x-security-token";

/// Headers that signing may add, as they are displayed.
const HOST: &str = "Host";
const DATE: &str = "X-Sdk-Date";
const SECURITY_TOKEN: &str = "X-Security-Token";
const PAYLOAD: &str = "X-Sdk-Content-Sha256";

/// A request to sign.
#[derive(Clone)]
pub struct SigningRequest<'a> {
    method: &'a str,
    host: &'a str,
    path: &'a str,
    query: &'a str,
    headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub(super) body: &'a [u8],
    date: Option<Cow<'a, str>>,
}

/// The headers that signing adds to a request, with the names that are sent.
pub(super) type AddedHeaders = Vec<(&'static str, String)>;

impl<'a> SigningRequest<'a> {
    /// Creates a request without headers and body. `host` is the authority as sent, including a port; `target` is path and
    /// query as in the request line.
    pub fn new(method: &'a str, host: &'a str, target: &'a str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self { method, host, path, query, headers: Vec::new(), body: &[], date: None }
    }

    /// Adds a header. All headers added here are signed, except those with `_` in their names.
    #[must_use]
    pub fn header(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: &'a [u8]) -> Self {
        self.body = body;
        self
    }

    /// Sets the time of signing, `YYYYMMDDTHHMMSSZ` in UTC; the current time by default. A header `X-Sdk-Date` takes
    /// precedence.
    ///
    /// # Errors
    /// [`InvalidInput`] if the date has another form.
    pub fn date(mut self, date: impl Into<Cow<'a, str>>) -> Result<Self, InvalidInput> {
        let date = date.into();
        parse_date(&date)?;
        self.date = Some(date);
        Ok(self)
    }

    /// Sets the time of signing.
    pub(crate) fn at(mut self, time: jiff::Timestamp) -> Self {
        self.date = Some(canonical::date(time).into());
        self
    }

    /// Signs the request.
    pub fn sign(&self, keys: &AkSk) -> Signed {
        let mut added: AddedHeaders = Vec::with_capacity(4);
        if self.given("host").is_none() {
            added.push((HOST, self.host.to_owned()));
        }
        self.add_date_and_token(keys, &mut added);
        let unsigned = self.given("content-type").is_some_and(|value| !is_hashed(value));
        if unsigned && self.given(PAYLOAD_HEADER).is_none() {
            added.push((PAYLOAD, UNSIGNED_PAYLOAD.to_owned()));
        }
        let (date, payload) =
            (self.sent(DATE_HEADER, &added).unwrap_or_default(), self.sent(PAYLOAD_HEADER, &added));
        let payload_hash = canonical::payload_hash(payload, self.body);
        let (canonical_request, signed_headers) = self.canonical(&added, payload_hash);
        let string_to_sign = canonical::string_to_sign(date.trim(), &canonical_request);
        let signature = canonical::signature(keys.secret_key().expose(), &string_to_sign);
        let parts = [
            ALGORITHM,
            " Access=",
            keys.access_key(),
            ", SignedHeaders=",
            &signed_headers,
            ", Signature=",
            &signature,
        ];
        let authorization = parts.concat();
        Signed { added, canonical_request, string_to_sign, signed_headers, authorization }
    }
}

impl SigningRequest<'_> {
    /// The value of a header that was given, by its name in lower case.
    fn given(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
        headers.next().map(|(_, value)| &**value)
    }

    /// The value of a header that was given, or else added.
    pub(super) fn sent<'h>(&'h self, name: &str, added: &'h AddedHeaders) -> Option<&'h str> {
        let mut added = added.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
        self.given(name).or_else(|| added.next().map(|(_, value)| value.as_str()))
    }

    /// Adds the time of signing, and the security token of temporary keys, unless they were given.
    pub(super) fn add_date_and_token(&self, keys: &AkSk, added: &mut AddedHeaders) {
        if self.given(DATE_HEADER).is_none() {
            added.push((DATE, self.date.as_deref().map_or_else(now, str::to_owned)));
        }
        if let Some(token) = keys.token()
            && self.given(SECURITY_TOKEN_HEADER).is_none()
        {
            added.push((SECURITY_TOKEN, token.expose().to_owned()));
        }
    }

    /// The canonical request, and the names of the signed headers.
    pub(super) fn canonical(&self, added: &AddedHeaders, payload_hash: Cow<'_, str>) -> (String, String) {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .chain(added.iter().map(|(name, value)| (*name, value.as_str())))
            .filter(|(name, _)| !name.contains('_'))
            .map(|(name, value)| (lower(name), Cow::Borrowed(value)))
            .collect();
        let Self { method, path, query, .. } = *self;
        Canonical { method, path, query, headers, payload_hash }.written()
    }
}

/// A header name in lower case; most names are already.
fn lower(name: &str) -> Cow<'_, str> {
    match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    }
}

/// Whether the hash of a body of this type is signed. Others are sent with `UNSIGNED-PAYLOAD`.
fn is_hashed(content_type: &str) -> bool {
    ["application/json", "application/bson"].iter().any(|hashed| content_type.starts_with(hashed))
}

/// Parses the time of signing.
pub(crate) fn parse_date(date: &str) -> Result<jiff::Timestamp, InvalidInput> {
    let rule = || InvalidInput::new(DATE_HEADER, date, "a time in UTC of the form 20240305T080910Z");
    canonical::time(date).ok_or_else(rule)
}

/// The current time as the time of signing.
fn now() -> String {
    canonical::date(jiff::Timestamp::now())
}

/// A signed request: what to send, and what was signed.
#[derive(Clone)]
pub struct Signed {
    pub(super) added: AddedHeaders,
    pub(super) canonical_request: String,
    pub(super) string_to_sign: String,
    pub(super) signed_headers: String,
    pub(super) authorization: String,
}

impl Signed {
    /// The headers to send in addition to the request's own, `Authorization` last.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let added = self.added.iter().map(|(name, value)| (*name, value.as_str()));
        added.chain([("Authorization", self.authorization.as_str())])
    }

    /// The canonical request.
    pub fn canonical_request(&self) -> &str {
        &self.canonical_request
    }

    /// The additional headers and the canonical request.
    pub(crate) fn into_parts(self) -> (impl Iterator<Item = (HeaderName, String)>, String) {
        let name = |name| match name {
            HOST => header::HOST,
            DATE => HeaderName::from_static(DATE_HEADER),
            SECURITY_TOKEN => HeaderName::from_static(SECURITY_TOKEN_HEADER),
            _ => HeaderName::from_static(PAYLOAD_HEADER),
        };
        let added = self.added.into_iter().map(move |(added, value)| (name(added), value));
        (added.chain([(header::AUTHORIZATION, self.authorization)]), self.canonical_request)
    }

    /// The string to sign.
    pub fn string_to_sign(&self) -> &str {
        &self.string_to_sign
    }

    /// The names of the signed headers, joined with `;`.
    pub fn signed_headers(&self) -> &str {
        &self.signed_headers
    }

    /// The value of the `Authorization` header.
    pub fn authorization(&self) -> &str {
        &self.authorization
    }
}

impl fmt::Debug for SigningRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningRequest")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("signed_headers", &self.signed_headers).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_date_is_rejected() {
        let request = SigningRequest::new("GET", "h", "/");
        assert!(request.clone().date("20240305T080910Z").is_ok());
        for bad in [
            "",
            "2024-03-05T08:09:10Z",
            "20240305T080910",
            "20241305T080910Z",
            "20240305T080910Z ",
            "20240305t080910z",
        ] {
            assert!(request.clone().date(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn security_token_is_signed_but_not_shown() {
        let keys = AkSk::new("AK", "SK").security_token("sec-token");
        let signed = SigningRequest::new("GET", "h", "/").sign(&keys);
        assert_eq!(signed.signed_headers(), "host;x-sdk-date;x-security-token");
        assert!(signed.headers().any(|header| header == ("X-Security-Token", "sec-token")));
        let request = SigningRequest::new("GET", "h", "/").header("X-Security-Token", "sec-token");
        for shown in [format!("{keys:?}"), format!("{signed:?}"), format!("{request:?}")] {
            assert!(!shown.contains("sec-token") && !shown.contains("SK\""), "{shown}");
        }
    }

    #[test]
    fn explicit_host_and_date_are_signed_unchanged() {
        let signed = SigningRequest::new("GET", "h", "/")
            .header("HOST", "other:443")
            .header("x-sdk-date", "20240305T080910Z")
            .sign(&AkSk::new("AK", "SK"));
        assert!(signed.canonical_request().contains("host:other:443\nx-sdk-date:20240305T080910Z\n"));
        assert_eq!(signed.headers().count(), 1);
    }
}
