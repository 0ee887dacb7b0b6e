//! `lts completions`: scripts that complete commands in a shell.

use clap::Args;
use clap_complete::Shell;

use crate::{cli, error::Failure, output};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bash  lts completions bash > ~/.local/share/bash-completion/completions/lts
  zsh   lts completions zsh > \"${fpath[1]}/_lts\"
  fish  lts completions fish > ~/.config/fish/completions/lts.fish")]
pub(crate) struct CompletionsArguments {
    /// Which shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(CompletionsArguments { shell }: &CompletionsArguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut cli::tree(), "lts", &mut script);
    output::bytes(&script)
}
