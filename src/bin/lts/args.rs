//! The arguments of every command.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{exit::Failure, output::Format};

/// Huawei Cloud Log Tank Service (LTS): an emulator of it, its specification, its signatures, its error codes.
#[derive(Debug, Parser)]
#[command(name = "lts", version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    common: Common,

    #[command(subcommand)]
    command: Command,
}

/// Options that may stand before or after the command. The emulator takes none of them: it is no client.
#[derive(Debug, Default, Args)]
pub(crate) struct Common {
    /// How data is printed; as a table if it isn't given.
    #[arg(short, long, value_enum)]
    output: Option<Format>,
}

impl Arguments {
    /// The command, and how its data is printed.
    pub(crate) fn split(self) -> Result<(Command, Format), Failure> {
        let after = match &self.command {
            Command::Demo(common) => common,
            Command::Explain(arguments) => &arguments.common,
            Command::Sign(arguments) => &arguments.common,
            Command::Spec(arguments) => &arguments.common,
            Command::Emulator(_) if self.common.output.is_some() => {
                return Err(Failure::Usage("the emulator takes no --output".to_owned()));
            }
            Command::Emulator(_) => &Common::default(),
        };
        let format = after.output.or(self.common.output).unwrap_or_default();
        Ok((self.command, format))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs all operations against an embedded emulator.
    #[command(
        after_help = "Needs no account and no network. Exits with 0 only if every step went as expected."
    )]
    Demo(Common),
    /// Serves an emulator of LTS and of IAM's logins on this machine.
    Emulator(crate::emulator::EmulatorArguments),
    /// Tells what an error code means and what to do.
    #[command(after_help = "Examples:\n  lts explain LTS.0101\n  lts explain 0208\n  lts explain --all")]
    Explain(ExplainArguments),
    /// Signs a request with an access key, for any other client to send.
    #[command(after_help = "Example: sign a request and send it with curl\n  \
        lts sign -X GET \"$URL\" -H 'Content-Type: application/json' | curl -H @- \"$URL\"")]
    Sign(SignArguments),
    /// Prints the OpenAPI documents.
    #[command(after_help = "Example:\n  lts spec lts --format json > lts.json")]
    Spec(SpecArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    #[command(flatten)]
    common: Common,
    /// The code: `LTS.0101`, or its digits.
    #[arg(conflicts_with = "all")]
    pub(crate) code: Option<String>,
    /// Everything about every code.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SignArguments {
    #[command(flatten)]
    common: Common,
    /// The whole URL. Path and query are signed as typed.
    pub(crate) url: String,
    /// The method; GET, or POST with a body, if it isn't given.
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub(crate) method: Option<String>,
    /// A header to sign and send; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
    /// The body; `@FILE` reads it from a file, `@-` from standard input.
    #[arg(short = 'd', long = "data", value_name = "BODY")]
    pub(crate) body: Option<String>,
    /// The access key. Without it, the credentials of the environment sign.
    #[arg(long, value_name = "AK", requires = "sk")]
    pub(crate) ak: Option<String>,
    /// Its secret key.
    #[arg(long, value_name = "SK", requires = "ak")]
    pub(crate) sk: Option<String>,
    /// The time of signing, now if it isn't given. A header X-Sdk-Date goes before.
    #[arg(long, value_name = "20240305T000000Z")]
    pub(crate) date: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SpecArguments {
    #[command(flatten)]
    common: Common,
    /// Which document.
    #[arg(value_enum, default_value_t)]
    pub(crate) document: Document,
    /// In which form.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: DocumentFormat,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Document {
    /// Log Tank Service.
    #[default]
    Lts,
    /// What a client of it needs of IAM.
    Iam,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum DocumentFormat {
    /// As written by hand.
    #[default]
    Yaml,
    /// The same as JSON.
    Json,
}
