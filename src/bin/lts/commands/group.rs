//! `lts group`: log groups.

use clap::{Args, Subcommand};
use huaweicloud_lts::{GroupId, Ttl, groups::LogGroup, spec::limits};
use serde::Serialize;

use crate::{
    confirm::{confirm, ensure_confirmable},
    context::Context,
    error::{CliError, ResultExt},
    output::{CREATED_AT, CREATION_TIME, Column, Listed, TTL, column_parser, print_list},
    parsers,
    resolve::{self, ignore_not_found},
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts group create app --ttl 30
  lts group list
  lts group delete app")]
pub(crate) enum GroupCommand {
    /// Create a log group.
    Create(CreateArguments),
    /// List the log groups of the project.
    List(ListArguments),
    /// Delete a log group and its streams.
    Delete(DeleteArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts group create app
  lts group create app --ttl 30 --if-not-exists
  id=$(lts group create app -q)

JSON and YAML: {log_group_id, created}; created is false if the group existed already.")]
pub(crate) struct CreateArguments {
    /// Name: letters, digits, hyphens, underscores and dots.
    #[arg(value_parser = parsers::text(&limits::LOG_GROUP_NAME))]
    name: String,
    /// Number of days to keep logs.
    #[arg(long, value_name = "DAYS", default_value = "7", value_parser = parsers::ttl, allow_negative_numbers = true)]
    ttl: Ttl,
    /// Succeed if a group with this name and ttl already exists.
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
    /// Columns to show, separated by commas.
    #[arg(long, value_delimiter = ',', ignore_case = true, value_parser = column_parser::<LogGroup>())]
    columns: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts group delete app
  lts group delete b6b9332b-091f-4b22-b810-264318d2d664 --yes --if-exists

A group with a transfer can't be deleted: delete its transfers in the console first.")]
pub(crate) struct DeleteArguments {
    /// Name or id of the group.
    group: String,
    /// Skip the confirmation prompt.
    #[arg(short, long)]
    yes: bool,
    /// Succeed if the group does not exist.
    #[arg(long)]
    if_exists: bool,
}

/// The output of `create`.
#[derive(Serialize)]
struct Created<'a> {
    log_group_id: &'a GroupId,
    created: bool,
}

impl Listed for LogGroup {
    const COLUMNS: &'static [Column] = &[
        Column { name: "id", member: "log_group_id", default: true },
        Column { name: "name", member: "log_group_name", default: true },
        Column { name: "ttl", member: TTL, default: true },
        Column { name: "created", member: CREATED_AT, default: true },
        Column { name: CREATION_TIME, member: CREATION_TIME, default: false },
        Column { name: "tags", member: "tag", default: false },
    ];
    const NONE: &'static str = "There are no log groups in this project.";
}

pub(crate) fn run(command: &GroupCommand, context: &Context) -> Result<(), CliError> {
    match command {
        GroupCommand::Create(arguments) => create(arguments, context),
        GroupCommand::List(arguments) => list(arguments, context),
        GroupCommand::Delete(arguments) => delete(arguments, context),
    }
}

fn create(arguments: &CreateArguments, context: &Context) -> Result<(), CliError> {
    let CreateArguments { name, ttl, if_not_exists } = arguments;
    let lts = context.client()?;
    let what = || format!("could not create log group {name:?}");
    let (id, created) = context.run(async {
        if *if_not_exists {
            let ensured = lts.groups().ensure(name, *ttl).await.context(what)?;
            return Ok((ensured.id, ensured.created));
        }
        Ok((lts.groups().create(name, *ttl).await.context(what)?, true))
    })?;
    context.output.created(&id, created, &Created { log_group_id: &id, created })
}

fn list(arguments: &ListArguments, context: &Context) -> Result<(), CliError> {
    let lts = context.client()?;
    let what = || "could not list the log groups".to_owned();
    let groups = context.run(async { lts.groups().list().await.context(what) })?;
    print_list(context.output, &groups, &arguments.columns)
}

fn delete(arguments: &DeleteArguments, context: &Context) -> Result<(), CliError> {
    let DeleteArguments { group, yes, if_exists } = arguments;
    ensure_confirmable(*yes, &format!("deleting log group {group:?}"))?;
    let lts = context.client()?;
    context.run(async {
        let resolved = resolve::group(lts, group).await;
        let Some(id) = ignore_not_found(resolved, *if_exists)? else { return Ok(()) };
        confirm(*yes, &format!("Delete log group {group:?} and its streams?")).await?;
        let deleted = lts.groups().delete(&id).await;
        let deleted = deleted.context(|| format!("could not delete log group {group:?}"));
        ignore_not_found(deleted, *if_exists).map(|_| ())
    })
}
