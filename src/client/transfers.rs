//! Transfers of log streams: create, list, find, ensure, update, delete.

use super::{Call, Client, call::CallContext};
use crate::{
    api::lts::types::{
        CreateTransferInfo, CreateTransferRequestBody, LogTransferFormat, LogTransferMode, LogTransferStatus,
        LogTransferType, TransferAgency, TransferAgencyInner, TransferStream, UpdateTransferInfo,
        UpdateTransferRequestBody,
    },
    error::{ConflictError, Error},
    ids::{StreamId, TransferId},
    input::InvalidInput,
    model::{Agency, Destination, LogTransfer, StorageFormat, Transfer, TransferChanges},
    spec::TransferInterval,
    transport::Attempts,
};

impl Client {
    /// The transfers of the project. Nothing is sent.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// use huaweicloud_lts::transfers::{Transfer, TransferInterval};
    ///
    /// let transfers = lts.transfers();
    /// let bucket = "lts-test"; // of the emulator
    /// let transfer = Transfer::to_obs(&group, [&nginx], bucket, TransferInterval::Hours1);
    /// println!("created {}", transfers.create(transfer).await?);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn transfers(&self) -> Transfers {
        Transfers { client: self.clone() }
    }
}

/// The transfers of a project; [`Client::transfers`] returns it. It can be cloned, stored and spawned.
///
/// Clouds with an older edition of the service have [`create_log_dump`](Self::create_log_dump) only, and respond to
/// the other calls with APIGW.0101.
#[derive(Debug, Clone)]
pub struct Transfers {
    pub(super) client: Client,
}

/// The result of [`Transfers::ensure`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EnsuredTransfer {
    /// This call created the transfer.
    Created(TransferId),
    /// The transfer existed with other settings, and this call changed them.
    Updated(TransferId),
    /// The transfer existed with the same settings.
    Unchanged(TransferId),
}

/// The call of [`Transfers::update`].
pub type UpdateTransfer = Call<(), TransferUpdate>;

/// The arguments of [`UpdateTransfer`].
#[derive(Debug, Clone)]
pub struct TransferUpdate {
    transfer: LogTransfer,
    changes: TransferChanges,
}

impl UpdateTransfer {
    /// Replaces the streams of the task, at least one.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// let worker = lts.group(&group).streams().create("worker").await?;
    /// let transfer = lts.transfers().find(&nginx).await?.expect("it exists");
    /// lts.transfers().update(&transfer).streams([&nginx, &worker]).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn streams<S: Into<StreamId>>(mut self, streams: impl IntoIterator<Item = S>) -> Self {
        self.arguments.changes.streams = Some(streams.into_iter().map(Into::into).collect());
        self.rechecked()
    }

    /// Sets the OBS bucket.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// let transfer = lts.transfers().find(&nginx).await?.expect("it exists");
    /// lts.transfers().update(&transfer).bucket("lts-test").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn bucket(mut self, name: impl Into<String>) -> Self {
        self.arguments.changes.bucket = Some(name.into());
        self.rechecked()
    }

    /// Sets the transfer interval.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// let transfer = lts.transfers().find(&nginx).await?.expect("it exists");
    /// lts.transfers().update(&transfer).every(huaweicloud_lts::transfers::TransferInterval::Hours1).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn every(mut self, interval: TransferInterval) -> Self {
        self.arguments.changes.every = Some(interval);
        self.rechecked()
    }

    /// Sets the storage format.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// let transfer = lts.transfers().find(&nginx).await?.expect("it exists");
    /// lts.transfers().update(&transfer).format(huaweicloud_lts::transfers::StorageFormat::Json).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn format(mut self, format: StorageFormat) -> Self {
        self.arguments.changes.format = Some(format);
        self.rechecked()
    }

    /// Sets the prefix of file names; an empty one removes it.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// let transfer = lts.transfers().find(&nginx).await?.expect("it exists");
    /// lts.transfers().update(&transfer).prefix("nginx").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.arguments.changes.prefix = Some(prefix.into());
        self.rechecked()
    }

    /// Sets the directory in the bucket; an empty one removes it.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// let transfer = lts.transfers().find(&nginx).await?.expect("it exists");
    /// lts.transfers().update(&transfer).dir("edge").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn dir(mut self, dir: impl Into<String>) -> Self {
        self.arguments.changes.dir = Some(dir.into());
        self.rechecked()
    }

    /// Sets the time zone of the times in file names, by its IANA name; an empty one removes it.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// let transfer = lts.transfers().find(&nginx).await?.expect("it exists");
    /// lts.transfers().update(&transfer).time_zone("Africa/Lagos").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.arguments.changes.time_zone = Some(name.into());
        self.rechecked()
    }

    /// Switches the task off or on.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// let transfer = lts.transfers().find(&nginx).await?.expect("it exists");
    /// lts.transfers().update(&transfer).paused(true).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn paused(mut self, paused: bool) -> Self {
        self.arguments.changes.paused = Some(paused);
        self.rechecked()
    }

    /// Sets all changes at once.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// use huaweicloud_lts::transfers::TransferChanges;
    ///
    /// let mut changes = TransferChanges::default();
    /// changes.paused = Some(true);
    /// let transfer = lts.transfers().find(&nginx).await?.expect("it exists");
    /// lts.transfers().update(&transfer).changes(changes).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn changes(mut self, changes: TransferChanges) -> Self {
        self.arguments.changes = changes;
        self.rechecked()
    }

    fn rechecked(self) -> Self {
        let checked = self.arguments.transfer.with(&self.arguments.changes).map(drop);
        self.checked(checked)
    }
}

