//! Log streams: create, list, find, ensure, update, delete.

use super::{
    Call, Client, Logs,
    call::CallContext,
    ensure::{self, Ensured},
    tags::{self, TagChanges, Tagged, Tags},
};
use crate::{
    api::lts::types::{CreateLogStreamRequestBody, UpdateLogStreamRequestBody},
    error::Error,
    ids::{GroupId, StreamId},
    input::{InvalidInput, check_text},
    model::{LogStream, StreamTtl},
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
    ttl: Option<StreamTtl>,
    alias: Option<String>,
    tags: Tags,
    enterprise_project: Option<String>,
}

impl CreateStream {
    /// Sets the retention; without it the stream has that of its group.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// use huaweicloud_lts::Ttl;
    ///
    /// lts.group(&id).streams().create("nginx").ttl(Ttl::days(14)).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn ttl(mut self, ttl: impl Into<StreamTtl>) -> Self {
        let ttl = ttl.into();
        self.arguments.ttl = Some(ttl);
        self.checked(ttl.check())
    }

    /// Adds a tag. A stream has 20 at most.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// lts.group(&id).streams().create("nginx").tag("team", "shop").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let added = tags::add(&mut self.arguments.tags, key.into(), value.into());
        self.checked(added)
    }

    /// Sets a second name for people, 1 to 64 characters.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// lts.group(&id).streams().create("nginx").alias("Front door").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        let alias = alias.into();
        let checked = check_text("log_stream_name_alias", &limits::ALIAS, &alias);
        self.arguments.alias = Some(alias);
        self.checked(checked)
    }

    /// Sets the enterprise project, by its name.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// lts.group(&id).streams().create("nginx").enterprise_project("shop").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn enterprise_project(mut self, name: impl Into<String>) -> Self {
        self.arguments.enterprise_project = Some(name.into());
        self
    }
}

/// The call of [`Streams::update`].
pub type UpdateStream = Call<(), StreamChanges>;

/// The arguments of [`UpdateStream`].
#[derive(Debug, Clone)]
pub struct StreamChanges {
    group: GroupId,
    id: StreamId,
    ttl: Option<StreamTtl>,
    tags: TagChanges,
}

impl UpdateStream {
    /// Sets the retention: a number of days, or that of the group.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&id).streams().create("nginx").await?;
    /// use huaweicloud_lts::Ttl;
    ///
    /// let streams = lts.group(&id).streams();
    /// streams.update(&nginx).ttl(Ttl::days(14)).await?;
    /// streams.update(&nginx).ttl(Ttl::inherited()).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn ttl(mut self, ttl: impl Into<StreamTtl>) -> Self {
        let ttl = ttl.into();
        self.arguments.ttl = Some(ttl);
        self.checked(ttl.check())
    }

    /// Sets a tag. Others stay.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&id).streams().create("nginx").await?;
    /// lts.group(&id).streams().update(&nginx).tag("team", "shop").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let set = self.arguments.tags.set(key.into(), value.into());
        self.checked(set)
    }

    /// Deletes a tag, which may be absent.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&id).streams().create("nginx").await?;
    /// lts.group(&id).streams().update(&nginx).untag("team").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn untag(mut self, key: impl Into<String>) -> Self {
        let deleted = self.arguments.tags.delete(key.into());
        self.checked(deleted)
    }
}

impl Client {
    /// The log streams of the project. Nothing is sent.
    ///
    /// ```
    /// # fn doc(lts: &huaweicloud_lts::Client) {
    /// let streams = lts.streams();
    /// # }
    /// ```
    pub fn streams(&self) -> ProjectStreams {
        ProjectStreams { client: self.clone() }
    }
}

/// The log streams of a project; [`Client::streams`] returns it. It can be cloned, stored and spawned.
#[derive(Debug, Clone)]
pub struct ProjectStreams {
    client: Client,
}

/// The call of [`ProjectStreams::list`].
pub type ListProjectStreams = Call<Vec<LogStream>, StreamFilter>;

/// The arguments of [`ListProjectStreams`].
#[derive(Debug, Clone, Default)]
pub struct StreamFilter {
    group_name: Option<String>,
    stream_name: Option<String>,
}

impl ProjectStreams {
    /// Lists the streams of all log groups ([`listProjectLogStreams`](crate::spec::Operation::ListProjectLogStreams)).
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # lts.group(&id).streams().create("nginx").await?;
    /// for stream in lts.streams().list().group_name("app").await? {
    ///     println!("{} {:?}", stream.name, stream.group);
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// Those of every call. A cloud with an older edition of the service responds with APIGW.0101.
    pub fn list(&self) -> ListProjectStreams {
        Call::with_arguments(&self.client, StreamFilter::default(), async move |cx, filter| {
            let mut call = cx.api.list_project_log_streams().project_id(cx.project());
            if let Some(name) = filter.group_name {
                call = call.log_group_name(name);
            }
            if let Some(name) = filter.stream_name {
                call = call.log_stream_name(name);
            }
            let response = cx.response_body(call.send().await)?;
            Ok(response.log_streams.unwrap_or_default().into_iter().flatten().collect())
        })
    }
}

impl ListProjectStreams {
    /// Lists only the streams of the group with this name.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let streams = lts.streams().list().group_name("app").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn group_name(mut self, name: impl Into<String>) -> Self {
        self.arguments.group_name = Some(name.into());
        self
    }

    /// Lists only streams with this name.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let streams = lts.streams().list().stream_name("nginx").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn stream_name(mut self, name: impl Into<String>) -> Self {
        self.arguments.stream_name = Some(name.into());
        self
    }
}

