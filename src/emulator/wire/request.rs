//! A request to an operation, and the reading of its body.

use std::{net::SocketAddr, time::Duration};

use axum::{body::Body, extract::RawPathParams};
use bytes::Bytes;
use http::{Uri, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use percent_encoding::percent_decode_str;

use crate::{auth::signing::canonical::MAX_BODY, spec::Operation};

/// The time for a body to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// The client's address. The server puts it into the extensions of each request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// A request to an operation, with its body.
pub(crate) struct Call<'a> {
    pub(crate) operation: Operation,
    pub(crate) head: &'a Parts,
    pub(crate) body: &'a [u8],
    pub(crate) query: Query,
    /// Whether a search must say that it is incomplete.
    pub(crate) is_incomplete: bool,
    parameters: &'a RawPathParams,
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        operation: Operation,
        head: &'a Parts,
        body: &'a [u8],
        parameters: &'a RawPathParams,
    ) -> Self {
        Self { operation, head, body, query: Query::of(&head.uri), is_incomplete: false, parameters }
    }

    /// A decoded path parameter; empty if the operation has no parameter of this name.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// A decoded query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name)
    }
}

/// The decoded pairs of a query. A `+` is a plus, as in a signature.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query of a request.
    pub(crate) fn of(uri: &Uri) -> Self {
        let decode = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(key), decode(value))
                })
                .collect(),
        )
    }

    /// The names of all parameters.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why a body could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is longer than the bound.
    TooLong,
    /// It was cut short.
    Incomplete,
    /// It did not arrive in time.
    Timeout,
}

/// Reads a body, up to the size that the real gateway allows for signed requests. A longer declared length is refused
/// without reading.
///
/// The rest of a refused body stays unread, so the connection can't be reused.
pub(crate) async fn read(body: Body) -> Result<Bytes, BodyError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(BodyError::TooLong);
    }
    // Boxed: most requests have no body, and their futures should not have room for this state.
    match Box::pin(tokio::time::timeout(BODY_TIMEOUT, read_frames(Limited::new(body, MAX_BODY)))).await {
        Ok(Ok(body)) => Ok(body.into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLong),
        Ok(Err(_)) => Err(BodyError::Incomplete),
        Err(_) => Err(BodyError::Timeout),
    }
}

/// The data of all frames. They are copied: a frame of one byte takes 32, and keeps the buffer that it was read into.
async fn read_frames<B: hyper::body::Body<Data = Bytes> + Unpin>(mut body: B) -> Result<Vec<u8>, B::Error> {
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            all.extend_from_slice(&data);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll},
    };

    use hyper::body::Frame;

    use super::*;

    /// A body that never arrives.
    struct Never;

    impl hyper::body::Body for Never {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn body_must_arrive_in_time() {
        assert_eq!(read(Body::new(Never)).await, Err(BodyError::Timeout));
    }

    /// A body whose bytes arrive one by one.
    struct OneByOne(usize);

    impl hyper::body::Body for OneByOne {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let body = self.get_mut();
            body.0 = body.0.saturating_sub(1);
            Poll::Ready((body.0 > 0).then(|| Ok(Frame::data(Bytes::from_static(b"x")))))
        }
    }

    #[test]
    fn tiny_chunks_take_no_more_memory_than_their_bytes() {
        const LENGTH: usize = 100_000;
        let mut body = None;
        let memory = allocation_counter::measure(|| {
            body = Some(pollster::block_on(read_frames(OneByOne(LENGTH + 1))).unwrap());
        });
        assert_eq!(body.unwrap().len(), LENGTH);
        assert!(memory.bytes_max < 4 * LENGTH as u64, "{} bytes", memory.bytes_max);
    }

    #[test]
    fn pairs_are_decoded_and_the_first_of_a_name_counts() {
        let query = Query::of(&Uri::from_static("/v3/projects?&name=cn+north%2D4&flag&name=x&=y"));
        assert_eq!(query.get("name"), Some("cn+north-4"));
        assert_eq!(query.get("flag"), Some(""));
        assert_eq!(query.get("other"), None);
        assert_eq!(Query::of(&Uri::from_static("/")).get(""), None);
    }
}
