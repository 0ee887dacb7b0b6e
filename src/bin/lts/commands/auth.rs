//! `lts auth`: which credentials are used, and a token for other clients.

use clap::Subcommand;
use huaweicloud_lts::{Client, ResolvedCredentials, Secret};
use serde::Serialize;

use crate::{
    context::Context,
    error::{Failure, Meant},
    output,
};

/// How many characters of an access key are shown at its begin and its end.
const SHOWN: usize = 4;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts auth status
  curl -H \"X-Auth-Token: $(lts auth token)\" \"$URL\"")]
pub(crate) enum AuthCommand {
    /// Tells where the credentials come from and where calls go, and tries them.
    #[command(after_help = "\
Credentials are looked for in this order: a profile named with --profile, the environment, the profile [basic],
the ECS metadata service. A login is made, and the log groups are listed, to see whether the credentials work.
None of them is shown.

Examples:
  lts auth status
  lts auth status --profile staging

JSON and YAML: {source, kind, access_key, project_id, region, endpoint, iam_endpoint, works}; null where nothing
is known.")]
    Status,
    /// Prints an IAM token, for another client's header X-Auth-Token.
    #[command(after_help = "\
Example:
  curl -H \"X-Auth-Token: $(lts auth token)\" \"$URL\"

An access key has no token: it signs each request (`lts sign`).

JSON and YAML: {token, project_id}.")]
    Token,
}

/// What is known of the credentials and of where they go.
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

/// A token.
#[derive(Serialize)]
struct Token {
    token: Secret,
    project_id: Option<String>,
}

pub(crate) fn run(command: &AuthCommand, context: &Context) -> Result<(), Failure> {
    let lts = context.client()?;
    match command {
        AuthCommand::Status => status(lts, context),
        AuthCommand::Token => token(lts, context),
    }
}

fn status(lts: &Client, context: &Context) -> Result<(), Failure> {
    let info = lts.info();
    let (provided, project, tried) = context.run(async {
        // Without credentials there is nothing to tell.
        let provided = match lts.credentials().await {
            Ok(provided) => Some(provided),
            Err(error) if !info.logs_in => {
                return Err(error).or_say(|| "there are no credentials".to_owned());
            }
            Err(_) => None,
        };
        let tried = lts.groups().await;
        let project = match tried {
            Ok(_) => lts.project_id().await.ok(),
            Err(_) => None,
        };
        Ok((provided, project.or_else(|| info.project_id.clone()), tried))
    })?;
    let (kind, access_key) = match &provided {
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
        works: tried.is_ok(),
    };
    context.output.data(&status, || table(&status))?;
    match tried {
        Ok(_) => Ok(()),
        // Whoever wasn't reached or is out of order has said nothing about them.
        Err(error) => {
            let refused = error.as_service().is_some_and(|said| said.status() < 500) && !error.is_throttled();
            let what = if refused {
                "the credentials don't work"
            } else {
                "it is unknown whether the credentials work"
            };
            Err(error).or_say(|| what.to_owned())
        }
    }
}

fn table(status: &Status) -> String {
    let kind = match &status.access_key {
        Some(key) => format!("{} {key}", status.kind),
        None => status.kind.to_owned(),
    };
    let or_not = |value: &Option<String>| value.clone().unwrap_or_else(|| "not known".to_owned());
    let rows = [
        ("credentials", format!("{kind}, from {}", status.source)),
        ("project", or_not(&status.project_id)),
        ("region", or_not(&status.region)),
        ("endpoint", status.endpoint.clone()),
        ("IAM", or_not(&status.iam_endpoint)),
        ("works", if status.works { "yes" } else { "no" }.to_owned()),
    ];
    let mut table = output::table(&[]);
    table.add_rows(rows.map(|(name, value)| [name.to_owned(), value]));
    output::drawn(table)
}

/// An access key as far as it tells one from another.
fn masked(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    if characters.len() < 3 * SHOWN {
        return "…".to_owned();
    }
    let text = |part: &[char]| part.iter().collect::<String>();
    format!("{}…{}", text(&characters[..SHOWN]), text(&characters[characters.len() - SHOWN..]))
}

fn token(lts: &Client, context: &Context) -> Result<(), Failure> {
    let what = || "could not get a token".to_owned();
    match context.run(async { lts.credentials().await.or_say(what) })? {
        ResolvedCredentials::Token { token, project_id } => {
            if output::is_seen() && !context.output.quiet {
                output::note("warning: whoever has this token can act in your name until it expires");
            }
            let data = Token { token, project_id: project_id.map(|id| id.to_string()) };
            context.output.ids_or_data([data.token.expose()], &data, || format!("{}\n", data.token.expose()))
        }
        _ => Err(Failure::Configuration {
            what: format!("there is no token: {} has an access key, which signs each request", lts.info().credentials_from),
            hint: Some("sign with `lts sign`, or set HUAWEICLOUD_LTS_USERNAME, _PASSWORD and _DOMAIN_NAME in the place of the key".to_owned()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown_whole() {
        assert_eq!(masked("LTSEMULATORAK0000001"), "LTSE…0001");
        for short in ["", "AK", "ABCDEFGHIJK"] {
            assert_eq!(masked(short), "…");
        }
    }
}
