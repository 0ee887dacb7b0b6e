//! Reads errors from response bodies.
//!
//! LTS, its gateway, IAM and proxies each have their own form of error body, and some errors come with status 200. All
//! forms are read here, in one pass that keeps only the members of an error.

use std::fmt;

use http::{HeaderMap, StatusCode};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::spec::Effect;

/// How much of an undecodable body an error shows, in characters.
const EXCERPT: usize = 200;

/// The longest message that an error keeps, in characters: more than any canonical request that the gateway echoes.
const LONGEST_MESSAGE: usize = 16_384;
/// The longest code, request id or the like, in characters.
const LONGEST_BRIEF: usize = 200;

/// The most JSON values of a body; more would take many times the memory of their text.
const MAX_VALUES: usize = 1_000_000;

/// The start of the line with the security token in an echoed canonical request.
pub(super) const SECRET_LINE: &str = "x-security-token:";

/// Headers that may hold the request id: LTS and the gateway, then IAM.
const REQUEST_ID_HEADERS: [&str; 2] = ["x-request-id", "x-iam-trace-id"];

/// Codes that mean success.
const SUCCESS_CODES: [&str; 3] = ["0", "SVCSTG.ALS.200.200", "SVCSTG.ALS.200200"];
/// Members that may accompany an error, besides those whose names begin with `error`.
const ERROR_DETAILS: [&str; 12] = [
    "code",
    "details",
    "encoded_authorization_message",
    "message",
    "msg",
    "path",
    "request_id",
    "requestId",
    "status",
    "success",
    "timestamp",
    "title",
];
/// Prefixes of error codes.
const ERROR_CODE_PREFIXES: [&str; 4] = ["LTS.", "APIGW.", "APIG.", "SVCSTG."];

/// An error response, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
}

/// The members of a body that may belong to an error, of all its forms: `{error_code, error_msg}`,
/// `{errorCode, errorMessage}`, `{code, message}`, `{message: {code, details}}`, `{error: {code, message, title}}`,
/// `{error}` and `{errors: [..]}`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorMembers {
    /// `error_code`, one within an object, `code`.
    codes: [Option<String>; 3],
    /// `error_msg`, one within an object, `message`, a title, `error` as text, the first of a list.
    messages: [Option<String>; 6],
    request_id: Option<String>,
    /// Whether a member that belongs to an error has a list, an object with members, or true.
    is_structured: bool,
    /// Whether there are members that belong to no error.
    has_content: bool,
}

const OWN: usize = 0;
const NESTED: usize = 1;
const PLAIN: usize = 2;
const TITLE: usize = 3;
const TEXT: usize = 4;
const LISTED: usize = 5;

impl ErrorMembers {
    fn code(&self) -> Option<&str> {
        self.codes.iter().flatten().next().map(String::as_str)
    }

    fn message(&self) -> Option<&str> {
        self.messages.iter().flatten().next().map(String::as_str)
    }

    /// Whether a body with status 2xx reports an error, for an operation with this effect.
    pub(crate) fn is_error(&self, effect: Effect) -> bool {
        let code = self.code();
        if code.is_some_and(|code| SUCCESS_CODES.contains(&code)) {
            return false;
        }
        match effect {
            Effect::Append => code.is_some(),
            Effect::Delete => self.has_error(),
            Effect::Read | Effect::Create | Effect::Update => {
                code.is_some_and(|code| ERROR_CODE_PREFIXES.iter().any(|prefix| code.starts_with(prefix)))
            }
        }
    }

    /// Whether a body with status 2xx reports an error and nothing else, where content was expected.
    pub(crate) fn is_only_error(&self) -> bool {
        let is_success = self.code().is_some_and(|code| SUCCESS_CODES.contains(&code));
        self.has_error() && !is_success && !self.has_content
    }

    fn has_error(&self) -> bool {
        self.code().is_some() || self.message().is_some() || self.is_structured
    }
}

