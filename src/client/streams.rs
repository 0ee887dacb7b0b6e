//! Log streams of a group: create, list, delete (section 5.2).

use super::{Call, Client, call::CallContext};
use crate::{
    api::lts::types::CreateLogStreamRequestBody,
    error::Error,
    ids::{GroupId, StreamId},
    input::check_text,
    model::LogStream,
    spec::limits,
};

impl Client {
    /// Returns a client of one log group. Nothing is sent.
    pub fn group(&self, id: &GroupId) -> GroupClient<'_> {
        GroupClient { client: self, id: id.clone() }
    }
}

/// A client of one log group; [`Client::group`] makes it.
#[derive(Debug, Clone)]
pub struct GroupClient<'c> {
    pub(super) client: &'c Client,
    pub(super) id: GroupId,
}

impl<'c> GroupClient<'c> {
    /// The group's id.
    pub fn id(&self) -> &GroupId {
        &self.id
    }

    /// Creates a log stream (section 5.2.1).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the name breaks a rule; `is_not_found()` for the group; `is_already_exists()`;
    /// `is_quota_exceeded()`. If no response arrived, the stream may still have been created: see
    /// [`Error::outcome_unknown`], or use [`ensure_stream`](Self::ensure_stream).
    pub fn create_stream(&self, name: impl Into<String>) -> Call<'c, StreamId> {
        let (name, group) = (name.into(), self.id.clone());
        Call::new(self.client, async move |cx| {
            let body = stream_body(&name)?;
            create_stream(&cx, &group, body).await
        })
    }

    /// Lists all streams of the group (section 5.2.2), without paging.
    ///
    /// # Errors
    /// `is_not_found()` for the group.
    pub fn streams(&self) -> Call<'c, Vec<LogStream>> {
        let group = self.id.clone();
        Call::new(self.client, async move |cx| {
            let response = cx.response_body(
                cx.api.list_log_streams().project_id(cx.project()).log_group_id(group).send().await,
            )?;
            Ok(response.log_streams.unwrap_or_default())
        })
    }

    /// Finds a log stream of the group by name in the list of all streams (section 6.3).
    ///
    /// # Errors
    /// `is_not_found()` for the group. A missing stream is `None`, not an error.
    pub fn find_stream(&self, name: impl Into<String>) -> Call<'c, Option<LogStream>> {
        let (name, group) = (name.into(), self.id.clone());
        Call::new(self.client, async move |cx| find_stream(&cx, &group, &name).await)
    }

    /// Deletes a log stream (section 5.2.3).
    ///
    /// # Errors
    /// `is_not_found()` for group or stream; `is_in_use()` if a transfer task reads the stream.
    pub fn delete_stream(&self, stream: &StreamId) -> Call<'c, ()> {
        let (group, stream) = (self.id.clone(), stream.clone());
        Call::new(self.client, async move |cx| {
            let call = cx.api.delete_log_stream().project_id(cx.project()).log_group_id(group);
            cx.response_body(call.log_stream_id(stream).send().await)
        })
    }
}

/// Creates a log stream.
pub(super) async fn create_stream(
    cx: &CallContext,
    group: &GroupId,
    body: CreateLogStreamRequestBody,
) -> Result<StreamId, Error> {
    let call = cx.api.create_log_stream().project_id(cx.project()).log_group_id(group);
    Ok(cx.response_body(call.body(body).send().await)?.log_stream_id)
}

/// The log stream with this name in a group.
pub(super) async fn find_stream(
    cx: &CallContext,
    group: &GroupId,
    name: &str,
) -> Result<Option<LogStream>, Error> {
    let response = cx
        .response_body(cx.api.list_log_streams().project_id(cx.project()).log_group_id(group).send().await)?;
    Ok(response.log_streams.into_iter().flatten().find(|stream| stream.name == name))
}

/// Builds the request body, checked against Table 5-25.
pub(super) fn stream_body(name: &str) -> Result<CreateLogStreamRequestBody, Error> {
    check_text("log_stream_name", &limits::LOG_STREAM_NAME, name)?;
    Ok(CreateLogStreamRequestBody { log_stream_name: name.to_owned().into() })
}
