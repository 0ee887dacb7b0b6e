//! Creation that is safe to repeat.
//!
//! A POST whose response got lost must not simply be sent again: the plain helpers report that its outcome is unknown.
//! Here the outcome is looked up. Names are unique, so the name tells whether the work was done, and the service rejects
//! a second creation.

use super::{
    Call, Client, GroupClient,
    call::CallContext,
    groups::{create_group, find_group, group_body},
    streams::{create_stream, find_stream, stream_body},
};
use crate::{
    error::{ConflictError, Error},
    ids::{GroupId, StreamId},
    model::{LogGroup, Ttl},
};

/// The result of [`Client::ensure_group`] and [`GroupClient::ensure_stream`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Ensured<I> {
    /// The id of the group or stream.
    pub id: I,
    /// Whether this call created it. If a response got lost: whether it exists now and did not exist before.
    pub created: bool,
}

impl Client {
    /// Ensures that a log group with this name and ttl exists. Lost responses and concurrent callers do no harm.
    ///
    /// ```
    /// # use huaweicloud_lts::Ttl;
    /// # async fn doc(lts: &huaweicloud_lts::Client) -> Result<(), huaweicloud_lts::Error> {
    /// let group = lts.ensure_group("app", Ttl::days(7)).await?;
    /// println!("{} {}", group.id, if group.created { "created" } else { "already exists" });
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Conflict`] if the group exists with another ttl, which can't be changed; otherwise like
    /// [`create_group`](Self::create_group).
    pub fn ensure_group(&self, name: impl Into<String>, ttl: Ttl) -> Call<'_, Ensured<GroupId>> {
        let name = name.into();
        Call::new(self, async move |cx| {
            let body = group_body(&name, ttl)?;
            let find = || find_group_with_ttl(&cx, &name, ttl);
            ensure(&cx, find, || create_group(&cx, body.clone())).await
        })
    }

    /// The same for a group that a list has just shown to be missing: one request instead of two.
    #[cfg(feature = "provision")]
    pub(crate) fn ensure_new_group(&self, name: &str, ttl: Ttl) -> Call<'_, Ensured<GroupId>> {
        let name = name.to_owned();
        Call::new(self, async move |cx| {
            let body = group_body(&name, ttl)?;
            let find = || find_group_with_ttl(&cx, &name, ttl);
            create_or_find(&cx, find, || create_group(&cx, body.clone())).await
        })
    }
}

impl<'c> GroupClient<'c> {
    /// Ensures that a log stream with this name exists in the group. Lost responses and concurrent callers do no harm.
    ///
    /// # Errors
    /// Like [`create_stream`](Self::create_stream), except for `is_already_exists()`.
    pub fn ensure_stream(&self, name: impl Into<String>) -> Call<'c, Ensured<StreamId>> {
        let (name, group) = (name.into(), self.id.clone());
        Call::new(self.client, async move |cx| {
            let body = stream_body(&name)?;
            let find = || find_stream_id(&cx, &group, &name);
            ensure(&cx, find, || create_stream(&cx, &group, body.clone())).await
        })
    }

    /// The same for a stream that a list has just shown to be missing: one request instead of two.
    #[cfg(feature = "provision")]
    pub(crate) fn ensure_new_stream(&self, name: &str) -> Call<'c, Ensured<StreamId>> {
        let (name, group) = (name.to_owned(), self.id.clone());
        Call::new(self.client, async move |cx| {
            let body = stream_body(&name)?;
            let find = || find_stream_id(&cx, &group, &name);
            create_or_find(&cx, find, || create_stream(&cx, &group, body.clone())).await
        })
    }
}

/// Finds a resource, or creates it.
async fn ensure<I, F, C>(
    cx: &CallContext,
    find: impl Fn() -> F,
    create: impl Fn() -> C,
) -> Result<Ensured<I>, Error>
where
    F: Future<Output = Result<Option<I>, Error>>,
    C: Future<Output = Result<I, Error>>,
{
    match find().await? {
        Some(id) => Ok(Ensured { id, created: false }),
        None => create_or_find(cx, find, create).await,
    }
}

/// Creates a resource, or finds it if its name is taken or the outcome of a creation is unknown.
async fn create_or_find<I, F, C>(
    cx: &CallContext,
    find: impl Fn() -> F,
    create: impl Fn() -> C,
) -> Result<Ensured<I>, Error>
where
    F: Future<Output = Result<Option<I>, Error>>,
    C: Future<Output = Result<I, Error>>,
{
    // Whether an earlier attempt may have created it.
    let mut maybe_applied = false;
    let mut attempts = 0;
    loop {
        let error = match create().await {
            Ok(id) => return Ok(Ensured { id, created: true }),
            Err(error) => error,
        };
        attempts += 1;
        let unknown = error.outcome_unknown();
        maybe_applied |= unknown;
        if !unknown && !error.is_already_exists() && !error.is_quota_exceeded() {
            return Err(error);
        }
        if let Some(id) = find().await? {
            return Ok(Ensured { id, created: maybe_applied });
        }
        // It doesn't exist. A full quota stays full; a name that was just taken is free again.
        if error.is_quota_exceeded() || !cx.may_repeat(attempts).await {
            return Err(error);
        }
    }
}

/// The id of the group with this name.
async fn find_group_with_ttl(cx: &CallContext, name: &str, ttl: Ttl) -> Result<Option<GroupId>, Error> {
    match find_group(cx, name).await? {
        Some(LogGroup { name: group, ttl: Some(found), .. }) if found != ttl => {
            Err(Error::Conflict(ConflictError { group, wanted: ttl, found }))
        }
        found => Ok(found.map(|group| group.id)),
    }
}

/// The id of the stream with this name.
async fn find_stream_id(cx: &CallContext, group: &GroupId, name: &str) -> Result<Option<StreamId>, Error> {
    Ok(find_stream(cx, group, name).await?.map(|stream| stream.id))
}
