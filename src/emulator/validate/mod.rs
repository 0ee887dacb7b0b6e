//! Validation against the spec: of request bodies, of query parameters, and of the emulator's own responses.

pub(super) mod body;
pub(super) mod json;
pub(super) mod log_lines;
mod odd_clients;
pub(super) mod query;
pub(super) mod schemas;
