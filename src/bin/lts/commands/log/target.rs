//! The stream that a command of `lts log` reads.

use huaweicloud_lts::{
    Client, Error,
    emulator::check_query,
    logs::{Logs, SearchTime},
};

use crate::{
    error::CliError,
    output::{local_search_time, quoted},
    parsers,
    resolve::{self, Ambiguity},
};

/// The logs of a stream that is given by names or ids, and the stream's name.
pub(super) async fn logs(lts: &Client, group: &str, stream: &str) -> Result<(Logs, String), CliError> {
    let group = resolve::group(lts, group, Ambiguity::Note).await?;
    let handle = lts.group(&group.id);
    let stream = resolve::stream(&handle, &group.name, stream, Ambiguity::Note).await?;
    Ok((handle.stream(&stream.id).logs(), stream.name))
}

/// The range of a search; without an end, up to now.
pub(super) fn range(
    since: SearchTime,
    until: Option<SearchTime>,
) -> Result<(SearchTime, SearchTime), CliError> {
    let end = until.unwrap_or_else(parsers::now);
    if since < end {
        return Ok((since, end));
    }
    let (begin, what) = (local_search_time(since), if until.is_some() { "--until" } else { "now" });
    Err(CliError::usage(format!(
        "--since must be before {what}: {begin} is not before {}",
        local_search_time(end)
    )))
}

/// A search that failed. The query is named, since it may be the reason, and a mistake in a query that the service rejects.
pub(super) fn failed(stream: &str, query: Option<&str>, error: Error) -> CliError {
    let mut what = format!("searching {}", quoted("log stream", &[stream]));
    if let Some(query) = query {
        what += &format!(" for `{query}`");
    }
    what += " failed";
    let is_rejected = error.as_service().is_some_and(|error| error.status() == 400);
    let mistake = query.filter(|_| is_rejected).and_then(|query| check_query(query).err());
    let advice = mistake.map(|mistake| format!("The mistake in this query: {mistake}."));
    CliError::Call { what: Some(what), error, advice }
}
