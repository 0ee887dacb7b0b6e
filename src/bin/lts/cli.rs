//! The command line as it can be typed.
//!
//! The definitions of the commands don't have the client options; [`command`] adds them to each command but
//! `emulator`, so that they may stand before or after a command. [`parse`] merges what was given in both places.

use std::ffi::{OsStr, OsString};

use clap::{
    ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, builder::Resettable,
    error::ErrorKind, parser::ValueSource,
};

use crate::{
    commands::{
        api::ApiArguments, apply::ApplyArguments, auth::AuthCommand, completions::CompletionsArguments,
        config::ConfigCommand, diff::DiffArguments, emulator::EmulatorArguments, explain::ExplainArguments,
        export::ExportArguments, group::GroupCommand, log::LogCommand, man::ManArguments,
        sign::SignArguments, spec::SpecArguments, stream::StreamCommand, transfer::TransferCommand,
    },
    options::ClientOptions,
};

/// Huawei Cloud Log Tank Service (LTS) on the command line, and an emulator of it.
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
  0 success            1 bug in lts            2 invalid usage or input
  3 configuration      4 not found             5 exists, in use, or quota
  6 authentication     7 other service error   8 no complete response
  9 differences (diff) 130 interrupted or declined")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create, list, get, update and delete log groups.
    #[command(subcommand)]
    Group(GroupCommand),
    /// Create, list, get, update and delete the log streams of a group.
    #[command(subcommand)]
    Stream(StreamCommand),
    /// Transfer log streams to object storage (OBS): create, list, get, update and delete.
    #[command(subcommand)]
    Transfer(TransferCommand),
    /// Search, follow, count and write the lines of a log stream.
    #[command(subcommand)]
    Log(LogCommand),
    /// Create and update the groups, streams and transfers that a manifest declares.
    Apply(ApplyArguments),
    /// Show what applying a manifest would change.
    Diff(DiffArguments),
    /// Print a manifest of the existing groups, streams and transfers.
    Export(ExportArguments),
    /// Send any request to LTS, with authentication.
    Api(ApiArguments),
    /// Sign a request for another HTTP client to send.
    Sign(SignArguments),
    /// Explain error codes and what to do about them.
    Explain(ExplainArguments),
    /// Check the credentials, or print a token.
    #[command(subcommand)]
    Auth(AuthCommand),
    /// Show the settings in effect, and list the profiles.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the OpenAPI documents.
    Spec(SpecArguments),
    /// Print a shell completion script.
    Completions(CompletionsArguments),
    /// Write the manual pages.
    Man(ManArguments),
    /// Run an emulator of LTS and of the IAM login on this machine.
    Emulator(EmulatorArguments),
    /// Run all operations against an embedded emulator.
    #[command(after_help = "\
Needs no account and no network. Exits with 0 only if every step succeeds.

Example:
  lts demo")]
    Demo,
    /// List the options of all commands.
    #[command(hide = true, override_usage = "lts [OPTIONS] <COMMAND>")]
    #[command(after_help = "\
They may stand before or after a command; the emulator takes none of them. \
`lts config --help` says where other settings come from.

Examples:
  lts group list --region cn-north-4 -o json
  lts --profile staging group list")]
    Options,
    /// Print the reference of all commands as Markdown.
    #[command(hide = true)]
    Reference,
}

/// The command that takes no client options.
const EMULATOR: &str = "emulator";
/// The command whose help lists the client options.
const OPTIONS: &str = "options";

/// Parses the command line.
pub(crate) fn parse(
    line: impl IntoIterator<Item = OsString>,
) -> Result<(Command, ClientOptions), clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(without_help_flags_of_help(line))?;
    if matches.subcommand_name() == Some(EMULATOR) {
        reject_client_options(&mut command, &matches)?;
    }
    let options = client_options(&matches)?;
    Ok((Arguments::from_arg_matches(&matches)?.command, options))
}

/// Ignores `-h` and `--help` after `lts help`, which clap rejects there.
fn without_help_flags_of_help(line: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut line: Vec<OsString> = line.into_iter().collect();
    if line.get(1).is_some_and(|word| word == "help") {
        line.retain(|word| word != "-h" && word != "--help");
    }
    line
}

