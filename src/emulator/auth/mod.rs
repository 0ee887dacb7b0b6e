//! Authentication and authorization of requests.

pub(super) mod authorize;
pub(super) mod key_lockout;
mod signature;

#[cfg(fuzzing)]
pub(super) use signature::verify;
