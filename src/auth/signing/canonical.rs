//! The canonical request that a signature covers. The signer and the emulator's verifier share this code.

use std::borrow::Cow;

use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// The algorithm's name in the `Authorization` header and in the string to sign.
pub(crate) const ALGORITHM: &str = "SDK-HMAC-SHA256";
/// The header with the time of signing.
pub(crate) const DATE_HEADER: &str = "x-sdk-date";
/// The header that stands for the hash of the body.
pub(crate) const PAYLOAD_HEADER: &str = "x-sdk-content-sha256";
/// The value of [`PAYLOAD_HEADER`] for a body that isn't signed.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
/// The hash of an empty body.
const NO_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// The most bytes that the body of a signed request may have (12 MB, by section 3.1 of the reference).
pub(crate) const MAX_BODY: usize = 12_582_912;

/// All characters except unreserved ones (RFC 3986).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parts of a request that a signature covers.
pub(crate) struct Canonical<'a> {
    pub(crate) method: &'a str,
    /// The path, as in the request line.
    pub(crate) path: &'a str,
    /// The query, as in the request line, without `?`.
    pub(crate) query: &'a str,
    /// The signed headers, names in lower case.
    pub(crate) headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The result of [`payload_hash`].
    pub(crate) payload_hash: Cow<'a, str>,
}

impl Canonical<'_> {
    /// The canonical request, and the names of the signed headers, sorted and joined with `;`.
    pub(crate) fn written(&self) -> (String, String) {
        let mut headers: Vec<_> = self.headers.iter().collect();
        headers.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut signed_headers = String::with_capacity(headers.iter().map(|(name, _)| name.len() + 1).sum());
        let values: usize = headers.iter().map(|(_, value)| value.len() + 2).sum();
        // Enough for a path of which every third byte is escaped.
        let length = 2 * (self.path.len() + self.query.len() + signed_headers.capacity()) + values + 128;
        let mut out = String::with_capacity(length);
        out.extend([self.method, "\n"]);
        write_path(&mut out, self.path);
        out.push('\n');
        write_query(&mut out, self.query);
        out.push('\n');
        for (i, (name, value)) in headers.into_iter().enumerate() {
            out.extend([name, ":", value.trim(), "\n"]);
            signed_headers.extend([if i > 0 { ";" } else { "" }, name]);
        }
        out.extend(["\n", &signed_headers, "\n", &*self.payload_hash]);
        (out, signed_headers)
    }
}

/// Writes the path: decoded, each segment encoded again, with a trailing slash. Empty and dot segments stay.
fn write_path(out: &mut String, path: &str) {
    // A path of ids is already canonical.
    let is_canonical =
        |byte: u8| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/');
    let start = out.len();
    if path.bytes().all(is_canonical) {
        out.push_str(path);
    } else {
        for (i, segment) in percent_decode_str(path).decode_utf8_lossy().split('/').enumerate() {
            if i > 0 {
                out.push('/');
            }
            out.extend(utf8_percent_encode(segment, ESCAPED));
        }
    }
    if !out[start..].ends_with('/') {
        out.push('/');
    }
}

/// Writes the query: pairs decoded, sorted by code point, encoded again. A `+` is a plus.
fn write_query(out: &mut String, query: &str) {
    let decode = |text| percent_decode_str(text).decode_utf8_lossy();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<_> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(k, v)| (decode(k), decode(v)))
        .collect();
    pairs.sort_unstable();
    for (i, (key, value)) in pairs.iter().enumerate() {
        if i > 0 {
            out.push('&');
        }
        out.extend(utf8_percent_encode(key, ESCAPED));
        out.push('=');
        out.extend(utf8_percent_encode(value, ESCAPED));
    }
}

/// The hash of the body, or the value of the payload header instead.
pub(crate) fn payload_hash<'a>(header: Option<&'a str>, body: &[u8]) -> Cow<'a, str> {
    match header {
        Some(given) if !body.is_empty() => Cow::Borrowed(given),
        _ => body_hash(body),
    }
}

/// The hash of the body.
pub(crate) fn body_hash<'a>(body: &[u8]) -> Cow<'a, str> {
    match body {
        [] => Cow::Borrowed(NO_BODY),
        body => Cow::Owned(hex(&Sha256::digest(body))),
    }
}

/// The string to sign.
pub(crate) fn string_to_sign(date: &str, canonical_request: &str) -> String {
    [ALGORITHM, "\n", date, "\n", &request_hash(canonical_request)].concat()
}

/// The hash of a canonical request.
pub(super) fn request_hash(canonical_request: &str) -> String {
    hex(&Sha256::digest(canonical_request.as_bytes()))
}

/// The signature of a string to sign.
pub(crate) fn signature(secret_key: &str, string_to_sign: &str) -> String {
    hex(&hmac(secret_key.as_bytes(), &[string_to_sign.as_bytes()]))
}

