//! `lts stream`: log streams of a group.

use std::collections::HashMap;

use clap::{Args, Subcommand};
use huaweicloud_lts::{
    Client, Error, StreamId, Ttl,
    groups::{GroupHandle, LogGroup},
    spec::limits,
    streams::{CreateStream, LogStream, StreamTtl},
    transfers::LogTransfer,
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    context::Context,
    create::{create_all, create_unless_exists},
    delete::{DeleteOptions, Deletion},
    error::{CliError, ResultExt},
    in_the_way,
    output::{
        CREATED, CREATION_TIME, Column, Created, CreatedKind, Fit, ListOptions, Named, Resource, TAGS, TTL,
        print_list, print_resource, quoted,
    },
    parsers,
    resolve::{self, Ambiguity, ignore_not_found},
    tags::{NewTags, TagChanges},
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts stream create app nginx
  lts stream list app
  lts stream update app nginx --ttl 30
  lts stream delete app nginx")]
pub(crate) enum StreamCommand {
    /// Create log streams in a group.
    Create(CreateArguments),
    /// List the log streams of a group, or of the whole project.
    #[command(visible_alias = "ls")]
    List(ListArguments),
    /// Show one log stream.
    Get(GetArguments),
    /// Change the retention and the tags of a log stream.
    Update(UpdateArguments),
    /// Delete log streams.
    #[command(visible_alias = "rm")]
    Delete(DeleteArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream create app nginx
  lts stream create app nginx worker --if-not-exists
  lts stream create app nginx --ttl 30 --tag team=shop
  id=$(lts stream create app worker -q)

JSON and YAML: {log_stream_id, created}; created is false if the stream existed already. \
With several names, an array.")]
pub(crate) struct CreateArguments {
    /// Name or id of the group.
    group: String,
    /// Names of the streams: up to 64 characters.
    #[arg(required = true, value_name = "NAME", value_parser = parsers::text(&limits::LOG_STREAM_NAME))]
    names: Vec<String>,
    /// Number of days to keep logs, or inherit for that of the group; by default inherit.
    #[arg(long, value_name = "DAYS", value_parser = parsers::stream_ttl, allow_negative_numbers = true)]
    ttl: Option<StreamTtl>,
    #[command(flatten)]
    tags: NewTags,
    /// Succeed if a stream with this name, and the ttl if it is given, already exists. Its tags are not changed.
    #[arg(long)]
    if_not_exists: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream list app
  lts stream list --filter nginx
  lts stream list app --columns name,created
  lts stream list app --filter nginx --sort name
  lts stream list app -q

JSON and YAML: an array of {log_stream_name, log_stream_id, ttl_in_days, created_at, creation_time, \
filter_count, is_favorite, tag}; without GROUP also {log_group_name, log_group_id}. ttl_in_days is -1 if \
the stream inherits that of its group. creation_time is in milliseconds; members that the service \
doesn't send are left out.

On a narrow terminal, times and ids give way to names; --columns shows them.")]
pub(crate) struct ListArguments {
    /// Name or id of the group; without it, the streams of all groups are listed.
    group: Option<String>,
    #[command(flatten)]
    options: ListOptions<ListedStream>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream get app nginx
  lts stream get app nginx -o json | jq .tag

JSON and YAML: one object with the members of lts stream list.")]
pub(crate) struct GetArguments {
    /// Name or id of the group.
    group: String,
    /// Name or id of the stream.
    stream: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream update app nginx --ttl 30
  lts stream update app nginx --ttl inherit
  lts stream update app nginx --tag team=shop --untag draft

Prints the stream as it is then, like lts stream get.")]
pub(crate) struct UpdateArguments {
    /// Name or id of the group.
    group: String,
    /// Name or id of the stream.
    stream: String,
    /// Number of days to keep logs, or inherit for that of the group.
    #[arg(long, value_name = "DAYS", value_parser = parsers::stream_ttl, allow_negative_numbers = true)]
    ttl: Option<StreamTtl>,
    #[command(flatten)]
    tags: TagChanges,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream delete app nginx
  lts stream delete app nginx worker --yes --if-exists

Deletes all logs of the streams, too. A stream with a transfer can't be deleted: delete the transfer \
first, with lts transfer delete.")]
pub(crate) struct DeleteArguments {
    /// Name or id of the group.
    group: String,
    /// Names or ids of the streams.
    #[arg(required = true, value_name = "STREAM")]
    streams: Vec<String>,
    #[command(flatten)]
    options: DeleteOptions,
}

impl Named for LogStream {
    const KIND: &'static str = "log stream";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// A stream with what its group adds to it.
#[derive(Debug, Serialize)]
pub(crate) struct ListedStream {
    #[serde(flatten)]
    stream: LogStream,
    /// The name of the group, if it is to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_group_name: Option<String>,
    /// The ttl of the group, which the stream may inherit.
    #[serde(skip)]
    group_ttl: Option<Ttl>,
}

impl Named for ListedStream {
    const KIND: &'static str = LogStream::KIND;

    fn id(&self) -> &str {
        self.stream.id()
    }

    fn name(&self) -> &str {
        self.stream.name()
    }
}

const GROUP: &str = "group";

impl Resource for ListedStream {
    const COLUMNS: &'static [Column] = &[
        Column::new("name", "log_stream_name", Fit::Whole),
        Column::if_present(GROUP, "log_group_name", Fit::Whole),
        Column::new("id", ID, Fit::Id),
        Column::optional("group_id", "log_group_id", Fit::Whole),
        TTL,
        CREATED,
        CREATION_TIME,
        Column::optional("filters", "filter_count", Fit::Whole),
        Column::optional("favorite", "is_favorite", Fit::Whole),
        TAGS,
        Column::optional("alias", "log_stream_name_alias", Fit::Whole),
    ];

    fn creation_time(&self) -> Option<i64> {
        self.stream.creation_time
    }

    fn order(&self, column: &Column) -> Option<Value> {
        let days =
            self.group_ttl.filter(|_| column.name == TTL.name && self.stream.ttl == Some(Ttl::inherited()));
        days.map(|days| days.as_days().into())
    }

    fn cell(&self, column: &Column) -> Option<String> {
        let inherits = self.stream.ttl? == Ttl::inherited();
        (column.name == TTL.name && inherits).then(|| match self.group_ttl {
            Some(ttl) => format!("{ttl} (group)"),
            None => Ttl::inherited().to_string(),
        })
    }
}

const ID: &str = "log_stream_id";
const CREATED_STREAMS: CreatedKind = CreatedKind { kind: LogStream::KIND, header: "NAME", member: ID };

pub(crate) fn run(command: &StreamCommand, context: &Context) -> Result<(), CliError> {
    match command {
        StreamCommand::Create(arguments) => create(arguments, context),
        StreamCommand::List(arguments) => list(arguments, context),
        StreamCommand::Get(arguments) => get(arguments, context),
        StreamCommand::Update(arguments) => update(arguments, context),
        StreamCommand::Delete(arguments) => delete(arguments, context),
    }
}

fn create(arguments: &CreateArguments, context: &Context) -> Result<(), CliError> {
    let CreateArguments { group, names, ttl, tags, if_not_exists } = arguments;
    let (names, tags) = (parsers::distinct(names), tags.get()?);
    let lts = context.client()?;
    create_all(context, &CREATED_STREAMS, names.len(), async |creations| {
        let group = resolve::group(lts, group, Ambiguity::FailForName).await?;
        let streams = lts.group(&group.id).streams();
        for name in &names {
            let what = || format!("could not create log stream {name:?} in group {:?}", group.name);
            let create = || with_settings(streams.create(name), *ttl, tags);
            let created = if !*if_not_exists {
                create().await.map(|id| Created::new(name, id, true)).context(what)
            } else if ttl.is_none() && tags.is_empty() {
                let ensured = streams.ensure(name).await;
                ensured.map(|ensured| Created::new(name, ensured.id, ensured.created)).context(what)
            } else {
                ensure(lts, &group, name, *ttl, create()).await
            };
            creations.add(created);
        }
        Ok(())
    })
}

fn with_settings(
    mut create: CreateStream,
    ttl: Option<StreamTtl>,
    tags: &[(String, String)],
) -> CreateStream {
    if let Some(ttl) = ttl {
        create = create.ttl(ttl);
    }
    tags.iter().fold(create, |create, (key, value)| create.tag(key, value))
}

/// Creates a stream unless one with this name exists, which must have the ttl.
async fn ensure(
    lts: &Client,
    group: &LogGroup,
    name: &str,
    ttl: Option<StreamTtl>,
    create: CreateStream,
) -> Result<Created, CliError> {
    let streams = lts.group(&group.id).streams();
    let find = async || Ok(streams.find(name).await?.map(|stream| (stream.id, stream.ttl)));
    let create = async { Ok::<_, Error>((create.await?, ttl)) };
    let ensured = create_unless_exists(find, Box::pin(create)).await;
    let ((id, found), created): ((StreamId, Option<StreamTtl>), bool) =
        ensured.context(|| format!("could not create log stream {name:?} in group {:?}", group.name))?;
    match (ttl, found) {
        (Some(wanted), Some(found)) if wanted != found => {
            let days = wanted.own().map_or("inherit".to_owned(), |ttl| ttl.as_days().to_string());
            Err(CliError::Differs {
                what: format!(
                    "log stream {name:?} of group {:?} exists with another ttl: {found}, not {wanted}",
                    group.name
                ),
                hint: format!(
                    "leave out --ttl, or change it with `lts stream update {} {name} --ttl {days}`",
                    group.name
                ),
            })
        }
        _ => Ok(Created::new(name, id, created)),
    }
}

fn list(arguments: &ListArguments, context: &Context) -> Result<(), CliError> {
    let ListArguments { group, options } = arguments;
    let lts = context.client()?;
    let (streams, none) = match group {
        Some(group) => {
            let streams = list_of_group(lts, group, options.chooses(GROUP));
            (context.run(streams)?, "There are no log streams in this group.")
        }
        None => (context.run(list_of_project(lts))?, "There are no log streams in this project."),
    };
    print_list(context.output, &streams, options, none)
}

async fn list_of_group(lts: &Client, group: &str, with_group: bool) -> Result<Vec<ListedStream>, CliError> {
    let group = resolve::group(lts, group, Ambiguity::Note).await?;
    let what = || format!("could not list the log streams of group {:?}", group.name);
    let streams = lts.group(&group.id).streams().list().await.context(what)?;
    let listed = |stream| ListedStream {
        stream,
        log_group_name: with_group.then(|| group.name.clone()),
        group_ttl: group.ttl,
    };
    Ok(streams.into_iter().map(listed).collect())
}

async fn list_of_project(lts: &Client) -> Result<Vec<ListedStream>, CliError> {
    let what = || "could not list the log streams of the project".to_owned();
    let streams = lts.streams().list().await.context(what)?;
    let groups = lts.groups().list().await.context(|| "could not list the log groups".to_owned())?;
    let groups: HashMap<_, _> = groups.iter().map(|group| (&group.id, group)).collect();
    let listed = |stream: LogStream| {
        let group = stream.group.as_ref().and_then(|id| groups.get(id));
        let (log_group_name, group_ttl) =
            (group.map(|group| group.name.clone()), group.and_then(|group| group.ttl));
        ListedStream { stream, log_group_name, group_ttl }
    };
    Ok(streams.into_iter().map(listed).collect())
}

fn get(arguments: &GetArguments, context: &Context) -> Result<(), CliError> {
    let GetArguments { group, stream } = arguments;
    let lts = context.client()?;
    let stream = context.run(async {
        let group = resolve::group(lts, group, Ambiguity::Note).await?;
        let stream = resolve::stream(&lts.group(&group.id), &group.name, stream, Ambiguity::Note).await?;
        Ok(ListedStream { stream, log_group_name: None, group_ttl: group.ttl })
    })?;
    print_resource(context.output, &stream)
}

fn update(arguments: &UpdateArguments, context: &Context) -> Result<(), CliError> {
    let UpdateArguments { group, stream, ttl, tags } = arguments;
    if ttl.is_none() && tags.is_empty() {
        return Err(CliError::nothing_to_change("pass --ttl, --tag or --untag"));
    }
    tags.check()?;
    let lts = context.client()?;
    let stream = context.run(async {
        let group = resolve::group(lts, group, Ambiguity::Note).await?;
        let in_group = lts.group(&group.id);
        let stream = resolve::stream(&in_group, &group.name, stream, Ambiguity::Note).await?;
        let mut update = in_group.streams().update(&stream.id);
        if let Some(ttl) = ttl {
            update = update.ttl(*ttl);
        }
        update = tags.set.iter().fold(update, |update, (key, value)| update.tag(key, value));
        update = tags.delete.iter().fold(update, |update, key| update.untag(key));
        let what = || format!("could not update log stream {:?} of group {:?}", stream.name, group.name);
        update.await.context(what)?;
        let stream = resolve::stream(&in_group, &group.name, stream.id.as_str(), Ambiguity::Ignore).await?;
        Ok(ListedStream { stream, log_group_name: None, group_ttl: group.ttl })
    })?;
    print_resource(context.output, &stream)
}

fn delete(arguments: &DeleteArguments, context: &Context) -> Result<(), CliError> {
    let DeleteArguments { group, streams, options } = arguments;
    let streams = parsers::distinct(streams);
    options.ensure_confirmable::<LogStream>(&streams)?;
    let lts = context.client()?;
    context.run(async {
        let resolved = resolve::group(lts, group, Ambiguity::Fail).await;
        let Some(group) = ignore_not_found(resolved, options.if_exists)? else { return Ok(()) };
        let in_group = lts.group(&group.id);
        let resolved = resolve::streams(&in_group, &group.name, &streams, Ambiguity::Fail).await;
        let Some(found) = ignore_not_found(resolved, options.if_exists)? else { return Ok(()) };
        options.delete_all(context, found, &StreamDeletion { lts, in_group, group }).await
    })
}

struct StreamDeletion<'a> {
    lts: &'a Client,
    in_group: GroupHandle,
    group: LogGroup,
}

impl Deletion<LogStream> for StreamDeletion<'_> {
    fn place(&self) -> String {
        format!(" of group {:?}", self.group.name)
    }

    async fn question(&self, streams: &[LogStream]) -> Result<String, CliError> {
        let is_one = |id: &StreamId| streams.iter().any(|stream| stream.id == *id);
        let is_of = |transfer: &LogTransfer| transfer.streams.iter().any(|stream| is_one(&stream.id));
        in_the_way::warn(&in_the_way::transfers(self.lts, is_of).await);
        let streams: Vec<&str> = streams.iter().map(Named::name).collect();
        Ok(format!("Delete {}{} with all logs?", quoted(LogStream::KIND, &streams), self.place()))
    }

    async fn delete(&self, stream: &LogStream) -> Result<(), Error> {
        self.in_group.streams().delete(&stream.id).await
    }

    async fn transfers(&self, stream: &LogStream) -> Vec<LogTransfer> {
        let is_of = |transfer: &LogTransfer| transfer.streams.iter().any(|one| one.id == stream.id);
        in_the_way::transfers(self.lts, is_of).await
    }
}
