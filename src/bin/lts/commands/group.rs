//! `lts group`: log groups.

use clap::{Args, Subcommand};
use huaweicloud_lts::{GroupId, LogGroup, Ttl, spec::limits};
use serde::Serialize;

use crate::{
    confirm,
    context::Context,
    error::{Failure, Meant},
    output::list::{self, CREATED_AT, CREATION_TIME, Column, Listed, TTL},
    parsers, resolve,
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts group create app --ttl 30
  lts group list
  lts group delete app")]
pub(crate) enum GroupCommand {
    /// Creates a log group.
    Create(CreateArguments),
    /// Lists the log groups of the project.
    List(ListArguments),
    /// Deletes a log group and its streams.
    Delete(DeleteArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts group create app
  lts group create app --ttl 30 --if-not-exists
  id=$(lts group create app -q)

JSON and YAML: {log_group_id, created}; created is false if the group was there already.")]
pub(crate) struct CreateArguments {
    /// Its name: letters, digits, hyphens, underscores and dots.
    #[arg(value_parser = parsers::text(&limits::LOG_GROUP_NAME))]
    name: String,
    /// For how many days it keeps logs.
    #[arg(long, value_name = "DAYS", default_value = "7", value_parser = parsers::ttl, allow_negative_numbers = true)]
    ttl: Ttl,
    /// Is content with a group of this name and ttl.
    #[arg(long)]
    if_not_exists: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts group list
  lts group list --columns name,ttl
  lts group list -o json | jq -r '.[] | select(.ttl_in_days > 7).log_group_name'

JSON and YAML: an array of {log_group_id, log_group_name, ttl_in_days, created_at, creation_time, tag}.
creation_time is in milliseconds; members that the service doesn't send are left out.")]
pub(crate) struct ListArguments {
    /// What to show of each, with commas between.
    #[arg(long, value_delimiter = ',', ignore_case = true, value_parser = list::column::<LogGroup>())]
    columns: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts group delete app
  lts group delete b6b9332b-091f-4b22-b810-264318d2d664 --yes --if-exists

A group whose streams are transferred can't be deleted: end the transfers in the console first.")]
pub(crate) struct DeleteArguments {
    /// Its name, or its id.
    group: String,
    /// Doesn't ask.
    #[arg(short, long)]
    yes: bool,
    /// Is content if there is no such group.
    #[arg(long)]
    if_exists: bool,
}

/// What became of a creation.
#[derive(Serialize)]
struct Created<'a> {
    log_group_id: &'a GroupId,
    created: bool,
}

impl Listed for LogGroup {
    const COLUMNS: &'static [Column] = &[
        Column { name: "id", member: "log_group_id", usual: true },
        Column { name: "name", member: "log_group_name", usual: true },
        Column { name: "ttl", member: TTL, usual: true },
        Column { name: "created", member: CREATED_AT, usual: true },
        Column { name: CREATION_TIME, member: CREATION_TIME, usual: false },
        Column { name: "tags", member: "tag", usual: false },
    ];
    const NONE: &'static str = "There are no log groups in this project.";
}

pub(crate) fn run(command: &GroupCommand, context: &Context) -> Result<(), Failure> {
    match command {
        GroupCommand::Create(arguments) => create(arguments, context),
        GroupCommand::List(arguments) => list(arguments, context),
        GroupCommand::Delete(arguments) => delete(arguments, context),
    }
}

fn create(
    CreateArguments { name, ttl, if_not_exists }: &CreateArguments,
    context: &Context,
) -> Result<(), Failure> {
    let lts = context.client()?;
    let what = || format!("could not create log group {name:?}");
    let (id, created) = context.run(async {
        if *if_not_exists {
            let ensured = lts.ensure_group(name, *ttl).await.or_say(what)?;
            return Ok((ensured.id, ensured.created));
        }
        Ok((lts.create_group(name, *ttl).await.or_say(what)?, true))
    })?;
    context.output.created(&id, created, &Created { log_group_id: &id, created })
}

fn list(ListArguments { columns }: &ListArguments, context: &Context) -> Result<(), Failure> {
    let lts = context.client()?;
    let groups =
        context.run(async { lts.groups().await.or_say(|| "could not list the log groups".to_owned()) })?;
    list::print(context.output, &groups, columns)
}

fn delete(
    DeleteArguments { group, yes, if_exists }: &DeleteArguments,
    context: &Context,
) -> Result<(), Failure> {
    confirm::may_go_on(*yes, &format!("deleting log group {group:?}"))?;
    let lts = context.client()?;
    context.run(async {
        let Some(id) = resolve::unless_gone(resolve::group(lts, group).await, *if_exists)? else {
            return Ok(());
        };
        confirm::confirm(*yes, &format!("Delete log group {group:?} and its streams?")).await?;
        let deleted = lts.delete_group(&id).await.or_say(|| format!("could not delete log group {group:?}"));
        resolve::unless_gone(deleted, *if_exists).map(|_| ())
    })
}
