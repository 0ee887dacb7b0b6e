//! Log streams of a group: create, list, find, ensure, delete.

use super::{
    Call, Client,
    call::CallContext,
    ensure::{self, Ensured},
};
use crate::{
    api::lts::types::CreateLogStreamRequestBody,
    error::Error,
    ids::{GroupId, StreamId},
    input::{InvalidInput, check_text},
    model::LogStream,
    spec::limits,
};

/// The log streams of a group; [`GroupHandle::streams`](super::GroupHandle::streams) returns it. It can be cloned, stored
/// and spawned.
#[derive(Debug, Clone)]
pub struct Streams {
    client: Client,
    group: GroupId,
}

/// The call of [`Streams::create`].
pub type CreateStream = Call<StreamId, NewStream>;

/// The arguments of [`CreateStream`].
#[derive(Debug, Clone)]
pub struct NewStream {
    group: GroupId,
    name: String,
}

impl Streams {
    pub(super) fn new(client: &Client, group: &GroupId) -> Self {
        Self { client: client.clone(), group: group.clone() }
    }

    /// Creates a log stream ([`createLogStream`](crate::spec::Operation::CreateLogStream)).
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let streams = lts.group(&group).streams();
    /// let nginx = streams.create("nginx").await?;
    /// println!("created {nginx}");
    /// assert!(streams.create("nginx").await.unwrap_err().is_already_exists());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the name breaks a rule; [`is_not_found()`](Error::is_not_found) for the group;
    /// [`is_already_exists()`](Error::is_already_exists); [`is_quota_exceeded()`](Error::is_quota_exceeded). If no
    /// response arrived, the stream may still have been created: see [`Error::outcome_unknown`], or use
    /// [`ensure`](Self::ensure).
    pub fn create(&self, name: impl Into<String>) -> CreateStream {
        let stream = NewStream { group: self.group.clone(), name: name.into() };
        let checked = check(&stream.name);
        let call = Call::with_arguments(&self.client, stream, async move |cx, stream| {
            create(&cx, &stream.group, request_body(&stream.name)).await
        });
        call.checked(checked)
    }

