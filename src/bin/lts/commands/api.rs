//! `lts api`: any call to LTS, the way out for its other operations.

use clap::Args;
use huaweicloud_lts::Error;

use crate::{
    context::Context,
    error::{Failure, Meant},
    output, parsers,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts api GET /v2/{project_id}/groups
  lts api POST /v2/{project_id}/groups -d '{\"log_group_name\": \"app\", \"ttl_in_days\": 7}'
  lts api POST /v2/{project_id}/groups -d @group.json
  jq -n '{log_group_name: \"app\", ttl_in_days: 7}' | lts api POST /v2/{project_id}/groups -d -

The body of the answer is printed as it came, a refusal's too; the exit code tells them apart. GET and DELETE
are tried again where that may help, other methods only where nothing can have happened.")]
pub(crate) struct ApiArguments {
    /// GET, POST, PUT, PATCH, DELETE or HEAD.
    method: String,
    /// The path below the endpoint, with its query; {project_id} in it is filled in.
    path: String,
    /// The body, JSON; @FILE reads it from a file, - from standard input.
    #[arg(short = 'd', long = "data", value_name = "BODY")]
    body: Option<String>,
}

pub(crate) fn run(
    ApiArguments { method, path, body }: &ApiArguments,
    context: &Context,
) -> Result<(), Failure> {
    let body = match body.as_deref() {
        None => Vec::new(),
        Some("-") => parsers::body("@-")?.into_owned(),
        Some(body) => parsers::body(body)?.into_owned(),
    };
    let lts = context.client()?;
    let what = || format!("could not call {method} {path}");
    let answer = context.run(async { lts.request(method, path, body).await.or_say(what) })?;
    output::bytes(answer.body())?;
    if output::is_seen() && !matches!(answer.body().last(), None | Some(b'\n')) {
        output::text("\n")?;
    }
    let refused = |error: Error| Failure::Call { what: Some(format!("{method} {path} was refused")), error };
    answer.into_result().map(|_| ()).map_err(refused)
}
