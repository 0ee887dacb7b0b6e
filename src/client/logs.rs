//! The logs of a stream: write lines.

use std::{collections::BTreeMap, fmt};
#[cfg(feature = "producer")]
use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Call, Client, call::CallContext};
#[cfg(feature = "producer")]
use crate::transport::RetryPolicy;
use crate::{
    api::lts::types::{
        LogBatch, LogLabels, LogTimeNs, PutLogBatchesContentEncoding, PutLogBatchesRequestBody,
        PutLogsContentEncoding, PutLogsRequestBody, PutTimedLogsContentEncoding, PutTimedLogsRequestBody,
        TimedLog,
    },
    auth::ResolvedCredentials,
    error::Error,
    ids::{GroupId, StreamId},
    input::InvalidInput,
    model::{Line, LineTime, check_labels},
};

/// The logs of a stream; [`StreamHandle::logs`](super::StreamHandle::logs) returns it. It can be cloned, stored and
/// spawned.
#[derive(Debug, Clone)]
pub struct Logs {
    pub(super) client: Client,
    pub(super) group: GroupId,
    pub(super) stream: StreamId,
}

/// The call of [`Logs::put`].
pub type PutLogs = Call<(), LinesToPut>;

/// The arguments of [`PutLogs`].
#[derive(Clone)]
pub struct LinesToPut {
    group: GroupId,
    stream: StreamId,
    lines: Vec<Line>,
    labels: BTreeMap<String, String>,
}

/// Labels and the lines that have them.
type Batches = BTreeMap<BTreeMap<String, String>, Vec<TimedLog>>;

impl fmt::Debug for LinesToPut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinesToPut")
            .field("stream", &self.stream)
            .field("lines", &self.lines.len())
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}

impl Logs {
    pub(super) fn new(client: &Client, group: &GroupId, stream: &StreamId) -> Self {
        Self { client: client.clone(), group: group.clone(), stream: stream.clone() }
    }

    /// Writes lines in one request. Lines without a time get that of the call, in their order.
    ///
    /// With a token the request is [`putLogs`](crate::spec::Operation::PutLogs), or
    /// [`putTimedLogs`](crate::spec::Operation::PutTimedLogs) if a line has a time, and all lines have the same labels. With
    /// an access key it is [`putLogBatches`](crate::spec::Operation::PutLogBatches). It goes to an endpoint of its own
    /// ([`access_endpoint`](crate::ClientBuilder::access_endpoint)).
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let app = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&app).streams().create("nginx").await?;
    /// use huaweicloud_lts::logs::Line;
    ///
    /// let logs = lts.group(&app).stream(&nginx).logs();
    /// logs.put(["GET /a 200", "GET /b 500"]).label("app", "shop").await?;
    /// logs.put([Line::new("started").at(std::time::SystemTime::now()).label("level", "info")]).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] without lines, for a line over 1 MiB, a time more than two days from the clock, or over 100
    /// labels: one bad line would reject the whole request. [`Error::Configuration`] if no setting names the endpoint. The
    /// service reports a missing group or stream, and everything else but credentials, as SVCSTG.ALS.200201. If no
    /// response arrived, the lines may have been written ([`Error::outcome_unknown`]).
    pub fn put<L: Into<Line>>(&self, lines: impl IntoIterator<Item = L>) -> PutLogs {
        let lines: Vec<Line> = lines.into_iter().map(Into::into).collect();
        let now = Timestamp::now();
        let checked = match lines.as_slice() {
            [] => Err(InvalidInput::new("contents", "no lines", "at least one line")),
            lines => lines.iter().try_for_each(|line| line.check(now)),
        };
        let arguments = LinesToPut {
            group: self.group.clone(),
            stream: self.stream.clone(),
            lines,
            labels: BTreeMap::new(),
        };
        Call::with_arguments(&self.client, arguments, put).checked(checked)
    }
}

/// For producers, which check lines themselves.
#[cfg(feature = "producer")]
impl Logs {
    /// The logs of the same stream, through a client with the same settings and connections of its own.
    ///
    /// # Errors
    /// [`Error::Configuration`] if no setting names the endpoint for writing logs.
    pub(crate) fn with_own_client(&self) -> Result<Self, Error> {
        let client = self.client.rebuild()?;
        client.access_api()?;
        Ok(Self { client, ..self.clone() })
    }

    /// Writes a batch, perhaps twice. Retries it for this time, whatever the failure is that may pass.
    pub(crate) fn put_batch(
        &self,
        labels: BTreeMap<String, String>,
        lines: impl IntoIterator<Item = (LineTime, Arc<str>)>,
        within: Duration,
    ) -> Call<()> {
        let lines = lines
            .into_iter()
            .map(|(time, log)| TimedLog { log, log_time_ns: LogTimeNs(time.as_nanoseconds()) });
        let batches = Batches::from([(labels, lines.collect())]);
        let (group, stream) = (self.group.clone(), self.stream.clone());
        let call = Call::new(&self.client, |cx| write(cx, group, stream, batches, None));
        let policy = RetryPolicy::default().max_attempts(u32::MAX).budget(false);
        let mut call = call.retry(policy).deadline(within);
        call.options.accepts_duplicates = true;
        call
    }
}

