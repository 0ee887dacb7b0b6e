//! `lts completions`: registers completion with a shell.

use std::{env, path::Path};

use clap::Args;
use clap_complete::{Shell, env::Shells};

use crate::{error::CliError, output::print_bytes};

/// The variable by which a registered shell asks for completions. It has the name of the shell.
pub(crate) const VARIABLE: &str = "LTS_COMPLETE";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bash  echo 'source <(lts completions bash)' >> ~/.bashrc
  zsh   echo 'source <(lts completions zsh)' >> ~/.zshrc
  fish  echo 'lts completions fish | source' \\
            > ~/.config/fish/completions/lts.fish

The shell then runs lts to complete commands, options, and the names of groups, streams and profiles. Names of \
groups and streams come from the service, if it responds within a second; never with a login or keys of the ECS \
metadata service. Register it anew at the start of each shell, as above: a script of another version may not work.")]
pub(crate) struct CompletionsArguments {
    /// Shell to print the script for.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script that registers this program.
pub(crate) fn run(arguments: &CompletionsArguments) -> Result<(), CliError> {
    let shell = arguments.shell.to_string();
    let mut script = Vec::new();
    if let Some(completer) = Shells::builtins().completer(&shell) {
        let written = completer.write_registration(VARIABLE, "lts", "lts", &program(), &mut script);
        written.map_err(|error| CliError::Io(format!("the script for {shell}"), error))?;
    }
    print_bytes(&script)
}

/// This program as it was called. A path becomes absolute, since the shell changes its folder.
fn program() -> String {
    let called = env::args_os().next().unwrap_or_default();
    let path = Path::new(&called);
    if path.components().count() < 2 {
        return "lts".to_owned();
    }
    env::current_dir().map_or_else(|_| path.into(), |folder| folder.join(path)).to_string_lossy().into_owned()
}
