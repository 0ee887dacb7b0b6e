//! Faults on demand: what a client must cope with, and no emulator that works would ever show.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use super::{
    errors, journal,
    wire::{
        connection::{ConnectionAbort, FaultyBody},
        response::ApiResponse,
    },
};
use crate::spec::{self, Operation};

/// The headers that tell where a body ends. A fault that changed them would garble the whole connection;
/// `cut_after_bytes` breaks a body off instead.
const FRAMING: [HeaderName; 2] = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// The statuses under which HTTP has no body.
const BODILESS: [StatusCode; 2] = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];

/// Something that goes wrong with the next request that it fits.
///
/// Faults wait in the order in which they came, and a request takes the first that fits, before it is
/// authenticated. A fault with a `status` or a `code` takes the place of the operation: nothing is done. With
/// neither, the operation is carried out, and its real response is delayed, decorated, cut or lost. The
/// emulator's control is never affected, and neither is a path that no operation has.
///
/// As JSON, for `POST /_emulator/faults`, it has these fields under the same names, all of them optional.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
#[must_use = "a fault does nothing until an emulator is given it"]
pub struct Fault {
    /// The operation that it fits, in JSON by its operationId; none for all of LTS and IAM.
    #[serde(serialize_with = "journal::as_id", deserialize_with = "by_id")]
    pub operation: Option<Operation>,
    /// How many requests it takes; 0 is for ever, 1 if it isn't set. Of a waiting fault: how many are left.
    #[serde(deserialize_with = "once_unless_given")]
    pub times: u64,
    /// The status of the response, 200 to 599. Without `code` and `body`, the body has an `error_msg` only.
    pub status: Option<u16>,
    /// The error code of the response, in the operation's own words: those of its example in the spec, else of
    /// the code's first row there. A code that the spec doesn't know needs a `status`.
    pub code: Option<String>,
    /// The text of the response, where `status` or `code` make one.
    pub message: Option<String>,
    /// Headers of the response, instead of those of the same names. `Content-Length` and `Transfer-Encoding`
    /// can't be set.
    pub headers: Option<BTreeMap<String, String>>,
    /// For how many milliseconds the response is held back. The operation is carried out before.
    pub delay_ms: Option<u64>,
    /// Whether the connection is closed instead of an response, and when.
    pub drop: Option<DropWhen>,
    /// The body of the response: a JSON value, or a string that is sent as it is. It is sent as JSON unless
    /// `headers` say otherwise, and under a status without a body (204) not at all.
    pub body: Option<Value>,
    /// After how many bytes of the body the connection is closed. The whole body's length was promised
    /// before. A body that isn't longer arrives whole.
    pub cut_after_bytes: Option<u64>,
    /// How many bytes of the body are sent in a second, at least 1.
    pub bytes_per_s: Option<u64>,
    /// How likely a request that fits takes it, 0 to 1; always, if it isn't set. A lost roll doesn't count.
    pub probability: Option<f64>,
    /// Where the rolls start, so that they are always the same; anywhere, if it isn't set.
    pub seed: Option<u64>,
}

/// When a connection is closed without an response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DropWhen {
    /// Nothing has been done.
    Before,
    /// The operation has been carried out; its response is lost.
    After,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            operation: None,
            times: 1,
            status: None,
            code: None,
            message: None,
            headers: None,
            delay_ms: None,
            drop: None,
            body: None,
            cut_after_bytes: None,
            bytes_per_s: None,
            probability: None,
            seed: None,
        }
    }
}

impl Fault {
    /// A fault that fits every operation, once, and doesn't do anything yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the [operation](Self#structfield.operation) that it fits.
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Sets how many [times](Self#structfield.times) it happens; 0 is for ever.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Sets the [status](Self#structfield.status) of the response.
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets the error [code](Self#structfield.code) of the response.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Sets the [text](Self#structfield.message) of the response.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Adds a [header](Self#structfield.headers).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.get_or_insert_default().insert(name.into(), value.into());
        self
    }

    /// Sets for how long the response is [held back](Self#structfield.delay_ms), in whole milliseconds.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_ms = Some(delay.as_millis().try_into().unwrap_or(u64::MAX));
        self
    }

    /// Closes the connection [before](DropWhen::Before) anything is done.
    pub fn drop_before(mut self) -> Self {
        self.drop = Some(DropWhen::Before);
        self
    }

    /// Carries the operation out and closes the connection [after](DropWhen::After) it, without an response.
    pub fn drop_after(mut self) -> Self {
        self.drop = Some(DropWhen::After);
        self
    }

