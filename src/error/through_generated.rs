//! Passes a typed error through a generated client, which can't return one.
//!
//! The hook that makes a call can only return a response or an error of `reqwest`. So our error is put into the extensions
//! of a response with an undocumented status, which the generated client returns as unexpected.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    Error,
    configuration::ConfigurationError,
    decode::{DecodeError, ResponseHead},
    transport::{TransportError, TransportFailure},
};
use crate::json::place_of;

/// The status of the response that carries an error. It is unassigned, so the service doesn't send it.
const PLACEHOLDER_STATUS: http::StatusCode = match http::StatusCode::from_u16(599) {
    Ok(status) => status,
    Err(_) => http::StatusCode::BAD_GATEWAY,
};

/// The error in the extensions, which must be `Clone` and `Sync`.
#[derive(Clone)]
struct Carried(Arc<Mutex<Option<Error>>>);

impl Error {
    /// Converts an error of the raw client ([`Client::api`](crate::Client::api)).
    ///
    /// If a body has the wrong shape, the error doesn't name the operation, unlike errors of the helpers.
    pub fn from_api(error: progenitor_client::Error<()>) -> Self {
        from_generated(error, None)
    }
}

/// Puts an error into a response that the generated client returns as unexpected.
pub(crate) fn into_response(error: Error) -> reqwest::Response {
    let mut response = http::Response::new(bytes::Bytes::new());
    *response.status_mut() = PLACEHOLDER_STATUS;
    response.extensions_mut().insert(Carried(Arc::new(Mutex::new(Some(error)))));
    response.into()
}

/// Converts an error of a generated client.
pub(crate) fn from_generated(error: progenitor_client::Error<()>, head: Option<ResponseHead>) -> Error {
    use progenitor_client::Error as Generated;
    match error {
        Generated::UnexpectedResponse(mut response) => {
            let carried = response.extensions_mut().remove::<Carried>();
            let error = carried.and_then(|c| c.0.lock().unwrap_or_else(PoisonError::into_inner).take());
            error.unwrap_or_else(|| DecodeError::new("an unexpected status", &[]).into())
        }
        Generated::ErrorResponse(_) => DecodeError::new("an unexpected status", &[]).into(),
        Generated::InvalidResponsePayload(bytes, error) => {
            DecodeError::of_shape(&place_of(&error, &bytes), &error.to_string(), &bytes, head).into()
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
