//! Client configuration: endpoints, credentials, timeouts.
//!
//! Builder settings take precedence over the environment, and that over the profile file (`sources`). A profile that is
//! chosen by name excludes the environment. [`ClientBuilder::build`] validates the combination.

mod builder;
mod endpoint;
mod endpoints;
mod environment;
mod file;
pub(crate) mod http_client;
mod info;
mod profile;
mod profiles;
mod setting;
mod sources;
mod text;
mod timeouts;

pub use builder::ClientBuilder;
pub(crate) use builder::CredentialsChoice;
pub(crate) use endpoint::Endpoint;
pub use endpoint::is_loopback;
pub(crate) use endpoints::{Endpoints, ResolvedEndpoint};
pub use file::read_regular_file;
pub use info::ClientInfo;
#[cfg(fuzzing)]
pub(crate) use profile::parse as parse_profile;
pub use profiles::{ProfileSection, Profiles};
pub(crate) use setting::{CODE, ResolvedSetting, Setting};
pub(crate) use sources::{Chain, Sources};
pub(crate) use text::key_flaw;
pub use timeouts::MAX_TIMEOUT;
pub(crate) use timeouts::ResolvedTimeouts;
