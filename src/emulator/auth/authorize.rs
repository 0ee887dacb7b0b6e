//! Authenticates the caller and authorizes it for the project in the path.

use http::StatusCode;
use jiff::Timestamp;

use super::{key_lockout::KeyLockout, signature};
use crate::{
    auth::{PROJECT_HEADER, TOKEN_HEADER},
    emulator::{errors::ApiError, store::Store, wire::request::Call},
    spec::codes,
};

/// The caller of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A token, for one project or none.
    Token { project_id: Option<String> },
    /// A key pair, which works in every project.
    Key,
    /// Not checked, since the emulator is lenient.
    Unchecked,
}

impl Caller {
    /// Authenticates a request. With both a signature and a token, the signature counts.
    pub(crate) fn authenticate(
        call: &Call<'_>,
        store: &Store,
        lockout: Option<&KeyLockout>,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        if signature::is_signed(&call.head.headers, call.operation.security()) {
            let key = |access_key: &str| store.key(access_key, now).map_err(ApiError::from);
            signature::verify(call.head, call.body, now, key, lockout)?;
            return Ok(Self::Key);
        }
        let Some(token) = call.head.headers.get(TOKEN_HEADER) else {
            return Err(ApiError::code(codes::LTS_0002));
        };
        match store.token(token.as_bytes(), now)? {
            Some(token) => Ok(Self::Token { project_id: token.project_id }),
            None => Err(ApiError::token_invalid(call.operation)),
        }
    }

    /// Checks that the caller may use the project in the path.
    pub(crate) fn authorize_project(&self, call: &Call<'_>, store: &Store) -> Result<(), ApiError> {
        let project = call.parameter("project_id");
        let is_allowed = match self {
            Self::Unchecked => true,
            // A token's project exists.
            Self::Token { project_id } => project_id.as_deref() == Some(project),
            Self::Key => {
                let named = call.head.headers.get(PROJECT_HEADER);
                named.is_none_or(|named| named.as_bytes() == project.as_bytes())
                    && store.has_project(project)?
            }
        };
        if is_allowed {
            return Ok(());
        }
        // The operations also document this code with status 401.
        Err(ApiError::with_status(codes::LTS_0001, StatusCode::FORBIDDEN))
    }
}