    /// Lists all streams of the group ([`listLogStreams`](crate::spec::Operation::ListLogStreams)), without paging.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let streams = lts.group(&group).streams();
    /// streams.ensure_all(["nginx", "worker"]).await?;
    /// for stream in streams.list().await? {
    ///     println!("{} {}", stream.id, stream.name);
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`is_not_found()`](Error::is_not_found) for the group.
    pub fn list(&self) -> Call<Vec<LogStream>> {
        let group = self.group.clone();
        Call::new(&self.client, async move |cx| list(&cx, &group).await)
    }

    /// Finds a log stream of the group by name, with the [list](Self::list) of all streams.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let streams = lts.group(&group).streams();
    /// let nginx = streams.create("nginx").await?;
    /// assert_eq!(streams.find("nginx").await?.map(|stream| stream.id), Some(nginx));
    /// assert!(streams.find("worker").await?.is_none());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`is_not_found()`](Error::is_not_found) for the group. A missing stream is `None`, not an error.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<LogStream>> {
        let (name, group) = (name.into(), self.group.clone());
        Call::new(&self.client, async move |cx| {
            Ok(list(&cx, &group).await?.into_iter().find(|stream| stream.name == name))
        })
    }

    /// Ensures that a log stream with this name exists in the group. Lost responses and concurrent callers do no harm.
    ///
    /// It takes one request if the stream exists, otherwise two. Retries are bounded by the [deadline](Call::deadline) alone,
    /// unless a [retry policy](Call::retry) is set on this call; a response of another server, such as a proxy's login page,
    /// is retried as often as in other calls. If neither a deadline nor a
    /// [`call_timeout`](crate::ClientBuilder::call_timeout) is set, up to five minutes of waiting that the service asks for
    /// are added to the 30 s of a call.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let streams = lts.group(&group).streams();
    /// let first = streams.ensure("nginx").await?;
    /// let second = streams.ensure("nginx").await?;
    /// assert!(first.created && !second.created);
    /// assert_eq!(first.id, second.id);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// Like [`create`](Self::create), except for [`is_already_exists()`](Error::is_already_exists). The outcome is never
    /// unknown: after any failure, `ensure` can be called again.
    pub fn ensure(&self, name: impl Into<String>) -> Call<Ensured<StreamId>> {
        let (name, group) = (name.into(), self.group.clone());
        let checked = check(&name);
        let call = Call::new(&self.client, async move |cx| match find(&list(&cx, &group).await?, &name) {
            Some(id) => Ok(Ensured { id, created: false }),
            None => create_or_find(&cx, &group, &name).await,
        });
        call.checked(checked).persistent()
    }

    /// Ensures that log streams with these names exist in the group, with one list for all of them. Missing ones are
    /// created one after the other, until one fails. The results are in the order of the names; a name given twice is
    /// created once.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let ensured = lts.group(&group).streams().ensure_all(["nginx", "worker"]).await?;
    /// let created = ensured.iter().filter(|stream| stream.created).count();
    /// println!("{created} of {} streams are new", ensured.len());
    /// # assert_eq!(created, 2);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// Like [`ensure`](Self::ensure). Rules of names are checked for all streams before the first one is created.
    pub fn ensure_all<N: Into<String>>(
        &self,
        names: impl IntoIterator<Item = N>,
    ) -> Call<Vec<Ensured<StreamId>>> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let group = self.group.clone();
        let checked = names.iter().try_for_each(|name| check(name));
        let call = Call::new(&self.client, async move |cx| {
            let existing = list(&cx, &group).await?;
            let mut ensured = Vec::with_capacity(names.len());
            for name in &names {
                ensured.push(match find(&existing, name) {
                    Some(id) => Ensured { id, created: false },
                    None => create_or_find(&cx, &group, name).await?,
                });
            }
            Ok(ensured)
        });
        call.checked(checked).persistent()
    }

    /// [`ensure`](Self::ensure) for a stream that a list has just shown to be missing: one request instead of two.
    #[cfg(feature = "provision")]
    pub(crate) fn ensure_new(&self, name: &str) -> Call<Ensured<StreamId>> {
        let (name, group, checked) = (name.to_owned(), self.group.clone(), check(name));
        let call = Call::new(&self.client, async move |cx| create_or_find(&cx, &group, &name).await);
        call.checked(checked).persistent()
    }

    /// Deletes a log stream ([`deleteLogStream`](crate::spec::Operation::DeleteLogStream)).
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// use huaweicloud_lts::transfers::{Transfer, TransferInterval};
    ///
    /// let streams = lts.group(&group).streams();
    /// let [nginx, worker] = [streams.create("nginx").await?, streams.create("worker").await?];
    /// streams.delete(&worker).await?;
    ///
    /// let every = TransferInterval::Minutes5;
    /// let transfer = Transfer::to_obs(&group, [&nginx], emulator.bucket(), every);
    /// lts.transfers().create_log_dump(transfer).await?;
    /// assert!(streams.delete(&nginx).await.unwrap_err().is_in_use());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`is_not_found()`](Error::is_not_found) for group or stream; [`is_in_use()`](Error::is_in_use) if a transfer
    /// task reads the stream.
    pub fn delete(&self, stream: &StreamId) -> Call<()> {
        let (group, stream) = (self.group.clone(), stream.clone());
        Call::new(&self.client, async move |cx| {
            let call = cx.api.delete_log_stream().project_id(cx.project()).log_group_id(group);
            cx.response_body(call.log_stream_id(stream).send().await)
        })
    }
}

async fn create(
    cx: &CallContext,
    group: &GroupId,
    body: CreateLogStreamRequestBody,
) -> Result<StreamId, Error> {
    let call = cx.api.create_log_stream().project_id(cx.project()).log_group_id(group);
    Ok(cx.response_body(call.body(body).send().await)?.log_stream_id)
}

async fn list(cx: &CallContext, group: &GroupId) -> Result<Vec<LogStream>, Error> {
    let call = cx.api.list_log_streams().project_id(cx.project()).log_group_id(group);
    let response = cx.response_body(call.send().await)?;
    Ok(response.log_streams.unwrap_or_default().into_iter().flatten().collect())
}

async fn create_or_find(cx: &CallContext, group: &GroupId, name: &str) -> Result<Ensured<StreamId>, Error> {
    let body = request_body(name);
    let find = || async { Ok(find(&list(cx, group).await?, name)) };
    ensure::create_or_find(cx, find, || create(cx, group, body.clone())).await
}

/// The id of the stream with this name.
fn find(streams: &[LogStream], name: &str) -> Option<StreamId> {
    streams.iter().find(|stream| stream.name == name).map(|stream| stream.id.clone())
}

/// Checks the name of a new stream against the rules of the document.
fn check(name: &str) -> Result<(), InvalidInput> {
    check_text("log_stream_name", &limits::LOG_STREAM_NAME, name)
}

fn request_body(name: &str) -> CreateLogStreamRequestBody {
    CreateLogStreamRequestBody {
        log_stream_name: name.to_owned().into(),
        ttl_in_days: None,
        log_stream_name_alias: None,
        tags: Vec::new(),
        enterprise_project_name: None,
    }
}
