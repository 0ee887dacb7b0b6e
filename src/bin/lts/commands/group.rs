//! `lts group`: log groups.

use clap::{Args, Subcommand};
use huaweicloud_lts::{
    Client, Error, Ttl,
    error::ConflictError,
    groups::{Groups, LogGroup},
    spec::limits,
    transfers::LogTransfer,
};

use crate::{
    context::Context,
    create::{create_all, create_unless_exists},
    delete::{DeleteOptions, Deletion},
    error::{CliError, ResultExt},
    in_the_way,
    output::{
        CREATED, CREATION_TIME, Column, Created, CreatedKind, Fit, ListOptions, Named, Resource, TAGS, TTL,
        plural, print_list, print_resource, quoted,
    },
    parsers,
    resolve::{self, Ambiguity},
    tags::{NewTags, TagChanges},
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts group create app --ttl 30
  lts group list
  lts group update app --ttl 90 --tag team=shop
  lts group delete app")]
pub(crate) enum GroupCommand {
    /// Create log groups.
    Create(CreateArguments),
    /// List the log groups of the project.
    #[command(visible_alias = "ls")]
    List(ListArguments),
    /// Show one log group.
    Get(GetArguments),
    /// Change the retention and the tags of a log group.
    Update(UpdateArguments),
    /// Delete log groups with their streams.
    #[command(visible_alias = "rm")]
    Delete(DeleteArguments),
}

/// The retention of a new group, which every account may use.
const DEFAULT_TTL: Ttl = Ttl::days(7);

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts group create app
  lts group create app web --ttl 30 --if-not-exists
  lts group create app --tag team=shop --tag production=
  id=$(lts group create app -q)

JSON and YAML: {log_group_id, created}; created is false if the group existed already. \
With several names, an array.")]
pub(crate) struct CreateArguments {
    /// Names: letters, digits, hyphens, underscores and dots.
    #[arg(required = true, value_name = "NAME", value_parser = parsers::text(&limits::LOG_GROUP_NAME))]
    names: Vec<String>,
    /// Number of days to keep logs; by default 7.
    #[arg(long, value_name = "DAYS", value_parser = parsers::ttl, allow_negative_numbers = true)]
    ttl: Option<Ttl>,
    #[command(flatten)]
    tags: NewTags,
    /// Succeed if a group with this name, and the ttl if it is given, already exists. Its tags are not changed.
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
tag}. creation_time is in milliseconds; members that the service doesn't send are left out. tag also \
has the service's own tags, whose keys begin with _sys_.

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
  lts group update app --ttl 90
  lts group update app --tag team=shop --tag production= --untag draft

The tags of the group's streams stay as they are.

Prints the group as it is then, like lts group get.")]
pub(crate) struct UpdateArguments {
    /// Name or id of the group.
    group: String,
    /// Number of days to keep logs.
    #[arg(long, value_name = "DAYS", value_parser = parsers::ttl, allow_negative_numbers = true)]
    ttl: Option<Ttl>,
    #[command(flatten)]
    tags: TagChanges,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts group delete app
  lts group delete app web --yes
  lts group delete b6b9332b-091f-4b22-b810-264318d2d664 --yes --if-exists

Deletes the streams of the groups with all their logs, too. A group with a transfer can't be deleted: \
delete its transfers first, with lts transfer delete.")]
pub(crate) struct DeleteArguments {
    /// Names or ids of the groups.
    #[arg(required = true, value_name = "GROUP")]
    groups: Vec<String>,
    #[command(flatten)]
    options: DeleteOptions,
}

impl Named for LogGroup {
    const KIND: &'static str = "log group";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Resource for LogGroup {
    const COLUMNS: &'static [Column] = &[
        Column::new("name", "log_group_name", Fit::Whole),
        Column::new("id", ID, Fit::Id),
        TTL,
        CREATED,
        CREATION_TIME,
        TAGS,
        Column::optional("alias", "log_group_name_alias", Fit::Whole),
    ];

    fn creation_time(&self) -> Option<i64> {
        self.creation_time
    }
}

const ID: &str = "log_group_id";
const CREATED_GROUPS: CreatedKind = CreatedKind { kind: LogGroup::KIND, header: "NAME", member: ID };

pub(crate) fn run(command: &GroupCommand, context: &Context) -> Result<(), CliError> {
    match command {
        GroupCommand::Create(arguments) => create(arguments, context),
        GroupCommand::List(arguments) => list(arguments, context),
        GroupCommand::Get(arguments) => get(arguments, context),
        GroupCommand::Update(arguments) => update(arguments, context),
        GroupCommand::Delete(arguments) => delete(arguments, context),
    }
}

fn create(arguments: &CreateArguments, context: &Context) -> Result<(), CliError> {
    let CreateArguments { names, ttl, tags, if_not_exists } = arguments;
    let (names, tags) = (parsers::distinct(names), tags.get()?);
    let lts = context.client()?;
    let groups = lts.groups();
    create_all(context, &CREATED_GROUPS, names.len(), async |creations| {
        for name in &names {
            let created = if *if_not_exists {
                ensure(&groups, name, *ttl, tags).await
            } else {
                let create = groups.create(name, ttl.unwrap_or(DEFAULT_TTL));
                let create = tags.iter().fold(create, |call, (key, value)| call.tag(key, value));
                create.await.map(|id| Created::new(name, id, true))
            };
            creations.add(created.context(|| format!("could not create log group {name:?}")));
        }
        Ok(())
    })
}

/// Creates a group unless one with this name, and the ttl if it is given, exists.
async fn ensure(
    groups: &Groups,
    name: &str,
    ttl: Option<Ttl>,
    tags: &[(String, String)],
) -> Result<Created, Error> {
    let find = async || match groups.find(name).await? {
        Some(LogGroup { ttl: Some(found), .. }) if ttl.is_some_and(|ttl| ttl != found) => {
            let (group, wanted) = (name.to_owned(), ttl.unwrap_or(found));
            Err(Error::Conflict(ConflictError::Ttl { group, wanted, found }))
        }
        found => Ok(found.map(|group| group.id)),
    };
    let new_ttl = ttl.unwrap_or(DEFAULT_TTL);
    if tags.is_empty() {
        if ttl.is_none()
            && let Some(id) = find().await?
        {
            return Ok(Created::new(name, id, false));
        }
        let ensured = groups.ensure(name, new_ttl).await?;
        return Ok(Created::new(name, ensured.id, ensured.created));
    }
    let create = tags.iter().fold(groups.create(name, new_ttl), |call, (key, value)| call.tag(key, value));
    let (id, created) = create_unless_exists(find, create).await?;
    Ok(Created::new(name, id, created))
}

fn list(arguments: &ListArguments, context: &Context) -> Result<(), CliError> {
    let lts = context.client()?;
    let what = || "could not list the log groups".to_owned();
    let groups = context.run(async { lts.groups().list().await.context(what) })?;
    print_list(context.output, &groups, &arguments.options, "There are no log groups in this project.")
}

fn get(arguments: &GetArguments, context: &Context) -> Result<(), CliError> {
    let lts = context.client()?;
    let group = context.run(resolve::group(lts, &arguments.group, Ambiguity::Note))?;
    print_resource(context.output, &group)
}

fn update(arguments: &UpdateArguments, context: &Context) -> Result<(), CliError> {
    let UpdateArguments { group, ttl, tags } = arguments;
    if ttl.is_none() && tags.is_empty() {
        return Err(CliError::nothing_to_change("pass --ttl, --tag or --untag"));
    }
    tags.check()?;
    let lts = context.client()?;
    let group = context.run(async {
        let group = resolve::group(lts, group, Ambiguity::Note).await?;
        let mut update = lts.groups().update(&group.id);
        if let Some(ttl) = ttl {
            update = update.ttl(*ttl);
        }
        update = tags.set.iter().fold(update, |update, (key, value)| update.tag(key, value));
        update = tags.delete.iter().fold(update, |update, key| update.untag(key));
        update.await.context(|| format!("could not update log group {:?}", group.name))?;
        resolve::group(lts, group.id.as_str(), Ambiguity::Ignore).await
    })?;
    print_resource(context.output, &group)
}

fn delete(arguments: &DeleteArguments, context: &Context) -> Result<(), CliError> {
    let DeleteArguments { groups, options } = arguments;
    let groups = parsers::distinct(groups);
    options.ensure_confirmable::<LogGroup>(&groups)?;
    let lts = context.client()?;
    context.run(async {
        let found = resolve::groups(lts, &groups, Ambiguity::Fail).await?;
        options.delete_all(context, found, &GroupDeletion { lts }).await
    })
}

struct GroupDeletion<'a> {
    lts: &'a Client,
}

