//! Creation that is safe to repeat.
//!
//! A POST whose answer got lost must not simply be sent again: the plain helpers report that its outcome is
//! unknown. Here the outcome is found out. Names are unique, so looking for the name tells whether the work
//! was done, and the service itself refuses to do it twice.

use super::{
    Call, Client, GroupClient,
    call::Target,
    groups::{find_group, group_body},
    streams::{find_stream, stream_body},
};
use crate::{
    api::lts::types::{CreateLogGroupRequestBody, CreateLogStreamRequestBody},
    error::{ConflictError, Error},
    ids::{GroupId, StreamId},
    model::{LogGroup, Ttl},
};

/// What `ensure_…` found or made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Ensured<I> {
    /// Its id.
    pub id: I,
    /// Whether this call created it. Where an answer got lost, this says that it is there now and wasn't
    /// before.
    pub created: bool,
}

impl Client {
    /// Makes sure that a log group of this name and ttl exists, whatever gets lost on the way and whoever else
    /// tries the same.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it exists with another ttl, since nothing can change that; else as
    /// [`create_group`](Self::create_group).
    pub fn ensure_group(&self, name: impl Into<String>, ttl: Ttl) -> Call<'_, Ensured<GroupId>> {
        let name = name.into();
        Call::new(self, async move |to| {
            let body = group_body(&name, ttl)?;
            ensure(&to, &WantedGroup { to: &to, name, ttl, body }, Begin::Look).await
        })
    }

    /// The same where a list has just shown that there is no such group: without another list, one request.
    #[cfg(feature = "provision")]
    pub(crate) fn ensure_new_group(&self, name: &str, ttl: Ttl) -> Call<'_, Ensured<GroupId>> {
        let name = name.to_owned();
        Call::new(self, async move |to| {
            let body = group_body(&name, ttl)?;
            ensure(&to, &WantedGroup { to: &to, name, ttl, body }, Begin::Create).await
        })
    }
}

impl<'c> GroupClient<'c> {
    /// Makes sure that a log stream of this name exists in the group, whatever gets lost on the way and
    /// whoever else tries the same.
    ///
    /// # Errors
    /// As [`create_stream`](Self::create_stream), but for `is_already_exists()`.
    pub fn ensure_stream(&self, name: impl Into<String>) -> Call<'c, Ensured<StreamId>> {
        let (name, group) = (name.into(), self.id.clone());
        Call::new(self.client, async move |to| {
            let body = stream_body(&name)?;
            ensure(&to, &WantedStream { to: &to, group, name, body }, Begin::Look).await
        })
    }

    /// The same where a list has just shown that there is no such stream: without another list, one request.
    #[cfg(feature = "provision")]
    pub(crate) fn ensure_new_stream(&self, name: &str) -> Call<'c, Ensured<StreamId>> {
        let (name, group) = (name.to_owned(), self.id.clone());
        Call::new(self.client, async move |to| {
            let body = stream_body(&name)?;
            ensure(&to, &WantedStream { to: &to, group, name, body }, Begin::Create).await
        })
    }
}

/// Something that should exist once, by its name.
trait Wanted: Sync {
    type Id: Send;

    /// Its id, if it exists.
    fn find(&self) -> impl Future<Output = Result<Option<Self::Id>, Error>> + Send;

    /// Creates it.
    fn create(&self) -> impl Future<Output = Result<Self::Id, Error>> + Send;
}

/// What is done first. The end is the same: a name that turns out to be taken is looked for.
#[derive(PartialEq)]
enum Begin {
    Look,
    #[cfg(feature = "provision")]
    Create,
}

async fn ensure<W: Wanted>(to: &Target, wanted: &W, begin: Begin) -> Result<Ensured<W::Id>, Error> {
    if begin == Begin::Look
        && let Some(id) = wanted.find().await?
    {
        return Ok(Ensured { id, created: false });
    }
    // An earlier attempt may have created it.
    let mut in_doubt = false;
    let mut attempts = 0;
    loop {
        let error = match wanted.create().await {
            Ok(id) => return Ok(Ensured { id, created: true }),
            Err(error) => error,
        };
        attempts += 1;
        let unknown = error.outcome_unknown();
        in_doubt |= unknown;
        if !unknown && !error.is_already_exists() && !error.is_quota_exceeded() {
            return Err(error);
        }
        if let Some(id) = wanted.find().await? {
            return Ok(Ensured { id, created: in_doubt });
        }
        // It isn't there. A full quota stays; a name that was taken a moment ago is free again.
        if error.is_quota_exceeded() || !to.may_repeat(attempts).await {
            return Err(error);
        }
    }
}

struct WantedGroup<'a> {
    to: &'a Target,
    name: String,
    ttl: Ttl,
    body: CreateLogGroupRequestBody,
}

impl Wanted for WantedGroup<'_> {
    type Id = GroupId;

    async fn find(&self) -> Result<Option<GroupId>, Error> {
        match find_group(self.to, &self.name).await? {
            Some(LogGroup { name: group, ttl: Some(found), .. }) if found != self.ttl => {
                Err(Error::Conflict(ConflictError { group, wanted: self.ttl, found }))
            }
            found => Ok(found.map(|group| group.id)),
        }
    }

    async fn create(&self) -> Result<GroupId, Error> {
        let call = self.to.api.create_log_group().project_id(self.to.project()).body(self.body.clone());
        Ok(self.to.value(call.send().await)?.log_group_id)
    }
}

struct WantedStream<'a> {
    to: &'a Target,
    group: GroupId,
    name: String,
    body: CreateLogStreamRequestBody,
}

impl Wanted for WantedStream<'_> {
    type Id = StreamId;

    async fn find(&self) -> Result<Option<StreamId>, Error> {
        Ok(find_stream(self.to, &self.group, &self.name).await?.map(|stream| stream.id))
    }

    async fn create(&self) -> Result<StreamId, Error> {
        let call = self.to.api.create_log_stream().project_id(self.to.project()).log_group_id(&self.group);
        Ok(self.to.value(call.body(self.body.clone()).send().await)?.log_stream_id)
    }
}
