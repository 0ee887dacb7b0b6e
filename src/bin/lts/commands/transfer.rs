//! `lts transfer`: transfers of streams to object storage.

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use huaweicloud_lts::{
    TransferId,
    spec::limits,
    transfers::{Destination, ObsDestination, StorageFormat, Transfer, TransferInterval},
};
use serde::Serialize;

use crate::{
    context::Context,
    error::{CliError, ResultExt},
    parsers, resolve,
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Example:
  lts transfer create app nginx --bucket my-bucket --every 5min")]
pub(crate) enum TransferCommand {
    /// Transfer streams of a group to an OBS bucket at a regular interval.
    Create(CreateArguments),
    /// Not supported: the API cannot list transfers.
    #[command(after_help = "\
Example, keep the id instead:
  id=$(lts transfer create app nginx --bucket my-bucket --every 5min -q)")]
    List(AnyArguments),
    /// Not supported: the API cannot delete transfers.
    #[command(after_help = "\
Example, delete a transfer of the emulator instead:
  curl -X DELETE \"$HUAWEICLOUD_LTS_ENDPOINT/_emulator/transfers/$id\"")]
    Delete(AnyArguments),
}

#[derive(Debug, Args)]
#[command(override_usage = "lts transfer create [OPTIONS] <GROUP> <STREAM>...
                           --bucket <BUCKET> --every <INTERVAL>")]
#[command(after_help = "\
Examples:
  lts transfer create app nginx --bucket my-bucket --every 5min
  lts transfer create app nginx worker --bucket my-bucket --every 1hour --paused

A stream can have one transfer. Keep the id: the API can neither list nor delete transfers.

JSON and YAML: {log_dump_obs_id, created}.")]
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
}

/// Accepts all arguments, so that a command that isn't supported can explain itself.
#[derive(Debug, Args)]
pub(crate) struct AnyArguments {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    ignored: Vec<String>,
}

/// The output of `create`.
#[derive(Serialize)]
struct Created<'a> {
    log_dump_obs_id: &'a TransferId,
    created: bool,
}

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
    let CreateArguments { group, streams, bucket, every, format, prefix, dir, paused } = arguments;
    let lts = context.client()?;
    let what = || format!("could not create a transfer of {} to bucket {bucket:?}", streams.join(", "));
    let id = context.run(async {
        let in_group = lts.group(&resolve::group(lts, group).await?);
        let ids = resolve::streams(&in_group, streams).await?;
        let destination = ObsDestination {
            format: *format,
            prefix: prefix.clone(),
            dir: dir.clone(),
            ..ObsDestination::new(bucket, *every)
        };
        let transfer = Transfer::new(in_group.id(), ids, Destination::Obs(destination)).paused(*paused);
        lts.transfers().create_log_dump(transfer).await.context(what)
    })?;
    context.output.created(&id, true, &Created { log_dump_obs_id: &id, created: true })
}

fn interval() -> impl TypedValueParser<Value = TransferInterval> {
    PossibleValuesParser::new(TransferInterval::ALL.map(TransferInterval::name))
        .try_map(|name| name.parse::<TransferInterval>())
}

fn format() -> impl TypedValueParser<Value = StorageFormat> {
    PossibleValuesParser::new(["raw", "json"]).try_map(|name| name.parse::<StorageFormat>())
}