    /// Sets the [body](Self#structfield.body) of the response.
    pub fn body(mut self, body: impl Into<Value>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets after how many bytes the body is [cut](Self#structfield.cut_after_bytes).
    pub fn cut_after_bytes(mut self, bytes: u64) -> Self {
        self.cut_after_bytes = Some(bytes);
        self
    }

    /// Sets [how fast](Self#structfield.bytes_per_s) the body is sent.
    pub fn bytes_per_s(mut self, bytes: u64) -> Self {
        self.bytes_per_s = Some(bytes);
        self
    }

    /// Sets how [likely](Self#structfield.probability) it is.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Sets where the rolls [start](Self#structfield.seed).
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// What is wrong with it, if anything is.
    fn check(&self) -> Result<(), String> {
        // 1xx is no response yet, and nothing larger is a status.
        if let Some(status) = self.status.filter(|status| !(200..=599).contains(status)) {
            return Err(format!("status {status}: must be 200 to 599"));
        }
        if let Some(code) = &self.code
            && self.status.is_none()
            && spec::error_codes(code).next().is_none()
        {
            return Err(format!("code {code:?} is none that the spec knows: it needs a status"));
        }
        if self.message.is_some() && (self.body.is_some() || (self.status, &self.code) == (None, &None)) {
            return Err("message needs a status or a code, and can't stand beside a body".to_owned());
        }
        for (name, value) in self.headers.iter().flatten() {
            let (parsed, _) =
                header(name, value).ok_or_else(|| format!("headers: {name:?} can't be sent"))?;
            if FRAMING.contains(&parsed) {
                return Err(format!("headers: {name} can't be set; use cut_after_bytes to break a body off"));
            }
        }
        if self.bytes_per_s == Some(0) {
            return Err("bytes_per_s must be at least 1".to_owned());
        }
        if let Some(probability) = self.probability.filter(|p| !(0.0..=1.0).contains(p)) {
            return Err(format!("probability {probability}: must be 0 to 1"));
        }
        let of_response = [
            ("status", self.status.is_some()),
            ("code", self.code.is_some()),
            ("headers", self.headers.is_some()),
            ("body", self.body.is_some()),
            ("cut_after_bytes", self.cut_after_bytes.is_some()),
            ("bytes_per_s", self.bytes_per_s.is_some()),
        ];
        match of_response.iter().find(|(_, is_set)| self.drop.is_some() && *is_set) {
            Some((name, _)) => Err(format!("drop leaves no response: {name} can't stand beside it")),
            None => Ok(()),
        }
    }

    /// The response that it leaves of the `real` one, or puts in its place; none where the connection is to be
    /// closed. The operation is carried out when `real` is polled, if it is.
    pub(super) async fn response(
        &self,
        operation: Operation,
        request_id: &str,
        real: Pin<&mut impl Future<Output = ApiResponse>>,
    ) -> Option<ApiResponse> {
        let mut response = match (self.drop, self.code.as_deref(), self.status) {
            (Some(DropWhen::Before), ..) => return None,
            (Some(DropWhen::After), ..) => {
                real.await;
                return None;
            }
            (None, None, None) => real.await,
            (None, code, status) => {
                errors::for_fault(operation, code, status, self.message.as_deref(), request_id)
            }
        };
        if let Some(body) = &self.body {
            response.code = body["error_code"].as_str().map(str::to_owned);
            response.body = match body {
                Value::String(text) => Bytes::from(text.clone()),
                value => Bytes::from(value.to_string()),
            };
        }
        if BODILESS.contains(&response.status) {
            response.body.clear();
        }
        response
            .headers
            .extend(self.headers.iter().flatten().filter_map(|(name, value)| header(name, value)));
        Some(response)
    }

    /// For how long the response is held back.
    pub(super) fn delay_before_response(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or_default())
    }

    /// The response as it is sent: whole, or in part, or slowly.
    pub(super) fn respond(
        &self,
        response: ApiResponse,
        request_id: &str,
        now: Timestamp,
        abort: &ConnectionAbort,
    ) -> Response<Body> {
        let is_whole = self.cut_after_bytes.is_none() && self.bytes_per_s.is_none();
        if is_whole || response.body.is_empty() {
            return response.into_response(request_id, now);
        }
        let body = response.body.clone();
        response
            .into_response(request_id, now)
            .map(|_| Body::new(FaultyBody::new(body, self.cut_after_bytes, self.bytes_per_s, abort.clone())))
    }
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((name.parse().ok()?, value.parse().ok()?))
}

/// An operation by its id.
fn by_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Operation>, D::Error> {
    let id: Option<String> = Deserialize::deserialize(deserializer)?;
    id.map(|id| id.parse().map_err(de::Error::custom)).transpose()
}

fn once_unless_given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(1))
}

/// The faults that wait for their requests.
#[derive(Debug, Default)]
pub(super) struct Faults {
    waiting: Mutex<Vec<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    fault: Arc<Fault>,
    /// How many requests it still takes; 0 is for ever.
    left: u64,
    rng: fastrand::Rng,
}

impl Faults {
    /// Adds all of them, or none if one of them is wrong.
    ///
    /// # Errors
    /// What is wrong with the first that is.
    pub(super) fn add(&self, faults: Vec<Fault>) -> Result<(), String> {
        let count = faults.len();
        let mut added = Vec::with_capacity(count);
        for (i, fault) in faults.into_iter().enumerate() {
            fault
                .check()
                .map_err(|what| if count == 1 { what } else { format!("fault {}: {what}", i + 1) })?;
            let rng = fault.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
            added.push(Waiting { left: fault.times, fault: Arc::new(fault), rng });
        }
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).extend(added);
        Ok(())
    }

    /// The fault that a request to this operation takes.
    pub(super) fn take(&self, operation: Operation) -> Option<Arc<Fault>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter_mut().position(|Waiting { fault, rng, .. }| {
            fault.operation.is_none_or(|wanted| wanted == operation)
                && fault.probability.is_none_or(|probability| rng.f64() < probability)
        })?;
        let found = &mut waiting[at];
        let fault = Arc::clone(&found.fault);
        match found.left {
            0 => {}
            1 => drop(waiting.remove(at)),
            _ => found.left -= 1,
        }
        Some(fault)
    }

    /// Those that wait, in their order, each with the `times` that are left.
    pub(super) fn waiting(&self) -> Vec<Fault> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.iter().map(|one| Fault { times: one.left, ..(*one.fault).clone() }).collect()
    }

    pub(super) fn clear(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
