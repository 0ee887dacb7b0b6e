//! Sends batches over HTTP.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    entry::{Entry, Labels},
    split::Verdict,
    worker::{Failure, Sink},
};
use crate::{
    client::{Logs, StreamHandle},
    error::Error,
    model::LineTime,
};

pub(super) struct Sender {
    logs: Logs,
    /// The labels of all lines.
    labels: BTreeMap<String, String>,
}

impl Sender {
    pub(super) fn new(stream: &StreamHandle, labels: BTreeMap<String, String>) -> Result<Self, Error> {
        Ok(Self { logs: stream.logs().with_own_client()?, labels })
    }
}

impl Sink for Sender {
    async fn send(&self, labels: &Labels, lines: &[Entry], within: Duration) -> Result<(), Failure> {
        let mut all = self.labels.clone();
        all.extend(labels.iter().map(|(name, value)| (name.clone(), value.clone())));
        let lines =
            lines.iter().map(|line| (LineTime::from_nanoseconds(line.time), Arc::clone(&line.content)));
        let sent = self.logs.put_batch(all, lines, within).await;
        sent.map_err(|error| Failure { verdict: verdict(&error), error })
    }
}

/// What is to be done after an error that the client didn't retry, or not any longer.
fn verdict(error: &Error) -> Verdict {
    match error.status() {
        Some(400) if !error.is_throttled() => Verdict::Refused,
        Some(413) => Verdict::TooLarge,
        _ if matches!(error, Error::InvalidInput(_)) => Verdict::Refused,
        _ => Verdict::Settled,
    }
}
