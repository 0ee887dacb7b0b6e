//! `lts stream`: log streams of a group.

use clap::{Args, Subcommand};
use huaweicloud_lts::{spec::limits, streams::LogStream};

use crate::{
    context::Context,
    create::create_all,
    delete::DeleteOptions,
    error::{CliError, ResultExt},
    output::{
        CREATED, CREATION_TIME, Column, Created, CreatedKind, Fit, ListOptions, Resource, TAGS, print_list,
        print_resource,
    },
    parsers,
    resolve::{self, Ambiguity, ignore_not_found},
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts stream create app nginx
  lts stream list app
  lts stream delete app nginx")]
pub(crate) enum StreamCommand {
    /// Create log streams in a group.
    Create(CreateArguments),
    /// List the log streams of a group.
    #[command(visible_alias = "ls")]
    List(ListArguments),
    /// Show one log stream.
    Get(GetArguments),
    /// Delete log streams.
    #[command(visible_alias = "rm")]
    Delete(DeleteArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream create app nginx
  lts stream create app nginx worker --if-not-exists
  id=$(lts stream create app worker -q)

JSON and YAML: {log_stream_id, created}; created is false if the stream existed already. \
With several names, an array.")]
pub(crate) struct CreateArguments {
    /// Name or id of the group.
    group: String,
    /// Names of the streams: up to 64 characters.
    #[arg(required = true, value_name = "NAME", value_parser = parsers::text(&limits::LOG_STREAM_NAME))]
    names: Vec<String>,
    /// Succeed if a stream with this name already exists.
    #[arg(long)]
    if_not_exists: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts stream list app
  lts stream list app --columns name,created
  lts stream list app --filter nginx --sort name
  lts stream list app -q

JSON and YAML: an array of {log_stream_name, log_stream_id, created_at, creation_time, filter_count, \
is_favorite, tag}. creation_time is in milliseconds; members that the service doesn't send are \
left out.

On a narrow terminal, times and ids give way to names; --columns shows them.")]
pub(crate) struct ListArguments {
    /// Name or id of the group.
    group: String,
    #[command(flatten)]
    options: ListOptions<LogStream>,
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
  lts stream delete app nginx
  lts stream delete app nginx worker --yes --if-exists

A stream with a transfer can't be deleted: delete the transfer in the console first.")]
pub(crate) struct DeleteArguments {
    /// Name or id of the group.
    group: String,
    /// Names or ids of the streams.
    #[arg(required = true, value_name = "STREAM")]
    streams: Vec<String>,
    #[command(flatten)]
    options: DeleteOptions,
}

impl Resource for LogStream {
    const KIND: &'static str = "log stream";
    const COLUMNS: &'static [Column] = &[
        Column::new("name", "log_stream_name", Fit::Whole),
        Column::new("id", ID, Fit::Id),
        CREATED,
        CREATION_TIME,
        Column::optional("filters", "filter_count", Fit::Whole),
        Column::optional("favorite", "is_favorite", Fit::Whole),
        TAGS,
    ];
    const NONE: &'static str = "There are no log streams in this group.";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn name(&self) -> &str {
        &self.name
    }
}

const ID: &str = "log_stream_id";
const CREATED_STREAMS: CreatedKind = CreatedKind { kind: LogStream::KIND, header: "NAME", member: ID };

pub(crate) fn run(command: &StreamCommand, context: &Context) -> Result<(), CliError> {
    match command {
        StreamCommand::Create(arguments) => create(arguments, context),
        StreamCommand::List(arguments) => list(arguments, context),
        StreamCommand::Get(arguments) => get(arguments, context),
        StreamCommand::Delete(arguments) => delete(arguments, context),
    }
}

fn create(arguments: &CreateArguments, context: &Context) -> Result<(), CliError> {
    let CreateArguments { group, names, if_not_exists } = arguments;
    let names = parsers::distinct(names);
    let lts = context.client()?;
    create_all(context, &CREATED_STREAMS, names.len(), async |creations| {
        let group = resolve::group(lts, group, Ambiguity::Note).await?;
        let streams = lts.group(&group.id).streams();
        for name in &names {
            let created = if *if_not_exists {
                let ensured = streams.ensure(name).await;
                ensured.map(|ensured| Created::new(name, ensured.id, ensured.created))
            } else {
                streams.create(name).await.map(|id| Created::new(name, id, true))
            };
            let what = || format!("could not create log stream {name:?} in group {:?}", group.name);
            creations.add(created.context(what));
        }
        Ok(())
    })
}

fn list(arguments: &ListArguments, context: &Context) -> Result<(), CliError> {
    let ListArguments { group, options } = arguments;
    let lts = context.client()?;
    let streams = context.run(async {
        let group = resolve::group(lts, group, Ambiguity::Note).await?;
        let what = || format!("could not list the log streams of group {:?}", group.name);
        lts.group(&group.id).streams().list().await.context(what)
    })?;
    print_list(context.output, &streams, options)
}

fn get(arguments: &GetArguments, context: &Context) -> Result<(), CliError> {
    let GetArguments { group, stream } = arguments;
    let lts = context.client()?;
    let stream = context.run(async {
        let group = resolve::group(lts, group, Ambiguity::Note).await?;
        resolve::stream(&lts.group(&group.id), &group.name, stream, Ambiguity::Note).await
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
        let place = format!(" of group {:?}", group.name);
        let question = |streams: &str| format!("Delete {streams}{place}?");
        let delete = async |stream: &LogStream| in_group.streams().delete(&stream.id).await;
        options.delete_all(context, found, &place, question, delete).await
    })
}
