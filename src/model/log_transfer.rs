//! Transfers that exist, and changes of them.

use std::time::SystemTime;

use serde::{
    Deserialize, Serialize,
    de::{MapAccess, SeqAccess, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

use super::{ObsDestination, StorageFormat, timestamp::system_time, transfer::Agency};
use crate::{
    ids::{GroupId, StreamId, TransferId},
    input::{InvalidInput, standard_offset},
    lenient::{self, FromJson, Lenient},
    spec::TransferInterval,
};

/// A transfer task, as [`listTransfers`](crate::spec::Operation::ListTransfers) returns it.
///
/// ```
/// # #[cfg(feature = "emulator")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = huaweicloud_lts::Emulator::start()?;
/// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
/// for transfer in lts.transfers().list().await? {
///     let bucket = transfer.obs().map(|obs| obs.bucket);
///     println!("{}: {:?}, paused: {}", transfer.id, bucket, transfer.is_paused());
/// }
/// # Ok(()) }
/// # #[cfg(not(feature = "emulator"))] fn main() {}
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogTransfer {
    /// The id of the task.
    #[serde(rename = "log_transfer_id")]
    pub id: TransferId,
    /// The group of the streams.
    #[serde(rename = "log_group_id")]
    pub group: GroupId,
    /// The name of the group, if the service sent it.
    #[serde(
        rename = "log_group_name",
        default,
        deserialize_with = "lenient::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub group_name: Option<String>,
    /// The streams.
    #[serde(rename = "log_streams", default, deserialize_with = "lenient::items")]
    pub streams: Vec<TransferStream>,
    /// Type, mode, format, status and destination.
    #[serde(rename = "log_transfer_info", default, deserialize_with = "lenient::or_default")]
    pub info: TransferInfo,
}

/// A stream of a [`LogTransfer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TransferStream {
    /// The id of the stream.
    #[serde(rename = "log_stream_id")]
    pub id: StreamId,
    /// The name of the stream, if the service sent it.
    #[serde(
        rename = "log_stream_name",
        default,
        deserialize_with = "lenient::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub name: Option<String>,
}

/// Type, mode, format, status and destination of a [`LogTransfer`], in the words of the service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TransferInfo {
    /// `OBS`, `DIS` or `DMS`.
    #[serde(rename = "log_transfer_type", deserialize_with = "lenient::option")]
    pub kind: Option<String>,
    /// `cycle` or `realTime`.
    #[serde(rename = "log_transfer_mode", deserialize_with = "lenient::option")]
    pub mode: Option<String>,
    /// `RAW` or `JSON`.
    #[serde(rename = "log_storage_format", deserialize_with = "lenient::option")]
    pub format: Option<String>,
    /// `ENABLE`, `DISABLE`, or `EXCEPTION` after an error.
    #[serde(rename = "log_transfer_status", deserialize_with = "lenient::option")]
    pub status: Option<String>,
    /// The time of creation in milliseconds since 1970-01-01T00:00:00Z, if the service sent it.
    #[serde(
        rename = "log_create_time",
        deserialize_with = "lenient::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub creation_time: Option<i64>,
    /// The delegation of another account, if there is one.
    #[serde(rename = "log_agency_transfer", deserialize_with = "lenient::option")]
    pub agency: Option<Agency>,
    /// Where and how logs are transferred: the members of the service, texts, numbers, booleans and lists of them.
    #[serde(rename = "log_transfer_detail", deserialize_with = "lenient::or_default")]
    pub detail: Map<String, Value>,
}

/// New values of a transfer to OBS. What is not set stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransferChanges {
    /// The streams of the task.
    pub streams: Option<Vec<StreamId>>,
    /// The name of the OBS bucket.
    pub bucket: Option<String>,
    /// The transfer interval.
    pub every: Option<TransferInterval>,
    /// The storage format.
    pub format: Option<StorageFormat>,
    /// The prefix of file names; empty for none.
    pub prefix: Option<String>,
    /// The directory in the bucket; empty for none.
    pub dir: Option<String>,
    /// The IANA name of the time zone of the times in file names; empty for that of the service.
    pub time_zone: Option<String>,
    /// Whether the task is switched off.
    pub paused: Option<bool>,
}

