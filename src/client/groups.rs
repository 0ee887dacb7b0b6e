//! Log groups: create, list, find, ensure, update, delete.

use super::{
    Call, Client, StreamHandle, Streams,
    call::CallContext,
    ensure::{self, Ensured},
    tags::{self, TagChanges, Tagged, Tags},
};
use crate::{
    api::lts::types::{CreateLogGroupRequestBody, UpdateLogGroupRequestBody},
    error::{ConflictError, Error},
    ids::{GroupId, StreamId},
    input::{InvalidInput, check_text},
    model::{LogGroup, Ttl},
    spec::limits,
};

impl Client {
    /// The log groups of the project. Nothing is sent.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// let groups = lts.groups();
    /// assert!(groups.list().await?.is_empty());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn groups(&self) -> Groups {
        Groups { client: self.clone() }
    }

    /// One log group. Nothing is sent.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::Ttl;
    ///
    /// let id = lts.groups().create("app", Ttl::days(7)).await?;
    /// let app = lts.group(&id);
    /// app.streams().create("nginx").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn group(&self, id: &GroupId) -> GroupHandle {
        GroupHandle { client: self.clone(), id: id.clone() }
    }
}

/// The log groups of a project; [`Client::groups`] returns it. It can be cloned, stored and spawned.
#[derive(Debug, Clone)]
pub struct Groups {
    client: Client,
}

/// One log group; [`Client::group`] returns it. It can be cloned, stored and spawned.
#[derive(Debug, Clone)]
pub struct GroupHandle {
    client: Client,
    id: GroupId,
}

/// The call of [`Groups::create`].
pub type CreateGroup = Call<GroupId, NewGroup>;

/// The arguments of [`CreateGroup`].
#[derive(Debug, Clone)]
pub struct NewGroup {
    name: String,
    ttl: Ttl,
    alias: Option<String>,
    tags: Tags,
    enterprise_project: Option<String>,
}

impl CreateGroup {
    /// Adds a tag. A group has 20 at most.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::Ttl;
    ///
    /// lts.groups().create("app", Ttl::days(7)).tag("team", "shop").await?;
    /// let group = lts.groups().find("app").await?.expect("it was just created");
    /// assert_eq!(group.tags["team"], "shop");
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
    /// use huaweicloud_lts::Ttl;
    ///
    /// lts.groups().create("app", Ttl::days(7)).alias("Web shop").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        let alias = alias.into();
        let checked = check_text("log_group_name_alias", &limits::ALIAS, &alias);
        self.arguments.alias = Some(alias);
        self.checked(checked)
    }

    /// Sets the enterprise project, by its id.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::Ttl;
    ///
    /// let project = "1d26cc8c-86a8-40e2-8a4f-8d0d07852f1d";
    /// lts.groups().create("app", Ttl::days(7)).enterprise_project(project).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn enterprise_project(mut self, id: impl Into<String>) -> Self {
        self.arguments.enterprise_project = Some(id.into());
        self
    }
}

/// The call of [`Groups::update`].
pub type UpdateGroup = Call<(), GroupChanges>;

/// The arguments of [`UpdateGroup`].
#[derive(Debug, Clone)]
pub struct GroupChanges {
    id: GroupId,
    ttl: Option<Ttl>,
    tags: TagChanges,
}

impl UpdateGroup {
    /// Sets the retention.
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
    /// lts.groups().update(&id).ttl(Ttl::days(30)).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn ttl(mut self, ttl: Ttl) -> Self {
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
    /// lts.groups().update(&id).tag("team", "shop").tag("production", "").await?;
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
    /// lts.groups().update(&id).untag("team").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn untag(mut self, key: impl Into<String>) -> Self {
        let deleted = self.arguments.tags.delete(key.into());
        self.checked(deleted)
    }

    /// Sets whether tags are changed on the group's existing streams too; they are not by default.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// lts.groups().update(&id).tag("team", "shop").tag_streams(true).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn tag_streams(mut self, too: bool) -> Self {
        self.arguments.tags.on_streams = too;
        self
    }
}

