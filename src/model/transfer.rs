//! Transfers of log streams.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    ids::{GroupId, StreamId},
    input::{InvalidInput, check_text},
    spec::{TransferInterval, limits},
};

/// The storage format of transferred logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum StorageFormat {
    /// The lines as they were written.
    #[default]
    Raw,
    /// One JSON object per line.
    Json,
}

impl fmt::Display for StorageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Raw => "raw",
            Self::Json => "json",
        })
    }
}

impl FromStr for StorageFormat {
    type Err = InvalidInput;

    /// Parses `raw` or `json`, in any case.
    fn from_str(name: &str) -> Result<Self, InvalidInput> {
        [Self::Raw, Self::Json]
            .into_iter()
            .find(|format| format.to_string().eq_ignore_ascii_case(name))
            .ok_or_else(|| InvalidInput::new("storage_format", name, "raw or json"))
    }
}

/// A transfer of log streams: one task of the service, as
/// [`createLogDumpObs`](crate::spec::Operation::CreateLogDumpObs) creates it.
///
/// ```
/// use huaweicloud_lts::{GroupId, StreamId, transfers::{Transfer, TransferInterval}};
///
/// # fn doc(group: GroupId, nginx: StreamId) {
/// let transfer = Transfer::to_obs(&group, [&nginx], "my-bucket", TransferInterval::Minutes5)
///     .prefix("nginx")
///     .paused(true);
/// # let _ = transfer;
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transfer {
    /// The group of the streams.
    pub group: GroupId,
    /// The streams, at least one.
    pub streams: Vec<StreamId>,
    /// Where the logs go, and how often.
    pub destination: Destination,
    /// Whether the task is created switched off.
    pub paused: bool,
}

/// The destination of a [`Transfer`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Destination {
    /// A bucket of Object Storage Service.
    Obs(ObsDestination),
}

/// A bucket of Object Storage Service that logs are written to at an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObsDestination {
    /// The name of the OBS bucket.
    pub bucket: String,
    /// The transfer interval.
    pub every: TransferInterval,
    /// The storage format.
    pub format: StorageFormat,
    /// The prefix of file names.
    pub prefix: Option<String>,
    /// The directory in the bucket.
    pub dir: Option<String>,
}

impl Transfer {
    /// A transfer of streams of a group to an OBS bucket.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId, transfers::{Transfer, TransferInterval}};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId, worker: StreamId) {
    /// let every = TransferInterval::Hours1;
    /// let transfer = Transfer::to_obs(&group, [&nginx, &worker], "my-bucket", every);
    /// # }
    /// ```
    pub fn to_obs<S: Into<StreamId>>(
        group: impl Into<GroupId>,
        streams: impl IntoIterator<Item = S>,
        bucket: impl Into<String>,
        every: TransferInterval,
    ) -> Self {
        let destination = Destination::Obs(ObsDestination::new(bucket, every));
        Self::new(group, streams, destination)
    }

    /// A transfer of streams of a group to any destination.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId};
    /// use huaweicloud_lts::transfers::{Destination, ObsDestination, Transfer, TransferInterval};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId, worker: StreamId) {
    /// let bucket = ObsDestination::new("my-bucket", TransferInterval::Hours1);
    /// let transfer = Transfer::new(&group, [&nginx, &worker], Destination::Obs(bucket));
    /// # }
    /// ```
    pub fn new<S: Into<StreamId>>(
        group: impl Into<GroupId>,
        streams: impl IntoIterator<Item = S>,
        destination: Destination,
    ) -> Self {
        let streams = streams.into_iter().map(Into::into).collect();
        Self { group: group.into(), streams, destination, paused: false }
    }

    /// Sets the storage format, [`StorageFormat::Raw`] by default.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId};
    /// use huaweicloud_lts::transfers::{StorageFormat, Transfer, TransferInterval};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId, worker: StreamId) {
    /// let every = TransferInterval::Hours1;
    /// let transfer =
    ///     Transfer::to_obs(&group, [&nginx], "my-bucket", every).format(StorageFormat::Json);
    /// # }
    /// ```
    pub fn format(mut self, format: StorageFormat) -> Self {
        let Destination::Obs(obs) = &mut self.destination;
        obs.format = format;
        self
    }

    /// Sets the prefix of file names, up to 64 characters.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId, transfers::{Transfer, TransferInterval}};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId, worker: StreamId) {
    /// let every = TransferInterval::Hours1;
    /// let transfer = Transfer::to_obs(&group, [&nginx], "my-bucket", every).prefix("nginx");
    /// # }
    /// ```
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        let Destination::Obs(obs) = &mut self.destination;
        obs.prefix = Some(prefix.into());
        self
    }

    /// Sets the directory in the bucket, up to 64 characters.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId, transfers::{Transfer, TransferInterval}};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId, worker: StreamId) {
    /// let every = TransferInterval::Hours1;
    /// let transfer = Transfer::to_obs(&group, [&nginx], "my-bucket", every).dir("edge");
    /// # }
    /// ```
    pub fn dir(mut self, dir: impl Into<String>) -> Self {
        let Destination::Obs(obs) = &mut self.destination;
        obs.dir = Some(dir.into());
        self
    }

    /// Sets whether the task is created switched off.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId, transfers::{Transfer, TransferInterval}};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId, worker: StreamId) {
    /// let every = TransferInterval::Hours1;
    /// // To be switched on in the console.
    /// let transfer = Transfer::to_obs(&group, [&nginx], "my-bucket", every).paused(true);
    /// # }
    /// ```
    pub fn paused(mut self, paused: bool) -> Self {
        self.paused = paused;
        self
    }

    /// Checks the rules of the reference.
    pub(crate) fn check(&self) -> Result<(), InvalidInput> {
        if self.streams.is_empty() {
            return Err(InvalidInput::new("log_stream_ids", "[]", "at least one stream"));
        }
        match &self.destination {
            Destination::Obs(obs) => obs.checks().into_iter().try_for_each(|(_, checked)| checked),
        }
    }
}

impl ObsDestination {
    /// A bucket that raw logs are written to.
    ///
    /// ```
    /// use huaweicloud_lts::transfers::{ObsDestination, TransferInterval};
    ///
    /// let mut bucket = ObsDestination::new("my-bucket", TransferInterval::Hours1);
    /// bucket.prefix = Some("nginx".to_owned());
    /// ```
    pub fn new(bucket: impl Into<String>, every: TransferInterval) -> Self {
        Self { bucket: bucket.into(), every, format: StorageFormat::default(), prefix: None, dir: None }
    }

    /// Checks each member against the rules of the document ([`limits`]).
    pub(crate) fn checks(&self) -> [(&'static str, Result<(), InvalidInput>); 3] {
        let optional = |field, rule, text: &Option<String>| match text {
            Some(text) => check_text(field, rule, text),
            None => Ok(()),
        };
        [
            ("bucket", check_text("obs_bucket_name", &limits::OBS_BUCKET_NAME, &self.bucket)),
            ("prefix", optional("prefix_name", &limits::PREFIX_NAME, &self.prefix)),
            ("dir", optional("dir_prefix_name", &limits::DIR_PREFIX_NAME, &self.dir)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_format_parses_in_any_case() {
        assert_eq!("JSON".parse::<StorageFormat>().unwrap(), StorageFormat::Json);
        assert_eq!("raw".parse::<StorageFormat>().unwrap(), StorageFormat::Raw);
        assert!("csv".parse::<StorageFormat>().unwrap_err().to_string().contains("raw or json"));
    }
}
