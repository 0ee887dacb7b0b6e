//! Transfers of streams to object storage (section 5.3).

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use super::{Call, Client, GroupClient, call::CallContext};
use crate::{
    api::lts::types::{
        self, CreateLogDumpObsRequestBody, Period, PeriodUnit, TransferType, error::ConversionError,
    },
    error::Error,
    ids::{GroupId, StreamId, TransferId},
    input::{InvalidInput, check_text},
    model::StorageFormat,
    spec::{TransferInterval, limits},
    transport::RetryPolicy,
};

impl<'c> GroupClient<'c> {
    /// Creates a task that transfers streams of the group to an OBS bucket at an interval (section 5.3.1).
    ///
    /// A stream can have one transfer. The reference has no operation that lists or deletes transfers: keep the id, and
    /// delete the transfer in the console.
    ///
    /// ```
    /// # use huaweicloud_lts::{GroupClient, StreamId, TransferInterval};
    /// # async fn doc(group: &GroupClient<'_>, stream: &StreamId) -> Result<(), huaweicloud_lts::Error> {
    /// let id = group.transfer_to_obs([stream], "my-bucket", TransferInterval::Minutes5).prefix("nginx").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] without a stream, or if bucket, prefix or directory break a rule; `is_not_found()` for
    /// the group, a stream or the bucket; `is_in_use()` if a stream already has a transfer.
    pub fn transfer_to_obs<S: Into<StreamId>>(
        &self,
        streams: impl IntoIterator<Item = S>,
        bucket: impl Into<String>,
        every: TransferInterval,
    ) -> CreateTransfer<'c> {
        let streams = streams.into_iter().map(Into::into).collect();
        TransferCall::new(self, streams, bucket.into(), every, |cx, body| {
            Box::pin(async move { create_transfer(&cx, body).await })
        })
    }

    /// Ensures that a stream of the group is transferred to an OBS bucket. It is safe to repeat, since a stream has at
    /// most one transfer.
    ///
    /// An existing transfer may have other settings: no operation reads them.
    ///
    /// # Errors
    /// Like [`transfer_to_obs`](Self::transfer_to_obs), except for `is_in_use()`.
    pub fn ensure_transfer(
        &self,
        stream: impl Into<StreamId>,
        bucket: impl Into<String>,
        every: TransferInterval,
    ) -> EnsureTransfer<'c> {
        TransferCall::new(self, vec![stream.into()], bucket.into(), every, |cx, body| {
            Box::pin(async move { ensure_transfer(&cx, body).await })
        })
    }
}

/// The call of [`GroupClient::transfer_to_obs`].
pub type CreateTransfer<'c> = TransferCall<'c, TransferId>;

/// The call of [`GroupClient::ensure_transfer`].
pub type EnsureTransfer<'c> = TransferCall<'c, EnsuredTransfer>;

/// The result of [`GroupClient::ensure_transfer`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EnsuredTransfer {
    /// This call created the transfer.
    Created(TransferId),
    /// The stream already has a transfer (LTS.0207), or the response with the id of the new one got lost. Neither its
    /// id nor its settings can be read.
    AlreadyThere,
}

/// Sends the request body of a transfer.
type Run<T> = fn(CallContext, CreateLogDumpObsRequestBody) -> BoxFuture<'static, T>;

/// A future of a call.
type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A call that creates a transfer. It does nothing until it is awaited.
#[must_use = "a call does nothing until it is awaited"]
pub struct TransferCall<'c, T> {
    client: &'c Client,
    group: GroupId,
    streams: Vec<StreamId>,
    bucket: String,
    every: TransferInterval,
    format: StorageFormat,
    prefix: Option<String>,
    dir: Option<String>,
    paused: bool,
    deadline: Option<Duration>,
    retry: Option<RetryPolicy>,
    run: Run<T>,
}