impl PutLogs {
    /// Sets a label of all lines. A label that a line sets itself takes precedence.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let app = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&app).streams().create("nginx").await?;
    /// let logs = lts.group(&app).stream(&nginx).logs();
    /// logs.put(["a line"]).label("app", "shop").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.arguments.labels.insert(name.into(), value.into());
        let checked = check_labels(&self.arguments.labels);
        self.checked(checked)
    }

    /// Repeats the request after a failure that leaves it open whether the lines were written. They may then be there
    /// twice.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let app = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&app).streams().create("nginx").await?;
    /// use huaweicloud_lts::{emulator::Fault, spec::Operation};
    ///
    /// emulator.fault(Fault::new().operation(Operation::PutLogBatches).drop_after())?;
    /// lts.group(&app).stream(&nginx).logs().put(["a line"]).accept_duplicates().await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn accept_duplicates(mut self) -> Self {
        self.options.accepts_duplicates = true;
        self
    }
}

/// Writes the lines by the operation that fits the credentials.
async fn put(cx: CallContext, arguments: LinesToPut) -> Result<(), Error> {
    let now = LineTime::now();
    let one_time = arguments.lines.iter().all(|line| line.time.is_none()).then_some(now);
    let (group, stream, batches) = arguments.into_batches(now)?;
    write(cx, group, stream, batches, one_time).await
}

/// Writes batches by the operation that fits the credentials. `one_time` is set if the times of the lines are this one and
/// those that follow it.
async fn write(
    cx: CallContext,
    group: GroupId,
    stream: StreamId,
    mut batches: Batches,
    one_time: Option<LineTime>,
) -> Result<(), Error> {
    let api = cx.access()?;
    match cx.credentials().await? {
        ResolvedCredentials::Keys(_) => {
            let items = batches.into_iter().map(|(labels, contents)| LogBatch {
                contents,
                labels: serde_json::Value::from_iter(labels).to_string(),
                tenant_project_id: None,
            });
            let body = PutLogBatchesRequestBody { log_items: items.collect() };
            let call =
                api.put_log_batches().project_id(cx.project()).log_group_id(group).log_stream_id(stream);
            let call = call.content_encoding(PutLogBatchesContentEncoding::Gzip).body(body);
            cx.response_body(call.send().await)?;
        }
        ResolvedCredentials::Token { .. } => {
            if batches.len() > 1 {
                let rule = "the same for all lines of a request that is sent with a token";
                return Err(InvalidInput::new("labels", format!("{} sets", batches.len()), rule).into());
            }
            let Some((labels, lines)) = batches.pop_first() else { return Ok(()) };
            let labels = LogLabels(labels);
            if let Some(time) = one_time {
                let contents = lines.into_iter().map(|line| line.log).collect();
                let log_time_ns = LogTimeNs(time.as_nanoseconds());
                let body = PutLogsRequestBody { contents, labels, log_time_ns, tenant_project_id: None };
                let call = api.put_logs().project_id(cx.project()).log_group_id(group).log_stream_id(stream);
                let call = call.content_encoding(PutLogsContentEncoding::Gzip).body(body);
                cx.response_body(call.send().await)?;
            } else {
                let body = PutTimedLogsRequestBody { contents: lines, labels, tenant_project_id: None };
                let call = api.put_timed_logs().project_id(cx.project());
                let call = call.log_group_id(group).log_stream_id(stream);
                let call = call.content_encoding(PutTimedLogsContentEncoding::Gzip).body(body);
                cx.response_body(call.send().await)?;
            }
        }
    }
    Ok(())
}

impl LinesToPut {
    /// The lines by their labels, each with a time. A line without one gets that of the call, a nanosecond after the line
    /// before.
    fn into_batches(self, now: LineTime) -> Result<(GroupId, StreamId, Batches), InvalidInput> {
        let Self { group, stream, lines, labels } = self;
        let mut batches = Batches::new();
        for (i, line) in (0..).zip(lines) {
            let mut all = labels.clone();
            all.extend(line.labels);
            check_labels(&all)?;
            let time = line.time.map_or(now.as_nanoseconds().saturating_add(i), LineTime::as_nanoseconds);
            let line = TimedLog { log: line.content, log_time_ns: LogTimeNs(time) };
            batches.entry(all).or_default().push(line);
        }
        Ok((group, stream, batches))
    }
}