/// Scans a JSON text for the members of an error.
///
/// # Errors
/// If the text is not JSON or has more than a million values. Depth is not limited here: unknown members are skipped
/// without recursion, and `serde_json` bounds the rest.
pub(crate) fn scan(body: &[u8]) -> Result<ErrorMembers, serde_json::Error> {
    let mut found = ErrorMembers::default();
    // A value takes at least one byte, so short bodies need no count. Skipping without counting is three times as fast.
    let mut values = (body.len() > MAX_VALUES).then_some(0);
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let scan = Scan { place: Place::Root, values: values.as_mut(), found: &mut found };
    scan.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(found)
}

/// The role of a value.
#[derive(Clone, Copy)]
enum Place {
    Root,
    /// `error`: an object, or a text.
    Error,
    /// `message`: an object, or a text.
    Message,
    Code(usize),
    MessageText(usize),
    /// An item of a list of errors or messages.
    Item,
    RequestId,
    /// A member of the body that belongs to no error.
    Content,
    /// Not part of an error.
    Other,
}

impl Place {
    fn of_member(self, key: &str) -> Self {
        match (self, key) {
            (Self::Root, "error_code" | "errorCode") => Self::Code(OWN),
            (
                Self::Root,
                "error_msg" | "errorMsg" | "error_message" | "errorMessage" | "error_description",
            ) => Self::MessageText(OWN),
            (Self::Root, "code") => Self::Code(PLAIN),
            (Self::Root, "message") => Self::Message,
            (Self::Root, "error") => Self::Error,
            (Self::Root, "request_id") => Self::RequestId,
            (Self::Error | Self::Message, "code" | "error_code") => Self::Code(NESTED),
            (Self::Error, "message" | "error_msg" | "msg") | (Self::Message, "details") => {
                Self::MessageText(NESTED)
            }
            (Self::Item, "message" | "error_msg" | "msg") => Self::MessageText(LISTED),
            (Self::Error, "title") => Self::MessageText(TITLE),
            (Self::Root, key) if key.starts_with("error") => Self::Error,
            (Self::Root, key) if !ERROR_DETAILS.contains(&key) => Self::Content,
            _ => Self::Other,
        }
    }

    /// Whether it is a member of the body that reports an error if it has a value of any kind.
    fn is_error(self) -> bool {
        matches!(self, Self::Error | Self::Code(OWN) | Self::MessageText(OWN))
    }
}

/// Visits a value and everything in it.
struct Scan<'a> {
    place: Place,
    /// The number of values so far, if they are counted.
    values: Option<&'a mut usize>,
    found: &'a mut ErrorMembers,
}