/// What was typed of an incomplete command line.
#[derive(Debug)]
pub(crate) struct PartialLine {
    pub(crate) options: ClientOptions,
    /// The group, if the command takes one and it was typed.
    pub(crate) group: Option<String>,
    /// The names or ids that were typed, of commands that take several.
    pub(crate) given: Vec<String>,
}

/// Parses an incomplete command line as far as possible.
pub(crate) fn parse_partially(line: impl IntoIterator<Item = OsString>) -> Option<PartialLine> {
    let matches = command().ignore_errors(true).try_get_matches_from(line).ok()?;
    let options = client_options(&matches).ok()?;
    let mut last = &matches;
    while let Some((_, matches)) = last.subcommand() {
        last = matches;
    }
    let group = last.try_get_one::<String>("group").ok().flatten().cloned();
    let given = |argument| last.try_get_many::<String>(argument).ok().flatten().into_iter().flatten();
    let given = ["groups", "streams", "transfers"].into_iter().flat_map(given).cloned().collect();
    Some(PartialLine { options, group, given })
}

/// Merges the client options before and after the command.
fn client_options(matches: &ArgMatches) -> Result<ClientOptions, clap::Error> {
    let mut options = ClientOptions::default();
    let mut level = Some(matches);
    while let Some(matches) = level {
        options = options.merge(matches)?;
        // In a release build, clap doesn't reveal which options a command has: skip the emulator by name.
        let subcommand = matches.subcommand().filter(|(name, _)| *name != EMULATOR);
        level = subcommand.map(|(_, matches)| matches);
    }
    Ok(options)
}

/// The commands with the client options, as they are parsed.
pub(crate) fn command() -> clap::Command {
    command_with(ClientOptions::add_to)
}

/// The commands for completion: the client options are shown, and hidden commands are absent.
pub(crate) fn command_to_complete() -> clap::Command {
    let command = command_with(ClientOptions::augment_args);
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let lts = clap::Command::new("lts").version(env!("CARGO_PKG_VERSION"));
    ClientOptions::augment_args(lts.subcommands(shown))
}

/// The commands with the client options, which `add` adds.
fn command_with(add: fn(clap::Command) -> clap::Command) -> clap::Command {
    fn with_client_options(command: clap::Command, add: fn(clap::Command) -> clap::Command) -> clap::Command {
        match command.get_name() {
            EMULATOR => without_empty_variables(command),
            OPTIONS => command.defer(ClientOptions::augment_args),
            // Deferred: only the command that is typed needs its options.
            _ => command.mut_subcommands(|command| with_client_options(command, add)).defer(add),
        }
    }
    add(command_without_client_options().mut_subcommands(|command| with_client_options(command, add)))
}

/// The help of `lts help options`.
pub(crate) fn options_help() -> String {
    let mut command = command();
    let options = command.find_subcommand_mut(OPTIONS);
    options.map(|options| options.render_long_help().to_string()).unwrap_or_default()
}

/// The commands without the client options.
pub(crate) fn command_without_client_options() -> clap::Command {
    Arguments::command()
}

/// Ignores empty environment variables, as the client does; clap would take an empty value.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command.mut_args(|arg| if arg.get_env().is_some_and(is_empty) { arg.env(Resettable::Reset) } else { arg })
}

/// Fails if a client option stands before `emulator`, and names the option.
fn reject_client_options(command: &mut clap::Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let is_given =
        |arg: &&clap::Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    let given = command.get_arguments().find(is_given);
    let Some(name) = given.and_then(clap::Arg::get_long) else { return Ok(()) };
    let text = format!(
        "'--{name}' is a client option, and the emulator takes no client options\n\n\
         The emulator's own options stand after the command: lts emulator --help"
    );
    Err(command.error(ErrorKind::UnknownArgument, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Format;

    fn options(line: &[&str]) -> ClientOptions {
        parse(line.iter().map(Into::into)).unwrap().1
    }

    #[test]
    fn command_definitions_are_consistent() {
        command().debug_assert();
    }

    #[test]
    fn client_options_stand_before_or_after_the_command_and_the_later_one_wins() {
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
    fn emulator_takes_no_client_options_but_a_project_id_of_its_own() {
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
