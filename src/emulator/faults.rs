//! Faults: failures on demand, for testing how clients handle them.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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

/// The headers that delimit a body. Changing them would corrupt the connection; `cut_after_bytes` cuts a body instead.
const FRAMING: [HeaderName; 2] = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// The most pending faults: a list of them is short to send, and each takes some 400 bytes.
const MAX_PENDING: usize = 10_000;

/// Statuses without a body.
const BODILESS: [StatusCode; 2] = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];

/// A failure for the next matching request.
///
/// Faults wait in order of arrival. A request takes the first that matches, before authentication. A fault with a
/// `status` or a `code` replaces the operation: nothing is done. With neither, the operation runs, and its response is
/// delayed, cut, lost or has other headers. Faults never apply to the admin API or to paths
/// that the documents don't have.
///
/// As JSON, for `POST /_emulator/faults`, it has these fields under the same names, all optional.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
#[must_use = "a fault does nothing until an emulator is given it"]
pub struct Fault {
    /// The operation to match, in JSON its operationId; any operation of LTS and IAM if not set.
    #[serde(serialize_with = "journal::as_id", deserialize_with = "operation_by_id")]
    pub operation: Option<Operation>,
    /// How many requests it applies to; 0 is unlimited, the default is 1. For a pending fault, how many are left.
    #[serde(deserialize_with = "one_if_null")]
    pub times: u64,
    /// Whether the response of a search says that it is incomplete. Other operations are not affected.
    pub incomplete: Option<bool>,
    /// The status of the response, 200 to 599. Without `code` and `body`, the body has an `error_msg` only.
    pub status: Option<u16>,
    /// The error code of the response. The text is that of the operation's example in the spec, else of the code's
    /// first row there. A code that is not in the spec needs a `status`.
    pub code: Option<String>,
    /// The text of the response. It needs a `status` or a `code`.
    pub message: Option<String>,
    /// Headers of the response, which replace those of the same names. `Content-Length` and `Transfer-Encoding`
    /// can't be set.
    pub headers: Option<BTreeMap<String, String>>,
    /// Delays the response by so many milliseconds, after the operation has run.
    pub delay_ms: Option<u64>,
    /// Closes the connection without a response, before or after the operation.
    pub drop: Option<DropWhen>,
    /// The body of the response: a JSON value, or a string that is sent unchanged. Its media type is JSON unless
    /// `headers` has another. Statuses without a body (204) are sent without it.
    pub body: Option<Value>,
    /// Closes the connection after so many bytes of the body. The declared length is that of the whole body. A
    /// shorter body is sent whole.
    pub cut_after_bytes: Option<u64>,
    /// Sends so many bytes of the body per second, at least 1.
    pub bytes_per_s: Option<u64>,
    /// The probability that it applies to a matching request, 0 to 1; always if not set. A request that it does not
    /// apply to isn't counted.
    pub probability: Option<f64>,
    /// The seed of the random numbers, for repeatable results; random if not set.
    pub seed: Option<u64>,
}

