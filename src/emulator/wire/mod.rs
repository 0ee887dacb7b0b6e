//! The emulator's side of HTTP: connections, requests and responses.

pub(super) mod connection;
pub(super) mod connection_limit;
pub(super) mod content_encoding;
pub(super) mod request;
pub(super) mod response;
