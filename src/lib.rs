//! A client of [Huawei Cloud Log Tank Service][LTS] (LTS): log groups, log streams, their tags, and transfers of logs to
//! object storage and other services. It signs requests or logs in, retries what is safe to repeat, and explains errors. An [emulator](Emulator)
//! of the service runs in your tests, so that they need no account.
//!
//! [LTS]: https://support.huaweicloud.com/intl/en-us/lts/index.html
//!
//! # A first program
//!
//! ```toml
//! [dependencies]
//! huaweicloud-lts = "0.1"
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! It ensures that a log group and two streams exist, and handles a refusal:
//!
//! ```
//! # #[cfg(feature = "emulator")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = huaweicloud_lts::Emulator::start()?;
//! # for (name, value) in [
//! #     ("HUAWEICLOUD_LTS_ENDPOINT", emulator.url()),
//! #     ("HUAWEICLOUD_SDK_PROJECT_ID", emulator.project_id()),
//! #     ("HUAWEICLOUD_SDK_AK", emulator.access_key()),
//! #     ("HUAWEICLOUD_SDK_SK", emulator.secret_key()),
//! # ] {
//! #     // Nothing else in this process uses the environment now.
//! #     unsafe { std::env::set_var(name, value) };
//! # }
//! use huaweicloud_lts::{Client, Error, Ttl};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let lts = Client::from_env()?;
//!
//!     let app = lts.groups().ensure("app", Ttl::days(7)).await?;
//!     println!("group {}, created now: {}", app.id, app.created);
//!     let streams = lts.group(&app.id).streams();
//!     for stream in streams.ensure_all(["nginx", "worker"]).await? {
//!         println!("stream {}, created now: {}", stream.id, stream.created);
//!     }
//!
//!     // `create` fails if the name is taken, where `ensure` finds the group.
//!     match lts.groups().create("app", Ttl::days(7)).await {
//!         Ok(id) => println!("created {id}"),
//!         // `{:#}` says what to do.
//!         Err(error) if error.is_already_exists() => println!("{error:#}"),
//!         Err(error) => return Err(error),
//!     }
//!     Ok(())
//! }
//! # main()?;
//! # Ok(()) }
//! # #[cfg(not(feature = "emulator"))] fn main() {}
//! ```
//!
//! Methods return a [`Call`](call::Call), which does nothing until it is awaited. It owns all it needs: it can be given a
//! deadline, stored and spawned. So can the handles: `lts.groups()`, `lts.group(&id)`, `.streams()`.
//!
//! # Test it
//!
//! With the feature `emulator`, a test starts its own LTS on a free port. It checks signatures, names and quotas as the
//! service does, and a [`Fault`](emulator::Fault) makes it fail:
//!
//! ```toml
//! [dev-dependencies]
//! huaweicloud-lts = { version = "0.1", features = ["emulator"] }
//! ```
//!
//! ```
//! # #[cfg(feature = "emulator")]
//! # mod example {
//! use huaweicloud_lts::{ClientBuilder, Emulator, Ttl};
//! use huaweicloud_lts::{emulator::Fault, spec::Operation};
//!
//! # #[cfg(any())]
//! #[tokio::test]
//! # async fn unused() {}
//! # #[tokio::main(flavor = "current_thread")] pub
//! async fn group_survives_a_lost_response() -> Result<(), Box<dyn std::error::Error>> {
//!     let emulator = Emulator::start()?;
//!     let lts = ClientBuilder::from(&emulator).build()?;
//!
//!     // The emulator creates the group and closes the connection.
//!     emulator.fault(Fault::new().operation(Operation::CreateLogGroup).drop_after())?;
//!     let app = lts.groups().ensure("app", Ttl::days(7)).await?;
//!
//!     assert!(app.created);
//!     assert_eq!(lts.groups().list().await?.len(), 1);
//!     Ok(())
//! }
//! # }
//! # #[cfg(feature = "emulator")]
//! # example::group_survives_a_lost_response()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The [guide](guides::emulator) describes its clock, its console, and how to use it from other languages.
//!
//! # Configuration
//!
//! [`Client::from_env`] reads the variables of the official SDKs and a few more, then the profile file, then the
//! metadata service of an ECS instance. [`ClientBuilder::or_env`] has the table.
//!
//! ```sh
//! export HUAWEICLOUD_SDK_AK=…  HUAWEICLOUD_SDK_SK=…
//! export HUAWEICLOUD_LTS_REGION=cn-north-4
//! export HUAWEICLOUD_SDK_PROJECT_ID=…      # if unset, looked up by the region's name
//! ```
//!
//! [`Client::from_profile`] reads a section of the profile file, `~/.huaweicloud/credentials`:
//!
//! ```ini
//! [basic]
//! ak = AK
//! sk = SK
//! region = cn-north-4
//!
//! [staging]
//! ak = STAGING-AK
//! sk = STAGING-SK
//! region = eu-de
//! cloud = otc.t-systems.com
//! project_id = 0123456789abcdef0123456789abcdef
//! ```
//!
//! Everything can be set in code, which takes precedence:
//!
//! ```
//! use std::time::Duration;
//! use huaweicloud_lts::{Client, Login, call::RetryPolicy};
//!
//! let lts = Client::builder()
//!     .region("cn-north-4")
//!     .credentials(Login::new("user", "password", "account"))
//!     .call_timeout(Duration::from_secs(20))
//!     .retry(RetryPolicy::default().max_attempts(5))
//!     .build()?;
//! # Ok::<(), huaweicloud_lts::Error>(())
//! ```
//!
//! # Errors and retries
//!
//! All calls return one error type, [`Error`]. Its methods classify a failure: [`is_not_found`](Error::is_not_found),
//! [`is_already_exists`](Error::is_already_exists), [`is_in_use`](Error::is_in_use),
//! [`is_quota_exceeded`](Error::is_quota_exceeded), [`is_auth`](Error::is_auth),
//! [`is_throttled`](Error::is_throttled). [`remedy`](Error::remedy) says what to do about it, and `{error:#}` prints
//! that too. Names, ids and other arguments are checked before anything is sent.
//!
//! Calls are retried up to [three attempts](call::RetryPolicy) within [30 seconds](ClientBuilder::call_timeout), by their
//! [effect](spec::Effect): reads and deletes after any transient failure, creations only if they can't have been applied.
//! If the response to a creation is lost, [`outcome_unknown`](Error::outcome_unknown) is true. `ensure` looks the result
//! up instead, and is retried until its deadline. When the service asks to wait (`Retry-After`), all calls to the same
//! group or stream wait, up to a minute. A call whose deadline is earlier fails at once, with an error that says until when.
//!
//! # Writing many lines
//!
//! [`put`](logs::Logs::put) writes lines in one request. With the feature `producer`, a [`Producer`](producer::Producer)
//! queues lines in bounded memory and writes them in compressed batches; with `tracing`, it is the target of a layer for
//! `tracing-subscriber`. It has a thread and connections of its own, and serves programs without a runtime, too.
//!
//! # Tracing
//!
//! The crate emits spans and events of [`tracing`](https://docs.rs/tracing), and installs no subscriber.
//!
//! | target | level | what | fields |
//! | --- | --- | --- | --- |
//! | `huaweicloud_lts::call` | `DEBUG` | span `call`: a call with all its attempts, or a login | below |
//! | `huaweicloud_lts::retry` | `DEBUG` | event: an attempt failed and is repeated, or a request waits as the service asks | `attempt`, `error.type`, `pause_ms`, `asked` (by the service) |
//! | `huaweicloud_lts::wire` | `TRACE` | event: a request is sent | `headers`, `body` |
//! | `huaweicloud_lts::wire` | `TRACE` | event: a response arrived | `request_id`, `bytes`, `ms` |
//! | `huaweicloud_lts::credentials` | `WARN` | event: a token or key could not be renewed; the old one is used | `error` |
//!
//! The fields of the span follow the conventions of OpenTelemetry for [HTTP clients][otel]:
//!
//! | field of the span | value | absent |
//! | --- | --- | --- |
//! | `otel.name` | method and path: `GET /v2/{project_id}/groups` | |
//! | `otel.kind` | `client` | |
//! | `http.request.method` | `GET` | |
//! | `url.template` | the path without the values of its parameters, as far as the operation is known | |
//! | `lts.operation` | the operation: `listLogGroups` | for a [request](Client::request) that the documents don't have |
//! | `http.response.status_code` | the status of the last attempt | without a response |
//! | `http.request.resend_count` | the number of repeated attempts | for a single attempt |
//! | `error.type` | the error code (`LTS.0101`), otherwise the kind of the error (`transport`) | for a success |
//! | `lts.request_id` | the request id in the service's logs | without a response |
//!
//! Credentials, the bodies of logins and [sensitive headers](ClientBuilder::sensitive_header) are in none of them.
//!
//! [otel]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
//!
#![doc = include_str!("../docs/features.md")]
//!
//! # Where things are
//!
//! | module | content |
//! | --- | --- |
//! | [`groups`], [`streams`], [`logs`], [`transfers`] | what a [`Client`] works on |
//! | [`producer`] | producers of many lines, and the layer for `tracing` |
//! | [`call`] | calls, their options, [`Client::request`] for operations without a method |
//! | [`credentials`], [`config`] | keys, logins, providers; the builder |
//! | [`error`] | the details of an [`Error`] |
//! | [`signing`] | signatures of requests that are sent by other means |
//! | [`spec`] | facts of the OpenAPI documents: operations, limits, error codes |
//! | [`api`] | the generated types and raw clients |
//! | [`emulator`], [`provision`], [`manifest`] | the emulator; groups and streams declared in YAML |
//! | [`guides`] | the emulator, the command line `lts`, the documents, the architecture |
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod api;
mod auth;
mod client;
pub mod config;
pub mod error;
mod ids;
mod input;
mod json;
mod lenient;
pub mod manifest;
mod model;
mod secret;
pub mod spec;
mod transport;

