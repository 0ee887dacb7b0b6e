//! Client configuration: endpoints, credentials, timeouts.
//!
//! Builder settings take precedence over a named profile, the environment and the default profile (`sources`).
//! [`ClientBuilder::build`] validates the combination.

mod builder;
mod endpoint;
mod environment;
pub(crate) mod http_client;
mod info;
mod profile;
mod setting;
mod sources;
mod timeouts;

pub use builder::ClientBuilder;
pub(crate) use builder::CredentialsChoice;
pub(crate) use endpoint::Endpoint;
pub use info::ClientInfo;
#[cfg(fuzzing)]
pub(crate) use profile::parse as parse_profile;
pub(crate) use setting::{ResolvedSetting, Setting};
pub(crate) use sources::{Chain, Sources};
pub(crate) use timeouts::ResolvedTimeouts;
