//! `lts transfer`: transfers of streams to object storage.

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use huaweicloud_lts::{
    groups::LogGroup,
    spec::limits,
    streams::LogStream,
    transfers::{Destination, EnsuredLogDump, ObsDestination, StorageFormat, Transfer, TransferInterval},
};

use crate::{
    context::Context,
    create::create_all,
    error::{CliError, ResultExt},
    output::{Created, CreatedKind, eprint_line},
    parsers,
    resolve::{self, Ambiguity},
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Example:
  lts transfer create app nginx --bucket my-bucket --every 5min")]
pub(crate) enum TransferCommand {
    /// Transfer streams of a group to an OBS bucket at a regular interval.
    Create(CreateArguments),
    /// Not supported: the API cannot list transfers.
    #[command(
        visible_alias = "ls",
        after_help = "\
Example, keep the id instead:
  id=$(lts transfer create app nginx --bucket my-bucket --every 5min -q)"
    )]
    List(AnyArguments),
    /// Not supported: the API cannot delete transfers.
    #[command(
        visible_alias = "rm",
        after_help = "\
Example, delete a transfer of the emulator instead:
  curl -X DELETE \"$HUAWEICLOUD_LTS_ENDPOINT/_emulator/transfers/$id\""
    )]
    Delete(AnyArguments),
}

#[derive(Debug, Args)]
#[command(override_usage = "lts transfer create [OPTIONS] <GROUP> <STREAM>...
                           --bucket <BUCKET> --every <INTERVAL>")]
#[command(after_help = "\
Examples:
  lts transfer create app nginx --bucket my-bucket --every 5min
  lts transfer create app nginx worker --bucket my-bucket --every 1hour --paused

Each stream gets a task of its own; it can have only one. Keep the ids: the API can neither list \
nor delete transfers.

JSON and YAML: {log_dump_obs_id, created}; created is false and the id is null if the stream \
already had a transfer. With several streams, an array.")]
pub(crate) struct CreateArguments {
    /// Name or id of the group.
    group: String,
    /// Names or ids of the streams.
    #[arg(required = true, value_name = "STREAM")]
    streams: Vec<String>,
    /// OBS bucket to write to.
    #[arg(long, value_parser = parsers::text(&limits::OBS_BUCKET_NAME))]
    bucket: String,
    /// Interval between two transfers.
    #[arg(long, value_name = "INTERVAL", value_parser = interval())]
    every: TransferInterval,
    /// Format of the stored logs.
    #[arg(long, value_name = "FORMAT", default_value_t, value_parser = format())]
    format: StorageFormat,
    /// Prefix of the file names.
    #[arg(long, value_parser = parsers::text(&limits::PREFIX_NAME))]
    prefix: Option<String>,
    /// Directory in the bucket.
    #[arg(long, value_parser = parsers::text(&limits::DIR_PREFIX_NAME))]
    dir: Option<String>,
    /// Create the transfer paused.
    #[arg(long)]
    paused: bool,
    /// Succeed if a stream already has a transfer, whatever its settings.
    #[arg(long)]
    if_not_exists: bool,
    /// Use the operation createLogDumpObs, which is the only one at present.
    #[arg(long)]
    log_dump: bool,
}

/// Accepts all arguments, so that a command that isn't supported can explain itself.
#[derive(Debug, Args)]
pub(crate) struct AnyArguments {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    ignored: Vec<String>,
}

const CREATED_TRANSFERS: CreatedKind =
    CreatedKind { kind: "transfer of", header: "STREAM", member: "log_dump_obs_id" };

pub(crate) fn run(command: &TransferCommand, context: &Context) -> Result<(), CliError> {
    match command {
        TransferCommand::Create(arguments) => create(arguments, context),
        TransferCommand::List(_) => Err(not_supported(
            "list",
            "keep the id that `lts transfer create` prints, and find transfers in the console",
        )),
        TransferCommand::Delete(_) => Err(not_supported("delete", "delete the transfer in the console")),
    }
}

fn not_supported(verb: &str, instead: &str) -> CliError {
    CliError::Usage {
        what: format!("the API of LTS cannot {verb} transfers"),
        hint: Some(format!("{instead}; with the emulator, use its admin API: /_emulator/transfers")),
    }
}

fn create(arguments: &CreateArguments, context: &Context) -> Result<(), CliError> {
    let CreateArguments { group, streams, .. } = arguments;
    let streams = parsers::distinct(streams);
    let lts = context.client()?;
    create_all(context, &CREATED_TRANSFERS, streams.len(), async |creations| {
        let group = resolve::group(lts, group, Ambiguity::Note).await?;
        let found = resolve::streams(&lts.group(&group.id), &group.name, &streams, Ambiguity::Note).await?;
        for stream in found {
            let created = match stream {
                Ok(stream) => create_one(arguments, context, &group, &stream).await,
                Err(error) => Err(error),
            };
            creations.add(created);
        }
        Ok(())
    })
}

async fn create_one(
    arguments: &CreateArguments,
    context: &Context,
    group: &LogGroup,
    stream: &LogStream,
) -> Result<Created, CliError> {
    let CreateArguments { bucket, every, format, prefix, dir, paused, if_not_exists, .. } = arguments;
    let destination =
        ObsDestination { prefix: prefix.clone(), dir: dir.clone(), ..ObsDestination::new(bucket, *every) };
    let transfer =
        Transfer::new(&group.id, [&stream.id], Destination::Obs(destination)).format(*format).paused(*paused);
    let transfers = context.client()?.transfers();
    let ensured = if *if_not_exists {
        transfers.ensure_log_dump(transfer).await
    } else {
        transfers.create_log_dump(transfer).await.map(EnsuredLogDump::Created)
    };
    let name = &stream.name;
    match ensured.context(|| format!("could not create a transfer of {name:?} to bucket {bucket:?}"))? {
        EnsuredLogDump::Created(id) => Ok(Created::new(name, id, true)),
        EnsuredLogDump::AlreadyThere => {
            if !context.output.quiet {
                eprint_line(format_args!(
                    "log stream {name:?} already has a transfer; the API cannot read its id or settings"
                ));
            }
            Ok(Created::existing_without_id(name))
        }
    }
}

fn interval() -> impl TypedValueParser<Value = TransferInterval> {
    PossibleValuesParser::new(TransferInterval::ALL.map(TransferInterval::name))
        .try_map(|name| name.parse::<TransferInterval>())
}

fn format() -> impl TypedValueParser<Value = StorageFormat> {
    PossibleValuesParser::new(["raw", "json"]).try_map(|name| name.parse::<StorageFormat>())
}