const PERIOD: &str = "obs_period";
const UNIT: &str = "obs_period_unit";
const BUCKET: &str = "obs_bucket_name";
const PREFIX: &str = "obs_prefix_name";
const DIR: &str = "obs_dir_pre_fix_name";
const TIME_ZONE: &str = "obs_time_zone_id";
const OFFSET: &str = "obs_time_zone";
/// The path with the bucket, which the service sets where it is absent.
const PATH: &str = "obs_transfer_path";

impl LogTransfer {
    /// The bucket and its settings; `None` for another destination.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// for transfer in lts.transfers().list().await? {
    ///     match transfer.obs() {
    ///         Some(obs) => println!("{}: every {} to {}", transfer.id, obs.every, obs.bucket),
    ///         None => println!("{}: {:?}", transfer.id, transfer.info.kind),
    ///     }
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn obs(&self) -> Option<ObsDestination> {
        let detail = &self.info.detail;
        let text = |name: &str| detail.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let period = match detail.get(PERIOD)? {
            Value::String(text) => text.parse().ok(),
            number => number.as_i64(),
        };
        let unit = text(UNIT)?;
        let mut intervals = TransferInterval::ALL.into_iter();
        let every = intervals
            .find(|valid| period == Some(valid.period().into()) && unit == valid.period_unit())
            .filter(|_| self.info.kind.as_deref() == Some("OBS"))?;
        let mut obs = ObsDestination::new(text(BUCKET)?, every);
        (obs.prefix, obs.dir, obs.time_zone) = (text(PREFIX), text(DIR), text(TIME_ZONE));
        Some(obs)
    }

    /// The storage format, if it is known.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::transfers::StorageFormat;
    ///
    /// let transfers = lts.transfers().list().await?;
    /// let raw = transfers.iter().filter(|transfer| transfer.format() == Some(StorageFormat::Raw));
    /// println!("{} of {} transfers store raw lines", raw.count(), transfers.len());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn format(&self) -> Option<StorageFormat> {
        self.info.format.as_deref()?.parse().ok()
    }

    /// Whether the task is switched off.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// for transfer in lts.transfers().list().await? {
    ///     if transfer.is_paused() {
    ///         lts.transfers().update(&transfer).paused(false).await?;
    ///     }
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn is_paused(&self) -> bool {
        self.info.status.as_deref() == Some("DISABLE")
    }

    /// Whether another account delegates the transfer of its logs.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let transfers = lts.transfers().list().await?;
    /// let own: Vec<_> = transfers.iter().filter(|transfer| !transfer.is_delegated()).collect();
    /// println!("{} of {} transfers are this account's own", own.len(), transfers.len());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn is_delegated(&self) -> bool {
        self.info.agency.is_some()
    }

    /// The time of creation, if the service sent it.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let mut transfers = lts.transfers().list().await?;
    /// transfers.sort_by_key(|transfer| transfer.created_at());
    /// println!("the newest: {:?}", transfers.last());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn created_at(&self) -> Option<SystemTime> {
        self.info.creation_time.map(system_time)
    }

    /// The task with new values. Members of the detail that have none stay as they are.
    pub(crate) fn with(&self, changes: &TransferChanges) -> Result<Self, InvalidInput> {
        let mut changed = self.clone();
        if let Some(streams) = &changes.streams {
            if streams.is_empty() {
                return Err(InvalidInput::new("log_streams", "[]", "at least one stream"));
            }
            let known = |id: &StreamId| self.streams.iter().find(|stream| stream.id == *id).cloned();
            let stream = |id: &StreamId| known(id).unwrap_or(TransferStream { id: id.clone(), name: None });
            changed.streams = streams.iter().map(stream).collect();
        }
        if let Some(format) = changes.format {
            changed.info.format = Some(format.to_string().to_uppercase());
        }
        if let Some(paused) = changes.paused {
            changed.info.status = Some(if paused { "DISABLE" } else { "ENABLE" }.to_owned());
        }
        let is_obs = self.info.kind.as_deref() == Some("OBS");
        if let Some(setting) = changes.obs_setting().filter(|_| !is_obs) {
            let kind = self.info.kind.clone().unwrap_or_default();
            return Err(InvalidInput::new(setting, kind, "of a transfer to OBS"));
        }
        changes.apply(&mut changed.info.detail)?;
        if let Some(obs) = changed.obs() {
            obs.checks().into_iter().try_for_each(|(_, checked)| checked)?;
        }
        Ok(changed)
    }
}

