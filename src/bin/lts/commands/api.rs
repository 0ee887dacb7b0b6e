//! `lts api`: sends any request to LTS, also for operations that the client doesn't have.

use clap::Args;
use http::StatusCode;
use huaweicloud_lts::{call::Response, escape};

use crate::{
    context::Context,
    error::{CliError, ResultExt},
    output::{Format, Json, Output, eprint_line, print, print_bytes, print_lines, stdout_is_terminal},
    parsers,
};

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
#[command(after_help = "\
Examples:
  lts api /v2/{project_id}/groups
  lts api /v2/{project_id}/groups -o yaml
  lts api /v2/{project_id}/groups -d @group.json
  lts api POST /v2/{project_id}/groups -d @group.json -H 'X-Language: en-us'
  lts api /v2/{project_id}/groups -d - -i < group.json

Prints the body of the response, also that of an error response; the exit code tells them apart. JSON is indented on a \
terminal and with -o; otherwise the body is printed unchanged. GET, PUT, PATCH and DELETE are retried, POST only if the \
request can't have taken effect.")]
pub(crate) struct ApiArguments {
    /// GET, POST, PUT, PATCH, DELETE or HEAD; by default GET, or POST with a body.
    method: Option<String>,
    /// Path below the endpoint, with its query; {project_id} is filled in.
    path: String,
    /// JSON body; @FILE reads it from a file, - from standard input.
    #[arg(short = 'd', long = "data", value_name = "BODY")]
    body: Option<String>,
    /// Header to send; may be repeated. Headers that the client sets itself are refused.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parsers::header)]
    headers: Vec<(String, String)>,
    /// Print the status line and the headers before the body.
    #[arg(short, long)]
    include: bool,
}

pub(crate) fn run(arguments: &ApiArguments, context: &Context) -> Result<(), CliError> {
    let ApiArguments { method, path, body, headers, include } = arguments;
    if method.is_none() && !path.starts_with('/') {
        return Err(CliError::usage(format!("{path:?} is not a PATH, which begins with /")));
    }
    let default = if body.is_some() { "POST" } else { "GET" };
    let method = method.as_deref().unwrap_or(default);
    let body = match body.as_deref() {
        None => Vec::new(),
        Some("-") => parsers::body("@-")?.into_owned(),
        Some(body) => parsers::body(body)?.into_owned(),
    };
    let lts = context.client()?;
    let mut request = lts.request(method, path).body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let what = || format!("could not call {method} {path}");
    let response = context.run(async { request.await.context(what) })?;
    let head = if *include { print_head(&response) } else { Ok(()) };
    let printed = head.and_then(|()| print_body(response.body(), context.options().output));
    if printed.is_err() {
        // The id of what a POST created may be in it.
        eprint_line(format_args!("{method} {path}: {}", response.status()));
        eprint_line(String::from_utf8_lossy(response.body()));
    }
    printed?;
    response.into_result().map(|_| ()).context(|| format!("{method} {path} failed"))
}

/// Prints the status line, the headers, and an empty line.
fn print_head(response: &Response) -> Result<(), CliError> {
    let status = StatusCode::from_u16(response.status()).ok();
    let reason = status.and_then(|status| status.canonical_reason()).unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}", response.status()).trim_end().to_owned().into_bytes();
    head.push(b'\n');
    for (name, value) in response.headers() {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
    }
    head.push(b'\n');
    if stdout_is_terminal() { print_lines(&String::from_utf8_lossy(&head)) } else { print_bytes(&head) }
}

/// Prints a body: JSON in the format that was asked for and indented on a terminal, anything else as it is.
fn print_body(body: &[u8], format: Option<Format>) -> Result<(), CliError> {
    let is_terminal = stdout_is_terminal();
    if (format.is_some() || is_terminal)
        && let Some(json) = Json::new(body)
    {
        return Output::new(format.unwrap_or(Format::Json), false).data(&json, String::new);
    }
    if !is_terminal || body.is_empty() {
        return print_bytes(body);
    }
    let text = String::from_utf8_lossy(body);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    print(&format!("{}{end}", escape::lines(&text)))
}
