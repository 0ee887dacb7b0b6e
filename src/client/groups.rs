//! Log groups: create, list, delete (section 5.1).

use super::{Call, Client, call::CallContext};
use crate::{
    api::lts::types::CreateLogGroupRequestBody,
    error::Error,
    ids::GroupId,
    input::{check_integer, check_text},
    model::{LogGroup, Ttl},
    spec::limits,
};

impl Client {
    /// Creates a log group (section 5.1.1).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the name or ttl breaks a rule; `is_already_exists()`; `is_quota_exceeded()`. If no
    /// response arrived, the group may still have been created: see [`Error::outcome_unknown`], or use
    /// [`ensure_group`](Self::ensure_group).
    pub fn create_group(&self, name: impl Into<String>, ttl: Ttl) -> Call<'_, GroupId> {
        let name = name.into();
        Call::new(self, async move |cx| {
            let body = group_body(&name, ttl)?;
            create_group(&cx, body).await
        })
    }

    /// Finds a log group by name in the list of all groups (section 6.3).
    ///
    /// # Errors
    /// See [`Error`]. A missing group is `None`, not an error.
    pub fn find_group(&self, name: impl Into<String>) -> Call<'_, Option<LogGroup>> {
        let name = name.into();
        Call::new(self, async move |cx| find_group(&cx, &name).await)
    }

    /// Lists all log groups of the project (section 5.1.2), without paging.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn groups(&self) -> Call<'_, Vec<LogGroup>> {
        Call::new(self, async move |cx| {
            let response =
                cx.response_body(cx.api.list_log_groups().project_id(cx.project()).send().await)?;
            Ok(response.log_groups.unwrap_or_default())
        })
    }

    /// Deletes a log group and its streams (section 5.1.3).
    ///
    /// # Errors
    /// `is_not_found()`; `is_in_use()` if a transfer task reads one of its streams.
    pub fn delete_group(&self, group: &GroupId) -> Call<'_, ()> {
        let group = group.clone();
        Call::new(self, async move |cx| {
            cx.response_body(
                cx.api.delete_log_group().project_id(cx.project()).log_group_id(group).send().await,
            )
        })
    }
}

/// Creates a log group.
pub(super) async fn create_group(
    cx: &CallContext,
    body: CreateLogGroupRequestBody,
) -> Result<GroupId, Error> {
    let call = cx.api.create_log_group().project_id(cx.project()).body(body);
    Ok(cx.response_body(call.send().await)?.log_group_id)
}

/// The log group with this name.
pub(super) async fn find_group(cx: &CallContext, name: &str) -> Result<Option<LogGroup>, Error> {
    let response = cx.response_body(cx.api.list_log_groups().project_id(cx.project()).send().await)?;
    Ok(response.log_groups.into_iter().flatten().find(|group| group.name == name))
}

/// Builds the request body, checked against Table 5-3.
pub(super) fn group_body(name: &str, ttl: Ttl) -> Result<CreateLogGroupRequestBody, Error> {
    check_text("log_group_name", &limits::LOG_GROUP_NAME, name)?;
    check_integer("ttl_in_days", &limits::TTL_IN_DAYS, ttl.as_days().into())?;
    Ok(CreateLogGroupRequestBody { log_group_name: name.to_owned().into(), ttl_in_days: ttl })
}
