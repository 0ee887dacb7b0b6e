//! Groups and streams by their names: users know these, the service wants ids.

use huaweicloud_lts::{Client, GroupClient, GroupId, StreamId};

use crate::error::{Failure, Meant};

/// How many hexadecimal digits an id has between its hyphens.
const ID: [usize; 5] = [8, 4, 4, 4, 12];

/// The id of a group: the text itself, or that of the group of this name.
pub(crate) async fn group(lts: &Client, name_or_id: &str) -> Result<GroupId, Failure> {
    if is_id(name_or_id) {
        return Ok(GroupId::new(name_or_id).map_err(huaweicloud_lts::Error::from)?);
    }
    let found =
        lts.find_group(name_or_id).await.or_say(|| format!("could not look for log group {name_or_id:?}"))?;
    found.map(|group| group.id).ok_or_else(|| Failure::NotFound {
        what: format!("there is no log group {name_or_id:?}"),
        hint: Some("`lts group list` shows those that there are".to_owned()),
    })
}

/// The ids of streams of a group, in their order. One list tells all names.
pub(crate) async fn streams(
    group: &GroupClient<'_>,
    names_or_ids: &[String],
) -> Result<Vec<StreamId>, Failure> {
    let mut ids = Vec::new();
    let mut listed = None;
    for name_or_id in names_or_ids {
        if is_id(name_or_id) {
            ids.push(StreamId::new(name_or_id).map_err(huaweicloud_lts::Error::from)?);
            continue;
        }
        if listed.is_none() {
            let all = group
                .streams()
                .await
                .or_say(|| "could not look for the log streams by their names".to_owned());
            listed = Some(all?);
        }
        let found = listed.iter().flatten().find(|stream| stream.name == *name_or_id);
        ids.push(found.map(|stream| stream.id.clone()).ok_or_else(|| no_stream(group.id(), name_or_id))?);
    }
    Ok(ids)
}

/// The failure for a stream that isn't there.
fn no_stream(group: &GroupId, name: &str) -> Failure {
    Failure::NotFound {
        what: format!("there is no log stream {name:?} in this group"),
        hint: Some(format!("`lts stream list {group}` shows those that there are")),
    }
}

/// What was found; nothing, if it is gone and may be.
pub(crate) fn unless_gone<T>(found: Result<T, Failure>, may_be_gone: bool) -> Result<Option<T>, Failure> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Failure::NotFound { .. }) if may_be_gone => Ok(None),
        Err(Failure::Call { error, .. }) if may_be_gone && error.is_not_found() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Whether a text is an id and no name: 8-4-4-4-12 hexadecimal digits.
fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == ID.len()
        && parts
            .iter()
            .zip(ID)
            .all(|(part, digits)| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_told_from_a_name() {
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
