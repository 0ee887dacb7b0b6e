//! Takes our error, or a decoded answer, through the generated client.
//!
//! The hook that does the work of a call may return only what `reqwest` returns. So the error travels as an
//! extension of a response with a status that the generated client doesn't expect, and is taken out here,
//! where the generated client hands that response back. An answer that the hook has decoded travels the same
//! way to the helpers: the generated client would decode it once more.

use std::{
    any::Any,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use reqwest::ResponseBuilderExt;

use super::{DecodeError, Error, TransportError, TransportFailure, service::excerpt};

/// The status that carries a value, or an error where the answer's own would pass for success or where none
/// came. It is no registered status, so that nobody takes it for one of the service's.
const CARRIER: u16 = 599;

/// What travels. Extensions have to be `Clone` and `Sync`, hence the wrapping.
#[derive(Clone)]
struct Carried(Arc<Mutex<Option<Cargo>>>);

enum Cargo {
    Error(Error),
    Value(Box<dyn Any + Send>),
}

/// Packs an error into a response that the generated client takes for unexpected.
pub(crate) fn carry(error: Error, body: Bytes) -> reqwest::Response {
    let status = error.as_service().map(|e| e.status).filter(|status| *status >= 300).unwrap_or(CARRIER);
    packed(Cargo::Error(error), status, body).into()
}

/// Packs a decoded answer into such a response, for [`unpack`].
pub(crate) fn carry_value(value: Box<dyn Any + Send>, url: &reqwest::Url) -> reqwest::Response {
    let mut response = packed(Cargo::Value(value), CARRIER, Bytes::new());
    // Without a URL, the conversion would parse one.
    if let Ok(carrier) = http::Response::builder().url(url.clone()).body(()) {
        response.extensions_mut().extend(carrier.into_parts().0.extensions);
    }
    response.into()
}

fn packed(cargo: Cargo, status: u16, body: Bytes) -> http::Response<Bytes> {
    let mut response = http::Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::BAD_GATEWAY);
    response.extensions_mut().insert(Carried(Arc::new(Mutex::new(Some(cargo)))));
    response
}

fn unpacked(response: &mut reqwest::Response) -> Option<Cargo> {
    let carried = response.extensions_mut().remove::<Carried>()?;
    carried.0.lock().ok()?.take()
}

/// The value or the error that a generated client hands back.
pub(crate) fn unpack<T: 'static>(answer: Result<T, progenitor_client::Error<()>>) -> Result<T, Error> {
    match answer {
        Ok(value) => Ok(value),
        Err(progenitor_client::Error::UnexpectedResponse(mut response)) => match unpacked(&mut response) {
            Some(Cargo::Value(value)) => match value.downcast() {
                Ok(value) => Ok(*value),
                Err(_) => Err(undocumented(response.status().as_u16(), "an answer to something else", &[])),
            },
            Some(Cargo::Error(error)) => Err(error),
            None => Err(uncarry(progenitor_client::Error::UnexpectedResponse(response))),
        },
        Err(error) => Err(uncarry(error)),
    }
}

/// Our error out of the generated client's.
pub(crate) fn uncarry(error: progenitor_client::Error<()>) -> Error {
    use progenitor_client::Error as Raw;
    match error {
        Raw::UnexpectedResponse(mut response) => match unpacked(&mut response) {
            Some(Cargo::Error(error)) => error,
            _ => undocumented(response.status().as_u16(), "an undocumented status", &[]),
        },
        Raw::InvalidResponsePayload(body, error) => undocumented(0, &error.to_string(), &body),
        Raw::ErrorResponse(response) => {
            undocumented(response.status().as_u16(), "an undocumented status", &[])
        }
        Raw::CommunicationError(error) | Raw::ResponseBodyError(error) | Raw::InvalidUpgrade(error) => {
            Error::Transport(TransportError {
                operation: None,
                failure: TransportFailure::Closed,
                sent: true,
                in_doubt: false,
                source: Some(error.without_url()),
            })
        }
        Raw::InvalidRequest(message) | Raw::Custom(message) => {
            Error::Configuration(super::ConfigurationError { setting: "request", message })
        }
    }
}

fn undocumented(status: u16, message: &str, body: &[u8]) -> Error {
    Error::Decode(Box::new(DecodeError {
        operation: None,
        status,
        request_id: None,
        path: String::new(),
        message: message.to_owned(),
        excerpt: excerpt(body),
    }))
}
