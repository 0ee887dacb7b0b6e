//! Headers that authenticate a request.

/// The header with an IAM token.
pub(crate) const TOKEN_HEADER: &str = "x-auth-token";
/// The header in which signed requests name their project.
pub(crate) const PROJECT_HEADER: &str = "x-project-id";
