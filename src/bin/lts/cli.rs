//! What can be typed: the tree of commands, and the options of a client, which may stand anywhere in it.
//!
//! The tree is written down without those options, and each command has them added but for `emulator`, which is
//! no client. What was given before and after a command is put together here; the later one counts.

use std::{
    ffi::{OsStr, OsString},
    time::Duration,
};

use clap::{
    ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, builder::Resettable,
    error::ErrorKind, parser::ValueSource,
};

use crate::{
    commands::{
        api::ApiArguments, apply::ApplyArguments, auth::AuthCommand, completions::CompletionsArguments,
        emulator::EmulatorArguments, explain::ExplainArguments, export::ExportArguments, group::GroupCommand,
        sign::SignArguments, spec::SpecArguments, stream::StreamCommand, transfer::TransferCommand,
    },
    output::Format,
    parsers,
};

/// Huawei Cloud Log Tank Service (LTS) on the command line, and an emulator.
#[derive(Debug, Parser)]
#[command(
    name = "lts",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
#[command(after_help = "\
Examples:
  lts demo                                  all operations, without an account
  lts group list
  lts stream create my-group nginx
  lts group list -o json | jq -r '.[].log_group_name'

Exit codes:
  0 done                 1 a bug               2 wrong usage or input
  3 configuration        4 not found           5 exists, in use, quota
  6 authentication       7 any other refusal   8 no whole answer
  130 interrupted or declined")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Log groups: create, list, delete.
    #[command(subcommand)]
    Group(GroupCommand),
    /// Log streams of a group: create, list, delete.
    #[command(subcommand)]
    Stream(StreamCommand),
    /// Transfers of streams to object storage (OBS): create.
    #[command(subcommand)]
    Transfer(TransferCommand),
    /// Makes groups, streams and transfers as a manifest says.
    Apply(ApplyArguments),
    /// Prints the manifest of the groups and streams that there are.
    Export(ExportArguments),
    /// Makes any call to LTS, authenticated.
    Api(ApiArguments),
    /// Signs a request with an access key, for any other client to send.
    Sign(SignArguments),
    /// Tells what an error code means and what to do.
    Explain(ExplainArguments),
    /// Tells which credentials are used, and gives a token.
    #[command(subcommand)]
    Auth(AuthCommand),
    /// Prints the OpenAPI documents.
    Spec(SpecArguments),
    /// Prints a script that completes commands in a shell.
    Completions(CompletionsArguments),
    /// Serves an emulator of LTS and of IAM's logins on this machine.
    Emulator(EmulatorArguments),
    /// Runs all operations against an embedded emulator.
    #[command(after_help = "\
Needs no account and no network. Exits with 0 only if every step went as expected.

Example:
  lts demo")]
    Demo,
    /// Prints the reference of all commands, as Markdown.
    #[command(hide = true)]
    Reference,
}

// The options of a client. No documentation comment: it would become every command's description.
#[derive(Debug, Default, Args)]
#[group(skip)]
pub(crate) struct ClientOptions {
    /// The section of the profile file to use, before the environment.
    #[arg(long, value_name = "NAME", help_heading = CONNECTION)]
    pub(crate) profile: Option<String>,
    /// The region, cn-north-4 for instance.
    #[arg(long, value_name = "REGION", help_heading = CONNECTION)]
    pub(crate) region: Option<String>,
    /// The cloud's domain; myhuaweicloud.com if nothing says otherwise.
    #[arg(long, value_name = "DOMAIN", help_heading = CONNECTION)]
    pub(crate) cloud: Option<String>,
    /// The endpoint of LTS, in the place of the region's.
    #[arg(long, value_name = "URL", help_heading = CONNECTION)]
    pub(crate) endpoint: Option<String>,
    /// The project.
    #[arg(long, value_name = "ID", help_heading = CONNECTION)]
    pub(crate) project_id: Option<String>,
    /// The time for a whole call, retries included [default: 30s].
    #[arg(long, value_name = "TIME", help_heading = CONNECTION, value_parser = parsers::some_time)]
    pub(crate) timeout: Option<Duration>,
    /// How often a call is tried at most [default: 3].
    #[arg(long, value_name = "N", help_heading = CONNECTION, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_attempts: Option<u32>,
    /// How data is printed [default: table].
    #[arg(short, long, value_name = "FORMAT", value_enum, help_heading = OUTPUT)]
    pub(crate) output: Option<Format>,
    /// Prints bare ids, and nothing that isn't needed.
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) quiet: bool,
    /// Shows attempts that failed; -vv shows requests, without secrets.
    #[arg(short, long, action = ArgAction::Count, help_heading = OUTPUT)]
    pub(crate) verbose: u8,
}

const OUTPUT: &str = "Output";
const CONNECTION: &str = "Client";

/// The command that takes no options of a client.
const EMULATOR: &str = "emulator";

