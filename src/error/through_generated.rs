//! Takes a typed error through a generated client, which has no place for one.
//!
//! The hook that makes a call returns a response or an error of `reqwest`, nothing else. So our error travels in the
//! extensions of a response that no document describes, which the generated client hands back as unexpected.

use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use super::{
    Error,
    configuration::ConfigurationError,
    decode::{DecodeError, ResponseHead},
    transport::{TransportError, TransportFailure},
};

/// The status of the response that carries an error. It is not registered, so that it can't be mistaken for one that the
/// service sent.
const PLACEHOLDER_STATUS: http::StatusCode = match http::StatusCode::from_u16(599) {
    Ok(status) => status,
    Err(_) => http::StatusCode::BAD_GATEWAY,
};

/// The error that travels. Extensions have to be `Clone` and `Sync`.
#[derive(Clone)]
struct Carried(Arc<Mutex<Option<Error>>>);

impl Error {
    /// The error behind one of the raw client's ([`Client::api`](crate::Client::api)).
    ///
    /// A raw client forgets what it asked for: where a body has the wrong shape, this error names neither the operation
    /// nor the member, as those of the helpers do.
    pub fn from_api(error: progenitor_client::Error<()>) -> Self {
        from_generated::<serde::de::IgnoredAny>(error, None)
    }
}

/// Packs an error into a response that the generated client takes for unexpected.
pub(crate) fn into_response(error: Error) -> reqwest::Response {
    let mut response = http::Response::new(bytes::Bytes::new());
    *response.status_mut() = PLACEHOLDER_STATUS;
    response.extensions_mut().insert(Carried(Arc::new(Mutex::new(Some(error)))));
    response.into()
}

/// The error behind a generated client's error. `T` is what the body should have been.
pub(crate) fn from_generated<T: DeserializeOwned>(
    error: progenitor_client::Error<()>,
    head: Option<ResponseHead>,
) -> Error {
    use progenitor_client::Error as Generated;
    match error {
        Generated::UnexpectedResponse(mut response) => {
            let carried = response.extensions_mut().remove::<Carried>();
            let error = carried.and_then(|c| c.0.lock().unwrap_or_else(PoisonError::into_inner).take());
            error.unwrap_or_else(|| DecodeError::new("an unexpected status", &[]).into())
        }
        Generated::ErrorResponse(_) => DecodeError::new("an unexpected status", &[]).into(),
        Generated::InvalidResponsePayload(bytes, error) => {
            let (path, message) = wrong_shape::<T>(&bytes).unwrap_or((String::new(), error.to_string()));
            DecodeError::of_shape(&path, &message, &bytes, head).into()
        }
        Generated::CommunicationError(error)
        | Generated::ResponseBodyError(error)
        | Generated::InvalidUpgrade(error) => {
            let source = Some(error.without_url());
            Error::Transport(TransportError { source, ..TransportError::new(TransportFailure::Closed, true) })
        }
        Generated::InvalidRequest(message) | Generated::Custom(message) => {
            Error::Configuration(ConfigurationError::new("request", message))
        }
    }
}

/// Where a body departs from its type, and how. Looked for only now, since it takes longer than decoding.
fn wrong_shape<T: DeserializeOwned>(bytes: &[u8]) -> Option<(String, String)> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let error = serde_path_to_error::deserialize::<_, T>(&mut deserializer).err()?;
    let path = error.path().to_string();
    let path = if path == "." { String::new() } else { path };
    Some((path, error.into_inner().to_string()))
}
