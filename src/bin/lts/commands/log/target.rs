//! The stream that a command of `lts log` reads.

use huaweicloud_lts::{Client, logs::Logs};

use crate::{
    error::CliError,
    output::quoted,
    resolve::{self, Ambiguity},
};

/// The logs of a stream that is given by names or ids, and the stream's name.
pub(super) async fn logs(lts: &Client, group: &str, stream: &str) -> Result<(Logs, String), CliError> {
    let group = resolve::group(lts, group, Ambiguity::Note).await?;
    let handle = lts.group(&group.id);
    let stream = resolve::stream(&handle, &group.name, stream, Ambiguity::Note).await?;
    Ok((handle.stream(&stream.id).logs(), stream.name))
}

/// What failed. The query is named, since it may be the reason.
pub(super) fn failed(stream: &str, query: Option<&str>) -> String {
    let query = query.map(|query| format!(" for `{query}`")).unwrap_or_default();
    format!("searching {}{query} failed", quoted("log stream", &[stream]))
}
