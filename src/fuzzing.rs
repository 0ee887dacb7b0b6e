//! Parts of the inside for the fuzz targets in `fuzz/`, which can't reach them through the public API. They exist
//! under `--cfg fuzzing` only, which cargo-fuzz sets for all crates of a build: users of the crate see them in fuzz
//! targets of their own, and should not look.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

#[cfg(feature = "emulator")]
pub use crate::emulator::fuzzing::{InProcess, verify};
use crate::{error::Error, secret::Secret, spec::Operation};

/// Classifies a response as the transport does. `signed` is the canonical request that was sent, if it was signed.
///
/// # Errors
/// The error that the response is, unless it is a success.
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
/// What is wrong with it.
pub fn profile(text: &str) -> Result<BTreeMap<String, BTreeMap<String, String>>, String> {
    let sections = crate::config::parse_profile(text.to_owned())?;
    let plain = |values: BTreeMap<String, Secret>| {
        values.into_iter().map(|(key, value)| (key, value.expose().to_owned())).collect()
    };
    Ok(sections.into_iter().map(|(section, values)| (section, plain(values))).collect())
}
