//! Transfers of log streams.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    ids::{GroupId, StreamId},
    input::{InvalidInput, check_obs_dir, check_text, standard_offset},
    lenient,
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

/// A transfer of log streams to create: one task of the service, as
/// [`createTransfer`](crate::spec::Operation::CreateTransfer) creates it.
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
    /// Where the logs go.
    pub destination: Destination,
    /// The storage format.
    pub format: StorageFormat,
    /// Whether the task is created switched off.
    pub paused: bool,
    /// The delegation of another account, whose logs are transferred.
    pub agency: Option<Agency>,
    /// A setting that the destination doesn't have.
    misplaced: Option<&'static str>,
}

/// The destination of a [`Transfer`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Destination {
    /// A bucket of Object Storage Service.
    Obs(ObsDestination),
    /// A stream of Data Ingestion Service. Lines are transferred as they arrive.
    Dis {
        /// The id of the DIS stream.
        id: String,
        /// The name of the DIS stream.
        name: String,
    },
    /// A topic of a Kafka instance of Distributed Message Service. Lines are transferred as they arrive. The instance
    /// must be registered with LTS in the console.
    Dms {
        /// The id of the Kafka instance.
        kafka: String,
        /// The topic.
        topic: String,
    },
}

impl Destination {
    /// The type on the wire.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Obs(_) => "OBS",
            Self::Dis { .. } => "DIS",
            Self::Dms { .. } => "DMS",
        }
    }
}

/// A bucket of Object Storage Service that logs are written to at an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObsDestination {
    /// The name of the OBS bucket.
    pub bucket: String,
    /// The transfer interval.
    pub every: TransferInterval,
    /// The prefix of file names.
    pub prefix: Option<String>,
    /// The directory in the bucket.
    pub dir: Option<String>,
    /// The time zone of the times in file names, by its IANA name.
    pub time_zone: Option<String>,
}