impl Groups {
    /// Creates a log group ([`createLogGroup`](crate::spec::Operation::CreateLogGroup)).
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::Ttl;
    ///
    /// let id = lts.groups().create("app", Ttl::days(7)).await?;
    /// println!("created {id}");
    ///
    /// let error = lts.groups().create("app", Ttl::days(7)).await.unwrap_err();
    /// assert!(error.is_already_exists());
    /// assert!(error.remedy().is_some()); // what to do about it; `{error:#}` shows it too
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the name or ttl breaks a rule; [`is_already_exists()`](Error::is_already_exists);
    /// [`is_quota_exceeded()`](Error::is_quota_exceeded). If no response arrived, the group may still have been
    /// created: see [`Error::outcome_unknown`], or use [`ensure`](Self::ensure).
    pub fn create(&self, name: impl Into<String>, ttl: Ttl) -> CreateGroup {
        let (alias, tags, enterprise_project) = (None, Tags::new(), None);
        let group = NewGroup { name: name.into(), ttl, alias, tags, enterprise_project };
        let checked = check(&group.name, ttl);
        let call = Call::with_arguments(&self.client, group, async move |cx, group| {
            let body = CreateLogGroupRequestBody {
                log_group_name_alias: group.alias.map(Into::into),
                tags: tags::request_tags(&group.tags),
                ..request_body(&group.name, group.ttl)
            };
            create(&cx, body, group.enterprise_project).await
        });
        call.checked(checked)
    }

    /// Lists all log groups of the project ([`listLogGroups`](crate::spec::Operation::ListLogGroups)), without paging.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// for group in lts.groups().list().await? {
    ///     println!("{} {} {:?}", group.id, group.name, group.ttl);
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// See [`Error`].
    pub fn list(&self) -> Call<Vec<LogGroup>> {
        Call::new(&self.client, async move |cx| list(&cx).await)
    }

