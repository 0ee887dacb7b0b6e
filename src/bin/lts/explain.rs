//! `lts explain`: what an error code means and what to do, from the spec.

use huaweicloud_lts::spec::{self, ErrorCode, Wording};
use serde_json::{Value, json};

use crate::{
    args::ExplainArguments,
    exit::Failure,
    output::{self, Format},
};

pub(crate) fn run(arguments: &ExplainArguments, format: Format) -> Result<(), Failure> {
    let all = || spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES);
    let rows: Vec<&ErrorCode> = match &arguments.code {
        Some(code) => all().filter(|row| is_meant(row, code)).collect(),
        None => all().collect(),
    };
    if rows.is_empty() {
        let code = arguments.code.as_deref().unwrap_or_default();
        return Err(Failure::NotFound(format!(
            "unknown error code {code:?}\n  the set of codes is open; `lts explain` lists those that the spec knows"
        )));
    }
    let brief = arguments.code.is_none() && !arguments.all;
    let values: Vec<Value> = rows.iter().map(|row| value(row)).collect();
    output::data(format, &values, || if brief { overview(&rows) } else { details(&rows) })
}

/// Whether a row is what the user typed: the whole code in any case, or its digits.
fn is_meant(row: &ErrorCode, typed: &str) -> bool {
    row.code.eq_ignore_ascii_case(typed) || row.code.strip_prefix("LTS.") == Some(typed)
}

fn wordings(row: &ErrorCode) -> impl Iterator<Item = &'static Wording> {
    let code = row.code;
    spec::GATEWAY_WORDINGS.iter().filter(move |wording| wording.code == code)
}

fn class(row: &ErrorCode) -> String {
    // `NotFound` as `not_found`.
    let name = format!("{:?}", row.class);
    let words = name.char_indices().flat_map(|(i, c)| {
        let separator = (i > 0 && c.is_uppercase()).then_some('_');
        separator.into_iter().chain(c.to_lowercase())
    });
    words.collect()
}

fn value(row: &ErrorCode) -> Value {
    let mut value = json!({
        "code": row.code, "status": row.status, "class": class(row),
        "message": row.message, "cause": row.cause, "solution": row.solution,
    });
    let wordings: Vec<Value> = wordings(row)
        .map(|w| json!({ "name": w.name, "message": w.message, "cause": w.cause, "solution": w.solution }))
        .collect();
    if !wordings.is_empty() {
        value["wordings"] = wordings.into();
    }
    value
}

fn overview(rows: &[&ErrorCode]) -> String {
    let mut table = output::table(&["CODE", "STATUS", "CLASS", "MESSAGE"]);
    for row in rows {
        table.add_row([row.code, &row.status.to_string(), &class(row), row.message]);
    }
    table.trim_fmt() + "\n"
}

fn details(rows: &[&ErrorCode]) -> String {
    let mut out = String::new();
    for row in rows {
        if !out.is_empty() {
            out.push('\n');
        }
        out += &format!("{} (HTTP {}, {})\n", row.code, row.status, class(row));
        out += &paragraphs(row.message, row.cause, row.solution, "  ");
        for wording in wordings(row) {
            out += &format!("  {}\n", wording.name.replace('_', " "));
            out += &paragraphs(wording.message, wording.cause, wording.solution, "    ");
        }
    }
    out
}

fn paragraphs(message: &str, cause: &str, solution: &str, indent: &str) -> String {
    [("message", message), ("cause", cause), ("what to do", solution)]
        .into_iter()
        .map(|(name, text)| format!("{indent}{name:<10}  {}\n", text.trim().replace('\n', " ")))
        .collect()
}
