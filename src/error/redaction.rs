//! Redacts secrets that the client sent, wherever they come back.

use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{DecodeError, Error, ServiceError};

/// Shorter texts can't be told from ordinary words.
const MIN_LENGTH: usize = 6;
/// The shortest start of a secret that is redacted before an ellipsis.
const MIN_PREFIX: usize = 4;
/// What [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3) leaves unescaped.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const REDACTED: &str = "[redacted]";

/// The secrets of a request, in the forms that are looked for.
#[derive(Default)]
pub(crate) struct SentSecrets(Vec<String>);

impl SentSecrets {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let long = secrets.into_iter().filter(|secret| secret.len() >= MIN_LENGTH);
        let forms = long.flat_map(|secret| {
            let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
            // As a JSON text shows it, without the quotes.
            let json = serde_json::Value::from(secret).to_string();
            let json = json[1..json.len() - 1].to_owned();
            let readable = utf8_percent_encode(secret, UNRESERVED).to_string();
            let with_slashes = readable.replace("%2F", "/");
            let as_form = readable.replace("%20", "+");
            let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let quoted = |double, single| html.replace('"', double).replace('\'', single);
            let (by_name, by_number) = (quoted("&quot;", "&#39;"), quoted("&#34;", "&#39;"));
            let hexadecimal = quoted("&quot;", "&#x27;");
            let base64 = BASE64_STANDARD_NO_PAD.encode(secret);
            let forms = [encoded, readable, with_slashes, as_form, html, by_name, by_number, hexadecimal];
            [secret.to_owned(), base64, json].into_iter().chain(forms)
        });
        let mut forms: Vec<String> = forms.collect();
        // A longer one first, since another may be a part of it.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self(forms)
    }

    /// The text without the secrets; `None` if it has none of them. Case is ignored.
    pub(crate) fn redact(&self, text: &str) -> Option<String> {
        let mut redacted: Option<String> = None;
        for secret in &self.0 {
            let current = redacted.as_deref().unwrap_or(text);
            if let Some(without) = replace(current, secret) {
                redacted = Some(without);
            }
        }
        redacted
    }

    /// The body without the secrets.
    pub(crate) fn redact_body(&self, body: Bytes) -> Bytes {
        let text = String::from_utf8_lossy(&body);
        match self.redact(&text) {
            Some(redacted) => redacted.into(),
            None => body,
        }
    }

    /// Redacts the values of headers.
    pub(crate) fn redact_headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            let redacted = self.redact(&String::from_utf8_lossy(value.as_bytes()));
            if let Some(redacted) = redacted.and_then(|text| HeaderValue::try_from(text).ok()) {
                *value = redacted;
            }
        }
    }

    fn redact_in_place(&self, text: &mut String) {
        if let Some(redacted) = self.redact(text) {
            *text = redacted;
        }
    }
}

/// Replaces a secret, and the start of it where a text was shortened.
fn replace(text: &str, secret: &str) -> Option<String> {
    let (bytes, wanted) = (text.as_bytes(), secret.as_bytes());
    let matches_at = |at: usize| {
        let rest = &bytes[at..];
        let common = rest.iter().zip(wanted).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        let is_shortened = common >= MIN_PREFIX && rest[common..].starts_with("…".as_bytes());
        (common == wanted.len() || is_shortened).then_some(common)
    };
    let mut result = String::new();
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        match text.is_char_boundary(at).then(|| matches_at(at)).flatten() {
            Some(length) => {
                result.push_str(&text[copied..at]);
                result.push_str(REDACTED);
                at += length;
                copied = at;
            }
            None => at += 1,
        }
    }
    if copied == 0 {
        return None;
    }
    result.push_str(&text[copied..]);
    Some(result)
}

impl Error {
    /// Redacts the secrets of the request in everything that came from the other side.
    pub(crate) fn redact(&mut self, secrets: &SentSecrets) {
        match self {
            Self::Service(error) => error.redact(secrets),
            Self::Decode(error) => error.redact(secrets),
            _ => {}
        }
    }
}

impl ServiceError {
    fn redact(&mut self, secrets: &SentSecrets) {
        secrets.redact_in_place(&mut self.message);
        self.code.iter_mut().chain(&mut self.request_id).for_each(|text| secrets.redact_in_place(text));
        secrets.redact_headers(&mut self.response.headers);
        self.response.body = secrets.redact_body(std::mem::take(&mut self.response.body));
    }
}

impl DecodeError {
    fn redact(&mut self, secrets: &SentSecrets) {
        for text in [&mut self.path, &mut self.message, &mut self.excerpt] {
            secrets.redact_in_place(text);
        }
        self.request_id.iter_mut().for_each(|text| secrets.redact_in_place(text));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escaped_secrets_are_redacted() {
        let secrets = SentSecrets::new(["s3c-r3t/+P&\"'ass <word"]);
        for text in [
            "s3c-r3t%2f%2BP%26%22%27ass%20%3Cword",
            "s3c-r3t%2F%2BP%26%22%27ass+%3Cword",
            "s3c-r3t/%2BP%26%22%27ass%20%3Cword",
            "s3c-r3t/+P&amp;&quot;&#39;ass &lt;word",
            "s3c-r3t/+P&amp;&quot;&#x27;ass &lt;word",
            "s3c-r3t/+P&amp;&#34;&#39;ass &lt;word",
            "s3c-r3t/+P&amp;\"'ass &lt;word",
        ] {
            assert_eq!(secrets.redact(text).as_deref(), Some(REDACTED), "{text}");
        }
    }

    #[test]
    fn secrets_are_redacted_in_every_form() {
        let secrets = SentSecrets::new(["Secret/Key+1234", "pw\"Sec\\ret-123", "short"]);
        for (text, redacted) in [
            (r#"{"password":"pw\"Sec\\ret-123"}"#, Some(r#"{"password":"[redacted]"}"#)),
            ("nothing of it", None),
            ("short words stay", None),
            ("ak:Secret/Key+1234 not exist", Some("ak:[redacted] not exist")),
            ("SECRET/KEY+1234secret/key+1234", Some("[redacted][redacted]")),
            ("?key=Secret%2FKey%2B1234&x", Some("?key=[redacted]&x")),
            ("Basic U2VjcmV0L0tleSsxMjM0", Some("Basic [redacted]")),
            ("日Secret/Key+1234日", Some("日[redacted]日")),
            ("cut off: Secret/K…", Some("cut off: [redacted]…")),
        ] {
            assert_eq!(secrets.redact(text).as_deref(), redacted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_secret(before in ".{0,20}", secret in "[!-~]{6,40}", after in ".{0,20}") {
            let secrets = SentSecrets::new([secret.as_str()]);
            let text = format!("{before}{secret}{after}");
            let redacted = secrets.redact(&text).unwrap();
            prop_assert!(!redacted.replace(REDACTED, "").contains(&secret));
        }
    }
}
