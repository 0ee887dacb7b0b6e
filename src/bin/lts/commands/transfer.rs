//! `lts transfer`: transfers of streams to object storage.

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use huaweicloud_lts::{
    Client, Error, StreamId,
    error::InvalidInput,
    groups::LogGroup,
    spec::limits,
    streams::LogStream,
    transfers::{
        Destination, EnsuredLogDump, LogTransfer, ObsDestination, StorageFormat, Transfer, TransferInterval,
    },
};
use serde_json::Value;

use crate::{
    context::Context,
    create::{create_all, create_unless_exists},
    delete::{DeleteOptions, Deletion},
    error::{CliError, ResultExt},
    in_the_way,
    output::{
        CREATED, Column, Created, CreatedKind, Fit, ListOptions, Named, Resource, eprint_line, print_list,
        print_resource,
    },
    parsers,
    resolve::{self, Ambiguity},
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts transfer create app nginx --bucket my-bucket --every 5min
  lts transfer list app
  lts transfer update 42f1553a-5d5b-4456-833a-0ff0b460365c --pause
  lts transfer delete 42f1553a-5d5b-4456-833a-0ff0b460365c

Transfers to DIS and DMS, and those that another account delegates, are listed and shown; only \
--format, --pause and --resume change them.")]
pub(crate) enum TransferCommand {
    /// Transfer streams of a group to an OBS bucket at a regular interval.
    Create(CreateArguments),
    /// List the transfers of the project, or of a group.
    #[command(visible_alias = "ls")]
    List(ListArguments),
    /// Show one transfer.
    Get(GetArguments),
    /// Change the settings of a transfer.
    Update(UpdateArguments),
    /// Delete transfers.
    #[command(visible_alias = "rm")]
    Delete(DeleteArguments),
}

#[derive(Debug, Args)]
#[command(override_usage = "lts transfer create [OPTIONS] <GROUP> <STREAM>...
                           --bucket <BUCKET> --every <INTERVAL>")]
#[command(after_help = "\
Examples:
  lts transfer create app nginx --bucket my-bucket --every 5min
  lts transfer create app nginx worker --bucket my-bucket --every 1hour --paused
  lts transfer create app nginx --bucket b --every 1hour --time-zone Africa/Lagos
  lts transfer create app nginx --bucket my-bucket --every 5min --log-dump

Each stream gets a task of its own; it can have only one.

JSON and YAML: {log_transfer_id, created}; created is false if the stream already had a transfer. With \
--log-dump {log_dump_obs_id, created}; the id is null if the stream already had a transfer. With several \
streams, an array.")]
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
    /// Time zone of the times in file names, such as Africa/Lagos.
    #[arg(long, value_name = "ZONE", conflicts_with = "log_dump")]
    time_zone: Option<String>,
    /// Create the transfer paused.
    #[arg(long)]
    paused: bool,
    /// Succeed if a stream already has a transfer, whatever its settings. They are not changed.
    #[arg(long)]
    if_not_exists: bool,
    /// Use createLogDumpObs, for clouds that don't offer createTransfer.
    #[arg(long)]
    log_dump: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts transfer list
  lts transfer list app --columns id,streams,bucket,every
  lts transfer list --filter my-bucket -q
  lts transfer list -o json | jq -r '.[] | select(.log_transfer_info.log_transfer_status != \"ENABLE\")'

JSON and YAML: an array of {log_transfer_id, log_group_id, log_group_name, log_streams, created_at, \
log_transfer_info}. --filter looks at names of groups, streams and buckets.

On a narrow terminal, type and format are left out; where that isn't enough, each transfer becomes a \
block of lines.")]
pub(crate) struct ListArguments {
    /// Name or id of the group; without it, all transfers are listed.
    group: Option<String>,
    #[command(flatten)]
    options: ListOptions<LogTransfer>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts transfer get 42f1553a-5d5b-4456-833a-0ff0b460365c
  lts transfer get 42f1553a-5d5b-4456-833a-0ff0b460365c -o json | jq .log_transfer_info

JSON and YAML: one object with the members of lts transfer list.")]
pub(crate) struct GetArguments {
    /// Id of the transfer.
    #[arg(value_name = "ID")]
    transfer: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts transfer update 42f1553a-5d5b-4456-833a-0ff0b460365c --every 1hour --prefix nginx
  lts transfer update 42f1553a-5d5b-4456-833a-0ff0b460365c --prefix '' --pause

Settings that are not given stay as they are. A transfer of several streams is changed for all of them.

Prints the transfer as it is then, like lts transfer get.")]
pub(crate) struct UpdateArguments {
    /// Id of the transfer.
    #[arg(value_name = "ID")]
    transfer: String,
    /// OBS bucket to write to.
    #[arg(long, value_parser = parsers::text(&limits::OBS_BUCKET_NAME))]
    bucket: Option<String>,
    /// Interval between two transfers.
    #[arg(long, value_name = "INTERVAL", value_parser = interval())]
    every: Option<TransferInterval>,
    /// Format of the stored logs.
    #[arg(long, value_name = "FORMAT", value_parser = format())]
    format: Option<StorageFormat>,
    /// Prefix of the file names; an empty one removes it.
    #[arg(long, value_parser = parsers::text(&limits::PREFIX_NAME))]
    prefix: Option<String>,
    /// Directory in the bucket; an empty one removes it.
    #[arg(long, value_parser = parsers::text(&limits::DIR_PREFIX_NAME))]
    dir: Option<String>,
    /// Time zone of the times in file names, such as Africa/Lagos; an empty one removes it.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Switch the transfer off.
    #[arg(long, conflicts_with = "resume")]
    pause: bool,
    /// Switch the transfer on.
    #[arg(long)]
    resume: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts transfer delete 42f1553a-5d5b-4456-833a-0ff0b460365c
  lts transfer delete $(lts transfer list app -q) --yes

What was transferred stays in the bucket.")]
pub(crate) struct DeleteArguments {
    /// Ids of the transfers.
    #[arg(required = true, value_name = "ID")]
    transfers: Vec<String>,
    #[command(flatten)]
    options: DeleteOptions,
}

impl Named for LogTransfer {
    const KIND: &'static str = "transfer";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn name(&self) -> &str {
        self.id.as_str()
    }
}

const ID: &str = "log_transfer_id";
const GROUP: &str = "log_group_name";
const STREAMS: &str = "log_streams";
const TYPE: &str = "log_transfer_type";
const MODE: &str = "log_transfer_mode";
const FORMAT: &str = "log_storage_format";
const STATUS: &str = "log_transfer_status";
const EVERY: &str = "every";
const AGENCY: &str = "agency_name";
const BUCKET: &str = "obs_bucket_name";

impl Resource for LogTransfer {
    const COLUMNS: &'static [Column] = &[
        // Whole, since nothing else names a transfer.
        Column::new("id", ID, Fit::Whole),
        Column::optional("group_id", "log_group_id", Fit::Whole),
        Column::new("group", GROUP, Fit::Whole),
        Column::new("streams", STREAMS, Fit::Wrap),
        Column::new("type", TYPE, Fit::Detail).derived(),
        Column::new("bucket", BUCKET, Fit::Whole).derived(),
        Column::new("every", EVERY, Fit::Whole).derived(),
        Column::new("format", FORMAT, Fit::Detail).derived(),
        Column::new("status", STATUS, Fit::Whole).derived(),
        Column::optional("mode", MODE, Fit::Whole).derived(),
        Column::optional("prefix", "obs_prefix_name", Fit::Whole).derived(),
        Column::optional("dir", "obs_dir_pre_fix_name", Fit::Whole).derived(),
        Column::optional("time_zone", "obs_time_zone_id", Fit::Whole).derived(),
        Column::optional("dis_stream", "dis_name", Fit::Whole).derived(),
        Column::optional("kafka_topic", "kafka_topic", Fit::Whole).derived(),
        Column::optional("agency", AGENCY, Fit::Whole).derived(),
        Column::optional(CREATED.name, CREATED.member, CREATED.fit),
    ];

    fn creation_time(&self) -> Option<i64> {
        self.info.creation_time
    }

    fn has_in_name(&self, text: &str) -> bool {
        let streams = self.streams.iter().filter_map(|stream| stream.name.as_deref());
        let bucket = self.info.detail.get(BUCKET).and_then(Value::as_str);
        let mut names = streams.chain(self.group_name.as_deref()).chain(bucket).chain([self.id.as_str()]);
        names.any(|name| name.to_lowercase().contains(text))
    }

    fn derived(&self, column: &Column) -> Option<Value> {
        let info = &self.info;
        let text = |text: &Option<String>| text.clone().map(Value::from);
        match column.member {
            TYPE => text(&info.kind),
            MODE => text(&info.mode),
            FORMAT => text(&info.format),
            STATUS => text(&info.status),
            EVERY => self.obs().map(|obs| obs.every.name().into()),
            AGENCY => info.agency.as_ref().map(|agency| agency.name.clone().into()),
            member => info.detail.get(member).cloned(),
        }
    }

    fn order(&self, column: &Column) -> Option<Value> {
        let every = self.obs().filter(|_| column.member == EVERY)?.every;
        TransferInterval::ALL.iter().position(|interval| *interval == every).map(Value::from)
    }

    /// Most transfers are to OBS. The other columns don't tell others.
    fn stands_out(&self, column: &Column) -> bool {
        column.member == TYPE && (self.is_delegated() || self.info.kind.as_deref() != Some("OBS"))
    }

    fn cell(&self, column: &Column) -> Option<String> {
        match column.member {
            GROUP => Some(self.group_name.clone().unwrap_or_else(|| self.group.to_string())),
            STREAMS => {
                let name =
                    |(name, id): (&Option<String>, &StreamId)| name.clone().unwrap_or_else(|| id.to_string());
                let names = self.streams.iter().map(|stream| name((&stream.name, &stream.id)));
                Some(names.collect::<Vec<_>>().join(", "))
            }
            TYPE if self.is_delegated() => {
                Some(format!("{}, delegated", self.info.kind.as_deref().unwrap_or_default()))
            }
            _ => None,
        }
    }
}

const CREATED_TRANSFERS: CreatedKind = CreatedKind { kind: "transfer of", header: "STREAM", member: ID };
const CREATED_LOG_DUMPS: CreatedKind = CreatedKind { member: "log_dump_obs_id", ..CREATED_TRANSFERS };

pub(crate) fn run(command: &TransferCommand, context: &Context) -> Result<(), CliError> {
    match command {
        TransferCommand::Create(arguments) => create(arguments, context),
        TransferCommand::List(arguments) => list(arguments, context),
        TransferCommand::Get(arguments) => get(arguments, context),
        TransferCommand::Update(arguments) => update(arguments, context),
        TransferCommand::Delete(arguments) => delete(arguments, context),
    }
}

fn create(arguments: &CreateArguments, context: &Context) -> Result<(), CliError> {
    let CreateArguments { group, streams, log_dump, .. } = arguments;
    if !*log_dump {
        // createLogDumpObs takes any characters.
        destination(arguments).check().map_err(|error| invalid_setting(&error))?;
    }
    let streams = parsers::distinct(streams);
    let lts = context.client()?;
    let kind = if *log_dump { &CREATED_LOG_DUMPS } else { &CREATED_TRANSFERS };
    let ambiguity = Ambiguity::FailForName;
    create_all(context, kind, streams.len(), async |creations| {
        let group = resolve::group(lts, group, ambiguity).await?;
        let found = resolve::streams(&lts.group(&group.id), &group.name, &streams, ambiguity).await?;
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
    let CreateArguments { bucket, format, paused, if_not_exists, log_dump, .. } = arguments;
    let destination = Destination::Obs(destination(arguments));
    let transfer = Transfer::new(&group.id, [&stream.id], destination).format(*format).paused(*paused);
    let (lts, name) = (context.client()?, &stream.name);
    let what = || format!("could not create a transfer of {name:?} to bucket {bucket:?}");
    if *log_dump {
        return log_dump_created(lts, transfer, *if_not_exists, context.output.quiet, name)
            .await
            .context(what);
    }
    let (id, created) = if *if_not_exists {
        let find = async || Ok(lts.transfers().find(&stream.id).await?.map(|transfer| transfer.id));
        create_unless_exists(find, lts.transfers().create(transfer)).await.context(what)?
    } else {
        (lts.transfers().create(transfer).await.context(what)?, true)
    };
    Ok(Created::new(name, id, created))
}

async fn log_dump_created(
    lts: &Client,
    transfer: Transfer,
    if_not_exists: bool,
    quiet: bool,
    stream: &str,
) -> Result<Created, Error> {
    let transfers = lts.transfers();
    let ensured = if if_not_exists {
        transfers.ensure_log_dump(transfer).await?
    } else {
        EnsuredLogDump::Created(transfers.create_log_dump(transfer).await?)
    };
    Ok(match ensured {
        EnsuredLogDump::Created(id) => Created::new(stream, id, true),
        EnsuredLogDump::AlreadyThere => {
            if !quiet {
                eprint_line(format_args!(
                    "log stream {stream:?} already has a transfer; createLogDumpObs doesn't tell its id or settings"
                ));
            }
            Created::existing_without_id(stream)
        }
    })
}

fn destination(arguments: &CreateArguments) -> ObsDestination {
    let CreateArguments { bucket, every, prefix, dir, time_zone, .. } = arguments;
    ObsDestination {
        prefix: prefix.clone(),
        dir: dir.clone(),
        time_zone: time_zone.clone(),
        ..ObsDestination::new(bucket, *every)
    }
}

/// A setting that breaks a rule, under the name of its option.
fn invalid_setting(error: &InvalidInput) -> CliError {
    let option = match error.field() {
        BUCKET => "--bucket",
        "obs_prefix_name" => "--prefix",
        "obs_dir_pre_fix_name" => "--dir",
        "obs_time_zone_id" => "--time-zone",
        field => field,
    };
    CliError::usage(format!("{option} must be {}", error.rule()))
}

fn list(arguments: &ListArguments, context: &Context) -> Result<(), CliError> {
    let ListArguments { group, options } = arguments;
    let lts = context.client()?;
    let transfers = context.run(async {
        let group = match group {
            Some(group) => Some(resolve::group(lts, group, Ambiguity::Note).await?.id),
            None => None,
        };
        let mut transfers =
            lts.transfers().list().await.context(|| "could not list the transfers".to_owned())?;
        transfers.retain(|transfer| group.as_ref().is_none_or(|group| transfer.group == *group));
        Ok(transfers)
    })?;
    let none = match group {
        Some(_) => "There are no transfers of this group.",
        None => "There are no transfers in this project.",
    };
    print_list(context.output, &transfers, options, none)
}

fn get(arguments: &GetArguments, context: &Context) -> Result<(), CliError> {
    let lts = context.client()?;
    let transfer = context.run(resolve::transfer(lts, &arguments.transfer))?;
    print_resource(context.output, &transfer)
}

fn update(arguments: &UpdateArguments, context: &Context) -> Result<(), CliError> {
    check_update(arguments)?;
    let lts = context.client()?;
    let transfer = context.run(async {
        let transfer = resolve::transfer(lts, &arguments.transfer).await?;
        if let Some(option) = obs_option(arguments) {
            ensure_to_own_bucket(&transfer, option)?;
        }
        let UpdateArguments { bucket, every, format, prefix, dir, time_zone, pause, resume, .. } = arguments;
        let mut update = lts.transfers().update(&transfer);
        if let Some(bucket) = bucket {
            update = update.bucket(bucket);
        }
        if let Some(every) = every {
            update = update.every(*every);
        }
        if let Some(format) = format {
            update = update.format(*format);
        }
        if let Some(prefix) = prefix {
            update = update.prefix(prefix);
        }
        if let Some(dir) = dir {
            update = update.dir(dir);
        }
        if let Some(time_zone) = time_zone {
            update = update.time_zone(time_zone);
        }
        if *pause || *resume {
            update = update.paused(*pause);
        }
        update.await.context(|| format!("could not update transfer {}", transfer.id))?;
        resolve::transfer(lts, transfer.id.as_str()).await
    })?;
    print_resource(context.output, &transfer)
}

/// Checks the settings before anything is sent.
fn check_update(arguments: &UpdateArguments) -> Result<(), CliError> {
    let UpdateArguments { bucket, every, format, prefix, dir, time_zone, pause, resume, .. } = arguments;
    if obs_option(arguments).is_none() && format.is_none() && !*pause && !*resume {
        return Err(CliError::nothing_to_change(
            "pass a setting such as --every, or --pause or --resume; --help lists them",
        ));
    }
    // What isn't given has a value that is allowed.
    let bucket = bucket.clone().unwrap_or_else(|| "any-bucket".to_owned());
    let every = every.unwrap_or(TransferInterval::Hours1);
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let destination = ObsDestination {
        prefix: given(prefix),
        dir: given(dir),
        time_zone: given(time_zone),
        ..ObsDestination::new(bucket, every)
    };
    destination.check().map_err(|error| invalid_setting(&error))
}

/// The first option that only transfers to OBS have.
fn obs_option(arguments: &UpdateArguments) -> Option<&'static str> {
    let UpdateArguments { bucket, every, prefix, dir, time_zone, .. } = arguments;
    let options = [
        ("--bucket", bucket.is_some()),
        ("--every", every.is_some()),
        ("--prefix", prefix.is_some()),
        ("--dir", dir.is_some()),
        ("--time-zone", time_zone.is_some()),
    ];
    options.into_iter().find_map(|(option, is_given)| is_given.then_some(option))
}

/// Fails for a transfer whose destination this command can't change.
fn ensure_to_own_bucket(transfer: &LogTransfer, option: &str) -> Result<(), CliError> {
    let why = match transfer.info.kind.as_deref() {
        Some("OBS") if transfer.is_delegated() => "is delegated by another account".to_owned(),
        Some("OBS") => return Ok(()),
        kind => format!("is of type {}", kind.unwrap_or("unknown")),
    };
    Err(CliError::Usage {
        what: format!(
            "transfer {} {why}; {option} is for transfers to OBS buckets of one's own",
            transfer.id
        ),
        hint: Some("pass only --format, --pause or --resume, or change it in the console".to_owned()),
    })
}

fn delete(arguments: &DeleteArguments, context: &Context) -> Result<(), CliError> {
    let DeleteArguments { transfers, options } = arguments;
    let transfers = parsers::distinct(transfers);
    options.ensure_confirmable::<LogTransfer>(&transfers)?;
    let lts = context.client()?;
    context.run(async {
        let found = resolve::transfers(lts, &transfers).await?;
        options.delete_all(context, found, &TransferDeletion { lts }).await
    })
}

struct TransferDeletion<'a> {
    lts: &'a Client,
}

impl Deletion<LogTransfer> for TransferDeletion<'_> {
    async fn question(&self, transfers: &[LogTransfer]) -> Result<String, CliError> {
        Ok(match transfers {
            [transfer] => format!("Delete the transfer {}?", in_the_way::route(transfer)),
            _ => {
                let routes: Vec<String> = transfers.iter().map(in_the_way::route).collect();
                format!("Delete {} transfers: {}?", transfers.len(), routes.join("; "))
            }
        })
    }

    async fn delete(&self, transfer: &LogTransfer) -> Result<(), Error> {
        self.lts.transfers().delete(&transfer.id).await
    }

    async fn transfers(&self, _transfer: &LogTransfer) -> Vec<LogTransfer> {
        Vec::new()
    }
}

fn interval() -> impl TypedValueParser<Value = TransferInterval> {
    PossibleValuesParser::new(TransferInterval::ALL.map(TransferInterval::name))
        .try_map(|name| name.parse::<TransferInterval>())
}

fn format() -> impl TypedValueParser<Value = StorageFormat> {
    PossibleValuesParser::new(["raw", "json"]).try_map(|name| name.parse::<StorageFormat>())
}
