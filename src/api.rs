//! The raw tier: types and clients that the build generates from the OpenAPI documents.
//!
//! [`Client::api`](crate::Client::api) hands out a raw client that authenticates, signs and reads errors like
//! every helper does. This module follows the documents and is outside of the crate's semver promise; the
//! helpers and the types at the crate's root are the stable tier.

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
