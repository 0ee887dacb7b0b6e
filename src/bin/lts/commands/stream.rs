//! `lts stream`: log streams of a group.

use std::slice;

use clap::{Args, Subcommand};
use huaweicloud_lts::{StreamId, spec::limits, streams::LogStream};
use serde::Serialize;

use crate::{
    confirm::{confirm, ensure_confirmable},
    context::Context,
    error::{CliError, ResultExt},
    output::{CREATED_AT, CREATION_TIME, Column, Listed, column_parser, print_list},
    parsers,
    resolve::{self, ignore_not_found},
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts stream create app nginx
  lts stream list app
  lts stream delete app nginx")]
pub(crate) enum StreamCommand {
    /// Create a log stream in a group.
    Create(CreateArguments),
    /// List the log streams of a group.
    List(ListArguments),
    /// Delete a log stream.
    Delete(DeleteArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream create app nginx
  lts stream create app nginx --if-not-exists
  id=$(lts stream create app worker -q)

JSON and YAML: {log_stream_id, created}; created is false if the stream existed already.")]
pub(crate) struct CreateArguments {
    /// Name or id of the group.
    group: String,
    /// Name of the stream: up to 64 characters.
    #[arg(value_parser = parsers::text(&limits::LOG_STREAM_NAME))]
    name: String,
    /// Succeed if a stream with this name already exists.
    #[arg(long)]
    if_not_exists: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream list app
  lts stream list app --columns name,created
  lts stream list app -q

JSON and YAML: an array of {log_stream_id, log_stream_name, created_at, creation_time, filter_count,
is_favorite, tag}. creation_time is in milliseconds; members that the service doesn't send are left out.")]
pub(crate) struct ListArguments {
    /// Name or id of the group.
    group: String,
    /// Columns to show, separated by commas.
    #[arg(long, value_delimiter = ',', ignore_case = true, value_parser = column_parser::<LogStream>())]
    columns: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream delete app nginx
  lts stream delete app nginx --yes --if-exists

A stream with a transfer can't be deleted: delete the transfer in the console first.")]
pub(crate) struct DeleteArguments {
    /// Name or id of the group.
    group: String,
    /// Name or id of the stream.
    stream: String,
    /// Skip the confirmation prompt.
    #[arg(short, long)]
    yes: bool,
    /// Succeed if the group or the stream does not exist.
    #[arg(long)]
    if_exists: bool,
}

/// The output of `create`.
#[derive(Serialize)]
struct Created<'a> {
    log_stream_id: &'a StreamId,
    created: bool,
}

impl Listed for LogStream {
    const COLUMNS: &'static [Column] = &[
        Column { name: "id", member: "log_stream_id", default: true },
        Column { name: "name", member: "log_stream_name", default: true },
        Column { name: "created", member: CREATED_AT, default: true },
        Column { name: CREATION_TIME, member: CREATION_TIME, default: false },
        Column { name: "filters", member: "filter_count", default: false },
        Column { name: "favorite", member: "is_favorite", default: false },
        Column { name: "tags", member: "tag", default: false },
    ];
    const NONE: &'static str = "There are no log streams in this group.";
}

pub(crate) fn run(command: &StreamCommand, context: &Context) -> Result<(), CliError> {
    match command {
        StreamCommand::Create(arguments) => create(arguments, context),
        StreamCommand::List(arguments) => list(arguments, context),
        StreamCommand::Delete(arguments) => delete(arguments, context),
    }
}

fn create(arguments: &CreateArguments, context: &Context) -> Result<(), CliError> {
    let CreateArguments { group, name, if_not_exists } = arguments;
    let lts = context.client()?;
    let what = || format!("could not create log stream {name:?} in group {group:?}");
    let (id, created) = context.run(async {
        let group = lts.group(&resolve::group(lts, group).await?);
        if *if_not_exists {
            let ensured = group.streams().ensure(name).await.context(what)?;
            return Ok((ensured.id, ensured.created));
        }
        Ok((group.streams().create(name).await.context(what)?, true))
    })?;
    context.output.created(&id, created, &Created { log_stream_id: &id, created })
}

fn list(arguments: &ListArguments, context: &Context) -> Result<(), CliError> {
    let ListArguments { group, columns } = arguments;
    let lts = context.client()?;
    let what = || format!("could not list the log streams of group {group:?}");
    let streams = context.run(async {
        let id = resolve::group(lts, group).await?;
        lts.group(&id).streams().list().await.context(what)
    })?;
    print_list(context.output, &streams, columns)
}

fn delete(arguments: &DeleteArguments, context: &Context) -> Result<(), CliError> {
    let DeleteArguments { group, stream, yes, if_exists } = arguments;
    ensure_confirmable(*yes, &format!("deleting log stream {stream:?}"))?;
    let lts = context.client()?;
    context.run(async {
        let resolved = resolve::group(lts, group).await;
        let Some(group_id) = ignore_not_found(resolved, *if_exists)? else { return Ok(()) };
        let in_group = lts.group(&group_id);
        let resolved = resolve::streams(&in_group, slice::from_ref(stream)).await;
        let ids = ignore_not_found(resolved, *if_exists)?;
        let Some(id) = ids.and_then(|mut ids| ids.pop()) else { return Ok(()) };
        confirm(*yes, &format!("Delete log stream {stream:?} of group {group:?}?")).await?;
        let deleted = in_group.streams().delete(&id).await;
        let deleted =
            deleted.context(|| format!("could not delete log stream {stream:?} of group {group:?}"));
        ignore_not_found(deleted, *if_exists).map(|_| ())
    })
}