impl ObsDestination {
    /// The members of the detail of a new transfer.
    pub(crate) fn detail(&self) -> Result<Map<String, Value>, InvalidInput> {
        let mut detail = Map::new();
        TransferChanges::to(self, StorageFormat::default(), false).apply(&mut detail)?;
        Ok(detail)
    }
}

impl TransferChanges {
    /// The first change that only transfers to OBS have.
    fn obs_setting(&self) -> Option<&'static str> {
        let settings = [
            ("bucket", self.bucket.is_some()),
            ("every", self.every.is_some()),
            ("prefix", self.prefix.is_some()),
            ("dir", self.dir.is_some()),
            ("time_zone", self.time_zone.is_some()),
        ];
        settings.into_iter().find_map(|(setting, is_set)| is_set.then_some(setting))
    }

    /// Changes the members of a detail. Others stay as they are.
    fn apply(&self, detail: &mut Map<String, Value>) -> Result<(), InvalidInput> {
        if let Some(every) = self.every {
            detail.insert(PERIOD.to_owned(), every.period().into());
            detail.insert(UNIT.to_owned(), every.period_unit().into());
        }
        if let Some(bucket) = &self.bucket
            && detail.get(BUCKET).and_then(Value::as_str) != Some(bucket)
        {
            detail.insert(BUCKET.to_owned(), bucket.as_str().into());
            detail.remove(PATH);
        }
        set(detail, PREFIX, self.prefix.as_deref());
        set(detail, DIR, self.dir.as_deref());
        let current = detail.get(TIME_ZONE).and_then(Value::as_str);
        if let Some(name) = self.time_zone.as_ref().filter(|name| current != Some(name)) {
            let offset = if name.is_empty() { String::new() } else { standard_offset(name)? };
            set(detail, TIME_ZONE, Some(name));
            set(detail, OFFSET, Some(&offset));
        }
        Ok(())
    }

    /// All settings of a manifest's transfer, also those that it leaves out.
    pub(crate) fn to(obs: &ObsDestination, format: StorageFormat, paused: bool) -> Self {
        let or_none = |text: &Option<String>| Some(text.clone().unwrap_or_default());
        Self {
            streams: None,
            bucket: Some(obs.bucket.clone()),
            every: Some(obs.every),
            format: Some(format),
            prefix: or_none(&obs.prefix),
            dir: or_none(&obs.dir),
            time_zone: or_none(&obs.time_zone),
            paused: Some(paused),
        }
    }
}

/// Sets a text; removes it where it is empty.
fn set(detail: &mut Map<String, Value>, name: &str, text: Option<&str>) {
    match text {
        None => {}
        Some("") => drop(detail.remove(name)),
        Some(text) => drop(detail.insert(name.to_owned(), text.into())),
    }
}

impl FromJson for TransferInfo {
    fn from_map<'de, A: MapAccess<'de>>(members: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(members)).map(Some)
    }
}

impl FromJson for Agency {
    fn from_map<'de, A: MapAccess<'de>>(members: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(members)).map(Some)
    }
}

/// The members of a detail that can be read.
impl FromJson for Map<String, Value> {
    fn from_map<'de, A: MapAccess<'de>>(mut members: A) -> Result<Option<Self>, A::Error> {
        let mut detail = Self::new();
        while let Some((name, value)) = members.next_entry::<String, Lenient<DetailMember>>()? {
            if let Lenient(Some(DetailMember(value))) = value {
                detail.insert(name, value);
            }
        }
        Ok(Some(detail))
    }
}

/// A text, number, boolean or list of them. Nothing is kept of an object, so that no response takes much more memory than
/// its bytes.
struct DetailMember(Value);