    /// Finds a log group by name, with the [list](Self::list) of all groups.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let app = lts.groups().find("app").await?.expect("it exists");
    /// assert_eq!(app.name, "app");
    /// assert!(lts.groups().find("another").await?.is_none());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// See [`Error`]. A missing group is `None`, not an error.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<LogGroup>> {
        let name = name.into();
        Call::new(&self.client, async move |cx| {
            Ok(list(&cx).await?.into_iter().find(|group| group.name == name))
        })
    }

    /// Ensures that a log group with this name and ttl exists. Lost responses and concurrent callers do no harm.
    ///
    /// It takes one request if the group exists, otherwise two. Retries are bounded by the [deadline](Call::deadline) alone,
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
    /// use huaweicloud_lts::{Error, Ttl};
    ///
    /// let first = lts.groups().ensure("app", Ttl::days(7)).await?;
    /// let second = lts.groups().ensure("app", Ttl::days(7)).await?;
    /// assert!(first.created && !second.created);
    /// assert_eq!(first.id, second.id);
    ///
    /// let conflict = lts.groups().ensure("app", Ttl::days(30)).await.unwrap_err();
    /// assert!(matches!(conflict, Error::Conflict(_)));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::Conflict`] if the group exists with another ttl; otherwise like [`create`](Self::create). The outcome is
    /// never unknown: after any failure, `ensure` can be called again.
    pub fn ensure(&self, name: impl Into<String>, ttl: Ttl) -> Call<Ensured<GroupId>> {
        let name = name.into();
        let checked = check(&name, ttl);
        let call = Call::new(&self.client, async move |cx| match find(&list(&cx).await?, &name, ttl)? {
            Some(id) => Ok(Ensured { id, created: false }),
            None => create_or_find(&cx, &name, ttl).await,
        });
        call.checked(checked).persistent()
    }

    /// Ensures that log groups with these names and ttls exist, with one list for all of them. Missing ones are created
    /// one after the other, until one fails. The results are in the order of the names; a name given twice is created once.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::Ttl;
    ///
    /// lts.groups().create("app", Ttl::days(7)).await?;
    /// let groups = lts.groups().ensure_all([("app", Ttl::days(7)), ("shop", Ttl::days(30))]).await?;
    /// assert!(!groups[0].created && groups[1].created);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// Like [`ensure`](Self::ensure). Rules of arguments and conflicts are checked for all groups before the first one is
    /// created.
    pub fn ensure_all<N: Into<String>>(
        &self,
        groups: impl IntoIterator<Item = (N, Ttl)>,
    ) -> Call<Vec<Ensured<GroupId>>> {
        let groups: Vec<(String, Ttl)> = groups.into_iter().map(|(name, ttl)| (name.into(), ttl)).collect();
        let checked = groups.iter().try_for_each(|(name, ttl)| check(name, *ttl));
        let call = Call::new(&self.client, async move |cx| {
            let existing = list(&cx).await?;
            let found = groups.iter().map(|(name, ttl)| find(&existing, name, *ttl));
            let found = found.collect::<Result<Vec<_>, _>>()?;
            let mut ensured = Vec::with_capacity(groups.len());
            for ((name, ttl), found) in groups.iter().zip(found) {
                ensured.push(match found {
                    Some(id) => Ensured { id, created: false },
                    None => create_or_find(&cx, name, *ttl).await?,
                });
            }
            Ok(ensured)
        });
        call.checked(checked).persistent()
    }

    /// [`ensure`](Self::ensure) for a group that a list has just shown to be missing: one request instead of two. If it
    /// exists nevertheless, its retention and tags may be others.
    #[cfg(feature = "provision")]
    pub(crate) fn ensure_new(&self, name: &str, ttl: Ttl, tags: &Tags) -> Call<Ensured<GroupId>> {
        let (name, checked) = (name.to_owned(), check(name, ttl));
        let body = CreateLogGroupRequestBody { tags: tags::request_tags(tags), ..request_body(&name, ttl) };
        let call = Call::new(&self.client, async move |cx| {
            let find = || async {
                let mut groups = list(&cx).await?.into_iter();
                Ok(groups.find(|group| group.name == name).map(|group| group.id))
            };
            ensure::create_or_find(&cx, find, || create(&cx, body.clone(), None)).await
        });
        call.checked(checked).persistent()
    }

    /// Changes retention and tags of a log group ([`updateLogGroup`](crate::spec::Operation::UpdateLogGroup),
    /// [`changeTags`](crate::spec::Operation::ChangeTags)). What is not set stays; nothing to change sends nothing.
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
    /// lts.groups().update(&id).ttl(Ttl::days(30)).tag("team", "shop").untag("old").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the ttl or a tag breaks a rule; [`is_not_found()`](Error::is_not_found). The ttl is
    /// sent first, then tags to set, then tags to delete: if a later request fails, [`Error::Incomplete`] says what was
    /// done. A cloud with an older edition of the service responds with APIGW.0101.
    pub fn update(&self, group: &GroupId) -> UpdateGroup {
        let changes = GroupChanges { id: group.clone(), ttl: None, tags: TagChanges::default() };
        Call::with_arguments(&self.client, changes, async move |cx, changes| {
            let mut done = Vec::new();
            if let Some(ttl) = changes.ttl {
                let call = cx.api.update_log_group().project_id(cx.project()).log_group_id(&changes.id);
                let body = UpdateLogGroupRequestBody { ttl_in_days: ttl, tags: Vec::new() };
                cx.response_body(call.body(body).send().await)?;
                done.push(format!("the ttl was set to {ttl}"));
            }
            changes.tags.send(&cx, &Tagged::Group(&changes.id), done).await
        })
    }

    /// Sets a tag of a log group; the same as [`update`](Self::update) with a tag.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// lts.groups().tag(&id, "team", "shop").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn tag(&self, group: &GroupId, key: impl Into<String>, value: impl Into<String>) -> UpdateGroup {
        self.update(group).tag(key, value)
    }

    /// Deletes a tag of a log group; the same as [`update`](Self::update) with `untag`.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// lts.groups().untag(&id, "team").await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn untag(&self, group: &GroupId, key: impl Into<String>) -> UpdateGroup {
        self.update(group).untag(key)
    }

    /// Deletes a log group and its streams ([`deleteLogGroup`](crate::spec::Operation::DeleteLogGroup)).
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::{Ttl, transfers::{Transfer, TransferInterval}};
    ///
    /// let group = lts.groups().create("app", Ttl::days(7)).await?;
    /// let stream = lts.group(&group).streams().create("nginx").await?;
    /// let every = TransferInterval::Minutes5;
    /// let transfer = Transfer::to_obs(&group, [&stream], emulator.bucket(), every);
    /// let transfer = lts.transfers().create(transfer).await?;
    ///
    /// // The transfer reads a stream of the group.
    /// assert!(lts.groups().delete(&group).await.unwrap_err().is_in_use());
    /// lts.transfers().delete(&transfer).await?;
    /// lts.groups().delete(&group).await?;
    /// assert!(lts.groups().delete(&group).await.unwrap_err().is_not_found());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`is_not_found()`](Error::is_not_found); [`is_in_use()`](Error::is_in_use) if a transfer task reads one of its
    /// streams.
    pub fn delete(&self, group: &GroupId) -> Call<()> {
        let group = group.clone();
        Call::new(&self.client, async move |cx| {
            cx.response_body(
                cx.api.delete_log_group().project_id(cx.project()).log_group_id(group).send().await,
            )
        })
    }
}

