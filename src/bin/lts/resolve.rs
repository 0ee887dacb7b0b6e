//! Resolves names and ids of groups and streams, and ids of transfers, through lists of what exists.

use huaweicloud_lts::{
    Client,
    groups::{GroupHandle, LogGroup},
    streams::LogStream,
    suggest::did_you_mean,
    transfers::LogTransfer,
};

use crate::{
    error::{CliError, ResultExt},
    output::{Named, eprint_line, plural, quoted},
};

/// What to do about a text that is the id of one resource and the name of another, or the name of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ambiguity {
    /// Fail: what is deleted is gone.
    Fail,
    /// Take the id and say so on standard error, but fail if several have the name: what is created in one of them
    /// may belong into the other.
    FailForName,
    /// Take the id or the first of several, and say so on standard error.
    Note,
    /// Take the id or the first of several.
    Ignore,
}

/// The most names that are suggested instead of one that doesn't exist.
const MAX_SUGGESTIONS: usize = 3;

/// The group that is given by its name or id.
pub(crate) async fn group(
    lts: &Client,
    name_or_id: &str,
    ambiguity: Ambiguity,
) -> Result<LogGroup, CliError> {
    let groups = list_groups(lts, &[name_or_id]).await?;
    find_group(&groups, name_or_id, ambiguity)
}

/// The groups that are given by their names or ids, in the same order.
pub(crate) async fn groups(
    lts: &Client,
    names_or_ids: &[String],
    ambiguity: Ambiguity,
) -> Result<Vec<Result<LogGroup, CliError>>, CliError> {
    let groups = list_groups(lts, names_or_ids).await?;
    Ok(names_or_ids.iter().map(|name_or_id| find_group(&groups, name_or_id, ambiguity)).collect())
}

/// The stream of a group that is given by its name or id.
pub(crate) async fn stream(
    group: &GroupHandle,
    group_name: &str,
    name_or_id: &str,
    ambiguity: Ambiguity,
) -> Result<LogStream, CliError> {
    let streams = list_streams(group, group_name, &[name_or_id]).await?;
    find_stream(&streams, group_name, name_or_id, ambiguity)
}

/// The streams of a group that are given by their names or ids, in the same order.
pub(crate) async fn streams(
    group: &GroupHandle,
    group_name: &str,
    names_or_ids: &[String],
    ambiguity: Ambiguity,
) -> Result<Vec<Result<LogStream, CliError>>, CliError> {
    let streams = list_streams(group, group_name, names_or_ids).await?;
    let find = |name_or_id: &String| find_stream(&streams, group_name, name_or_id, ambiguity);
    Ok(names_or_ids.iter().map(find).collect())
}

/// The transfer with this id.
pub(crate) async fn transfer(lts: &Client, id: &str) -> Result<LogTransfer, CliError> {
    find_transfer(&list_transfers(lts, &[id]).await?, id)
}

/// The transfers with these ids, in the same order.
pub(crate) async fn transfers(
    lts: &Client,
    ids: &[String],
) -> Result<Vec<Result<LogTransfer, CliError>>, CliError> {
    let transfers = list_transfers(lts, ids).await?;
    Ok(ids.iter().map(|id| find_transfer(&transfers, id)).collect())
}

/// All transfers, to look these up.
async fn list_transfers<T: AsRef<str>>(lts: &Client, ids: &[T]) -> Result<Vec<LogTransfer>, CliError> {
    let what = || format!("could not look up {}", quoted(LogTransfer::KIND, ids));
    lts.transfers().list().await.context(what)
}

/// All groups, to look these up.
async fn list_groups<T: AsRef<str>>(lts: &Client, names_or_ids: &[T]) -> Result<Vec<LogGroup>, CliError> {
    let what = || format!("could not look up {}", quoted(LogGroup::KIND, names_or_ids));
    lts.groups().list().await.context(what)
}

