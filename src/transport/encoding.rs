//! Compresses a request body as its Content-Encoding header says.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use http::header::CONTENT_ENCODING;

use crate::error::{ConfigurationError, Error};

/// Encodes the body, once for all attempts. The generated client sets the header if the operation declares it.
pub(super) fn encode(request: &mut reqwest::Request) -> Result<(), Error> {
    let Some(encoding) = request.headers().get(CONTENT_ENCODING) else { return Ok(()) };
    let plain = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let failed = |message: String| Error::from(ConfigurationError::new("content_encoding", message));
    match encoding.as_bytes() {
        b"identity" => Ok(()),
        b"gzip" => {
            // The lowest level: lines are repetitive, and higher ones take a multiple of the time for a few percent.
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            let encoded = encoder.write_all(plain).and_then(|()| encoder.finish());
            *request.body_mut() = Some(encoded.map_err(|e| failed(e.to_string()))?.into());
            Ok(())
        }
        _ => Err(failed(format!("can't encode a body as {encoding:?}; gzip and identity are known"))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn request(encoding: Option<&'static str>, body: Vec<u8>) -> reqwest::Request {
        let mut request = reqwest::Request::new(http::Method::POST, "http://localhost/".parse().unwrap());
        if let Some(encoding) = encoding {
            request.headers_mut().insert(CONTENT_ENCODING, http::HeaderValue::from_static(encoding));
        }
        *request.body_mut() = Some(body.into());
        request
    }

    fn encoded(encoding: Option<&'static str>, body: &[u8]) -> Vec<u8> {
        let mut request = request(encoding, body.to_vec());
        encode(&mut request).unwrap();
        request.body().unwrap().as_bytes().unwrap().to_vec()
    }

    proptest! {
        #[test]
        fn gzip_body_decodes_to_the_original(body in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            let mut decoded = Vec::new();
            let encoded = encoded(Some("gzip"), &body);
            flate2::read::GzDecoder::new(encoded.as_slice()).read_to_end(&mut decoded).unwrap();
            prop_assert_eq!(decoded, body);
        }
    }

    #[test]
    fn other_encodings_are_identity_or_rejected() {
        assert_eq!(encoded(None, b"{}"), b"{}");
        assert_eq!(encoded(Some("identity"), b"{}"), b"{}");
        let error = encode(&mut request(Some("br"), b"{}".to_vec())).unwrap_err();
        assert!(matches!(error, Error::Configuration(e) if e.setting() == "content_encoding"));
    }
}