#[cfg(feature = "emulator")]
pub mod emulator;
#[doc(hidden)]
pub mod escape;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "producer")]
pub mod producer;
#[cfg(feature = "provision")]
pub mod provision;
#[cfg(feature = "provision")]
#[doc(hidden)]
pub mod suggest;

#[cfg(doc)]
pub mod guides;

/// Runs the examples of README.md as doctests.
#[cfg(all(doctest, feature = "emulator"))]
#[doc = include_str!("../README.md")]
mod readme {}

/// Log groups.
pub mod groups {
    #[doc(inline)]
    pub use crate::{
        client::{CreateGroup, GroupChanges, GroupHandle, Groups, NewGroup, UpdateGroup},
        model::LogGroup,
    };
}

/// Log streams.
pub mod streams {
    #[doc(inline)]
    pub use crate::{
        client::{
            CreateStream, ListProjectStreams, NewStream, ProjectStreams, StreamChanges, StreamFilter,
            StreamHandle, Streams, UpdateStream,
        },
        model::{LogStream, StreamTtl},
    };
}

/// The lines of log streams.
pub mod logs {
    #[doc(inline)]
    pub use crate::{
        client::{
            Bucket, ContextOf, Count, CountLogs, Histogram, LineContext, LinesToPut, ListContext, Logs, Page,
            Pages, PutLogs, Ranged, Search, SearchLogs, Tail,
        },
        model::{Line, LineTime, LogLine, Query, SearchTime},
    };
}

/// Transfers of log streams to object storage, DIS and DMS.
pub mod transfers {
    #[doc(inline)]
    pub use crate::{
        client::{EnsuredLogDump, EnsuredTransfer, TransferUpdate, Transfers, UpdateTransfer},
        model::{
            Agency, Destination, LogTransfer, ObsDestination, StorageFormat, Transfer, TransferChanges,
            TransferInfo, TransferStream,
        },
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

/// Rules of tags, shared with the binary.
#[doc(hidden)]
pub mod tags {
    pub use crate::input::{check_tag_key, check_tag_value};
}

/// The delimiters of words, shared with the binary.
#[doc(hidden)]
pub mod words {
    pub use crate::model::DELIMITERS;
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
