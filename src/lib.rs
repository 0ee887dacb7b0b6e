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
pub mod config;
pub mod error;
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
#[cfg(feature = "provision")]
#[doc(hidden)]
pub mod suggest;

/// Runs the examples of docs/emulator.md as doctests.
#[cfg(all(doctest, feature = "emulator"))]
#[doc = include_str!("../docs/emulator.md")]
mod page_of_the_emulator {}

/// Log groups.
pub mod groups {
    #[doc(inline)]
    pub use crate::{
        client::{CreateGroup, GroupHandle, Groups, NewGroup},
        model::LogGroup,
    };
}

/// Log streams.
pub mod streams {
    #[doc(inline)]
    pub use crate::{
        client::{CreateStream, NewStream, Streams},
        model::LogStream,
    };
}

/// Transfers of log streams to object storage.
pub mod transfers {
    #[doc(inline)]
    pub use crate::{
        client::{EnsuredTransfer, Transfers},
        model::{Destination, ObsDestination, StorageFormat, Transfer},
        spec::TransferInterval,
    };
}

/// Calls: built, awaited, retried.
pub mod call {
    #[doc(inline)]
    pub use crate::{
        client::{Call, Ensured, Request, RequestArguments, Response},
        transport::RetryPolicy,
    };
}

/// Where credentials come from.
pub mod credentials {
    #[doc(inline)]
    pub use crate::auth::{
        AkSk, Credentials, CredentialsProvider, Login, ProvideFuture, ResolvedCredentials,
    };
}

pub use auth::{AkSk, Credentials, Login, signing};
pub use client::Client;
pub use config::ClientBuilder;
#[cfg(feature = "emulator")]
pub use emulator::Emulator;
pub use error::Error;
pub use ids::{GroupId, ProjectId, StreamId, TransferId};
pub use model::Ttl;
pub use secret::Secret;
