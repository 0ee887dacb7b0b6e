//! Resolved configuration of a client, for display.

use crate::ids::ProjectId;

/// The endpoints of a client and the source of its credentials, from [`Client::info`](crate::Client::info). It contains no
/// secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientInfo {
    /// The endpoint of LTS.
    pub endpoint: String,
    /// The endpoint of IAM, if one is known.
    pub iam_endpoint: Option<String>,
    /// The region, if one is set.
    pub region: Option<String>,
    /// The project id, if one is set; otherwise a token or IAM determines it.
    pub project_id: Option<ProjectId>,
    /// The source of the credentials: `environment`, `profile <file> [<section>]`,
    /// `ECS metadata`, or `code` for those that were set on the builder.
    pub credentials_from: String,
    /// Whether the client logs in to IAM.
    pub logs_in: bool,
}
