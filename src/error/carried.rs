//! Takes our error through the generated client.
//!
//! The hook that does the work of a call may return only what `reqwest` returns. So the error travels as an
//! extension of a response with a status that the generated client doesn't expect, and is taken out here,
//! where the generated client hands that response back.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::{DecodeError, Error, TransportError, TransportFailure, service::excerpt};

/// The status that carries an error where the answer's own would pass for success or where none came. It is no
/// registered status, so that nobody takes it for one of the service's.
const CARRIER: u16 = 599;

/// The error that travels. Extensions have to be `Clone` and `Sync`, hence the wrapping.
#[derive(Clone)]
struct Carried(Arc<Mutex<Option<Error>>>);

/// Packs an error into a response that the generated client takes for unexpected.
pub(crate) fn carry(error: Error, body: Bytes) -> reqwest::Response {
    let status = error.as_service().map(|e| e.status).filter(|status| *status >= 300).unwrap_or(CARRIER);
    let mut response = http::Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::BAD_GATEWAY);
    response.extensions_mut().insert(Carried(Arc::new(Mutex::new(Some(error)))));
    response.into()
}

fn unpacked(response: &mut reqwest::Response) -> Option<Error> {
    let carried = response.extensions_mut().remove::<Carried>()?;
    carried.0.lock().ok()?.take()
}

/// Our error out of the generated client's.
pub(crate) fn uncarry(error: progenitor_client::Error<()>) -> Error {
    use progenitor_client::Error as Raw;
    match error {
        Raw::UnexpectedResponse(mut response) => match unpacked(&mut response) {
            Some(error) => error,
            None => undocumented(response.status().as_u16(), "an undocumented status", &[]),
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

/// An answer that no operation documents.
pub(crate) fn undocumented(status: u16, message: &str, body: &[u8]) -> Error {
    Error::Decode(Box::new(DecodeError {
        operation: None,
        status,
        request_id: None,
        path: String::new(),
        message: message.to_owned(),
        excerpt: excerpt(body),
    }))
}
