//! Who calls, and whether it may use the project in the path.

use http::StatusCode;

use super::{dispatch::Call, refusals::Refusal, service::Service, verify};
use crate::{
    auth::{PROJECT_HEADER, TOKEN_HEADER},
    spec::codes,
};

/// As whom a request is made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// With a token, for one project or none.
    Token { project_id: Option<String> },
    /// With a key pair, which works in every project.
    Key,
    /// Unchecked: the emulator is lenient.
    Unchecked,
}

impl Caller {
    /// Authenticates a request. Where it carries both a signature and a token, the signature counts.
    pub(super) fn of(service: &Service, call: &Call<'_>) -> Result<Self, Refusal> {
        if service.options.lenient {
            return Ok(Self::Unchecked);
        }
        let now = service.clock.now();
        if verify::is_signed(&call.head.headers) {
            let key = |access_key: &str| service.store.key(access_key, now).map_err(Refusal::from);
            let locks = service.options.lock_keys.then_some(&service.locks);
            verify::verify(call.head, call.body, now, key, locks)?;
            return Ok(Self::Key);
        }
        let Some(token) = call.head.headers.get(TOKEN_HEADER) else {
            return Err(Refusal::code(codes::LTS_0002));
        };
        match service.store.token(token.as_bytes(), now)? {
            Some(token) => Ok(Self::Token { project_id: token.project_id }),
            None => Err(Refusal::code(codes::LTS_0003)),
        }
    }

    /// Whether it may use the project in the path.
    pub(super) fn enter(&self, service: &Service, call: &Call<'_>) -> Result<(), Refusal> {
        let project = call.parameter("project_id");
        let may_enter = match self {
            Self::Unchecked => true,
            // The project of a token is there.
            Self::Token { project_id } => project_id.as_deref() == Some(project),
            Self::Key => {
                let named = call.head.headers.get(PROJECT_HEADER);
                named.is_none_or(|named| named.as_bytes() == project.as_bytes())
                    && service.store.has_project(project)?
            }
        };
        if may_enter {
            return Ok(());
        }
        // The operations have this code under 401 as well.
        Err(Refusal::with_status(codes::LTS_0001, StatusCode::FORBIDDEN))
    }
}