impl Transfers {
    /// Creates one task that transfers streams of a group ([`createTransfer`](crate::spec::Operation::CreateTransfer)).
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
    /// let id = lts.transfers().create(transfer.clone()).await?;
    /// assert!(lts.transfers().create(transfer).await.unwrap_err().is_in_use());
    /// lts.transfers().delete(&id).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] without a stream, or if a setting breaks a rule;
    /// [`is_not_found()`](Error::is_not_found) for the group, a stream or the bucket; [`is_in_use()`](Error::is_in_use)
    /// if a stream already has a transfer.
    pub fn create(&self, transfer: Transfer) -> Call<TransferId> {
        let checked = transfer.check();
        let call = Call::new(&self.client, async move |cx| create(&cx, &transfer).await);
        call.checked(checked)
    }

    /// Lists all transfers of the project ([`listTransfers`](crate::spec::Operation::ListTransfers)), those of
    /// [`create_log_dump`](Self::create_log_dump) too.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// for transfer in lts.transfers().list().await? {
    ///     println!("{} {:?}", transfer.id, transfer.obs());
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// Those of every call.
    pub fn list(&self) -> Call<Vec<LogTransfer>> {
        Call::new(&self.client, async move |cx| list(&cx).await)
    }

    /// Finds the transfer of a stream, with a list call.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// let transfer = lts.transfers().find(&nginx).await?;
    /// assert!(transfer.is_some());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// Those of every call.
    pub fn find(&self, stream: &StreamId) -> Call<Option<LogTransfer>> {
        let stream = stream.clone();
        Call::new(&self.client, async move |cx| Ok(find(list(&cx).await?, &stream)))
    }

    /// Ensures that a stream has this transfer: creates it, or changes the settings of the one that exists. It is safe to
    /// repeat, and retries are bounded as those of [`Groups::ensure`](super::Groups::ensure).
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// use huaweicloud_lts::transfers::{EnsuredTransfer, Transfer, TransferInterval};
    ///
    /// let transfer = Transfer::to_obs(&group, [&nginx], "lts-test", TransferInterval::Minutes5);
    /// let created = lts.transfers().ensure(transfer.clone()).await?;
    /// assert!(matches!(created, EnsuredTransfer::Created(_)));
    /// let updated = lts.transfers().ensure(transfer.paused(true)).await?;
    /// assert!(matches!(updated, EnsuredTransfer::Updated(_)));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// As [`create`](Self::create), and [`Error::InvalidInput`] for more than one stream. [`Error::Conflict`] if the
    /// stream has a transfer that can't become this one: to another kind of destination, with another delegation, or of
    /// several streams with other settings.
    pub fn ensure(&self, transfer: Transfer) -> Call<EnsuredTransfer> {
        let checked = transfer.check().and(match transfer.streams.len() {
            0 | 1 => Ok(()),
            streams => {
                let rule = "one stream; ensure a transfer for each";
                Err(InvalidInput::new("log_streams", format!("{streams} streams"), rule))
            }
        });
        let call = Call::new(&self.client, async move |cx| ensure(&cx, &transfer, true).await);
        call.checked(checked).persistent()
    }

    /// [`ensure`](Self::ensure) for a stream that a list has just shown to have no transfer: one request instead of two.
    #[cfg(feature = "provision")]
    pub(crate) fn ensure_new(&self, transfer: Transfer) -> Call<EnsuredTransfer> {
        let checked = transfer.check();
        let call = Call::new(&self.client, async move |cx| ensure(&cx, &transfer, false).await);
        call.checked(checked).persistent()
    }

