//! `lts auth`: checks the credentials, and prints a token for other clients.

use clap::Subcommand;
use huaweicloud_lts::{Client, Secret, credentials::ResolvedCredentials};
use serde::Serialize;

use crate::{
    context::Context,
    error::{CliError, ResultExt},
    output::{self, eprint_line, stdout_is_terminal},
};

/// The number of characters that are shown at the start and at the end of an access key.
const SHOWN_CHARACTERS: usize = 4;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts auth status
  curl -H \"X-Auth-Token: $(lts auth token)\" \"$URL\"")]
pub(crate) enum AuthCommand {
    /// Show where the credentials come from and where calls go, and check that they work.
    #[command(after_help = "\
Credentials are looked for in this order: a profile named with --profile, the environment, the profile [basic],
the ECS metadata service. To check them, the command logs in if need be and lists the log groups. No secret is
printed.

Examples:
  lts auth status
  lts auth status --profile staging

JSON and YAML: {source, kind, access_key, project_id, region, endpoint, iam_endpoint, works}; unknown values
are null.")]
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
    source: String,
    kind: &'static str,
    access_key: Option<String>,
    project_id: Option<String>,
    region: Option<String>,
    endpoint: String,
    iam_endpoint: Option<String>,
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
        Ok((credentials, project.or_else(|| info.project_id.clone()), listed))
    })?;
    let (kind, access_key) = match &credentials {
        Some(ResolvedCredentials::Keys(keys)) => ("access key", Some(masked(keys.access_key()))),
        _ if info.logs_in => ("login", None),
        _ => ("token", None),
    };
    let status = Status {
        source: info.credentials_from.clone(),
        kind,
        access_key,
        project_id: project.map(|id| id.to_string()),
        region: info.region.clone(),
        endpoint: info.endpoint.clone(),
        iam_endpoint: info.iam_endpoint.clone(),
        works: listed.is_ok(),
    };
    context.output.data(&status, || table(&status))?;
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

fn table(status: &Status) -> String {
    let kind = match &status.access_key {
        Some(key) => format!("{} {key}", status.kind),
        None => status.kind.to_owned(),
    };
    let or_unknown = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
    let rows = [
        ("credentials", format!("{kind}, from {}", status.source)),
        ("project", or_unknown(&status.project_id)),
        ("region", or_unknown(&status.region)),
        ("endpoint", status.endpoint.clone()),
        ("IAM", or_unknown(&status.iam_endpoint)),
        ("works", if status.works { "yes" } else { "no" }.to_owned()),
    ];
    let mut table = output::table(&[]);
    table.add_rows(rows.map(|(name, value)| [name.to_owned(), value]));
    output::render(table)
}

/// An access key with its middle left out.
fn masked(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    if characters.len() < 3 * SHOWN_CHARACTERS {
        return "…".to_owned();
    }
    let text = |part: &[char]| part.iter().collect::<String>();
    let (start, end) = (&characters[..SHOWN_CHARACTERS], &characters[characters.len() - SHOWN_CHARACTERS..]);
    format!("{}…{}", text(start), text(end))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_key_is_never_shown_in_full() {
        assert_eq!(masked("LTSEMULATORAK0000001"), "LTSE…0001");
        for short in ["", "AK", "ABCDEFGHIJK"] {
            assert_eq!(masked(short), "…");
        }
    }
}
