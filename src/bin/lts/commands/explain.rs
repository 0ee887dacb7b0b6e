//! `lts explain`: error codes with cause and solution, from the spec.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use huaweicloud_lts::spec::{self, ErrorCode, MessageVariant};
use serde::Serialize;
use serde_json::Value;

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
    let all = spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES);
    let is_meant = |row: &&ErrorCode| arguments.code.as_ref().is_none_or(|code| matches(row, code));
    let mut rows: Vec<&'static ErrorCode> = all.filter(is_meant).collect();
    rows.sort_by_key(|row| (row.code, row.status));
    if rows.is_empty() {
        let code = arguments.code.as_deref().unwrap_or_default();
        return Err(CliError::NotFound {
            what: format!("unknown error code {code:?}"),
            hint: Some("`lts explain` lists the known codes; the service may send others".to_owned()),
        });
    }
    let brief = arguments.code.is_none() && !arguments.all;
    let examples = statuses_of_examples()?;
    let rows: Vec<Explained> = rows.into_iter().map(|row| Explained::new(row, &examples)).collect();
    output.data(&rows, || if brief { overview(&rows) } else { details(&rows) })
}

/// Whether a row has the code that was typed: in upper or lower case, or only its digits.
fn matches(row: &ErrorCode, typed: &str) -> bool {
    row.code.eq_ignore_ascii_case(typed) || row.code.strip_prefix("LTS.") == Some(typed)
}

/// The statuses of each code in the examples of the spec. They tell more than the list of codes: createLogDumpObs sends
/// most errors with status 200.
fn statuses_of_examples() -> Result<BTreeMap<String, BTreeSet<u16>>, CliError> {
    let invalid = |error: serde_json::Error| CliError::Bug(format!("the spec is not JSON: {error}"));
    let spec: Value = serde_json::from_str(spec::LTS.json).map_err(invalid)?;
    let mut statuses: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
    let responses = members(&spec["paths"])
        .flat_map(|(_, path)| members(path))
        .flat_map(|(_, operation)| members(&operation["responses"]));
    for (status, response) in responses {
        let Ok(status) = status.parse() else { continue };
        let examples = members(&resolve(&spec, response)["content"])
            .flat_map(|(_, content)| members(&content["examples"]))
            .map(|(_, example)| resolve(&spec, example));
        for code in examples.filter_map(|example| example["value"]["error_code"].as_str()) {
            statuses.entry(code.to_owned()).or_default().insert(status);
        }
    }
    Ok(statuses)
}

/// The members of an object; none of another value.
fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The value itself, or the part of the spec that it refers to.
fn resolve<'a>(spec: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|path| spec.pointer(path.strip_prefix('#')?));
    target.map_or(value, |target| resolve(spec, target))
}

/// The output: an error code with one of its statuses.
#[derive(Serialize)]
struct Explained {
    code: &'static str,
    status: u16,
    /// All statuses that the service sends with this row.
    statuses: Vec<u16>,
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

impl Explained {
    fn new(row: &'static ErrorCode, examples: &BTreeMap<String, BTreeSet<u16>>) -> Self {
        let ErrorCode { code, status, class, message, cause, solution } = *row;
        let variants = spec::GATEWAY_MESSAGE_VARIANTS.iter().filter(|variant| variant.code == code);
        let variants = variants.map(|variant| {
            let MessageVariant { name, message, cause, solution, .. } = *variant;
            ExplainedVariant { name, message, cause, solution }
        });
        // A status without a row of its own belongs to the first row of its code.
        let is_first = spec::error_codes(code).next() == Some(row);
        let is_listed = |status: u16| spec::error_codes(code).any(|row| row.status == status);
        let occurring = examples.get(code).into_iter().flatten().copied();
        let mut statuses: Vec<u16> =
            occurring.filter(|other| *other == status || (is_first && !is_listed(*other))).collect();
        if statuses.is_empty() {
            statuses.push(status);
        }
        Self {
            code,
            status,
            statuses,
            class: class.to_string(),
            message,
            cause,
            solution,
            variants: variants.collect(),
        }
    }

    /// `200, 400`
    fn statuses(&self) -> String {
        self.statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
    }
}

fn overview(rows: &[Explained]) -> String {
    let cells = |row: &Explained| {
        vec![row.code.to_owned(), row.statuses(), row.class.clone(), row.message.to_owned()]
    };
    let columns =
        [("CODE", Fit::Whole), ("STATUS", Fit::Whole), ("CLASS", Fit::Whole), ("MESSAGE", Fit::Wrap)];
    output::rows(&columns, || rows.iter().map(cells))
}

fn details(rows: &[Explained]) -> String {
    let one = |row: &Explained| {
        let mut out = format!("{} (HTTP {}, {})\n", row.code, row.statuses(), row.class);
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
