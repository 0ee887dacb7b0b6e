//! Private functions for the fuzz targets in `fuzz/`. They exist only with `--cfg fuzzing`, which cargo-fuzz sets for all
//! crates of a build, and are not part of the public API.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

#[cfg(feature = "emulator")]
pub use crate::emulator::fuzzing::{Found, InProcess, search, verify};
use crate::{error::Error, secret::Secret, spec::Operation};

/// Classifies a response as the transport does. `signed` is the canonical request that was sent, if it was signed.
///
/// # Errors
/// The error that the response reports, unless it is a success.
pub fn classify(
    operation: Option<Operation>,
    signed: Option<&str>,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(), Error> {
    let mut response = http::Response::new(body);
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    crate::transport::classified(operation, signed, response)
}

/// Reads the text of a profile file: its sections, with their keys and values.
///
/// # Errors
/// A message that says which line is malformed.
pub fn profile(text: &str) -> Result<BTreeMap<String, BTreeMap<String, String>>, String> {
    let sections = crate::config::parse_profile(text.to_owned())?;
    let plain = |values: BTreeMap<String, Secret>| {
        values.into_iter().map(|(key, value)| (key, value.expose().to_owned())).collect()
    };
    Ok(sections.into_iter().map(|(section, values)| (section, plain(values))).collect())
}