impl Scan<'_> {
    fn keep(self, text: &str) {
        let ErrorMembers { codes, messages, request_id, .. } = self.found;
        let slot = match self.place {
            Place::Code(i) => &mut codes[i],
            Place::MessageText(i) => &mut messages[i],
            Place::Message => &mut messages[PLAIN],
            Place::Error => &mut messages[TEXT],
            Place::Item => &mut messages[LISTED],
            Place::RequestId => request_id,
            Place::Root | Place::Content | Place::Other => return,
        };
        if slot.is_none() && !text.trim().is_empty() {
            *slot = Some(shortened(text, LONGEST_MESSAGE));
        }
    }

    fn keep_number(self, number: impl ToString) {
        if !matches!(self.place, Place::Other) {
            self.keep(&number.to_string());
        }
    }

    fn within(&mut self, place: Place) -> Scan<'_> {
        Scan { place, values: self.values.as_deref_mut(), found: self.found }
    }
}

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<(), D::Error> {
        match &mut self.values {
            None if matches!(self.place, Place::Other) => {
                IgnoredAny::deserialize(deserializer)?;
                return Ok(());
            }
            None => {}
            Some(values) => {
                **values += 1;
                if **values > MAX_VALUES {
                    return Err(D::Error::custom(format_args!("more than {MAX_VALUES} values")));
                }
            }
        }
        match self.place {
            Place::Content => deserializer.deserialize_option(self),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<(), D::Error> {
        self.found.has_content = true;
        self.within(Place::Other).deserialize(deserializer)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.found.is_structured |= value && self.place.is_error();
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.keep_number(number);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.keep_number(number);
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.keep_number(number);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.keep(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let item = match self.place {
            Place::Error | Place::Message | Place::MessageText(_) => Place::Item,
            _ => Place::Other,
        };
        while items.next_element_seed(self.within(item))?.is_some() {
            self.found.is_structured |= self.place.is_error();
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some(place) = members.next_key_seed(Key(self.place))? {
            members.next_value_seed(self.within(place))?;
            self.found.is_structured |= self.place.is_error();
        }
        Ok(())
    }
}

/// Reads an object key as the place of its value.
struct Key(Place);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Place;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Place, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Place;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Place, E> {
        Ok(self.0.of_member(key))
    }
}

/// The request id, from the headers.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    REQUEST_ID_HEADERS.iter().find_map(|name| headers.get(*name)?.to_str().ok())
}

/// Parses an error response of any form.
pub(crate) fn parse(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ErrorBody {
    let header_id = request_id(headers);
    let members = scan(body).unwrap_or_default();
    let message = match (members.message(), members.code()) {
        (Some(message), _) => one_line(message),
        (None, Some(_)) => "the response gives no reason".to_owned(),
        (None, None) => unreadable(status, body),
    };
    ErrorBody {
        code: members.code().map(brief),
        message,
        request_id: header_id.or(members.request_id.as_deref()).map(brief),
    }
}

/// The message for a body of unknown form.
fn unreadable(status: StatusCode, body: &[u8]) -> String {
    let reason = status.canonical_reason().unwrap_or("no standard reason");
    match excerpt(body) {
        text if text.is_empty() => format!("{reason}, with an empty body"),
        text if text.trim_start().starts_with('<') => {
            format!("{reason}, with an HTML page instead of JSON: {text:?}")
        }
        text => format!("{reason}: {text:?}"),
    }
}

/// A code, an id or a path, shortened and without control characters, since the sender is not trusted.
pub(crate) fn brief(text: &str) -> String {
    let printable: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_BRIEF + 1).collect();
    shortened(&printable, LONGEST_BRIEF)
}

/// A text shortened to `longest` characters and an ellipsis.
fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The first characters of a body.
pub(crate) fn excerpt(body: &[u8]) -> String {
    // A character takes at most four bytes.
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * EXCERPT + 4)]);
    shortened(&text, EXCERPT)
}

