//! `lts stream`: log streams of a group.

use clap::{Args, Subcommand};
use huaweicloud_lts::{LogStream, StreamId, spec::limits};
use serde::Serialize;

use crate::{
    confirm,
    context::Context,
    error::{Failure, Meant},
    output::list::{self, CREATED_AT, CREATION_TIME, Column, Listed},
    parsers, resolve,
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts stream create app nginx
  lts stream list app
  lts stream delete app nginx")]
pub(crate) enum StreamCommand {
    /// Creates a log stream in a group.
    Create(CreateArguments),
    /// Lists the log streams of a group.
    List(ListArguments),
    /// Deletes a log stream.
    Delete(DeleteArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream create app nginx
  lts stream create app nginx --if-not-exists
  id=$(lts stream create app worker -q)

JSON and YAML: {log_stream_id, created}; created is false if the stream was there already.")]
pub(crate) struct CreateArguments {
    /// The group's name, or its id.
    group: String,
    /// The stream's name: up to 64 characters.
    #[arg(value_parser = parsers::text(&limits::LOG_STREAM_NAME))]
    name: String,
    /// Is content with a stream of this name.
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
    /// The group's name, or its id.
    group: String,
    /// What to show of each, with commas between.
    #[arg(long, value_delimiter = ',', ignore_case = true, value_parser = list::column::<LogStream>())]
    columns: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream delete app nginx
  lts stream delete app nginx --yes --if-exists

A stream that is transferred can't be deleted: end the transfer in the console first.")]
pub(crate) struct DeleteArguments {
    /// The group's name, or its id.
    group: String,
    /// The stream's name, or its id.
    stream: String,
    /// Doesn't ask.
    #[arg(short, long)]
    yes: bool,
    /// Is content if there is no such group or stream.
    #[arg(long)]
    if_exists: bool,
}

/// What became of a creation.
#[derive(Serialize)]
struct Created<'a> {
    log_stream_id: &'a StreamId,
    created: bool,
}

impl Listed for LogStream {
    const COLUMNS: &'static [Column] = &[
        Column { name: "id", member: "log_stream_id", usual: true },
        Column { name: "name", member: "log_stream_name", usual: true },
        Column { name: "created", member: CREATED_AT, usual: true },
        Column { name: CREATION_TIME, member: CREATION_TIME, usual: false },
        Column { name: "filters", member: "filter_count", usual: false },
        Column { name: "favorite", member: "is_favorite", usual: false },
        Column { name: "tags", member: "tag", usual: false },
    ];
    const NONE: &'static str = "There are no log streams in this group.";
}

pub(crate) fn run(command: &StreamCommand, context: &Context) -> Result<(), Failure> {
    match command {
        StreamCommand::Create(arguments) => create(arguments, context),
        StreamCommand::List(arguments) => list(arguments, context),
        StreamCommand::Delete(arguments) => delete(arguments, context),
    }
}

fn create(
    CreateArguments { group, name, if_not_exists }: &CreateArguments,
    context: &Context,
) -> Result<(), Failure> {
    let lts = context.client()?;
    let what = || format!("could not create log stream {name:?} in group {group:?}");
    let (id, created) = context.run(async {
        let group = lts.group(&resolve::group(lts, group).await?);
        if *if_not_exists {
            let ensured = group.ensure_stream(name).await.or_say(what)?;
            return Ok((ensured.id, ensured.created));
        }
        Ok((group.create_stream(name).await.or_say(what)?, true))
    })?;
    context.output.created(&id, created, &Created { log_stream_id: &id, created })
}

fn list(ListArguments { group, columns }: &ListArguments, context: &Context) -> Result<(), Failure> {
    let lts = context.client()?;
    let streams = context.run(async {
        let id = resolve::group(lts, group).await?;
        lts.group(&id).streams().await.or_say(|| format!("could not list the log streams of group {group:?}"))
    })?;
    list::print(context.output, &streams, columns)
}

fn delete(
    DeleteArguments { group, stream, yes, if_exists }: &DeleteArguments,
    context: &Context,
) -> Result<(), Failure> {
    confirm::may_go_on(*yes, &format!("deleting log stream {stream:?}"))?;
    let lts = context.client()?;
    context.run(async {
        let found = resolve::unless_gone(resolve::group(lts, group).await, *if_exists)?;
        let Some(in_group) = found.map(|id| lts.group(&id)) else { return Ok(()) };
        let found = resolve::streams(&in_group, std::slice::from_ref(stream)).await;
        let found = resolve::unless_gone(found, *if_exists)?;
        let Some(id) = found.and_then(|mut ids| ids.pop()) else { return Ok(()) };
        confirm::confirm(*yes, &format!("Delete log stream {stream:?} of group {group:?}?")).await?;
        let deleted = in_group.delete_stream(&id).await;
        let deleted = deleted.or_say(|| format!("could not delete log stream {stream:?} of group {group:?}"));
        resolve::unless_gone(deleted, *if_exists).map(|_| ())
    })
}
