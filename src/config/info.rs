//! What a client was built to, for its user to see.

use crate::ids::ProjectId;

/// Where a client calls, and where its credentials come from; [`Client::info`](crate::Client::info) has it.
/// There is no secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientInfo {
    /// The endpoint of LTS.
    pub endpoint: String,
    /// The endpoint of IAM, if one is known.
    pub iam_endpoint: Option<String>,
    /// The region, if one is set.
    pub region: Option<String>,
    /// The project, if one is set; else a token says it, or IAM.
    pub project_id: Option<ProjectId>,
    /// The link of the chain that has the credentials: `environment`, `profile <file> [<section>]`,
    /// `ECS metadata`, or `code` for those that were set on the builder.
    pub credentials_from: String,
    /// Whether the client logs in to IAM by itself.
    pub logs_in: bool,
}
