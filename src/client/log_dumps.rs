//! Transfers to object storage by createLogDumpObs, for clouds that have no other operation for them.

use super::{Call, Transfers, call::CallContext};
use crate::{
    api::lts::types::{
        self, CreateLogDumpObsRequestBody, Period, PeriodUnit, TransferType, error::ConversionError,
    },
    error::Error,
    ids::TransferId,
    input::InvalidInput,
    model::{Destination, StorageFormat, Transfer},
    transport::Attempts,
};

/// The result of [`Transfers::ensure_log_dump`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EnsuredLogDump {
    /// This call created the transfer.
    Created(TransferId),
    /// The stream already has a transfer (LTS.0207), or the response with the id of the new one got lost. Neither its
    /// id nor its settings can be read.
    AlreadyThere,
}

impl Transfers {
    /// Creates one task that transfers streams of a group to an OBS bucket at an interval
    /// ([`createLogDumpObs`](crate::spec::Operation::CreateLogDumpObs)). Use [`create`](Self::create) where the cloud has it.
    ///
    /// A stream can have one transfer.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// use huaweicloud_lts::transfers::{StorageFormat, Transfer, TransferInterval};
    ///
    /// let transfer = Transfer::to_obs(&group, [&nginx], "lts-test", TransferInterval::Minutes5)
    ///     .prefix("nginx")
    ///     .format(StorageFormat::Json);
    /// let id = lts.transfers().create_log_dump(transfer.clone()).await?;
    /// println!("keep the id: {id}");
    /// assert!(lts.transfers().create_log_dump(transfer).await.unwrap_err().is_in_use());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] without a stream, or if bucket, prefix or directory break a rule;
    /// [`is_not_found()`](Error::is_not_found) for the group, a stream or the bucket; [`is_in_use()`](Error::is_in_use)
    /// if a stream already has a transfer.
    pub fn create_log_dump(&self, transfer: Transfer) -> Call<TransferId> {
        let checked = transfer.check_log_dump();
        let call =
            Call::new(&self.client, async move |cx| create_log_dump(&cx, request_body(&transfer)?).await);
        call.checked(checked)
    }

    /// Ensures that a stream is transferred to an OBS bucket. It is safe to repeat, since a stream has at most one
    /// transfer.
    ///
    /// An existing transfer may have other settings: this call can't read them, [`ensure`](Self::ensure) does. Retries are bounded as those of
    /// [`Groups::ensure`](super::Groups::ensure).
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// use huaweicloud_lts::transfers::{EnsuredLogDump, Transfer, TransferInterval};
    ///
    /// let transfer = Transfer::to_obs(&group, [&nginx], "lts-test", TransferInterval::Minutes5);
    /// for _ in 0..2 {
    ///     match lts.transfers().ensure_log_dump(transfer.clone()).await? {
    ///         EnsuredLogDump::Created(id) => println!("created {id}"),
    ///         EnsuredLogDump::AlreadyThere => println!("the stream already has a transfer"),
    ///     }
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the transfer has more than one stream, since some of them might have a transfer
    /// already; otherwise like [`create_log_dump`](Self::create_log_dump), except for
    /// [`is_in_use()`](Error::is_in_use).
    pub fn ensure_log_dump(&self, transfer: Transfer) -> Call<EnsuredLogDump> {
        let checked = transfer.check_log_dump().and(match transfer.streams.len() {
            0 | 1 => Ok(()),
            streams => {
                let rule = "one stream; ensure a transfer for each";
                Err(InvalidInput::new("log_stream_ids", format!("{streams} streams"), rule))
            }
        });
        let call =
            Call::new(&self.client, async move |cx| ensure_log_dump(&cx, request_body(&transfer)?).await);
        call.checked(checked).persistent()
    }
}

/// Creates a transfer, or finds that the stream already has one.
async fn ensure_log_dump(
    cx: &CallContext,
    body: CreateLogDumpObsRequestBody,
) -> Result<EnsuredLogDump, Error> {
    let mut attempts = Attempts::default();
    loop {
        let error = match create_log_dump(cx, body.clone()).await {
            Ok(id) => return Ok(EnsuredLogDump::Created(id)),
            Err(error) if error.is_in_use() => return Ok(EnsuredLogDump::AlreadyThere),
            Err(error) => error,
        };
        attempts.count(&error);
        if !error.outcome_unknown() || !cx.may_repeat(attempts).await {
            return Err(error);
        }
    }
}

async fn create_log_dump(cx: &CallContext, body: CreateLogDumpObsRequestBody) -> Result<TransferId, Error> {
    let response =
        cx.response_body(cx.api.create_log_dump_obs().project_id(cx.project()).body(body).send().await)?;
    // Under either of its names (erratum 20).
    let id = response.log_dump_obs_id.clone().or(response.log_dump_obe_id.clone());
    id.ok_or_else(|| cx.lacks("log_dump_obs_id", &response))
}

/// Builds the request body, checked against the rules of the document.
fn request_body(transfer: &Transfer) -> Result<CreateLogDumpObsRequestBody, Error> {
    let Destination::Obs(obs) = &transfer.destination else {
        return Err(InvalidInput::new("destination", transfer.destination.kind(), "OBS").into());
    };
    let wrong = |e: ConversionError| InvalidInput::new("every", obs.every, e.to_string());
    Ok(CreateLogDumpObsRequestBody {
        log_group_id: transfer.group.clone(),
        log_stream_ids: transfer.streams.clone(),
        obs_bucket_name: obs.bucket.clone().into(),
        type_: TransferType::Cycle,
        // Always sent, since the reference doesn't say whether it is required (erratum 23).
        storage_format: Some(transfer.format.into()),
        switch_on: !transfer.paused,
        prefix_name: obs.prefix.clone().map(Into::into),
        dir_prefix_name: obs.dir.clone().map(Into::into),
        period: Period::try_from(obs.every.period()).map_err(wrong)?,
        period_unit: PeriodUnit::try_from(obs.every.period_unit()).map_err(wrong)?,
    })
}

impl From<StorageFormat> for types::StorageFormat {
    fn from(format: StorageFormat) -> Self {
        match format {
            StorageFormat::Raw => Self::Raw,
            StorageFormat::Json => Self::Json,
        }
    }
}