impl FromJson for DetailMember {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.into()))
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(Self(number.into()))
    }

    fn from_float(number: f64) -> Option<Self> {
        Some(Self(number.into()))
    }

    fn from_boolean(value: bool) -> Option<Self> {
        Some(Self(value.into()))
    }

    fn from_list<'de, A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        let mut list = Vec::new();
        while let Some(Lenient(item)) = items.next_element::<Lenient<Self>>()? {
            list.extend(item.map(|Self(item)| item).filter(|item| !item.is_array()));
        }
        Ok(Some(Self(list.into())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn transfer(info: Value) -> LogTransfer {
        serde_json::from_value(json!({
            "log_transfer_id": "t".repeat(36), "log_group_id": "g".repeat(36), "log_group_name": "app",
            "log_streams": [{"log_stream_id": "s".repeat(36), "log_stream_name": "nginx"}],
            "log_transfer_info": info,
        }))
        .unwrap()
    }

    fn to_obs() -> Value {
        json!({
            "log_transfer_type": "OBS", "log_transfer_mode": "cycle", "log_storage_format": "RAW",
            "log_transfer_status": "ENABLE", "log_agency_transfer": null, "log_create_time": 1,
            "log_transfer_detail": {
                "obs_period": 5, "obs_period_unit": "min", "obs_bucket_name": "bucket", "obs_prefix_name": "p",
                "obs_transfer_path": "/bucket/LogTanks/r/", "obs_encrypted_enable": false, "tags": ["hostIP"],
            },
        })
    }

    #[test]
    fn transfers_are_written_as_they_were_read() {
        let read = transfer(to_obs());
        assert_eq!(serde_json::to_value(&read).unwrap()["log_transfer_info"], to_obs());
        let obs = read.obs().unwrap();
        assert_eq!((obs.bucket.as_str(), obs.every, obs.dir), ("bucket", TransferInterval::Minutes5, None));
        assert_eq!(
            (read.format(), read.is_paused(), read.is_delegated()),
            (Some(StorageFormat::Raw), false, false)
        );
    }

    #[test]
    fn delegations_are_read_as_they_are_sent() {
        let mut info = to_obs();
        info["log_agency_transfer"] = json!({"agency_name": "lts_transfer", "agency_domain_id": null});
        // From a text, as a response is.
        let text = serde_json::to_string(&transfer(info)).unwrap();
        let read: LogTransfer = serde_json::from_str(&text).unwrap();
        assert!(read.is_delegated());
        assert_eq!(read.info.agency.unwrap().name, "lts_transfer");
    }

    #[test]
    fn odd_members_are_absent() {
        for info in [json!(null), json!("no"), json!([1]), json!({"log_transfer_detail": 7})] {
            let read = transfer(info);
            assert_eq!((read.obs(), read.info.detail.len()), (None, 0));
        }
        let mut info = to_obs();
        info["log_transfer_detail"]["obs_period"] = json!("5");
        info["log_transfer_detail"]["odd"] = json!({"a": {"b": 1}});
        info["log_transfer_detail"]["tags"] = json!(["a", null, {"b": 1}, ["c"]]);
        let read = transfer(info);
        assert_eq!(read.obs().unwrap().every, TransferInterval::Minutes5);
        assert_eq!((read.info.detail.get("odd"), &read.info.detail["tags"]), (None, &json!(["a"])));
    }

    #[test]
    fn changes_keep_what_they_do_not_name() {
        let read = transfer(to_obs());
        assert_eq!(read.with(&TransferChanges::default()).unwrap(), read);
        let same = TransferChanges::to(&read.obs().unwrap(), StorageFormat::Raw, false);
        assert_eq!(read.with(&same).unwrap(), read);
        let changes = TransferChanges {
            bucket: Some("other".to_owned()),
            prefix: Some(String::new()),
            time_zone: Some("Africa/Lagos".to_owned()),
            paused: Some(true),
            ..TransferChanges::default()
        };
        let changed = read.with(&changes).unwrap();
        let mut expected = to_obs();
        expected["log_transfer_status"] = json!("DISABLE");
        expected["log_transfer_detail"] = json!({
            "obs_period": 5, "obs_period_unit": "min", "obs_bucket_name": "other",
            "obs_encrypted_enable": false, "tags": ["hostIP"],
            "obs_time_zone": "UTC+01:00", "obs_time_zone_id": "Africa/Lagos",
        });
        assert_eq!(serde_json::to_value(&changed).unwrap()["log_transfer_info"], expected);
        let none = TransferChanges { time_zone: Some(String::new()), ..TransferChanges::default() };
        let detail = changed.with(&none).unwrap().info.detail;
        assert!(!detail.contains_key("obs_time_zone") && !detail.contains_key("obs_time_zone_id"));
        let wrong = TransferChanges { bucket: Some("b".repeat(64)), ..TransferChanges::default() };
        assert!(read.with(&wrong).unwrap_err().to_string().contains("obs_bucket_name"));
    }
}
