//! Credentials and request authentication.
//!
//! A [`provider`] resolves the credentials of the next request: [`static_credentials`], the token of a [`login`], or
//! temporary keys from the ECS [`metadata`] service, which is the end of the [`chain`]. Values that expire are kept in a
//! [`cache`]. [`signing`] signs requests, and [`project`] finds the project id.

mod cache;
pub(crate) mod chain;
pub(crate) mod clock;
mod credentials;
mod headers;
pub(crate) mod login;
pub(crate) mod metadata;
pub(crate) mod project;
mod provider;
pub mod signing;
pub(crate) mod static_credentials;

pub use credentials::{AkSk, Credentials, Login};
pub(crate) use headers::{PROJECT_HEADER, TOKEN_HEADER};
pub use provider::{CredentialsProvider, ProvideFuture, ResolvedCredentials};