impl<'c, T: Send + 'static> TransferCall<'c, T> {
    fn new(
        group: &GroupClient<'c>,
        streams: Vec<StreamId>,
        bucket: String,
        every: TransferInterval,
        run: Run<T>,
    ) -> Self {
        Self {
            client: group.client,
            group: group.id.clone(),
            streams,
            bucket,
            every,
            format: StorageFormat::default(),
            prefix: None,
            dir: None,
            paused: false,
            deadline: None,
            retry: None,
            run,
        }
    }

    /// Sets the storage format, [`StorageFormat::Raw`] by default.
    pub fn format(mut self, format: StorageFormat) -> Self {
        self.format = format;
        self
    }

    /// Sets the prefix of file names, up to 64 characters.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Sets the directory in the bucket, up to 64 characters.
    pub fn dir(mut self, dir: impl Into<String>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Creates the transfer switched off.
    pub fn paused(mut self) -> Self {
        self.paused = true;
        self
    }

    /// Sets the time limit for the whole call.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// Sets the retry policy of this call instead of the client's.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Makes the call. Awaiting it does the same.
    ///
    /// # Errors
    /// See [`GroupClient::transfer_to_obs`] and [`GroupClient::ensure_transfer`].
    pub async fn send(self) -> Result<T, Error> {
        let (client, deadline, retry) = (self.client, self.deadline, self.retry);
        let call = Call::new(client, async move |cx| (self.run)(cx, self.body()?).await);
        call.with_limits(deadline, retry).await
    }

    /// Builds the request body, checked against Table 5-49.
    fn body(&self) -> Result<CreateLogDumpObsRequestBody, Error> {
        if self.streams.is_empty() {
            return Err(InvalidInput::new("log_stream_ids", "[]", "at least one stream").into());
        }
        check_text("obs_bucket_name", &limits::OBS_BUCKET_NAME, &self.bucket)?;
        if let Some(prefix) = &self.prefix {
            check_text("prefix_name", &limits::PREFIX_NAME, prefix)?;
        }
        if let Some(dir) = &self.dir {
            check_text("dir_prefix_name", &limits::DIR_PREFIX_NAME, dir)?;
        }
        let wrong = |e: ConversionError| InvalidInput::new("every", self.every, e.to_string());
        Ok(CreateLogDumpObsRequestBody {
            log_group_id: self.group.clone(),
            log_stream_ids: self.streams.clone(),
            obs_bucket_name: self.bucket.clone().into(),
            type_: TransferType::Cycle,
            // Always sent, since the reference doesn't say whether it is required (erratum 23).
            storage_format: Some(self.format.into()),
            switch_on: !self.paused,
            prefix_name: self.prefix.clone().map(Into::into),
            dir_prefix_name: self.dir.clone().map(Into::into),
            period: Period::try_from(self.every.period()).map_err(wrong)?,
            period_unit: PeriodUnit::try_from(self.every.period_unit()).map_err(wrong)?,
        })
    }
}

impl<'c, T: Send + 'static> IntoFuture for TransferCall<'c, T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'c, T>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<T> fmt::Debug for TransferCall<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransferCall")
            .field("group", &self.group)
            .field("streams", &self.streams)
            .field("bucket", &self.bucket)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}

/// Creates a transfer, or finds that the stream already has one.
async fn ensure_transfer(
    cx: &CallContext,
    body: CreateLogDumpObsRequestBody,
) -> Result<EnsuredTransfer, Error> {
    let mut attempts = 0;
    loop {
        let error = match create_transfer(cx, body.clone()).await {
            Ok(id) => return Ok(EnsuredTransfer::Created(id)),
            Err(error) if error.is_in_use() => return Ok(EnsuredTransfer::AlreadyThere),
            Err(error) => error,
        };
        attempts += 1;
        if !error.outcome_unknown() || !cx.may_repeat(attempts).await {
            return Err(error);
        }
    }
}

/// Creates a transfer.
async fn create_transfer(cx: &CallContext, body: CreateLogDumpObsRequestBody) -> Result<TransferId, Error> {
    let response =
        cx.response_body(cx.api.create_log_dump_obs().project_id(cx.project()).body(body).send().await)?;
    // Under either of its names (erratum 20).
    let id = response.log_dump_obs_id.clone().or(response.log_dump_obe_id.clone());
    id.ok_or_else(|| cx.lacks("log_dump_obs_id", &response))
}

impl From<StorageFormat> for types::StorageFormat {
    fn from(format: StorageFormat) -> Self {
        match format {
            StorageFormat::Raw => Self::Raw,
            StorageFormat::Json => Self::Json,
        }
    }
}
