//! Types and clients that the build generates from the OpenAPI documents.
//!
//! [`Client::api`](crate::Client::api) returns a raw client with the authentication, retries and error handling of the
//! helpers. This module follows the documents and is not covered by the crate's semver promise.

pub use crate::lenient::Lenient;

/// Log Tank Service, from `openapi/lts.yaml`.
#[allow(missing_docs, unreachable_pub, unused_imports, clippy::all, clippy::unwrap_used)]
pub mod lts {
    include!(concat!(env!("OUT_DIR"), "/lts.rs"));
}

/// Identity and Access Management, from `openapi/iam.yaml`.
#[allow(missing_docs, unreachable_pub, unused_imports, clippy::all, clippy::unwrap_used)]
pub mod iam {
    include!(concat!(env!("OUT_DIR"), "/iam.rs"));
}
