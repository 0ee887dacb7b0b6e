//! `lts completions`: completion scripts for shells.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::{error::CliError, output::print_bytes};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bash  lts completions bash > ~/.local/share/bash-completion/completions/lts
  zsh   lts completions zsh > \"${fpath[1]}/_lts\"
  fish  lts completions fish > ~/.config/fish/completions/lts.fish")]
pub(crate) struct CompletionsArguments {
    /// Shell to print the script for.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script for `command`, which is the whole command line.
pub(crate) fn run(arguments: &CompletionsArguments, mut command: Command) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "lts", &mut script);
    print_bytes(&script)
}