/// One log stream; [`GroupHandle::stream`](super::GroupHandle::stream) returns it. It can be cloned, stored and spawned.
#[derive(Debug, Clone)]
pub struct StreamHandle {
    client: Client,
    group: GroupId,
    id: StreamId,
}

impl StreamHandle {
    pub(super) fn new(client: &Client, group: &GroupId, id: &StreamId) -> Self {
        Self { client: client.clone(), group: group.clone(), id: id.clone() }
    }

    /// The id of the stream.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let app = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let nginx = lts.group(&app).streams().create("nginx").await?;
    /// assert_eq!(lts.group(&app).stream(&nginx).id(), &nginx);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn id(&self) -> &StreamId {
        &self.id
    }

    /// The logs of the stream. Nothing is sent.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let app = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let nginx = lts.group(&app).streams().create("nginx").await?;
    /// let logs = lts.group(&app).stream(&nginx).logs();
    /// logs.put(["a line"]).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn logs(&self) -> Logs {
        Logs::new(&self.client, &self.group, &self.id)
    }
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
        let (ttl, alias, tags, enterprise_project) = (None, None, Tags::new(), None);
        let stream =
            NewStream { group: self.group.clone(), name: name.into(), ttl, alias, tags, enterprise_project };
        let checked = check(&stream.name);
        let call = Call::with_arguments(&self.client, stream, async move |cx, stream| {
            let body = CreateLogStreamRequestBody {
                ttl_in_days: stream.ttl,
                log_stream_name_alias: stream.alias.map(Into::into),
                tags: tags::request_tags(&stream.tags),
                enterprise_project_name: stream.enterprise_project,
                ..request_body(&stream.name)
            };
            create(&cx, &stream.group, body).await
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

    /// [`ensure`](Self::ensure) for a stream that a list has just shown to be missing: one request instead of two. If it
    /// exists nevertheless, its retention and tags may be others.
    #[cfg(feature = "provision")]
    pub(crate) fn ensure_new(
        &self,
        name: &str,
        ttl: Option<StreamTtl>,
        tags: &Tags,
    ) -> Call<Ensured<StreamId>> {
        let (name, group) = (name.to_owned(), self.group.clone());
        let checked = check(&name).and(ttl.map_or(Ok(()), StreamTtl::check));
        let body = CreateLogStreamRequestBody {
            ttl_in_days: ttl,
            tags: tags::request_tags(tags),
            ..request_body(&name)
        };
        let call = Call::new(&self.client, async move |cx| {
            let find = || async { Ok(find(&list(&cx, &group).await?, &name)) };
            ensure::create_or_find(&cx, find, || create(&cx, &group, body.clone())).await
        });
        call.checked(checked).persistent()
    }

    /// Changes retention and tags of a log stream ([`updateLogStream`](crate::spec::Operation::UpdateLogStream),
    /// [`changeTags`](crate::spec::Operation::ChangeTags)). What is not set stays; nothing to change sends nothing.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&id).streams().create("nginx").await?;
    /// use huaweicloud_lts::Ttl;
    ///
    /// lts.group(&id).streams().update(&nginx).ttl(Ttl::days(14)).tag("team", "shop").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the ttl or a tag breaks a rule; [`is_not_found()`](Error::is_not_found). The ttl is
    /// sent first, then tags to set, then tags to delete: if a later request fails, [`Error::Incomplete`] says what was
    /// done. A cloud with an older edition of the service responds with APIGW.0101.
    pub fn update(&self, stream: &StreamId) -> UpdateStream {
        let changes = StreamChanges {
            group: self.group.clone(),
            id: stream.clone(),
            ttl: None,
            tags: TagChanges::default(),
        };
        Call::with_arguments(&self.client, changes, async move |cx, changes| {
            let mut done = Vec::new();
            if let Some(ttl) = changes.ttl {
                let call = cx.api.update_log_stream().project_id(cx.project());
                let call = call.log_group_id(&changes.group).log_stream_id(&changes.id);
                let body = UpdateLogStreamRequestBody {
                    ttl_in_days: ttl,
                    tags: Vec::new(),
                    whether_log_storage: None,
                };
                cx.response_body(call.body(body).send().await)?;
                done.push(match ttl.own() {
                    Some(ttl) => format!("the ttl was set to {ttl}"),
                    None => "the ttl of the group was set".to_owned(),
                });
            }
            changes.tags.send(&cx, &Tagged::Stream(&changes.id), done).await
        })
    }

    /// Sets a tag of a log stream; the same as [`update`](Self::update) with a tag.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&id).streams().create("nginx").await?;
    /// lts.group(&id).streams().tag(&nginx, "team", "shop").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn tag(&self, stream: &StreamId, key: impl Into<String>, value: impl Into<String>) -> UpdateStream {
        self.update(stream).tag(key, value)
    }

    /// Deletes a tag of a log stream; the same as [`update`](Self::update) with `untag`.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&id).streams().create("nginx").await?;
    /// lts.group(&id).streams().untag(&nginx, "team").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn untag(&self, stream: &StreamId, key: impl Into<String>) -> UpdateStream {
        self.update(stream).untag(key)
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