    /// Changes a transfer ([`updateTransfer`](crate::spec::Operation::UpdateTransfer)). What is not set stays as it was
    /// listed, also settings that this crate doesn't know.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// let transfer = lts.transfers().find(&nginx).await?.expect("it exists");
    /// lts.transfers().update(&transfer).prefix("nginx").paused(true).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if a setting breaks a rule, or isn't one of a transfer to this destination;
    /// [`is_not_found()`](Error::is_not_found) for the transfer, a stream or the bucket; [`is_in_use()`](Error::is_in_use)
    /// if a new stream has another transfer.
    pub fn update(&self, transfer: &LogTransfer) -> UpdateTransfer {
        let arguments = TransferUpdate { transfer: transfer.clone(), changes: TransferChanges::default() };
        Call::with_arguments(&self.client, arguments, async move |cx, arguments| {
            let changed = arguments.transfer.with(&arguments.changes)?;
            update(&cx, &changed, arguments.changes.streams.is_some()).await
        })
    }

    /// Deletes a transfer ([`deleteTransfer`](crate::spec::Operation::DeleteTransfer)). What it has transferred stays.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&group).streams().create("nginx").await?;
    /// # let every = huaweicloud_lts::transfers::TransferInterval::Minutes5;
    /// # let transfer = huaweicloud_lts::transfers::Transfer::to_obs(&group, [&nginx], "lts-test", every);
    /// # lts.transfers().create(transfer).await?;
    /// let transfer = lts.transfers().find(&nginx).await?.expect("it exists");
    /// lts.transfers().delete(&transfer.id).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`is_not_found()`](Error::is_not_found).
    pub fn delete(&self, transfer: &TransferId) -> Call<()> {
        let transfer = transfer.clone();
        Call::new(&self.client, async move |cx| {
            let call =
                cx.api.delete_transfer().project_id(cx.project()).log_transfer_id(transfer.to_string());
            cx.response_body(call.send().await)
        })
    }
}

async fn create(cx: &CallContext, transfer: &Transfer) -> Result<TransferId, Error> {
    let call = cx.api.create_transfer().project_id(cx.project()).body(request_body(transfer)?);
    Ok(cx.response_body(call.send().await)?.id)
}

async fn list(cx: &CallContext) -> Result<Vec<LogTransfer>, Error> {
    let response = cx.response_body(cx.api.list_transfers().project_id(cx.project()).send().await)?;
    Ok(response.log_transfers.unwrap_or_default().into_iter().flatten().collect())
}

fn find(transfers: Vec<LogTransfer>, stream: &StreamId) -> Option<LogTransfer> {
    transfers.into_iter().find(|transfer| transfer.streams.iter().any(|one| one.id == *stream))
}

/// Creates a transfer of one stream, or changes the one that it has. `look` says whether to look for one first.
async fn ensure(cx: &CallContext, transfer: &Transfer, mut look: bool) -> Result<EnsuredTransfer, Error> {
    let mut attempts = Attempts::default();
    let mut maybe_created = false;
    loop {
        let existing = match transfer.streams.first() {
            Some(stream) if look => find(list(cx).await?, stream),
            _ => None,
        };
        look = true;
        if let Some(existing) = existing {
            let changed = adapted(transfer, &existing)?;
            let id = existing.id.clone();
            if changed != existing {
                update(cx, &changed, false).await?;
                return Ok(EnsuredTransfer::Updated(id));
            }
            return Ok(if maybe_created {
                EnsuredTransfer::Created(id)
            } else {
                EnsuredTransfer::Unchanged(id)
            });
        }
        let mut error = match create(cx, transfer).await {
            Ok(id) => return Ok(EnsuredTransfer::Created(id)),
            Err(error) => error,
        };
        attempts.count(&error);
        maybe_created |= error.outcome_unknown();
        // Whatever the outcome is, it is safe to ensure again.
        let may_exist = error.outcome_unknown() || error.is_in_use();
        error.forget_unknown_outcome();
        if !may_exist || !cx.may_repeat(attempts).await {
            return Err(error);
        }
    }
}

