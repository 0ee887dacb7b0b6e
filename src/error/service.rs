//! The only reader of error bodies.
//!
//! LTS, the gateway before it, IAM and whatever else stands in between each have their own shape; some
//! refusals come with status 200. All of that is understood here and nowhere else.

use std::sync::LazyLock;

use http::{HeaderMap, StatusCode};
use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::Value;

/// How much of a body that can't be read an error shows, in characters.
const EXCERPT: usize = 200;

/// The longest message that an error keeps, in characters: more than any canonical request that the gateway echoes.
const LONGEST_MESSAGE: usize = 16_384;
/// The longest code, request id or the like, in characters.
const LONGEST_BRIEF: usize = 200;

/// What stands before the security token in a canonical request that the gateway echoes.
pub(super) const SECRET_LINE: &str = "x-security-token:";

/// Headers that may hold the request id: LTS and the gateway, then IAM.
const REQUEST_ID_HEADERS: [&str; 2] = ["x-request-id", "x-iam-trace-id"];

/// What an error answer says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
}

/// All shapes of an error body at once. Every value is optional and of any type, so that one odd member
/// doesn't lose the others.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Shape {
    #[serde(alias = "errorCode")]
    error_code: Value,
    #[serde(alias = "errorMsg")]
    error_msg: Value,
    code: Value,
    message: Value,
    request_id: Value,
    error: Value,
}

impl Shape {
    fn code(&self) -> Option<String> {
        [&self.error_code, &self.error["code"], &self.code].into_iter().find_map(text)
    }

    fn message(&self) -> Option<String> {
        let nested = &self.error["message"];
        [&self.error_msg, nested, &self.message, &self.error["title"], &self.error].into_iter().find_map(text)
    }
}

/// A text or number that says something.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether the body of a successful answer is an error all the same.
pub(crate) fn refuses(body: &[u8]) -> bool {
    // A body without this word can't be one; most answers are done with here, unparsed.
    static WORD: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("error"));
    WORD.find(body).is_some()
        && serde_json::from_slice::<Shape>(body)
            .is_ok_and(|shape| text(&shape.error_code).is_some() || text(&shape.error["code"]).is_some())
}

/// The request id, from the headers.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    REQUEST_ID_HEADERS.iter().find_map(|name| headers.get(*name)?.to_str().ok())
}

/// Reads an error answer of any shape.
pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let header_id = request_id(headers).map(str::to_owned);
    match serde_json::from_slice::<Shape>(body) {
        Ok(shape) => {
            let message = shape.message().unwrap_or_else(|| match shape.code() {
                Some(_) => "the answer gives no reason".to_owned(),
                None => unreadable(status, body),
            });
            Refusal {
                code: shape.code().map(brief),
                message: one_line(&message),
                request_id: header_id.or(text(&shape.request_id)).map(brief),
            }
        }
        Err(_) => Refusal { code: None, message: unreadable(status, body), request_id: header_id.map(brief) },
    }
}

/// A message for an answer that says nothing we understand.
fn unreadable(status: StatusCode, body: &[u8]) -> String {
    let reason = status.canonical_reason().unwrap_or("no standard reason");
    match excerpt(body) {
        text if text.is_empty() => format!("{reason}, with an empty body"),
        text if text.trim_start().starts_with('<') => {
            format!("{reason}, with an HTML page in the place of an answer: {text:?}")
        }
        text => format!("{reason}: {text:?}"),
    }
}

/// A code, an id, a place or a reason, fit to be shown: whoever answers might be anybody.
pub(crate) fn brief(text: String) -> String {
    shortened(text.chars().filter(|c| !c.is_control()).collect(), LONGEST_BRIEF)
}

/// A text of no more characters than these, and a sign that there were more.
fn shortened(mut text: String, longest: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(longest) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The first characters of a body.
pub(crate) fn excerpt(body: &[u8]) -> String {
    // Four bytes are the most that a character takes.
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * EXCERPT + 4)]).into_owned();
    shortened(text, EXCERPT)
}