/// HMAC-SHA256 of several parts.
pub(super) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        // HMAC accepts keys of any length.
        return [0; 32];
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    // Computed without a table, so that the compiler can vectorize it.
    let digit = |half: u8| half + if half < 10 { b'0' } else { b'a' - 10 };
    let pairs = bytes.iter().map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    String::from_utf8(pairs.collect::<Vec<_>>().into_flattened()).unwrap_or_default()
}

/// The time of signing, as [`DATE_HEADER`] has it.
pub(crate) fn date(time: Timestamp) -> String {
    let time = TimeZone::UTC.to_datetime(time);
    let [century, year] = [time.year() / 100, time.year() % 100].map(|number| number as i8);
    let mut out = *b"00000000T000000Z";
    let parts = [(0, century), (2, year), (4, time.month()), (6, time.day())];
    for (at, part) in parts.into_iter().chain([(9, time.hour()), (11, time.minute()), (13, time.second())]) {
        out[at] += part.unsigned_abs() / 10;
        out[at + 1] += part.unsigned_abs() % 10;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Parses the form of [`date`].
pub(crate) fn time(date: &str) -> Option<Timestamp> {
    let (day, time) = date.strip_suffix('Z')?.split_once('T')?;
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (day.len(), time.len()) != (8, 6) || !all_digits(day) || !all_digits(time) {
        return None;
    }
    let number = |text: &str| text.parse::<i8>().ok();
    let [hour, minute, second] = [number(&time[..2])?, number(&time[2..4])?, number(&time[4..])?];
    // A leap second counts as the second before it.
    let second = if second == 60 { 59 } else { second };
    let day = (day[..4].parse().ok()?, number(&day[4..6])?, number(&day[6..])?);
    let time = DateTime::new(day.0, day.1, day.2, hour, minute, second, 0).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(text: &str) -> String {
        let mut out = String::new();
        write_path(&mut out, text);
        out
    }

    fn query(text: &str) -> String {
        let mut out = String::new();
        write_query(&mut out, text);
        out
    }

    #[test]
    fn canonical_path_keeps_segments_and_ends_with_a_slash() {
        assert_eq!(path("/v2//p/./a%2fb/~x:y"), "/v2//p/./a/b/~x%3Ay/");
        assert_eq!(path(""), "/");
        assert_eq!(path("/%e6%97%a5"), "/%E6%97%A5/");
    }

    #[test]
    fn canonical_query_is_sorted_by_decoded_text() {
        assert_eq!(query("b=2&a=1&b=1&a="), "a=&a=1&b=1&b=2");
        assert_eq!(query("k+1=a%20b+c&&flag"), "flag=&k%2B1=a%20b%2Bc");
        assert_eq!(query("%7E=1&z=%2F"), "z=%2F&~=1");
    }

    #[test]
    fn empty_body_is_hashed_despite_the_payload_header() {
        assert_eq!(payload_hash(Some(UNSIGNED_PAYLOAD), b"x"), UNSIGNED_PAYLOAD);
        assert_eq!(payload_hash(Some(UNSIGNED_PAYLOAD), b""), hex(&Sha256::digest(b"")));
    }

    #[test]
    fn dates_are_written_and_parsed_in_the_wire_format() {
        for text in ["20240305T080910Z", "19700101T000000Z", "00010101T000000Z", "99991230T215959Z"] {
            assert_eq!(date(time(text).unwrap()), text);
        }
        assert_eq!(time("20161231T235960Z"), time("20161231T235959Z"));
        for bad in [
            "20230229T080910Z",
            "20240305T080910z",
            "20240305T080961Z",
            "20241305T080910Z",
            "+2240305T080910Z",
            "é",
        ] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn date_matches_strftime(seconds in 0_i64..253_402_207_200) {
            let then = Timestamp::from_second(seconds).unwrap();
            prop_assert_eq!(date(then), then.strftime("%Y%m%dT%H%M%SZ").to_string());
            prop_assert_eq!(time(&date(then)), Some(then));
        }

        #[test]
        fn path_encoding_is_idempotent(text in "\\PC{0,60}") {
            let once = path(&format!("/{text}"));
            let again = path(&once);
            // A text may hold something that looks like an escape; what is encoded once stays as it is.
            prop_assert_eq!(path(&again), again);
        }

        #[test]
        fn path_of_ids_equals_its_encoding(path_of_ids in "(/[A-Za-z0-9._~-]{0,8}){0,5}/?") {
            let encoded = path_of_ids.split('/').map(|id| utf8_percent_encode(id, ESCAPED).to_string());
            let encoded = encoded.collect::<Vec<_>>().join("/");
            let ours = path(&path_of_ids);
            prop_assert_eq!(ours.trim_end_matches('/'), encoded.trim_end_matches('/'));
            prop_assert!(ours.ends_with('/'));
        }

        #[test]
        fn query_is_independent_of_pair_order(mut pairs in proptest::collection::vec("[a-c]=[a-c]{0,2}", 0..6)) {
            let one = query(&pairs.join("&"));
            pairs.reverse();
            prop_assert_eq!(query(&pairs.join("&")), one);
        }
    }
}
