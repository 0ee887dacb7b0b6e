//! Authentication and authorization of requests.

pub(super) mod authorize;
mod java_text;
pub(super) mod key_lockout;
pub(super) mod same_origin;
mod signature;

#[cfg(fuzzing)]
pub(super) use signature::verify;