/// When a connection is closed without a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DropWhen {
    /// Before the operation runs.
    Before,
    /// After the operation has run; its response is lost.
    After,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            operation: None,
            times: 1,
            incomplete: None,
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
    /// A fault that matches every operation once and has no effect yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the [operation](Self#structfield.operation) to match.
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Sets how many [times](Self#structfield.times) it applies; 0 is unlimited.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Makes the response of a search say that it is [incomplete](Self#structfield.incomplete).
    pub fn incomplete(mut self) -> Self {
        self.incomplete = Some(true);
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

    /// [Delays](Self#structfield.delay_ms) the response, in whole milliseconds.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_ms = Some(delay.as_millis().try_into().unwrap_or(u64::MAX));
        self
    }

    /// Closes the connection [before](DropWhen::Before) the operation runs.
    pub fn drop_before(mut self) -> Self {
        self.drop = Some(DropWhen::Before);
        self
    }

    /// Runs the operation and closes the connection [after](DropWhen::After) it, without a response.
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

    /// Sets the [rate](Self#structfield.bytes_per_s) of the body.
    pub fn bytes_per_s(mut self, bytes: u64) -> Self {
        self.bytes_per_s = Some(bytes);
        self
    }

    /// Sets the [probability](Self#structfield.probability).
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Sets the [seed](Self#structfield.seed) of the random numbers.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Validates the fault.
    fn check(&self) -> Result<(), String> {
        // 1xx is not a final response.
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
            ("incomplete", self.incomplete == Some(true)),
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

    /// The response of a request that it applies to; `None` if the connection is to be closed. The operation runs when
    /// `real` is polled.
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

    /// The delay of the response.
    pub(super) fn delay_before_response(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or_default())
    }

    /// The HTTP response: whole, cut, or slow.
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

/// Deserializes an operation by its id.
fn operation_by_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Operation>, D::Error> {
    let id: Option<String> = Deserialize::deserialize(deserializer)?;
    id.map(|id| id.parse().map_err(de::Error::custom)).transpose()
}

fn one_if_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(1))
}

/// The pending faults.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pending: Mutex<PendingFaults>,
}

#[derive(Debug, Default)]
struct PendingFaults {
    list: Vec<Pending>,
    last_id: u64,
}

#[derive(Debug)]
struct Pending {
    /// Never used again, so that removing a fault can't remove a later one.
    id: u64,
    fault: Arc<Fault>,
    /// How many more requests it applies to; 0 is unlimited.
    left: u64,
    rng: fastrand::Rng,
}

impl Faults {
    /// Adds all faults, or none if one is invalid.
    ///
    /// # Errors
    /// What is wrong with the first invalid one.
    pub(super) fn add(&self, faults: Vec<Fault>) -> Result<(), String> {
        let count = faults.len();
        let mut added = Vec::with_capacity(count);
        for (i, fault) in faults.into_iter().enumerate() {
            fault
                .check()
                .map_err(|what| if count == 1 { what } else { format!("fault {}: {what}", i + 1) })?;
            let rng = fault.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
            added.push((fault, rng));
        }
        let mut pending = self.pending();
        if pending.list.len() + count > MAX_PENDING {
            return Err(format!("more than {MAX_PENDING} faults can't be pending"));
        }
        for (fault, rng) in added {
            pending.last_id += 1;
            let id = pending.last_id;
            pending.list.push(Pending { id, left: fault.times, fault: Arc::new(fault), rng });
        }
        Ok(())
    }

    /// The fault that applies to a request to this operation.
    pub(super) fn take(&self, operation: Operation) -> Option<Arc<Fault>> {
        let pending = &mut self.pending().list;
        let at = pending.iter_mut().position(|Pending { fault, rng, .. }| {
            fault.operation.is_none_or(|wanted| wanted == operation)
                && fault.probability.is_none_or(|probability| rng.f64() < probability)
        })?;
        let found = &mut pending[at];
        let fault = Arc::clone(&found.fault);
        match found.left {
            0 => {}
            1 => drop(pending.remove(at)),
            _ => found.left -= 1,
        }
        Some(fault)
    }

    /// The pending faults in order, each with the `times` that are left.
    pub(super) fn list(&self) -> Vec<Fault> {
        self.list_with_ids().into_iter().map(|(_, fault)| fault).collect()
    }

    /// The pending faults with their ids.
    pub(super) fn list_with_ids(&self) -> Vec<(u64, Fault)> {
        let shown = |one: &Pending| (one.id, Fault { times: one.left, ..(*one.fault).clone() });
        self.pending().list.iter().map(shown).collect()
    }

    /// Removes a fault. Returns whether it was pending.
    pub(super) fn remove(&self, id: u64) -> bool {
        let pending = &mut self.pending().list;
        let at = pending.iter().position(|one| one.id == id);
        at.map(|at| pending.remove(at)).is_some()
    }

    pub(super) fn clear(&self) {
        self.pending().list.clear();
    }

    fn pending(&self) -> MutexGuard<'_, PendingFaults> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
