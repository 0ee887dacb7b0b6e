//! Who calls, and whether it may use the project in the path.

use http::StatusCode;
use jiff::Timestamp;

use super::{key_lockout::KeyLockout, signature};
use crate::{
    auth::{PROJECT_HEADER, TOKEN_HEADER},
    emulator::{errors::ApiError, store::Store, wire::request::Call},
    spec::codes,
};

/// As whom a request is made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// With a token, for one project or none.
    Token { project_id: Option<String> },
    /// With a key pair, which works in every project.
    Key,
    /// Unchecked: the emulator is lenient.
    Unchecked,
}

impl Caller {
    /// Authenticates a request. Where it carries both a signature and a token, the signature counts.
    pub(crate) fn authenticate(
        call: &Call<'_>,
        store: &Store,
        lockout: Option<&KeyLockout>,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        if signature::is_signed(&call.head.headers) {
            let key = |access_key: &str| store.key(access_key, now).map_err(ApiError::from);
            signature::verify(call.head, call.body, now, key, lockout)?;
            return Ok(Self::Key);
        }
        let Some(token) = call.head.headers.get(TOKEN_HEADER) else {
            return Err(ApiError::code(codes::LTS_0002));
        };
        match store.token(token.as_bytes(), now)? {
            Some(token) => Ok(Self::Token { project_id: token.project_id }),
            None => Err(ApiError::code(codes::LTS_0003)),
        }
    }

    /// Whether it may use the project in the path.
    pub(crate) fn authorize_project(&self, call: &Call<'_>, store: &Store) -> Result<(), ApiError> {
        let project = call.parameter("project_id");
        let may_enter = match self {
            Self::Unchecked => true,
            // The project of a token is there.
            Self::Token { project_id } => project_id.as_deref() == Some(project),
            Self::Key => {
                let named = call.head.headers.get(PROJECT_HEADER);
                named.is_none_or(|named| named.as_bytes() == project.as_bytes())
                    && store.has_project(project)?
            }
        };
        if may_enter {
            return Ok(());
        }
        // The operations have this code under 401 as well.
        Err(ApiError::with_status(codes::LTS_0001, StatusCode::FORBIDDEN))
    }
}
