//! Transfers of streams to object storage (section 5.3).

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use super::{Call, Client, GroupClient, call::Target};
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
    /// Transfers streams of the group to an OBS bucket, again and again (section 5.3.1).
    ///
    /// A stream can have one transfer. The reference has no operation that lists or deletes transfers: keep the
    /// id, and use the console to end one.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for no stream, or a bucket, prefix or directory against the rules;
    /// `is_not_found()` for the group, a stream or the bucket; `is_in_use()` if a stream has a transfer.
    pub fn transfer_to_obs<S: Into<StreamId>>(
        &self,
        streams: impl IntoIterator<Item = S>,
        bucket: impl Into<String>,
        every: TransferInterval,
    ) -> CreateTransfer<'c> {
        CreateTransfer {
            client: self.client,
            group: self.id.clone(),
            streams: streams.into_iter().map(Into::into).collect(),
            bucket: bucket.into(),
            every,
            format: StorageFormat::default(),
            prefix: None,
            dir: None,
            paused: false,
            deadline: None,
            retry: None,
        }
    }
}

/// A transfer to be created. It does nothing until it is awaited.
#[derive(Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct CreateTransfer<'c> {
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
}

impl<'c> CreateTransfer<'c> {
    /// How logs are stored; [`StorageFormat::Raw`] if it isn't set.
    pub fn format(mut self, format: StorageFormat) -> Self {
        self.format = format;
        self
    }

    /// What the names of the files start with, up to 64 characters.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// The path in the bucket, up to 64 characters.
    pub fn dir(mut self, dir: impl Into<String>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Creates the transfer switched off.
    pub fn paused(mut self) -> Self {
        self.paused = true;
        self
    }

    /// The time for the whole call.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// When this call is tried again, in the place of the client's policy.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Makes the call. Awaiting it does the same.
    ///
    /// # Errors
    /// See [`GroupClient::transfer_to_obs`].
    pub async fn send(self) -> Result<TransferId, Error> {
        let (client, deadline, retry) = (self.client, self.deadline, self.retry);
        let call = Call::new(client, async move |to| create(&to, self.body()?).await);
        call.limited(deadline, retry).await
    }

    /// The body, checked by the rules of Table 5-49.
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
            // Always sent, since the reference leaves open whether it must be (erratum 23).
            storage_format: Some(self.format.into()),
            switch_on: !self.paused,
            prefix_name: self.prefix.clone().map(Into::into),
            dir_prefix_name: self.dir.clone().map(Into::into),
            period: Period::try_from(self.every.period()).map_err(wrong)?,
            period_unit: PeriodUnit::try_from(self.every.period_unit()).map_err(wrong)?,
        })
    }
}

impl<'c> IntoFuture for CreateTransfer<'c> {
    type Output = Result<TransferId, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// What [`GroupClient::ensure_transfer`] made or found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EnsuredTransfer {
    /// This call created the transfer.
    Created(TransferId),
    /// The stream has a transfer already (LTS.0207), or an answer got lost that would have had the new one's
    /// id. Neither its id nor its settings can be read.
    AlreadyThere,
}

/// A transfer that should exist. It does nothing until it is awaited.
#[derive(Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct EnsureTransfer<'c>(CreateTransfer<'c>);

impl<'c> GroupClient<'c> {
    /// Makes sure that a stream of the group is transferred to an OBS bucket. It is safe to repeat, since a
    /// stream has at most one transfer.
    ///
    /// A transfer that is there already may have other settings: nothing can read them.
    ///
    /// # Errors
    /// As [`transfer_to_obs`](Self::transfer_to_obs), but for `is_in_use()`.
    pub fn ensure_transfer(
        &self,
        stream: impl Into<StreamId>,
        bucket: impl Into<String>,
        every: TransferInterval,
    ) -> EnsureTransfer<'c> {
        EnsureTransfer(self.transfer_to_obs([stream], bucket, every))
    }
}

impl EnsureTransfer<'_> {
    /// How logs are stored; [`StorageFormat::Raw`] if it isn't set.
    pub fn format(self, format: StorageFormat) -> Self {
        Self(self.0.format(format))
    }

    /// What the names of the files start with, up to 64 characters.
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self(self.0.prefix(prefix))
    }

    /// The path in the bucket, up to 64 characters.
    pub fn dir(self, dir: impl Into<String>) -> Self {
        Self(self.0.dir(dir))
    }

    /// Creates the transfer switched off.
    pub fn paused(self) -> Self {
        Self(self.0.paused())
    }

    /// The time for the whole call.
    pub fn deadline(self, time: Duration) -> Self {
        Self(self.0.deadline(time))
    }

    /// When this call is tried again, in the place of the client's policy.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        Self(self.0.retry(policy))
    }

    /// Makes the call. Awaiting it does the same.
    ///
    /// # Errors
    /// See [`GroupClient::ensure_transfer`].
    pub async fn send(self) -> Result<EnsuredTransfer, Error> {
        let (client, deadline, retry) = (self.0.client, self.0.deadline, self.0.retry);
        let call = Call::new(client, async move |to| {
            let body = self.0.body()?;
            let mut attempts = 0;
            loop {
                let error = match create(&to, body.clone()).await {
                    Ok(id) => return Ok(EnsuredTransfer::Created(id)),
                    Err(error) if error.is_in_use() => return Ok(EnsuredTransfer::AlreadyThere),
                    Err(error) => error,
                };
                attempts += 1;
                if !error.outcome_unknown() || !to.may_repeat(attempts).await {
                    return Err(error);
                }
            }
        });
        call.limited(deadline, retry).await
    }
}

impl<'c> IntoFuture for EnsureTransfer<'c> {
    type Output = Result<EnsuredTransfer, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Creates a transfer.
async fn create(to: &Target, body: CreateLogDumpObsRequestBody) -> Result<TransferId, Error> {
    let response = to.value(to.api.create_log_dump_obs().project_id(to.project()).body(body).send().await)?;
    // Under either of its names (erratum 20).
    let id = response.log_dump_obs_id.clone().or(response.log_dump_obe_id.clone());
    id.ok_or_else(|| to.lacks("log_dump_obs_id", &response))
}

impl From<StorageFormat> for types::StorageFormat {
    fn from(format: StorageFormat) -> Self {
        match format {
            StorageFormat::Raw => Self::Raw,
            StorageFormat::Json => Self::Json,
        }
    }
}
