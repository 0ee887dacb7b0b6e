//! Any response is classified as a success or an error, and the error's message is one line of bounded length.
//!
//! Input: `STATUS [OPERATION] [TIMES [PIECE]]`, headers, an empty line, a body. In the body, `{...}` stands for TIMES
//! pieces, by default a letter: with `[` or `{"":0},` as the piece, a short input is a deep or a wide body.
#![no_main]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use huaweicloud_lts::{Error, fuzzing::classify, spec::Operation};
use huaweicloud_lts_fuzz::{Message, filled, on_the_wire};
use libfuzzer_sys::fuzz_target;

/// The canonical request that we signed.
const SIGNED: &str = "GET\n/v2/p/groups/\n\nhost:h\nx-sdk-date:20240305T080910Z\n\nhost;x-sdk-date\n\
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// The longest filling of a body, in bytes.
const LONGEST: usize = 1 << 18;
/// The longest text on one line.
const LINE: usize = 64 << 10;

fuzz_target!(|input: &[u8]| {
    let Some(message) = Message::read(input) else { return };
    let mut words = message.first.split(' ');
    let status = words.next().and_then(|word| word.parse().ok()).unwrap_or(500);
    let Ok(status) = StatusCode::from_u16(status) else { return };
    let operation = words.next().and_then(|word| word.parse::<Operation>().ok());
    let times = words.next().and_then(|word| word.parse::<usize>().ok()).unwrap_or(0);
    let piece = words.next().unwrap_or("x");

    let mut headers = HeaderMap::new();
    for (name, value) in message.headers() {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(on_the_wire(value).as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let body = Bytes::from(filled(message.body, times, piece, LONGEST));
    for signed in [None, Some(SIGNED)] {
        let classified = classify(operation, signed, status, headers.clone(), body.clone());
        match classified {
            Ok(()) => assert!(status.is_success(), "{status} is no success"),
            Err(error) => shows(&error, status),
        }
    }
});

/// Checks that an error's texts are bounded.
fn shows(error: &Error, status: StatusCode) {
    assert_eq!(error.status(), Some(status.as_u16()));
    let line = error.to_string();
    assert!(!line.is_empty() && line.len() <= LINE, "{} bytes", line.len());
    assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
    let more = format!("{error:#}");
    assert!(more.len() <= 4 * LINE && more.starts_with(&line), "{} bytes", more.len());
    assert!(!more.contains(|c: char| c.is_control() && c != '\n'), "{more:?}");
    assert!(format!("{error:?}").len() <= 8 * LINE);
    let kinds =
        [error.is_not_found(), error.is_already_exists(), error.is_in_use(), error.is_quota_exceeded()];
    assert!(kinds.iter().filter(|is| **is).count() <= 1, "an error is of one kind: {error:?}");
    let _ = (
        error.is_auth(),
        error.is_throttled(),
        error.is_retryable(),
        error.outcome_unknown(),
        error.remedy(),
    );
}