/// The delegation that lets LTS transfer the logs of another account. The account that delegates has an agency, and the
/// account of the client is the one that it delegates to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Agency {
    /// The name of the agency.
    #[serde(rename = "agency_name", deserialize_with = "lenient::or_default")]
    pub name: String,
    /// The id of the account that delegates.
    #[serde(rename = "agency_domain_id", deserialize_with = "lenient::or_default")]
    pub domain_id: String,
    /// The name of the account that delegates.
    #[serde(rename = "agency_domain_name", deserialize_with = "lenient::or_default")]
    pub domain_name: String,
    /// The id of the project of the account that delegates.
    #[serde(rename = "agency_project_id", deserialize_with = "lenient::or_default")]
    pub project_id: String,
    /// The id of the account that is delegated to.
    #[serde(rename = "be_agency_domain_id", deserialize_with = "lenient::or_default")]
    pub delegated_domain_id: String,
    /// The id of the project of the account that is delegated to.
    #[serde(rename = "be_agency_project_id", deserialize_with = "lenient::or_default")]
    pub delegated_project_id: String,
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

    /// A transfer of streams of a group to a DIS stream, by its id and name.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId, transfers::Transfer};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId) {
    /// let transfer = Transfer::to_dis(&group, [&nginx], "Om3Fq7LxT2", "shop-logs");
    /// # }
    /// ```
    pub fn to_dis<S: Into<StreamId>>(
        group: impl Into<GroupId>,
        streams: impl IntoIterator<Item = S>,
        id: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self::new(group, streams, Destination::Dis { id: id.into(), name: name.into() })
    }

    /// A transfer of streams of a group to a topic of a Kafka instance.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId, transfers::Transfer};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId) {
    /// let kafka = "3b1c8d2e-4f5a-4b6c-9d7e-8f9a0b1c2d3e";
    /// let transfer = Transfer::to_dms(&group, [&nginx], kafka, "shop-logs");
    /// # }
    /// ```
    pub fn to_dms<S: Into<StreamId>>(
        group: impl Into<GroupId>,
        streams: impl IntoIterator<Item = S>,
        kafka: impl Into<String>,
        topic: impl Into<String>,
    ) -> Self {
        Self::new(group, streams, Destination::Dms { kafka: kafka.into(), topic: topic.into() })
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
        Self {
            group: group.into(),
            streams: streams.into_iter().map(Into::into).collect(),
            destination,
            format: StorageFormat::default(),
            paused: false,
            agency: None,
            misplaced: None,
        }
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
        self.format = format;
        self
    }

    /// Sets the prefix of file names, up to 64 characters. Only for transfers to OBS.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId, transfers::{Transfer, TransferInterval}};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId, worker: StreamId) {
    /// let every = TransferInterval::Hours1;
    /// let transfer = Transfer::to_obs(&group, [&nginx], "my-bucket", every).prefix("nginx");
    /// # }
    /// ```
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        self.obs("prefix", |obs| obs.prefix = Some(prefix.into()))
    }

    /// Sets the directory in the bucket, up to 64 characters. Only for transfers to OBS.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId, transfers::{Transfer, TransferInterval}};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId, worker: StreamId) {
    /// let every = TransferInterval::Hours1;
    /// let transfer = Transfer::to_obs(&group, [&nginx], "my-bucket", every).dir("edge");
    /// # }
    /// ```
    pub fn dir(self, dir: impl Into<String>) -> Self {
        self.obs("dir", |obs| obs.dir = Some(dir.into()))
    }

    /// Sets the time zone of the times in file names, by its IANA name. Only for transfers to OBS.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId, transfers::{Transfer, TransferInterval}};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId, worker: StreamId) {
    /// let every = TransferInterval::Hours1;
    /// let transfer =
    ///     Transfer::to_obs(&group, [&nginx], "my-bucket", every).time_zone("Africa/Lagos");
    /// # }
    /// ```
    pub fn time_zone(self, name: impl Into<String>) -> Self {
        self.obs("time_zone", |obs| obs.time_zone = Some(name.into()))
    }

    fn obs(mut self, setting: &'static str, set: impl FnOnce(&mut ObsDestination)) -> Self {
        match &mut self.destination {
            Destination::Obs(obs) => set(obs),
            Destination::Dis { .. } | Destination::Dms { .. } => self.misplaced = Some(setting),
        }
        self
    }

    /// Sets whether the task is created switched off.
    ///
    /// ```
    /// use huaweicloud_lts::{GroupId, StreamId, transfers::{Transfer, TransferInterval}};
    ///
    /// # fn doc(group: GroupId, nginx: StreamId, worker: StreamId) {
    /// let every = TransferInterval::Hours1;
    /// // To be switched on by an update.
    /// let transfer = Transfer::to_obs(&group, [&nginx], "my-bucket", every).paused(true);
    /// # }
    /// ```
    pub fn paused(mut self, paused: bool) -> Self {
        self.paused = paused;
        self
    }

    /// Sets the delegation of another account, whose logs are transferred.
    ///
    /// ```
    /// use huaweicloud_lts::transfers::{Agency, Transfer};
    ///
    /// # fn doc(transfer: Transfer) {
    /// let transfer = transfer.agency(Agency {
    ///     name: "lts_transfer".to_owned(),
    ///     domain_id: "1d26cc8c86a840e28a4f8d0d07852f1d".to_owned(),
    ///     domain_name: "paas_lts_delegator".to_owned(),
    ///     project_id: "2a473356cca5487f8373be891bffc1cf".to_owned(),
    ///     delegated_domain_id: "5bf3a9c1f7e04d62a8d9e0b1c2d3e4f5".to_owned(),
    ///     delegated_project_id: "0123456789abcdef0123456789abcdef".to_owned(),
    /// });
    /// # }
    /// ```
    pub fn agency(mut self, agency: Agency) -> Self {
        self.agency = Some(agency);
        self
    }

    /// The members of its detail on the wire.
    pub(crate) fn detail(&self) -> Result<Map<String, Value>, InvalidInput> {
        let text = |name: &str, value: &str| (name.to_owned(), Value::from(value));
        match &self.destination {
            Destination::Obs(obs) => obs.detail(),
            Destination::Dis { id, name } => {
                Ok([text("dis_id", id), text("dis_name", name)].into_iter().collect())
            }
            Destination::Dms { kafka, topic } => {
                Ok([text("kafka_id", kafka), text("kafka_topic", topic)].into_iter().collect())
            }
        }
    }

    /// Checks the rules of createLogDumpObs, which knows buckets only, and no characters of prefixes.
    pub(crate) fn check_log_dump(&self) -> Result<(), InvalidInput> {
        let Destination::Obs(obs) = &self.destination else {
            return Err(InvalidInput::new("destination", self.destination.kind(), "OBS"));
        };
        for (field, is_set) in [("time_zone", obs.time_zone.is_some()), ("agency", self.agency.is_some())] {
            if is_set {
                return Err(InvalidInput::new(
                    field,
                    "set",
                    "left out, since createLogDumpObs doesn't have it",
                ));
            }
        }
        let optional = |field, rule, text: &Option<String>| match text {
            Some(text) => check_text(field, rule, text),
            None => Ok(()),
        };
        check_text("obs_bucket_name", &limits::OBS_BUCKET_NAME, &obs.bucket)?;
        optional("prefix_name", &limits::PREFIX_NAME, &obs.prefix)?;
        optional("dir_prefix_name", &limits::DIR_PREFIX_NAME, &obs.dir)?;
        match self.streams.is_empty() {
            true => Err(InvalidInput::new("log_stream_ids", "[]", "at least one stream")),
            false => Ok(()),
        }
    }

    /// Checks the rules of createTransfer.
    pub(crate) fn check(&self) -> Result<(), InvalidInput> {
        if self.streams.is_empty() {
            return Err(InvalidInput::new("log_streams", "[]", "at least one stream"));
        }
        if let Some(setting) = self.misplaced {
            return Err(InvalidInput::new(setting, self.destination.kind(), "of a transfer to OBS"));
        }
        let not_empty = |field, text: &str| match text {
            "" => Err(InvalidInput::new(field, text, "at least 1 character")),
            _ => Ok(()),
        };
        match &self.destination {
            Destination::Obs(obs) => obs.check(),
            Destination::Dis { id, name } => not_empty("dis_id", id).and(not_empty("dis_name", name)),
            Destination::Dms { kafka, topic } => {
                not_empty("kafka_id", kafka).and(not_empty("kafka_topic", topic))
            }
        }
    }
}

