//! `lts auth`: checks the credentials, and prints a token for other clients.

use clap::Subcommand;
use huaweicloud_lts::{Client, Secret, credentials::ResolvedCredentials};
use serde::Serialize;

use super::config::{Settings, table};
use crate::{
    context::Context,
    error::{CliError, ResultExt},
    output::{eprint_line, stdout_is_terminal},
};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts auth status
  curl -H \"X-Auth-Token: $(lts auth token)\" \"$URL\"")]
pub(crate) enum AuthCommand {
    /// Show where the credentials come from and where calls go, and check that they work.
    #[command(after_help = "\
Credentials are looked for in this order: the environment, the profile [basic], the ECS metadata service; with \
--profile, only in that profile. To check them, the command logs in if need be and lists the log groups. No secret \
is printed. `lts config show` prints the same without sending anything.

Examples:
  lts auth status
  lts auth status --profile staging

JSON and YAML: as `lts config show`, and `works`.")]
    Status,
    /// Print an IAM token, for the header X-Auth-Token of another client.
    #[command(after_help = "\
Example:
  curl -H \"X-Auth-Token: $(lts auth token)\" \"$URL\"

There is no token for an access key, which signs each request instead (`lts sign`).

JSON and YAML: {token, project_id}.")]
    Token,
}

/// The output of `status`.
#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    settings: Settings,
    works: bool,
}

/// The output of `token`.
#[derive(Serialize)]
struct Token {
    token: Secret,
    project_id: Option<String>,
}

pub(crate) fn run(command: &AuthCommand, context: &Context) -> Result<(), CliError> {
    let lts = context.client()?;
    match command {
        AuthCommand::Status => status(lts, context),
        AuthCommand::Token => token(lts, context),
    }
}

fn status(lts: &Client, context: &Context) -> Result<(), CliError> {
    let info = lts.info();
    let (credentials, project, listed) = context.run(async {
        let credentials = match lts.credentials().await {
            Ok(credentials) => Some(credentials),
            // A login that fails still has a source to show; without any credentials there is nothing to show.
            Err(_) if info.logs_in => None,
            Err(error) => return Err(error).context(|| "there are no credentials".to_owned()),
        };
        let listed = lts.groups().list().await;
        let project = match listed {
            Ok(_) => lts.project_id().await.ok(),
            Err(_) => None,
        };
        Ok((credentials, project, listed))
    })?;
    let mut settings = Settings::of(info, credentials.as_ref());
    if let Some(id) = project {
        let source = if info.logs_in { "the token" } else { "IAM, by the name of the region" };
        settings.set_project(id.to_string(), source);
    }
    let status = Status { settings, works: listed.is_ok() };
    context.output.data(&status, || {
        let works = ("works", if status.works { "yes" } else { "no" }.to_owned());
        table(status.settings.rows().into_iter().chain([works]).collect())
    })?;
    match listed {
        Ok(_) => Ok(()),
        Err(error) => {
            // A network failure, an internal error or throttling is not about the credentials.
            let is_refused = error.as_service().is_some_and(|e| e.status() < 500) && !error.is_throttled();
            let what = if is_refused {
                "the credentials don't work"
            } else {
                "it is unknown whether the credentials work"
            };
            Err(error).context(|| what.to_owned())
        }
    }
}

fn token(lts: &Client, context: &Context) -> Result<(), CliError> {
    let what = || "could not get a token".to_owned();
    match context.run(async { lts.credentials().await.context(what) })? {
        ResolvedCredentials::Token { token, project_id } => {
            if stdout_is_terminal() && !context.output.quiet {
                eprint_line("warning: anyone who has this token can act in your name until it expires");
            }
            let data = Token { token, project_id: project_id.map(|id| id.to_string()) };
            context.output.ids_or_data([data.token.expose()], &data, || format!("{}\n", data.token.expose()))
        }
        _ => {
            let source = &lts.info().credentials_from;
            let hint = "use `lts sign`, or set HUAWEICLOUD_LTS_USERNAME, _PASSWORD and _DOMAIN_NAME instead of \
                        the key";
            Err(CliError::Configuration {
                what: format!("there is no token: {source} has an access key, which signs each request"),
                hint: Some(hint.to_owned()),
            })
        }
    }
}
