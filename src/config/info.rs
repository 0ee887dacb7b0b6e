//! Resolved configuration of a client, for display.

use crate::ids::ProjectId;

/// The endpoints of a client, its credentials, and where each is from; by [`Client::info`](crate::Client::info). It contains
/// no secret.
///
/// A source is `code` for a setting of the builder, the name of an environment variable, or `profile <file> [<section>] <key>`.
/// An endpoint may also be from `region`, or from `endpoint`: it is the endpoint of LTS on loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientInfo {
    /// The endpoint of LTS.
    pub endpoint: String,
    /// The source of the endpoint.
    pub endpoint_from: String,
    /// The endpoint for writing logs, if one is known.
    pub access_endpoint: Option<String>,
    /// Its source.
    pub access_endpoint_from: Option<String>,
    /// The endpoint of IAM, if one is known.
    pub iam_endpoint: Option<String>,
    /// Its source.
    pub iam_endpoint_from: Option<String>,
    /// The proxy for requests to LTS, without a user name or password, if there is one and it is not set by
    /// [`ClientBuilder::configure_http`](crate::ClientBuilder::configure_http).
    pub proxy: Option<String>,
    /// Its source.
    pub proxy_from: Option<String>,
    /// The region, if one is set.
    pub region: Option<String>,
    /// Its source.
    pub region_from: Option<String>,
    /// The domain of the cloud, if one is set.
    pub cloud: Option<String>,
    /// Its source.
    pub cloud_from: Option<String>,
    /// The project id, if one is set; otherwise a token or IAM determines it.
    pub project_id: Option<ProjectId>,
    /// Its source.
    pub project_id_from: Option<String>,
    /// The source of the credentials: `environment`, `profile <file> [<section>]`,
    /// `ECS metadata`, or `code` for those that were set on the builder.
    pub credentials_from: String,
    /// The access key, if one is set.
    pub access_key: Option<String>,
    /// Whether the client logs in to IAM.
    pub logs_in: bool,
}
