//! Creation that is safe to repeat.

use super::{
    Call, Client, GroupClient,
    call::{Target, value},
    groups::group_body,
    streams::stream_body,
};
use crate::{
    error::{ConflictError, Error},
    ids::{GroupId, StreamId},
    model::{Group, Stream, Ttl},
};

/// What `ensure_…` found or made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Ensured<I> {
    /// Its id.
    pub id: I,
    /// Whether this call created it.
    pub created: bool,
}

impl Client {
    /// Makes sure that a log group of this name and ttl exists.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it exists with another ttl, since nothing can change that; else as
    /// [`create_group`](Self::create_group).
    pub fn ensure_group(&self, name: impl Into<String>, ttl: Ttl) -> Call<'_, Ensured<GroupId>> {
        let name = name.into();
        Call::new(self, async move |to| {
            let body = group_body(&name, ttl)?;
            if let Some(id) = find_group(&to, &name, ttl).await? {
                return Ok(Ensured { id, created: false });
            }
            let call = to.api.create_log_group().project_id(to.project.clone()).body(body);
            match value(call.send().await) {
                Ok(answer) => Ok(Ensured { id: answer.log_group_id, created: true }),
                // Somebody else was faster, or a first attempt worked after all.
                Err(error) if error.is_already_exists() => match find_group(&to, &name, ttl).await? {
                    Some(id) => Ok(Ensured { id, created: false }),
                    None => Err(error),
                },
                Err(error) => Err(error),
            }
        })
    }
}

impl<'c> GroupClient<'c> {
    /// Makes sure that a log stream of this name exists in the group.
    ///
    /// # Errors
    /// As [`create_stream`](Self::create_stream), but for `is_already_exists()`.
    pub fn ensure_stream(&self, name: impl Into<String>) -> Call<'c, Ensured<StreamId>> {
        let (name, group) = (name.into(), self.id.clone());
        Call::new(self.client, async move |to| {
            let body = stream_body(&name)?;
            if let Some(id) = find_stream(&to, &group, &name).await? {
                return Ok(Ensured { id, created: false });
            }
            let call = to.api.create_log_stream().project_id(to.project.clone()).log_group_id(group.clone());
            match value(call.body(body).send().await) {
                Ok(answer) => Ok(Ensured { id: answer.log_stream_id, created: true }),
                Err(error) if error.is_already_exists() => match find_stream(&to, &group, &name).await? {
                    Some(id) => Ok(Ensured { id, created: false }),
                    None => Err(error),
                },
                Err(error) => Err(error),
            }
        })
    }
}

async fn find_group(to: &Target, name: &str, ttl: Ttl) -> Result<Option<GroupId>, Error> {
    let answer = value(to.api.list_log_groups().project_id(to.project.clone()).send().await)?;
    let found = answer.log_groups.into_iter().find(|group| group.log_group_name == name).map(Group::from);
    match found {
        Some(group) if group.ttl != ttl => {
            Err(Error::Conflict(ConflictError { group: group.name, wanted: ttl, found: group.ttl }))
        }
        found => Ok(found.map(|group| group.id)),
    }
}

async fn find_stream(to: &Target, group: &GroupId, name: &str) -> Result<Option<StreamId>, Error> {
    let call = to.api.list_log_streams().project_id(to.project.clone()).log_group_id(group.clone());
    let streams = value(call.send().await)?.log_streams.into_iter().map(Stream::from);
    Ok(streams.into_iter().find(|stream| stream.name == name).map(|stream| stream.id))
}
