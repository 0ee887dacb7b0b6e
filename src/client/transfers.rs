//! Transfers of streams to object storage (section 5.3).

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use super::{Call, Client, GroupClient, call::value};
use crate::{
    api::{
        self,
        lts::types::{
            CreateLogDumpObsRequestBody, DirPrefixName, ObsBucketName, Period, PeriodUnit, PrefixName,
            TransferType,
        },
    },
    error::{ConfigurationError, Error},
    ids::{GroupId, StreamId, TransferId},
    input::{InvalidInput, check_text},
    model::StorageFormat,
    spec::{TransferInterval, limits},
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

    /// Makes the call. Awaiting it does the same.
    ///
    /// # Errors
    /// See [`GroupClient::transfer_to_obs`].
    pub async fn send(self) -> Result<TransferId, Error> {
        let (client, deadline) = (self.client, self.deadline);
        let call = Call::new(client, async move |to| {
            let body = self.body()?;
            let answer = value(to.api.create_log_dump_obs().project_id(to.project).body(body).send().await)?;
            // The transport lets no answer without an id pass.
            api::transfer_id(Some(answer))
                .ok_or_else(|| ConfigurationError::new("log_dump_obs_id", "missing in the answer").into())
        });
        match deadline {
            Some(time) => call.deadline(time).await,
            None => call.await,
        }
    }

    /// The body, held against the rules of Table 5-49.
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
        let wrong = |e: api::lts::types::error::ConversionError| {
            InvalidInput::new("transfer", &self.bucket, e.to_string())
        };
        Ok(CreateLogDumpObsRequestBody {
            log_group_id: self.group.clone(),
            log_stream_ids: self.streams.clone(),
            obs_bucket_name: ObsBucketName::try_from(self.bucket.as_str()).map_err(wrong)?,
            type_: TransferType::Cycle,
            // Always sent, since the reference leaves open whether it must be (erratum 23).
            storage_format: Some(self.format.into()),
            switch_on: !self.paused,
            prefix_name: self.prefix.as_deref().map(PrefixName::try_from).transpose().map_err(wrong)?,
            dir_prefix_name: self.dir.as_deref().map(DirPrefixName::try_from).transpose().map_err(wrong)?,
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
