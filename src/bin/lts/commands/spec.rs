//! `lts spec`: the OpenAPI documents that the program was built from.

use clap::{Args, ValueEnum};
use huaweicloud_lts::spec;

use crate::{error::CliError, output::print};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lts spec > lts.yaml\n  lts spec iam --format json | jq .paths")]
pub(crate) struct SpecArguments {
    /// Document to print.
    #[arg(value_enum, default_value_t)]
    document: Document,
    /// Format of the document.
    #[arg(long, value_enum, default_value_t)]
    format: DocumentFormat,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Document {
    /// Log Tank Service.
    #[default]
    Lts,
    /// The operations of IAM that a client of LTS needs.
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

pub(crate) fn run(arguments: &SpecArguments) -> Result<(), CliError> {
    let document = match arguments.document {
        Document::Lts => spec::LTS,
        Document::Iam => spec::IAM,
    };
    print(match arguments.format {
        DocumentFormat::Yaml => document.yaml,
        DocumentFormat::Json => document.json,
    })
}
