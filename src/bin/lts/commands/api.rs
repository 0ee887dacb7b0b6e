//! `lts api`: sends any request to LTS, also for operations that the client doesn't have.

use clap::Args;
use huaweicloud_lts::Error;

use crate::{
    context::Context,
    error::{CliError, ResultExt},
    output::{print, print_bytes, stdout_is_terminal},
    parsers,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts api GET /v2/{project_id}/groups
  lts api POST /v2/{project_id}/groups -d '{\"log_group_name\": \"app\", \"ttl_in_days\": 7}'
  lts api POST /v2/{project_id}/groups -d @group.json
  jq -n '{log_group_name: \"app\", ttl_in_days: 7}' | lts api POST /v2/{project_id}/groups -d -

Prints the body of the response unchanged, also that of an error response; the exit code tells them apart.
GET and DELETE are retried, other methods only if the request can't have taken effect.")]
pub(crate) struct ApiArguments {
    /// GET, POST, PUT, PATCH, DELETE or HEAD.
    method: String,
    /// Path below the endpoint, with its query; {project_id} is filled in.
    path: String,
    /// JSON body; @FILE reads it from a file, - from standard input.
    #[arg(short = 'd', long = "data", value_name = "BODY")]
    body: Option<String>,
}

pub(crate) fn run(arguments: &ApiArguments, context: &Context) -> Result<(), CliError> {
    let ApiArguments { method, path, body } = arguments;
    let body = match body.as_deref() {
        None => Vec::new(),
        Some("-") => parsers::body("@-")?.into_owned(),
        Some(body) => parsers::body(body)?.into_owned(),
    };
    let lts = context.client()?;
    let what = || format!("could not call {method} {path}");
    let response = context.run(async { lts.request(method, path).body(body).await.context(what) })?;
    print_bytes(response.body())?;
    let ends_line = matches!(response.body().last(), None | Some(b'\n'));
    if stdout_is_terminal() && !ends_line {
        print("\n")?;
    }
    let failed = |error: Error| CliError::Call { what: Some(format!("{method} {path} failed")), error };
    response.into_result().map(|_| ()).map_err(failed)
}