impl ObsDestination {
    /// A bucket that logs are written to.
    ///
    /// ```
    /// use huaweicloud_lts::transfers::{ObsDestination, TransferInterval};
    ///
    /// let mut bucket = ObsDestination::new("my-bucket", TransferInterval::Hours1);
    /// bucket.prefix = Some("nginx".to_owned());
    /// ```
    pub fn new(bucket: impl Into<String>, every: TransferInterval) -> Self {
        Self { bucket: bucket.into(), every, prefix: None, dir: None, time_zone: None }
    }

    /// Checks the settings against the rules of the service, as [`Transfers::create`](crate::transfers::Transfers::create)
    /// does before it sends them.
    ///
    /// ```
    /// use huaweicloud_lts::transfers::{ObsDestination, TransferInterval};
    ///
    /// let mut bucket = ObsDestination::new("my-bucket", TransferInterval::Hours1);
    /// assert!(bucket.check().is_ok());
    /// bucket.time_zone = Some("Africa/Nowhere".to_owned());
    /// assert!(bucket.check().is_err());
    /// ```
    ///
    /// # Errors
    /// The first setting that breaks a rule.
    pub fn check(&self) -> Result<(), InvalidInput> {
        self.checks().into_iter().try_for_each(|(_, checked)| checked)
    }

    /// Checks each member against the rules of the document ([`limits`]).
    pub(crate) fn checks(&self) -> [(&'static str, Result<(), InvalidInput>); 4] {
        let optional = |field, rule, text: &Option<String>| match text {
            Some(text) => check_text(field, rule, text),
            None => Ok(()),
        };
        [
            ("bucket", check_text("obs_bucket_name", &limits::OBS_BUCKET_NAME, &self.bucket)),
            ("prefix", optional("obs_prefix_name", &limits::OBS_PREFIX_NAME, &self.prefix)),
            ("dir", self.dir.as_deref().map_or(Ok(()), check_obs_dir)),
            ("time_zone", self.time_zone.as_deref().map_or(Ok(()), |name| standard_offset(name).map(drop))),
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

    #[test]
    fn obs_settings_are_checked_by_their_rules() {
        let valid = |change: fn(Transfer) -> Transfer| {
            let (group, stream) = ("g".repeat(36).parse().unwrap(), "s".repeat(36).parse().unwrap());
            let transfer = Transfer::to_obs::<StreamId>(
                GroupId::clone(&group),
                [stream],
                "bucket",
                TransferInterval::Hours1,
            );
            change(transfer).check()
        };
        for good in ["", "a", "/a/b/", "a.b/c_d-e"] {
            let obs = ObsDestination {
                dir: Some(good.to_owned()),
                ..ObsDestination::new("bucket", TransferInterval::Hours1)
            };
            assert!(obs.checks().iter().all(|(_, checked)| checked.is_ok()), "{good}");
        }
        assert!(valid(|t| t.prefix("a/b")).unwrap_err().to_string().contains("obs_prefix_name"));
        assert!(valid(|t| t.dir("a//b")).unwrap_err().to_string().contains("single '/'"));
        assert!(valid(|t| t.time_zone("Africa/Nowhere")).unwrap_err().to_string().contains("IANA"));
        let dis = |t: Transfer| Transfer::to_dis(t.group, t.streams, "id", "name").prefix("p");
        assert!(valid(dis).unwrap_err().to_string().contains("of a transfer to OBS"));
    }
}
