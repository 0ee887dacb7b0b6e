#![doc = include_str!("../README.md")]
//!
//! # Layout
//!
//! The helpers of [`Client`] (`client/`) make a [`Call`]; the generated client ([`api`]) builds the request; `transport/`
//! authenticates and sends it and classifies the response; [`Error`] reports failures. [`spec`] has the facts of the
//! OpenAPI documents.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod api;
mod auth;
mod client;
mod config;
mod error;
mod ids;
mod input;
mod lenient;
pub mod manifest;
mod model;
mod secret;
pub mod spec;
mod transport;

#[cfg(feature = "emulator")]
pub mod emulator;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "provision")]
pub mod provision;

/// Runs the examples of docs/emulator.md as doctests.
#[cfg(all(doctest, feature = "emulator"))]
#[doc = include_str!("../docs/emulator.md")]
mod page_of_the_emulator {}

pub use auth::{AkSk, Credentials, CredentialsProvider, Login, ProvideFuture, ResolvedCredentials, signing};
pub use client::{
    Call, Client, CreateTransfer, EnsureTransfer, Ensured, EnsuredTransfer, GroupClient, Response,
    TransferCall,
};
pub use config::{ClientBuilder, ClientInfo};
#[cfg(feature = "emulator")]
pub use emulator::Emulator;
pub use error::{
    ConfigurationError, ConflictError, CredentialsError, DecodeError, Error, ServiceError, TransportError,
    TransportFailure,
};
pub use ids::{GroupId, ProjectId, StreamId, TransferId};
pub use input::InvalidInput;
pub use model::{LogGroup, LogStream, StorageFormat, Ttl};
pub use secret::Secret;
pub use spec::TransferInterval;
pub use transport::RetryPolicy;