/// Reads the command line.
pub(crate) fn parse(
    line: impl IntoIterator<Item = OsString>,
) -> Result<(Command, ClientOptions), clap::Error> {
    let mut tree = tree();
    let matches = tree.try_get_matches_from_mut(line)?;
    if matches.subcommand_name() == Some(EMULATOR) {
        refuse_options(&mut tree, &matches)?;
    }
    let mut options = ClientOptions::default();
    let mut level = Some(&matches);
    while let Some(matches) = level {
        options = ClientOptions::from_arg_matches(matches)?.or(options);
        // By its name: in a release build, clap can't tell which options a command has.
        let client = matches.subcommand().filter(|(name, _)| *name != EMULATOR);
        level = client.map(|(_, matches)| matches);
    }
    Ok((Arguments::from_arg_matches(&matches)?.command, options))
}

/// The tree of commands as it is parsed: with the options of a client wherever they may stand.
pub(crate) fn tree() -> clap::Command {
    fn with_options(command: clap::Command) -> clap::Command {
        if command.get_name() == EMULATOR {
            return without_empty_variables(command);
        }
        // Only the commands that are typed need them.
        command.mut_subcommands(with_options).defer(|command| {
            let all = ClientOptions::augment_args(command);
            all.mut_args(|arg| {
                let rarely = arg.get_help_heading() == Some(CONNECTION);
                arg.hide_short_help(rarely)
            })
        })
    }
    ClientOptions::augment_args(bare_tree().mut_subcommands(with_options))
}

/// A variable that is empty counts as none, as with those of a client; clap would take it for a value.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command.mut_args(|arg| if arg.get_env().is_some_and(is_empty) { arg.env(Resettable::Reset) } else { arg })
}

/// The tree of commands without the options of a client.
pub(crate) fn bare_tree() -> clap::Command {
    Arguments::command()
}

/// The options of a client alone.
pub(crate) fn client_options() -> clap::Command {
    ClientOptions::augment_args(clap::Command::new("lts"))
}

/// The emulator is no client: it refuses a client's options in front of it by their names.
fn refuse_options(tree: &mut clap::Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let given =
        |arg: &&clap::Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    let Some(name) = tree.get_arguments().find(given).and_then(clap::Arg::get_long) else { return Ok(()) };
    let text = format!(
        "'--{name}' is an option of clients, and the emulator takes none of them before its name\n\n\
         Its own options follow it: lts emulator --help"
    );
    Err(tree.error(ErrorKind::UnknownArgument, text))
}

impl ClientOptions {
    /// These options; where something isn't set, the others'.
    fn or(self, others: Self) -> Self {
        Self {
            profile: self.profile.or(others.profile),
            region: self.region.or(others.region),
            cloud: self.cloud.or(others.cloud),
            endpoint: self.endpoint.or(others.endpoint),
            project_id: self.project_id.or(others.project_id),
            timeout: self.timeout.or(others.timeout),
            max_attempts: self.max_attempts.or(others.max_attempts),
            output: self.output.or(others.output),
            quiet: self.quiet || others.quiet,
            verbose: self.verbose.saturating_add(others.verbose),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &[&str]) -> ClientOptions {
        parse(line.iter().map(Into::into)).unwrap().1
    }

    #[test]
    fn the_tree_is_sound() {
        tree().debug_assert();
    }

    #[test]
    fn options_stand_before_or_after_and_the_later_one_counts() {
        for line in [
            &["lts", "--region", "r", "-q", "-vv", "-o", "json", "group", "list"][..],
            &["lts", "group", "list", "--region", "r", "-q", "-vv", "-o", "json"],
            &["lts", "-v", "group", "-q", "--region=r", "list", "-ojson", "-v"],
            &["lts", "--region", "other", "-o", "yaml", "group", "list", "-qvv", "-o=json", "--region", "r"],
        ] {
            let options = options(line);
            assert_eq!(options.region.as_deref(), Some("r"), "{line:?}");
            assert_eq!((options.output, options.quiet, options.verbose), (Some(Format::Json), true, 2));
        }
    }

    #[test]
    fn the_emulator_takes_none_of_them_but_its_own_project() {
        for (line, named) in [
            (&["lts", "--project-id", "p", "emulator"][..], "'--project-id'"),
            (&["lts", "-q", "emulator", "--lenient"], "'--quiet'"),
            (&["lts", "emulator", "-o", "json"], "'-o'"),
            (&["lts", "emulator", "--region", "r"], "'--region'"),
        ] {
            let error = parse(line.iter().map(Into::into)).unwrap_err();
            assert!(error.to_string().contains(named) && error.exit_code() == 2, "{error}");
        }
        let line = ["lts", "emulator", "--project-id", "p", "--project-name", "n"];
        assert!(matches!(parse(line.iter().map(Into::into)), Ok((Command::Emulator(_), _))));
    }
}