/// An existing transfer with the settings of another one.
fn adapted(transfer: &Transfer, existing: &LogTransfer) -> Result<LogTransfer, Error> {
    let conflict = |reason| {
        let stream = transfer.streams.first().or(existing.streams.first().map(|stream| &stream.id));
        match stream {
            Some(stream) => Error::Conflict(ConflictError::Transfer {
                stream: stream.clone(),
                transfer: existing.id.clone(),
                reason,
            }),
            None => InvalidInput::new("log_streams", "[]", "at least one stream").into(),
        }
    };
    if existing.info.kind.as_deref() != Some(transfer.destination.kind()) {
        return Err(conflict("has another kind of destination"));
    }
    if existing.info.agency != transfer.agency {
        return Err(conflict("has another delegation"));
    }
    let changed = match &transfer.destination {
        Destination::Obs(obs) => {
            existing.with(&TransferChanges::to(obs, transfer.format, transfer.paused))?
        }
        Destination::Dis { .. } | Destination::Dms { .. } => {
            let changes = TransferChanges {
                format: Some(transfer.format),
                paused: Some(transfer.paused),
                ..TransferChanges::default()
            };
            let mut changed = existing.with(&changes)?;
            changed.info.detail.extend(transfer.detail()?);
            changed
        }
    };
    match changed != *existing && existing.streams.len() > 1 {
        true => Err(conflict("has other settings and several streams; update it with all of them in mind")),
        false => Ok(changed),
    }
}

async fn update(cx: &CallContext, transfer: &LogTransfer, with_streams: bool) -> Result<(), Error> {
    let unknown = |field, text: &Option<String>| {
        let text = text.clone().unwrap_or_default();
        InvalidInput::new(field, text, "one that the service accepts; the list had none")
    };
    let info = &transfer.info;
    let parsed = |text: &Option<String>| text.clone().unwrap_or_default();
    let log_storage_format = LogTransferFormat::try_from(parsed(&info.format))
        .map_err(|_| unknown("log_storage_format", &info.format))?;
    let log_transfer_status = LogTransferStatus::try_from(parsed(&info.status))
        .map_err(|_| unknown("log_transfer_status", &info.status))?;
    let streams = if with_streams { transfer.streams.as_slice() } else { &[] };
    let stream = |stream: &crate::model::TransferStream| TransferStream {
        log_stream_id: stream.id.clone(),
        log_stream_name: stream.name.clone(),
    };
    let body = UpdateTransferRequestBody {
        log_transfer_id: transfer.id.clone(),
        log_group_id: with_streams.then(|| transfer.group.clone()),
        log_streams: streams.iter().map(stream).collect(),
        log_transfer_info: UpdateTransferInfo {
            log_storage_format,
            log_transfer_status,
            log_transfer_detail: info.detail.clone(),
        },
    };
    cx.response_body(cx.api.update_transfer().project_id(cx.project()).body(body).send().await)
}

fn request_body(transfer: &Transfer) -> Result<CreateTransferRequestBody, Error> {
    let (log_transfer_type, log_transfer_mode) = match transfer.destination {
        Destination::Obs(_) => (LogTransferType::Obs, LogTransferMode::Cycle),
        Destination::Dis { .. } => (LogTransferType::Dis, LogTransferMode::RealTime),
        Destination::Dms { .. } => (LogTransferType::Dms, LogTransferMode::RealTime),
    };
    let stream = |id: &StreamId| TransferStream { log_stream_id: id.clone(), log_stream_name: None };
    Ok(CreateTransferRequestBody {
        log_group_id: transfer.group.clone(),
        log_streams: transfer.streams.iter().map(stream).collect(),
        log_transfer_info: CreateTransferInfo {
            log_transfer_type,
            log_transfer_mode,
            log_storage_format: transfer.format.into(),
            log_transfer_status: match transfer.paused {
                true => LogTransferStatus::Disable,
                false => LogTransferStatus::Enable,
            },
            log_agency_transfer: transfer.agency.as_ref().map(agency),
            log_transfer_detail: transfer.detail()?,
        },
    })
}

fn agency(agency: &Agency) -> TransferAgency {
    TransferAgency(Some(TransferAgencyInner {
        agency_domain_id: agency.domain_id.clone(),
        agency_domain_name: agency.domain_name.clone(),
        agency_name: agency.name.clone(),
        agency_project_id: agency.project_id.clone(),
        be_agency_domain_id: agency.delegated_domain_id.clone(),
        be_agency_project_id: agency.delegated_project_id.clone(),
    }))
}

impl From<StorageFormat> for LogTransferFormat {
    fn from(format: StorageFormat) -> Self {
        match format {
            StorageFormat::Raw => Self::Raw,
            StorageFormat::Json => Self::Json,
        }
    }
}
