//! The raw tier: types and clients that the build generates from the OpenAPI documents.
//!
//! [`Client::api`](crate::Client::api) hands out a raw client that authenticates, signs and reads errors like
//! every helper does. This module follows the documents and is outside of the crate's semver promise; the
//! helpers and the types at the crate's root are the stable tier.

use std::any::Any;

use serde::de::DeserializeOwned;

use crate::spec::Operation;

/// Log Tank Service, from `openapi/lts.yaml`.
#[allow(missing_docs, unreachable_pub, unused_imports, clippy::all, clippy::unwrap_used)]
pub mod lts {
    include!(concat!(env!("OUT_DIR"), "/lts.rs"));
}

/// Identity and Access Management, from `openapi/iam.yaml`.
#[allow(missing_docs, unreachable_pub, unused_imports, clippy::all, clippy::unwrap_used)]
pub mod iam {
    include!(concat!(env!("OUT_DIR"), "/iam.rs"));
}

/// What keeps a body from being the answer to an operation: the place in the JSON, and why.
pub(crate) struct Undecodable {
    pub(crate) path: String,
    pub(crate) message: String,
}

/// A decoded body: what the operation answers with, or `()`.
pub(crate) type Decoded = Box<dyn Any + Send>;

/// Decodes a body as what the operation answers with when it succeeds.
///
/// The generated client could do it, but by then nobody can say any more under which status and request id the
/// body came, nor try again.
pub(crate) fn decode(operation: Operation, body: &[u8]) -> Result<Decoded, Undecodable> {
    match operation {
        Operation::CreateLogGroup => typed::<lts::types::CreateLogGroupResponseBody>(body),
        Operation::ListLogGroups => typed::<lts::types::ListLogGroupsResponseBody>(body),
        Operation::CreateLogStream => typed::<lts::types::CreateLogStreamResponseBody>(body),
        Operation::ListLogStreams => typed::<lts::types::ListLogStreamsResponseBody>(body),
        Operation::CreateLogDumpObs => {
            let answer: lts::types::CreateLogDumpObsResponseBody = parse(body)?;
            match answer.log_dump_obs_id.is_some() || answer.log_dump_obe_id.is_some() {
                true => Ok(Box::new(answer)),
                false => {
                    Err(Undecodable { path: "log_dump_obs_id".to_owned(), message: "missing".to_owned() })
                }
            }
        }
        Operation::CreateToken => typed::<iam::types::CreateTokenResponseBody>(body),
        Operation::ListProjects => typed::<iam::types::ListProjectsResponseBody>(body),
        Operation::DeleteLogGroup | Operation::DeleteLogStream => Ok(Box::new(())),
    }
}

/// The id in the answer to createLogDumpObs, under either of its names (erratum 20).
pub(crate) fn transfer_id(
    body: Option<lts::types::CreateLogDumpObsResponseBody>,
) -> Option<crate::TransferId> {
    let body = body?;
    body.log_dump_obs_id.or(body.log_dump_obe_id)
}

fn typed<T: DeserializeOwned + Send + 'static>(body: &[u8]) -> Result<Decoded, Undecodable> {
    Ok(Box::new(parse::<T>(body)?))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Undecodable> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    // Only now the path, since looking for it costs.
    match serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_slice(body)) {
        Ok(_) => Err(Undecodable { path: String::new(), message: "something follows the JSON".to_owned() }),
        Err(error) => {
            let path = error.path().to_string();
            let path = if path == "." { String::new() } else { path };
            Err(Undecodable { path, message: error.into_inner().to_string() })
        }
    }
}
