//! The output options that each command can honour. Others are refused, so that no option is ignored.

use crate::{
    cli::Command,
    commands::{auth::AuthCommand, config::ConfigCommand, log::LogCommand},
    error::CliError,
    options::ClientOptions,
    output::Format::{self, Json, Table, Yaml},
};

/// What a command can print.
struct Supported {
    command: &'static str,
    formats: &'static [Format],
    /// Whether `--quiet` has a meaning: bare ids, or no messages.
    quiet: bool,
}

const ANY: &[Format] = &[Table, Json, Yaml];
const LINES: &[Format] = &[Table, Json];
const DOCUMENT: &[Format] = &[Json, Yaml];

/// Fails if an output option was given that the command can't honour.
pub(crate) fn check(command: &Command, options: &ClientOptions) -> Result<(), CliError> {
    let Supported { command, formats, quiet } = supported(command);
    if let Some(format) = options.output
        && !formats.contains(&format)
    {
        let hint = match formats {
            [] => "leave out -o".to_owned(),
            formats => {
                let names: Vec<_> = formats.iter().map(|format| format!("-o {format}")).collect();
                format!("pass {}, or leave it out", names.join(" or "))
            }
        };
        return Err(CliError::Usage {
            what: format!("`lts {command}` does not support -o {format}"),
            hint: Some(hint),
        });
    }
    if options.quiet && !quiet {
        return Err(CliError::Usage {
            what: format!("`lts {command}` does not support -q: it prints no ids"),
            hint: Some("leave out -q".to_owned()),
        });
    }
    Ok(())
}

fn supported(command: &Command) -> Supported {
    let (command, formats, quiet) = match command {
        Command::Group(_) => ("group", ANY, true),
        Command::Stream(_) => ("stream", ANY, true),
        Command::Transfer(_) => ("transfer", ANY, true),
        Command::Log(LogCommand::Put(_)) => ("log put", ANY, true),
        Command::Log(LogCommand::Search(_)) => ("log search", LINES, false),
        Command::Log(LogCommand::Tail(_)) => ("log tail", LINES, false),
        Command::Log(LogCommand::Context(_)) => ("log context", LINES, false),
        Command::Log(LogCommand::Histogram(_)) => ("log histogram", ANY, false),
        Command::Apply(arguments) if arguments.schema => ("apply --schema", DOCUMENT, false),
        Command::Apply(_) => ("apply", ANY, true),
        Command::Diff(_) => ("diff", ANY, true),
        Command::Export(_) => ("export", DOCUMENT, false),
        Command::Api(_) => ("api", DOCUMENT, false),
        Command::Sign(_) => ("sign", ANY, false),
        Command::Explain(_) => ("explain", ANY, false),
        Command::Auth(AuthCommand::Status) => ("auth status", ANY, false),
        Command::Auth(AuthCommand::Token) => ("auth token", ANY, true),
        Command::Config(ConfigCommand::Show) => ("config show", ANY, false),
        Command::Config(ConfigCommand::Profiles) => ("config profiles", ANY, true),
        Command::Spec(_) => ("spec", DOCUMENT, false),
        Command::Completions(_) => ("completions", &[][..], false),
        Command::Emulator(_) => ("emulator", &[][..], false),
        Command::Demo => ("demo", &[][..], false),
        Command::Man(_) => ("man", &[][..], false),
        Command::Options => ("help options", &[][..], false),
        Command::Reference => ("reference", &[][..], false),
    };
    Supported { command, formats, quiet }
}