/// A message on one line, without control characters and without an echoed security token.
fn one_line(message: &str) -> String {
    let shown = |part: &str| match part.trim_start().starts_with(SECRET_LINE) {
        true => format!("{SECRET_LINE}[redacted]"),
        false => part.to_owned(),
    };
    let message = message.split('|').map(shown).collect::<Vec<_>>().join("|");
    let words = message.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty());
    shortened(&words.collect::<Vec<_>>().join(" "), LONGEST_MESSAGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_text(status: u16, body: &str) -> ErrorBody {
        parse(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn all_known_error_forms_are_parsed() {
        for (body, code, message) in [
            (r#"{"error_code":"LTS.0009","error_msg":"bad"}"#, Some("LTS.0009"), "bad"),
            (r#"{"errorCode":"LTS.0009","errorMsg":"bad"}"#, Some("LTS.0009"), "bad"),
            (r#"{"code":"SVC.1","message":"bad"}"#, Some("SVC.1"), "bad"),
            (r#"{"error":{"code":401,"message":"bad","title":"Unauthorized"}}"#, Some("401"), "bad"),
            (r#"{"error":{"code":"IAM.1","message":"two\n lines"}}"#, Some("IAM.1"), "two lines"),
            (r#"{"error_code":"LTS.0009"}"#, Some("LTS.0009"), "the response gives no reason"),
            (r#"{"error_msg":"bad","error_code":null}"#, None, "bad"),
            (r#"{"error":"bad"}"#, None, "bad"),
            (r#"{"error":{"msg":"bad"}}"#, None, "bad"),
            (r#"{"errors":["bad","worse"]}"#, None, "bad"),
            (r#"{"errors":[{"code":"x","message":"bad"}]}"#, None, "bad"),
            (r#"{"error_msg":["bad"]}"#, None, "bad"),
            (r#"{"error_message":"bad"}"#, None, "bad"),
            (r#"{"error_description":"bad"}"#, None, "bad"),
            (
                r#"{"errorCode":"SVCSTG.ALS.200201","errorMessage":"Query Param is error."}"#,
                Some("SVCSTG.ALS.200201"),
                "Query Param is error.",
            ),
            (r#"{"message":{"code":"LTS.0208","details":"gone"}}"#, Some("LTS.0208"), "gone"),
            (r#"{"error_code":"LTS.0009","errorCode":"LTS.0009","error_msg":"x"}"#, Some("LTS.0009"), "x"),
            (
                r#"{"error_code":"LTS.0009","error_code":{},"error_msg":["y"],"errorMsg":"x"}"#,
                Some("LTS.0009"),
                "x",
            ),
        ] {
            let error = read_text(400, body);
            assert_eq!((error.code.as_deref(), error.message.as_str()), (code, message), "{body}");
        }
    }

    #[test]
    fn echoed_token_is_redacted() {
        let body = r#"{"error_code":"APIGW.0301","error_msg":"canonicalRequest:GET|/|host:h|x-security-token:sec-ret|x-a:1"}"#;
        let message = read_text(401, body).message;
        assert_eq!(message, "canonicalRequest:GET|/|host:h|x-security-token:[redacted]|x-a:1");
    }

    #[test]
    fn body_that_is_not_json_is_shown_shortened() {
        assert_eq!(read_text(503, "").message, "Service Unavailable, with an empty body");
        assert_eq!(read_text(503, "down").message, "Service Unavailable: \"down\"");
        assert!(read_text(502, "<html>").message.contains("HTML page"));
        let garbage = read_text(500, &"\u{1}x".repeat(5_000_000));
        assert!(garbage.message.len() < 3_000 && garbage.code.is_none());
        assert!(!garbage.message.contains('\u{1}'));
    }

    #[test]
    fn error_parts_are_bounded() {
        let long = "x".repeat(300_000);
        let body = format!(r#"{{"error_code":"{long}\u0007","error_msg":"{long}","request_id":"{long}"}}"#);
        let error = read_text(500, &body);
        let lengths = [error.code, Some(error.message), error.request_id].map(|text| text.unwrap().len());
        let most = [LONGEST_BRIEF, LONGEST_MESSAGE, LONGEST_BRIEF].map(|characters| characters + "…".len());
        assert_eq!(lengths, most);
        let odd = read_text(400, r#"{"error_code":"LTS.\u00010009\n","error_msg":"m"}"#);
        assert_eq!(odd.code.as_deref(), Some("LTS.0009"));
    }

    #[test]
    fn request_id_is_read_from_headers_or_body() {
        let mut headers = HeaderMap::new();
        let body = br#"{"error_code":"APIGW.0301","error_msg":"no","request_id":"body"}"#;
        let id = |headers: &HeaderMap| parse(StatusCode::UNAUTHORIZED, headers, body).request_id;
        assert_eq!(id(&headers).as_deref(), Some("body"));
        headers.insert("x-iam-trace-id", http::HeaderValue::from_static("iam"));
        assert_eq!(id(&headers).as_deref(), Some("iam"));
        headers.insert("x-request-id", http::HeaderValue::from_static("lts"));
        assert_eq!(id(&headers).as_deref(), Some("lts"));
    }

    #[test]
    fn error_with_status_2xx_depends_on_code_and_effect() {
        use Effect::{Append, Create, Delete, Read, Update};
        let all = [Read, Create, Update, Delete, Append];
        for (body, refused_by) in [
            (r#"{"error_code":"LTS.0201"}"#, &all[..]),
            (r#"{"errorCode":"APIGW.0301","errorMsg":"x"}"#, &all),
            (r#"{"error":{"code":"LTS.0201"}}"#, &all),
            (r#"{"error_code":"SVCSTG.ALS.200201","error_msg":"Query Param is error."}"#, &all),
            (r#"{"errorCode":"SVCSTG.ALS.403.105"}"#, &all),
            (r#"{"code":"SVCSTG.ALS.200201","message":"no"}"#, &all),
            (r#"{"error_code":"OTHER.1"}"#, &[Delete, Append]),
            (r#"{"error_msg":"no"}"#, &[Delete]),
            (r#"{"error":"no"}"#, &[Delete]),
            (r#"{"error":{"title":"Forbidden"}}"#, &[Delete]),
            (r#"{"message":"denied"}"#, &[Delete]),
            (r#"{"error":{"msg":"no"}}"#, &[Delete]),
            (r#"{"error":{"x":1}}"#, &[Delete]),
            (r#"{"error":true}"#, &[Delete]),
            (r#"{"errors":["no"]}"#, &[Delete]),
            (r#"{"error_message":"no"}"#, &[Delete]),
            (r#"{"error_msg":["no"]}"#, &[Delete]),
            (r#"{"error_description":"x"}"#, &[Delete]),
            (r#"{"error":{},"errors":[],"error_code":null,"error_msg":" ","error_flag":false}"#, &[]),
            (r#"{"code":"x"}"#, &[Delete, Append]),
            (r#"{"errorCode":"SVCSTG.ALS.200.200","errorMessage":"Report success.","result":null}"#, &[]),
            (r#"{"error_code":"SVCSTG.ALS.200200","error_msg":"delete struct config successfully"}"#, &[]),
            (r#"{"error_code":"0","log_groups":[]}"#, &[]),
            (r#"{"error_code":0,"error_msg":"ok"}"#, &[]),
            (r#"{"log_group_id":"x"}"#, &[]),
            (r#"{"code":"0","message":"done"}"#, &[]),
            (r#"{"log_dump_obs_id":"x","error_code":"","error_msg":""}"#, &[]),
            (r#"{"log_dump_obs_id":"x","error_code":null}"#, &[]),
            (r#"{"log_groups":[{"log_group_name":"error_code","error_code":"LTS.0201"}]}"#, &[]),
        ] {
            let members = scan(body.as_bytes()).unwrap();
            let refusing: Vec<_> = all.into_iter().filter(|effect| members.is_error(*effect)).collect();
            assert_eq!(refusing, refused_by, "{body}");
        }
    }

    #[test]
    fn body_with_nothing_but_an_error_is_told_from_content() {
        for (body, is_only_error) in [
            (r#"{"error":"unauthorized"}"#, true),
            (r#"{"error_msg":"no"}"#, true),
            (r#"{"message":"please log in","code":"401"}"#, true),
            (r#"{"error":{"message":"x"}}"#, true),
            (r#"{"errors":["x"],"status":500,"request_id":"1","result":null,"log_groups":null}"#, true),
            (r#"{"success":false,"message":"no"}"#, true),
            (r#"{"message":"x","log_groups":[]}"#, false),
            (r#"{"error_code":"0","error_msg":"done","result":null}"#, false),
            (r#"{"errorCode":"SVCSTG.ALS.200.200","errorMessage":"Report success.","result":null}"#, false),
            (r#"{"error_code":"","error_msg":null}"#, false),
            (r#"{"status":"maintenance"}"#, false),
            (r#"{"log_groups":null}"#, false),
            ("{}", false),
            ("[]", false),
        ] {
            for body in [body.to_owned(), format!("{body}{}", " ".repeat(MAX_VALUES))] {
                let members = scan(body.as_bytes()).unwrap();
                assert_eq!(members.is_only_error(), is_only_error, "{}", body.trim());
            }
        }
    }

    #[test]
    fn scan_rejects_hostile_shapes() {
        let wide = format!("[{}0]", "0,".repeat(MAX_VALUES));
        for (body, reason) in
            [(wide, "values"), ("{\"a\":".to_owned(), "EOF"), ("{} {}".to_owned(), "trailing")]
        {
            let error = scan(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let with_content = ErrorMembers { has_content: true, ..ErrorMembers::default() };
        assert_eq!(scan(deep.as_bytes()).unwrap(), with_content);
        let deep_and_long = format!("{deep}{}", " ".repeat(MAX_VALUES));
        assert!(scan(deep_and_long.as_bytes()).unwrap_err().to_string().contains("recursion limit"));
    }

    proptest! {
        #[test]
        fn error_reader_accepts_arbitrary_bytes(status in 100u16..600, body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let error = parse(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), &body);
            prop_assert!(!error.message.is_empty() && !error.message.contains('\n'));
        }
    }
}