/// A message on one line, without control characters, and without the token that the gateway echoes.
fn one_line(message: &str) -> String {
    let shown = |part: &str| match part.trim_start().starts_with(SECRET_LINE) {
        true => format!("{SECRET_LINE}[redacted]"),
        false => part.to_owned(),
    };
    let message = message.split('|').map(shown).collect::<Vec<_>>().join("|");
    let words = message.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty());
    shortened(words.collect::<Vec<_>>().join(" "), LONGEST_MESSAGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_text(status: u16, body: &str) -> Refusal {
        read(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn every_known_shape_is_read() {
        for (body, code, message) in [
            (r#"{"error_code":"LTS.0009","error_msg":"bad"}"#, Some("LTS.0009"), "bad"),
            (r#"{"errorCode":"LTS.0009","errorMsg":"bad"}"#, Some("LTS.0009"), "bad"),
            (r#"{"code":"SVC.1","message":"bad"}"#, Some("SVC.1"), "bad"),
            (r#"{"error":{"code":401,"message":"bad","title":"Unauthorized"}}"#, Some("401"), "bad"),
            (r#"{"error":{"code":"IAM.1","message":"two\n lines"}}"#, Some("IAM.1"), "two lines"),
            (r#"{"error_code":"LTS.0009"}"#, Some("LTS.0009"), "the answer gives no reason"),
            (r#"{"error_msg":"bad","error_code":null}"#, None, "bad"),
            (r#"{"error":"bad"}"#, None, "bad"),
        ] {
            let refusal = read_text(400, body);
            assert_eq!((refusal.code.as_deref(), refusal.message.as_str()), (code, message), "{body}");
        }
    }

    #[test]
    fn an_echoed_token_is_not_kept() {
        let body = r#"{"error_code":"APIGW.0301","error_msg":"canonicalRequest:GET|/|host:h|x-security-token:hush|x-a:1"}"#;
        let message = read_text(401, body).message;
        assert_eq!(message, "canonicalRequest:GET|/|host:h|x-security-token:[redacted]|x-a:1");
    }

    #[test]
    fn what_is_no_json_is_shown_shortened() {
        assert_eq!(read_text(503, "").message, "Service Unavailable, with an empty body");
        assert_eq!(read_text(503, "down").message, "Service Unavailable: \"down\"");
        assert!(read_text(502, "<html>").message.contains("HTML page"));
        let garbage = read_text(500, &"\u{1}x".repeat(5_000_000));
        assert!(garbage.message.len() < 3_000 && garbage.code.is_none());
        assert!(!garbage.message.contains('\u{1}'));
    }

    #[test]
    fn no_part_of_an_error_grows_with_the_answer() {
        let long = "x".repeat(300_000);
        let body = format!(r#"{{"error_code":"{long}\u0007","error_msg":"{long}","request_id":"{long}"}}"#);
        let refusal = read_text(500, &body);
        let lengths =
            [refusal.code, Some(refusal.message), refusal.request_id].map(|text| text.unwrap().len());
        let most = [LONGEST_BRIEF, LONGEST_MESSAGE, LONGEST_BRIEF].map(|characters| characters + "…".len());
        assert_eq!(lengths, most);
        let odd = read_text(400, r#"{"error_code":"LTS.\u00010009\n","error_msg":"m"}"#);
        assert_eq!(odd.code.as_deref(), Some("LTS.0009"));
    }

    #[test]
    fn the_request_id_is_found_in_headers_and_body() {
        let mut headers = HeaderMap::new();
        let body = br#"{"error_code":"APIGW.0301","error_msg":"no","request_id":"body"}"#;
        let id = |headers: &HeaderMap| read(StatusCode::UNAUTHORIZED, headers, body).request_id;
        assert_eq!(id(&headers).as_deref(), Some("body"));
        headers.insert("x-iam-trace-id", http::HeaderValue::from_static("iam"));
        assert_eq!(id(&headers).as_deref(), Some("iam"));
        headers.insert("x-request-id", http::HeaderValue::from_static("lts"));
        assert_eq!(id(&headers).as_deref(), Some("lts"));
    }

    #[test]
    fn a_success_that_is_an_error_is_told_from_one_that_is_none() {
        for body in [
            r#"{"error_code":"LTS.0201"}"#,
            r#"{"errorCode":"LTS.0201","errorMsg":"x"}"#,
            r#"{"error":{"code":1}}"#,
        ] {
            assert!(refuses(body.as_bytes()), "{body}");
        }
        for body in [
            "",
            r#"{"log_group_id":"x"}"#,
            r#"{"log_dump_obs_id":"x","error_code":"","error_msg":""}"#,
            r#"{"log_dump_obs_id":"x","error_code":null}"#,
            r#"{"log_groups":[{"log_group_name":"error_code"}]}"#,
        ] {
            assert!(!refuses(body.as_bytes()), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_is_too_odd(status in 100u16..600, body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let refusal = read(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), &body);
            prop_assert!(!refusal.message.is_empty() && !refusal.message.contains('\n'));
        }
    }
}