impl GroupHandle {
    /// The id of the group.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let app = lts.group(&id);
    /// assert_eq!(app.id(), &id);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn id(&self) -> &GroupId {
        &self.id
    }

    /// One log stream of the group. Nothing is sent.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&id).streams().create("nginx").await?;
    /// lts.group(&id).stream(&nginx).logs().put(["a line"]).await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn stream(&self, id: &StreamId) -> StreamHandle {
        StreamHandle::new(&self.client, &self.id, id)
    }

    /// The log streams of the group. Nothing is sent.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let id = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// let streams = lts.group(&id).streams();
    /// let nginx = streams.ensure("nginx").await?.id;
    /// assert_eq!(streams.list().await?[0].id, nginx);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn streams(&self) -> Streams {
        Streams::new(&self.client, &self.id)
    }
}

async fn create(
    cx: &CallContext,
    body: CreateLogGroupRequestBody,
    enterprise_project: Option<String>,
) -> Result<GroupId, Error> {
    let mut call = cx.api.create_log_group().project_id(cx.project()).body(body);
    if let Some(id) = enterprise_project {
        call = call.enterprise_project_id(id);
    }
    Ok(cx.response_body(call.send().await)?.log_group_id)
}

async fn list(cx: &CallContext) -> Result<Vec<LogGroup>, Error> {
    let response = cx.response_body(cx.api.list_log_groups().project_id(cx.project()).send().await)?;
    Ok(response.log_groups.unwrap_or_default().into_iter().flatten().collect())
}

async fn create_or_find(cx: &CallContext, name: &str, ttl: Ttl) -> Result<Ensured<GroupId>, Error> {
    let body = request_body(name, ttl);
    let find = || async { find(&list(cx).await?, name, ttl) };
    ensure::create_or_find(cx, find, || create(cx, body.clone(), None)).await
}

/// The id of the group with this name.
fn find(groups: &[LogGroup], name: &str, ttl: Ttl) -> Result<Option<GroupId>, Error> {
    match groups.iter().find(|group| group.name == name) {
        Some(LogGroup { ttl: Some(found), .. }) if *found != ttl => {
            Err(Error::Conflict(ConflictError::Ttl { group: name.to_owned(), wanted: ttl, found: *found }))
        }
        group => Ok(group.map(|group| group.id.clone())),
    }
}

/// Checks the arguments of a creation against the rules of the document.
fn check(name: &str, ttl: Ttl) -> Result<(), InvalidInput> {
    check_text("log_group_name", &limits::LOG_GROUP_NAME, name)?;
    ttl.check()
}

fn request_body(name: &str, ttl: Ttl) -> CreateLogGroupRequestBody {
    CreateLogGroupRequestBody {
        log_group_name: name.to_owned().into(),
        ttl_in_days: ttl,
        log_group_name_alias: None,
        tags: Vec::new(),
    }
}
