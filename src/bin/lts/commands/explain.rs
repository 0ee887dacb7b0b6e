//! `lts explain`: error codes with cause and solution, from the spec.

use clap::Args;
use huaweicloud_lts::spec::{self, ErrorCode, MessageVariant};
use serde::Serialize;

use crate::{
    error::CliError,
    output::{self, Fit, Output},
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lts explain LTS.0101\n  lts explain 0208\n  lts explain --all")]
pub(crate) struct ExplainArguments {
    /// Error code: `LTS.0101`, or its digits.
    #[arg(conflicts_with = "all")]
    code: Option<String>,
    /// Show all details of every code.
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(arguments: &ExplainArguments, output: Output) -> Result<(), CliError> {
    let all = || spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES);
    let rows: Vec<&'static ErrorCode> = match &arguments.code {
        Some(code) => all().filter(|row| matches(row, code)).collect(),
        None => all().collect(),
    };
    if rows.is_empty() {
        let code = arguments.code.as_deref().unwrap_or_default();
        return Err(CliError::NotFound {
            what: format!("unknown error code {code:?}"),
            hint: Some("`lts explain` lists the known codes; the service may send others".to_owned()),
        });
    }
    let brief = arguments.code.is_none() && !arguments.all;
    let rows: Vec<Explained> = rows.into_iter().map(Explained::from).collect();
    output.data(&rows, || if brief { overview(&rows) } else { details(&rows) })
}

/// Whether a row has the code that was typed: in upper or lower case, or only its digits.
fn matches(row: &ErrorCode, typed: &str) -> bool {
    row.code.eq_ignore_ascii_case(typed) || row.code.strip_prefix("LTS.") == Some(typed)
}

/// The output: an error code with one of its statuses.
#[derive(Serialize)]
struct Explained {
    code: &'static str,
    status: u16,
    class: String,
    message: &'static str,
    cause: &'static str,
    solution: &'static str,
    /// The messages that the gateway sends with the code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<ExplainedVariant>,
}

/// One of several messages of a code.
#[derive(Serialize)]
struct ExplainedVariant {
    name: &'static str,
    message: &'static str,
    cause: &'static str,
    solution: &'static str,
}

impl From<&'static ErrorCode> for Explained {
    fn from(row: &'static ErrorCode) -> Self {
        let ErrorCode { code, status, class, message, cause, solution } = *row;
        let variants = spec::GATEWAY_MESSAGE_VARIANTS.iter().filter(|variant| variant.code == code);
        let variants = variants.map(|variant| {
            let MessageVariant { name, message, cause, solution, .. } = *variant;
            ExplainedVariant { name, message, cause, solution }
        });
        Self {
            code,
            status,
            class: class.to_string(),
            message,
            cause,
            solution,
            variants: variants.collect(),
        }
    }
}

fn overview(rows: &[Explained]) -> String {
    let cells = |row: &Explained| {
        vec![row.code.to_owned(), row.status.to_string(), row.class.clone(), row.message.to_owned()]
    };
    let rows = rows.iter().map(cells).collect();
    let columns =
        [("CODE", Fit::Whole), ("STATUS", Fit::Whole), ("CLASS", Fit::Whole), ("MESSAGE", Fit::Wrap)];
    output::rows(&columns, rows)
}

fn details(rows: &[Explained]) -> String {
    let one = |row: &Explained| {
        let mut out = format!("{} (HTTP {}, {})\n", row.code, row.status, row.class);
        out += &paragraphs(row.message, row.cause, row.solution);
        for variant in &row.variants {
            out += &format!("\n  {}\n", variant.name.replace('_', " "));
            out += &paragraphs(variant.message, variant.cause, variant.solution);
        }
        out
    };
    rows.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Message, cause and solution, wrapped to the terminal.
fn paragraphs(message: &str, cause: &str, solution: &str) -> String {
    let lines = [("  message", message), ("  cause", cause), ("  what to do", solution)];
    output::pairs(lines.map(|(name, text)| (name, text.to_owned())))
}
