//! `lts transfer`: transfers of streams to object storage.

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use huaweicloud_lts::{StorageFormat, TransferId, TransferInterval, spec::limits};
use serde::Serialize;

use crate::{
    context::Context,
    error::{Failure, Meant},
    parsers, resolve,
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Example:
  lts transfer create app nginx --bucket my-bucket --every 5min")]
pub(crate) enum TransferCommand {
    /// Transfers streams of a group to an OBS bucket, again and again.
    Create(CreateArguments),
    /// Not possible: the API has no such call.
    #[command(after_help = "\
Example, what to do instead:
  id=$(lts transfer create app nginx --bucket my-bucket --every 5min -q)")]
    List(Ignored),
    /// Not possible: the API has no such call.
    #[command(after_help = "\
Example, what to do instead, with an emulator:
  curl -X DELETE \"$HUAWEICLOUD_LTS_ENDPOINT/_emulator/transfers/$id\"")]
    Delete(Ignored),
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
    /// The group's name, or its id.
    group: String,
    /// The streams' names, or their ids.
    #[arg(required = true, value_name = "STREAM")]
    streams: Vec<String>,
    /// The OBS bucket.
    #[arg(long, value_parser = parsers::text(&limits::OBS_BUCKET_NAME))]
    bucket: String,
    /// How often.
    #[arg(long, value_name = "INTERVAL", value_parser = interval())]
    every: TransferInterval,
    /// How logs are stored.
    #[arg(long, value_name = "FORMAT", default_value_t, value_parser = format())]
    format: StorageFormat,
    /// What the names of the files start with.
    #[arg(long, value_parser = parsers::text(&limits::PREFIX_NAME))]
    prefix: Option<String>,
    /// The path in the bucket.
    #[arg(long, value_parser = parsers::text(&limits::DIR_PREFIX_NAME))]
    dir: Option<String>,
    /// Creates it switched off.
    #[arg(long)]
    paused: bool,
}

/// Whatever was typed.
#[derive(Debug, Args)]
pub(crate) struct Ignored {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    anything: Vec<String>,
}

/// What became of a creation.
#[derive(Serialize)]
struct Created<'a> {
    log_dump_obs_id: &'a TransferId,
    created: bool,
}

pub(crate) fn run(command: &TransferCommand, context: &Context) -> Result<(), Failure> {
    match command {
        TransferCommand::Create(arguments) => create(arguments, context),
        TransferCommand::List(_) => Err(impossible(
            "list",
            "keep the id that `lts transfer create` prints, and look them up in the console",
        )),
        TransferCommand::Delete(_) => Err(impossible("delete", "end the transfer in the console")),
    }
}

fn impossible(verb: &str, instead: &str) -> Failure {
    Failure::Usage {
        what: format!("LTS has no call to {verb} transfers"),
        hint: Some(format!("{instead}; with the emulator: its control, /_emulator/transfers")),
    }
}

fn create(arguments: &CreateArguments, context: &Context) -> Result<(), Failure> {
    let CreateArguments { group, streams, bucket, every, format, prefix, dir, paused } = arguments;
    let lts = context.client()?;
    let id = context.run(async {
        let in_group = lts.group(&resolve::group(lts, group).await?);
        let ids = resolve::streams(&in_group, streams).await?;
        let mut transfer = in_group.transfer_to_obs(ids, bucket, *every).format(*format);
        if let Some(prefix) = prefix {
            transfer = transfer.prefix(prefix);
        }
        if let Some(dir) = dir {
            transfer = transfer.dir(dir);
        }
        if *paused {
            transfer = transfer.paused();
        }
        transfer
            .await
            .or_say(|| format!("could not create a transfer of {} to bucket {bucket:?}", streams.join(", ")))
    })?;
    context.output.created(&id, true, &Created { log_dump_obs_id: &id, created: true })
}

/// Reads an interval.
fn interval() -> impl TypedValueParser<Value = TransferInterval> {
    PossibleValuesParser::new(TransferInterval::ALL.map(TransferInterval::name))
        .try_map(|name| name.parse::<TransferInterval>())
}

/// Reads a format.
fn format() -> impl TypedValueParser<Value = StorageFormat> {
    PossibleValuesParser::new(["raw", "json"]).try_map(|name| name.parse::<StorageFormat>())
}
