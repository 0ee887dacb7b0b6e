//! Resolves names of groups and streams to the ids that the service needs.

use huaweicloud_lts::{Client, GroupId, StreamId, groups::GroupHandle};

use crate::error::{CliError, ResultExt};

/// The number of hexadecimal digits in each part of an id.
const ID_PARTS: [usize; 5] = [8, 4, 4, 4, 12];

/// The id of a group that is given by its name or id.
pub(crate) async fn group(lts: &Client, name_or_id: &str) -> Result<GroupId, CliError> {
    if is_id(name_or_id) {
        return Ok(GroupId::new(name_or_id).map_err(huaweicloud_lts::Error::from)?);
    }
    let found = lts
        .groups()
        .find(name_or_id)
        .await
        .context(|| format!("could not look up log group {name_or_id:?}"))?;
    found.map(|group| group.id).ok_or_else(|| CliError::NotFound {
        what: format!("there is no log group {name_or_id:?}"),
        hint: Some("`lts group list` shows the existing groups".to_owned()),
    })
}

/// The ids of streams that are given by their names or ids, in the same order. The streams are listed at most once.
pub(crate) async fn streams(group: &GroupHandle, names_or_ids: &[String]) -> Result<Vec<StreamId>, CliError> {
    let mut ids = Vec::new();
    let mut listed = None;
    for name_or_id in names_or_ids {
        if is_id(name_or_id) {
            ids.push(StreamId::new(name_or_id).map_err(huaweicloud_lts::Error::from)?);
            continue;
        }
        if listed.is_none() {
            let streams = group.streams().list().await;
            listed = Some(streams.context(|| "could not look up the log streams by name".to_owned())?);
        }
        let found = listed.iter().flatten().find(|stream| stream.name == *name_or_id);
        let stream = found.ok_or_else(|| stream_not_found(group.id(), name_or_id))?;
        ids.push(stream.id.clone());
    }
    Ok(ids)
}

fn stream_not_found(group: &GroupId, name: &str) -> CliError {
    CliError::NotFound {
        what: format!("there is no log stream {name:?} in this group"),
        hint: Some(format!("`lts stream list {group}` shows the existing streams")),
    }
}

/// Turns a "not found" error into `None`, if `ignore` is set.
pub(crate) fn ignore_not_found<T>(result: Result<T, CliError>, ignore: bool) -> Result<Option<T>, CliError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(CliError::NotFound { .. }) if ignore => Ok(None),
        Err(CliError::Call { error, .. }) if ignore && error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a text has the form of an id: 8-4-4-4-12 hexadecimal digits.
fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_part =
        |part: &str, digits| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.len() == ID_PARTS.len() && parts.iter().zip(ID_PARTS).all(|(part, digits)| is_part(part, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinguished_from_names() {
        for id in ["b6b9332b-091f-4b22-b810-264318d2d664", "B6B9332B-091F-4B22-B810-264318D2D664"] {
            assert!(is_id(id), "{id}");
        }
        for name in [
            "",
            "app",
            "b6b9332b-091f-4b22-b810-264318d2d66",
            "b6b9332b-091f-4b22-b810-264318d2d6644",
            "b6b9332b-091f-4b22-b810-264318d2d66g",
            "b6b9332b091f4b22b810264318d2d664",
            "b6b9332b-091f-4b22-b810-264318d2d664-",
            "b6b9332b-091f-4b22b-810-264318d2d664",
        ] {
            assert!(!is_id(name), "{name}");
        }
    }
}
