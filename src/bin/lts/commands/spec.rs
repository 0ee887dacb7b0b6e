//! `lts spec`: the OpenAPI documents that the program was built from.

use clap::{Args, ValueEnum};
use huaweicloud_lts::spec;

use crate::{
    error::CliError,
    output::{Format, print},
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lts spec > lts.yaml\n  lts spec iam -o json | jq .paths")]
pub(crate) struct SpecArguments {
    /// Document to print.
    #[arg(value_enum, default_value_t)]
    document: Document,
    /// Format of the document, like -o [default: yaml].
    #[arg(long, value_enum)]
    format: Option<DocumentFormat>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Document {
    /// Log Tank Service.
    #[default]
    Lts,
    /// The operations of IAM that a client of LTS needs.
    Iam,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DocumentFormat {
    /// As written by hand.
    Yaml,
    /// The same as JSON.
    Json,
}

/// Prints a document. `output` is the format that `-o` gives.
pub(crate) fn run(arguments: &SpecArguments, output: Option<Format>) -> Result<(), CliError> {
    let output = match output {
        Some(Format::Json) => Some(DocumentFormat::Json),
        Some(Format::Yaml) => Some(DocumentFormat::Yaml),
        Some(Format::Table) | None => None,
    };
    if let (Some(format), Some(output)) = (arguments.format, output)
        && format != output
    {
        return Err(CliError::usage("--format and -o name different formats"));
    }
    let format = arguments.format.or(output).unwrap_or(DocumentFormat::Yaml);
    let document = match arguments.document {
        Document::Lts => spec::LTS,
        Document::Iam => spec::IAM,
    };
    print(match format {
        DocumentFormat::Yaml => document.yaml,
        DocumentFormat::Json => document.json,
    })
}