/// All streams of a group, to look these up.
async fn list_streams<T: AsRef<str>>(
    group: &GroupHandle,
    group_name: &str,
    names_or_ids: &[T],
) -> Result<Vec<LogStream>, CliError> {
    let streams = || quoted(LogStream::KIND, names_or_ids);
    let what = || format!("could not look up {} in group {group_name:?}", streams());
    group.streams().list().await.context(what)
}

fn find_transfer(transfers: &[LogTransfer], id: &str) -> Result<LogTransfer, CliError> {
    find(transfers, id, Ambiguity::Ignore, "", "lts transfer list")
}

fn find_group(groups: &[LogGroup], name_or_id: &str, ambiguity: Ambiguity) -> Result<LogGroup, CliError> {
    find(groups, name_or_id, ambiguity, "", "lts group list")
}

fn find_stream(
    streams: &[LogStream],
    group_name: &str,
    name_or_id: &str,
    ambiguity: Ambiguity,
) -> Result<LogStream, CliError> {
    let place = format!(" in group {group_name:?}");
    find(streams, name_or_id, ambiguity, &place, &format!("lts stream list {group_name}"))
}

/// Finds a resource by its id or, since a name may look like an id, otherwise by its name.
fn find<R: Named + Clone>(
    listed: &[R],
    name_or_id: &str,
    ambiguity: Ambiguity,
    place: &str,
    list_command: &str,
) -> Result<R, CliError> {
    let by_id = listed.iter().find(|resource| resource.id() == name_or_id);
    let by_name = listed.iter().find(|resource| resource.name() == name_or_id);
    if let (Some(by_id), Some(by_name)) = (by_id, by_name)
        && by_id.id() != by_name.id()
    {
        resolve_ambiguity(by_id, by_name, ambiguity)?;
    }
    if by_id.is_none() {
        resolve_duplicates(listed, name_or_id, ambiguity)?;
    }
    by_id.or(by_name).cloned().ok_or_else(|| {
        let meant = did_you_mean(name_or_id, listed.iter().map(R::name), MAX_SUGGESTIONS);
        let meant = meant.map(|meant| meant + " ").unwrap_or_default();
        CliError::NotFound {
            what: format!("there is no {} {name_or_id:?}{place}", R::KIND),
            hint: Some(format!("{meant}`{list_command}` shows the existing {}s", R::KIND)),
        }
    })
}

/// Reports that a text is the id of one resource and the name of another.
fn resolve_ambiguity<R: Named>(by_id: &R, by_name: &R, ambiguity: Ambiguity) -> Result<(), CliError> {
    let (kind, text) = (R::KIND, by_id.id());
    let what = format!(
        "{text:?} is the id of {kind} {:?} and the name of the {kind} {}",
        by_id.name(),
        by_name.id()
    );
    match ambiguity {
        Ambiguity::Ignore => {}
        Ambiguity::FailForName | Ambiguity::Note => {
            eprint_line(format_args!("note: {what}; the id is used"));
        }
        Ambiguity::Fail => {
            let hint = format!("pass the name {:?} or the id {}", by_id.name(), by_name.id());
            return Err(CliError::Usage { what, hint: Some(hint) });
        }
    }
    Ok(())
}

/// Reports that several resources have a name.
fn resolve_duplicates<R: Named>(listed: &[R], name: &str, ambiguity: Ambiguity) -> Result<(), CliError> {
    let ids: Vec<&str> = listed.iter().filter(|resource| resource.name() == name).map(Named::id).collect();
    if ids.len() < 2 || ids.iter().all(|id| *id == ids[0]) {
        return Ok(());
    }
    let what = format!("{name:?} is the name of {}: {}", plural(ids.len(), R::KIND), ids.join(", "));
    match ambiguity {
        Ambiguity::Ignore => {}
        Ambiguity::Note => eprint_line(format_args!("note: {what}; the first one is used")),
        Ambiguity::Fail | Ambiguity::FailForName => {
            let hint = Some("pass the id instead of the name".to_owned());
            return Err(CliError::Usage { what, hint });
        }
    }
    Ok(())
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
