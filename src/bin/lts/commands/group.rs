//! `lts group`: log groups.

use clap::{Args, Subcommand};
use huaweicloud_lts::{Ttl, groups::LogGroup, spec::limits};

use crate::{
    context::Context,
    create::create_all,
    delete::DeleteOptions,
    error::{CliError, ResultExt},
    output::{
        CREATED, CREATION_TIME, Column, Created, CreatedKind, Fit, ListOptions, Resource, TAGS, TTL,
        print_list, print_resource,
    },
    parsers,
    resolve::{self, Ambiguity},
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts group create app --ttl 30
  lts group list
  lts group delete app")]
pub(crate) enum GroupCommand {
    /// Create log groups.
    Create(CreateArguments),
    /// List the log groups of the project.
    #[command(visible_alias = "ls")]
    List(ListArguments),
    /// Show one log group.
    Get(GetArguments),
    /// Delete log groups with their streams.
    #[command(visible_alias = "rm")]
    Delete(DeleteArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts group create app
  lts group create app web --ttl 30 --if-not-exists
  id=$(lts group create app -q)

JSON and YAML: {log_group_id, created}; created is false if the group existed already. \
With several names, an array.")]
pub(crate) struct CreateArguments {
    /// Names: letters, digits, hyphens, underscores and dots.
    #[arg(required = true, value_name = "NAME", value_parser = parsers::text(&limits::LOG_GROUP_NAME))]
    names: Vec<String>,
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
  lts group list --filter prod --sort created --reverse
  lts group list -o json | jq -r '.[] | select(.ttl_in_days > 7).log_group_name'

JSON and YAML: an array of {log_group_name, log_group_id, ttl_in_days, created_at, creation_time, \
tag}. creation_time is in milliseconds; members that the service doesn't send are left out.

On a narrow terminal, times and ids give way to names; --columns shows them.")]
pub(crate) struct ListArguments {
    #[command(flatten)]
    options: ListOptions<LogGroup>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts group get app
  lts group get app -o json | jq .ttl_in_days

JSON and YAML: one object with the members of lts group list.")]
pub(crate) struct GetArguments {
    /// Name or id of the group.
    group: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts group delete app
  lts group delete app web --yes
  lts group delete b6b9332b-091f-4b22-b810-264318d2d664 --yes --if-exists

A group with a transfer can't be deleted: delete its transfers in the console first.")]
pub(crate) struct DeleteArguments {
    /// Names or ids of the groups.
    #[arg(required = true, value_name = "GROUP")]
    groups: Vec<String>,
    #[command(flatten)]
    options: DeleteOptions,
}

impl Resource for LogGroup {
    const KIND: &'static str = "log group";
    const COLUMNS: &'static [Column] = &[
        Column::new("name", "log_group_name", Fit::Whole),
        Column::new("id", ID, Fit::Id),
        TTL,
        CREATED,
        CREATION_TIME,
        TAGS,
    ];
    const NONE: &'static str = "There are no log groups in this project.";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn name(&self) -> &str {
        &self.name
    }
}

const ID: &str = "log_group_id";
const CREATED_GROUPS: CreatedKind = CreatedKind { kind: LogGroup::KIND, header: "NAME", member: ID };

pub(crate) fn run(command: &GroupCommand, context: &Context) -> Result<(), CliError> {
    match command {
        GroupCommand::Create(arguments) => create(arguments, context),
        GroupCommand::List(arguments) => list(arguments, context),
        GroupCommand::Get(arguments) => get(arguments, context),
        GroupCommand::Delete(arguments) => delete(arguments, context),
    }
}

fn create(arguments: &CreateArguments, context: &Context) -> Result<(), CliError> {
    let CreateArguments { names, ttl, if_not_exists } = arguments;
    let names = parsers::distinct(names);
    let lts = context.client()?;
    let groups = lts.groups();
    create_all(context, &CREATED_GROUPS, names.len(), async |creations| {
        for name in &names {
            let created = if *if_not_exists {
                let ensured = groups.ensure(name, *ttl).await;
                ensured.map(|ensured| Created::new(name, ensured.id, ensured.created))
            } else {
                groups.create(name, *ttl).await.map(|id| Created::new(name, id, true))
            };
            creations.add(created.context(|| format!("could not create log group {name:?}")));
        }
        Ok(())
    })
}

fn list(arguments: &ListArguments, context: &Context) -> Result<(), CliError> {
    let lts = context.client()?;
    let what = || "could not list the log groups".to_owned();
    let groups = context.run(async { lts.groups().list().await.context(what) })?;
    print_list(context.output, &groups, &arguments.options)
}

fn get(arguments: &GetArguments, context: &Context) -> Result<(), CliError> {
    let lts = context.client()?;
    let group = context.run(resolve::group(lts, &arguments.group, Ambiguity::Note))?;
    print_resource(context.output, &group)
}

fn delete(arguments: &DeleteArguments, context: &Context) -> Result<(), CliError> {
    let DeleteArguments { groups, options } = arguments;
    let groups = parsers::distinct(groups);
    options.ensure_confirmable::<LogGroup>(&groups)?;
    let lts = context.client()?;
    context.run(async {
        let found = resolve::groups(lts, &groups, Ambiguity::Fail).await?;
        let question = |groups: &str| format!("Delete {groups} with all streams?");
        let delete = async |group: &LogGroup| lts.groups().delete(&group.id).await;
        options.delete_all(context, found, "", question, delete).await
    })
}