/// The most streams that a question names.
const MAX_NAMED: usize = 5;

impl Deletion<LogGroup> for GroupDeletion<'_> {
    async fn question(&self, groups: &[LogGroup]) -> Result<String, CliError> {
        let mut streams = Vec::new();
        for group in groups {
            let what = || format!("could not list the log streams of group {:?}", group.name);
            streams.extend(self.lts.group(&group.id).streams().list().await.context(what)?);
        }
        let is_of = |transfer: &LogTransfer| groups.iter().any(|group| group.id == transfer.group);
        in_the_way::warn(&in_the_way::transfers(self.lts, is_of).await);
        let groups: Vec<&str> = groups.iter().map(Named::name).collect();
        let names: Vec<&str> = streams.iter().map(|stream| stream.name.as_str()).collect();
        let streams = match names.len() {
            0 => "no log streams".to_owned(),
            1..=MAX_NAMED => format!("{} and all logs", quoted("log stream", &names)),
            number => format!("{} and all logs", plural(number, "log stream")),
        };
        Ok(format!("Delete {} with {streams}?", quoted(LogGroup::KIND, &groups)))
    }

    async fn delete(&self, group: &LogGroup) -> Result<(), Error> {
        self.lts.groups().delete(&group.id).await
    }

    async fn transfers(&self, group: &LogGroup) -> Vec<LogTransfer> {
        in_the_way::transfers(self.lts, |transfer| transfer.group == group.id).await
    }
}
