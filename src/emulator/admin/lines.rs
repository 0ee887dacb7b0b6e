//! `GET lines`: the newest lines of a stream, which the console shows without a credential.
//!
//! The parameters are `project_id`, `log_group_id`, `log_stream_id`, and optionally `query` in the keyword language,
//! `before` (a `line_num`: only older lines) and `limit` (1 to 500, 100 by default).
//!
//! The response is `{count, has_older, is_complete, lines: [{line_num, time, parts, labels}]}`, oldest line first. `count`
//! is the number of all lines that match. The `parts` joined are the line, and every second one is a hit. `is_complete` is
//! false if the search stopped at the most lines that the emulator looks at. A mistake in the query is reported with its
//! `column`, in characters from 1.

use std::str::FromStr;

use http::{StatusCode, Uri};

use super::error::AdminError;
use crate::emulator::{
    lts::NewestLines,
    state::State,
    store::StoreError,
    wire::{request::Query, response::ApiResponse},
};

const REQUIRED: [&str; 3] = ["project_id", "log_group_id", "log_stream_id"];
const OPTIONAL: [&str; 3] = ["query", "before", "limit"];

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 500;

pub(super) async fn list(state: &State, uri: &Uri) -> Result<ApiResponse, AdminError> {
    let parameters = Query::of(uri);
    let is_known = |name: &&str| REQUIRED.contains(name) || OPTIONAL.contains(name);
    if let Some(name) = parameters.names().find(|name| !is_known(name)) {
        return Err(AdminError::Bad(format!("there is no parameter {name:?}")));
    }
    let required = |name| {
        parameters.get(name).ok_or_else(|| AdminError::Bad(format!("the parameter {name} is missing")))
    };
    let [project, group, stream] = REQUIRED.map(required);
    let (project, group, stream) = (project?, group?, stream?);
    let query = parameters.get("query").unwrap_or_default();
    let request = NewestLines {
        query: state.queries.parse(query).map_err(AdminError::Query)?,
        before: number(&parameters, "before")?.unwrap_or(u64::MAX),
        limit: number(&parameters, "limit")?.unwrap_or(DEFAULT_LIMIT),
    };
    if !(1..=MAX_LIMIT).contains(&request.limit) {
        return Err(AdminError::Bad(format!("limit: it must be 1 to {MAX_LIMIT}")));
    }
    let snapshot = state.store.logs(project, group, stream, state.clock.now())?;
    let max_lines = state.options.scan_lines;
    // On another thread, since it would delay other requests.
    let search = tokio::task::spawn_blocking(move || request.find(&snapshot, max_lines)).await;
    let body = search.map_err(|error| AdminError::Broken(StoreError::Failed(error.into())))?;
    Ok(ApiResponse::new(StatusCode::OK, body))
}

/// An optional parameter that is a number.
fn number<T: FromStr>(parameters: &Query, name: &str) -> Result<Option<T>, AdminError> {
    let text = parameters.get(name);
    let number =
        text.map(|text| text.parse().map_err(|_| AdminError::Bad(format!("{name}: {text:?} is no number"))));
    number.transpose()
}
