//! `lts config`: shows the settings in effect, and lists the profiles.

use clap::Subcommand;
use huaweicloud_lts::{
    config::{ClientInfo, Profiles},
    credentials::ResolvedCredentials,
};
use serde::Serialize;

use crate::{
    context::Context,
    error::CliError,
    output::{Fit, Format, eprint_line, pairs, rows},
};

/// The number of characters that are shown at the start and at the end of an access key.
const SHOWN_CHARACTERS: usize = 4;
/// The source of a setting of the client's builder, which the options set.
const CODE: &str = "code";

/// The environment variables with settings, and what they set.
pub(crate) const VARIABLES: &[(&str, &str)] = &[
    ("HUAWEICLOUD_SDK_AK", "access key"),
    ("HUAWEICLOUD_SDK_SK", "its secret key"),
    ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "token of temporary keys"),
    ("HUAWEICLOUD_LTS_TOKEN", "IAM token, instead of keys"),
    ("HUAWEICLOUD_LTS_USERNAME", "user of a login, instead"),
    ("HUAWEICLOUD_LTS_PASSWORD", "the user's password"),
    ("HUAWEICLOUD_LTS_DOMAIN_NAME", "the user's account"),
    ("HUAWEICLOUD_SDK_PROJECT_ID", "project id"),
    ("HUAWEICLOUD_LTS_REGION", "region"),
    ("HUAWEICLOUD_LTS_CLOUD", "domain of the cloud"),
    ("HUAWEICLOUD_LTS_ENDPOINT", "endpoint of LTS"),
    ("HUAWEICLOUD_LTS_ACCESS_ENDPOINT", "endpoint for writing logs"),
    ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "endpoint of IAM"),
    ("HUAWEICLOUD_LTS_ALLOW_PLAIN_HTTP", "true: http to other hosts"),
    ("HUAWEICLOUD_LTS_METADATA_ENDPOINT", "ECS metadata service"),
    ("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "profile file"),
];

/// The default profile file.
pub(crate) const PROFILE_FILE: &str = "~/.huaweicloud/credentials";

/// Precedence and variables, for the help.
fn settings_help() -> String {
    let width = VARIABLES.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let variables: String =
        VARIABLES.iter().map(|(name, meaning)| format!("  {name:<width$}  {meaning}\n")).collect();
    format!(
        "Options take precedence over the environment, and that over the section [basic] of the profile file. A \
         profile that is chosen with --profile replaces both.\n\n\
         Environment variables:\n{variables}\n\
         Examples:\n  lts config show\n  lts config profiles"
    )
}

#[derive(Debug, Subcommand)]
#[command(after_help = settings_help())]
pub(crate) enum ConfigCommand {
    /// Show the settings in effect and where each is from. Nothing is sent.
    #[command(after_help = "\
With --region, the endpoints of the environment and of the profile file are ignored; with --endpoint, the other \
endpoints there. An endpoint on loopback is also used for IAM and for writing logs, unless its source sets these.

Examples:
  lts config show
  lts config show --profile staging

JSON and YAML: {source, kind, access_key, project_id, region, endpoint, access_endpoint, iam_endpoint, sources}; \
unknown values are null. `source` is that of the credentials, `sources` has those of the other settings.")]
    Show,
    /// List the sections of the profile file, without secrets.
    #[command(after_help = "\
The file is ~/.huaweicloud/credentials, or the one that HUAWEICLOUD_SDK_CREDENTIALS_FILE names.

A profile file:
  [basic]
  ak = …
  sk = …
  region = cn-north-4
  [staging]
  ak = …
  sk = …
  project_id = …
  endpoint = https://lts.example

More keys: security_token, access_endpoint, iam_endpoint, cloud.

Examples:
  lts config profiles
  lts group list --profile staging

JSON and YAML: an array of {name, default, region, endpoint, project_id, has_keys}; unknown values are null.")]
    Profiles,
}

/// The kind of the credentials if only the metadata service may have some, which wasn't asked.
const NONE: &str = "none";

/// The settings in effect. `source` is that of the credentials.
#[derive(Serialize)]
pub(super) struct Settings {
    source: String,
    kind: &'static str,
    access_key: Option<String>,
    project_id: Option<String>,
    region: Option<String>,
    endpoint: String,
    access_endpoint: Option<String>,
    iam_endpoint: Option<String>,
    sources: Sources,
}

/// The sources of the other settings.
#[derive(Serialize)]
struct Sources {
    project_id: Option<String>,
    region: Option<String>,
    endpoint: String,
    access_endpoint: Option<String>,
    iam_endpoint: Option<String>,
}

/// A row of `profiles`.
#[derive(Serialize)]
struct Section<'a> {
    name: &'a str,
    default: bool,
    region: &'a Option<String>,
    endpoint: &'a Option<String>,
    project_id: &'a Option<String>,
    has_keys: bool,
}

pub(crate) fn run(command: &ConfigCommand, context: &Context) -> Result<(), CliError> {
    match command {
        ConfigCommand::Show => {
            let settings = Settings::of(context.client()?.info(), None);
            context.output.data(&settings, || table(settings.rows()))
        }
        ConfigCommand::Profiles => profiles(context),
    }
}

impl Settings {
    /// The settings of a client, with its credentials if they were resolved.
    pub(super) fn of(info: &ClientInfo, credentials: Option<&ResolvedCredentials>) -> Self {
        let resolved = match credentials {
            Some(ResolvedCredentials::Keys(keys)) => Some(keys.access_key()),
            _ => None,
        };
        let access_key = info.access_key.as_deref().or(resolved);
        let kind = match credentials {
            _ if info.logs_in => "login",
            Some(ResolvedCredentials::Token { .. }) => "token",
            None if access_key.is_none() && info.credentials_from.starts_with("ECS") => NONE,
            None if access_key.is_none() => "token",
            _ => "access key",
        };
        let from = |from: &Option<String>, option| Some(source(from.as_deref()?, option));
        Self {
            source: info.credentials_from.clone(),
            kind,
            access_key: access_key.map(masked),
            project_id: info.project_id.as_ref().map(ToString::to_string),
            region: info.region.clone(),
            endpoint: info.endpoint.clone(),
            access_endpoint: info.access_endpoint.clone(),
            iam_endpoint: info.iam_endpoint.clone(),
            sources: Sources {
                project_id: from(&info.project_id_from, "--project-id"),
                region: from(&info.region_from, "--region"),
                endpoint: source(&info.endpoint_from, "--endpoint"),
                access_endpoint: from(&info.access_endpoint_from, "--access-endpoint"),
                iam_endpoint: from(&info.iam_endpoint_from, CODE),
            },
        }
    }

    /// Sets a project id that no setting has, and its source.
    pub(super) fn set_project(&mut self, id: String, source: &str) {
        if self.project_id.is_none() {
            (self.project_id, self.sources.project_id) = (Some(id), Some(source.to_owned()));
        }
    }

    /// Names and values for a table.
    pub(super) fn rows(&self) -> Vec<(&'static str, String)> {
        let credentials = match &self.access_key {
            Some(key) => format!("{} {key}", self.kind),
            None => self.kind.to_owned(),
        };
        let row = |value: &Option<String>, from: &Option<String>| match (value, from) {
            (Some(value), Some(from)) => format!("{value}, from {from}"),
            (Some(value), None) => value.clone(),
            (None, _) => "unknown".to_owned(),
        };
        let Sources { project_id, region, endpoint, access_endpoint, iam_endpoint } = &self.sources;
        let credentials = match self.kind {
            NONE => format!("{NONE}, unless {} has some", self.source),
            _ => format!("{credentials}, from {}", self.source),
        };
        vec![
            ("credentials", credentials),
            ("project", row(&self.project_id, project_id)),
            ("region", row(&self.region, region)),
            ("endpoint", format!("{}, from {endpoint}", self.endpoint)),
            ("access", row(&self.access_endpoint, access_endpoint)),
            ("IAM", row(&self.iam_endpoint, iam_endpoint)),
        ]
    }
}

/// A source as a user of the command line knows it. `option` is the option that sets it.
fn source(from: &str, option: &str) -> String {
    match from {
        CODE => option.to_owned(),
        "region" => "the region".to_owned(),
        "endpoint" => "the endpoint on loopback".to_owned(),
        from => from.to_owned(),
    }
}

/// A table of names and values.
pub(super) fn table(rows: Vec<(&'static str, String)>) -> String {
    pairs(rows)
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

fn profiles(context: &Context) -> Result<(), CliError> {
    let profiles = Profiles::read()?;
    if profiles.sections.is_empty() && !profiles.file.is_file() {
        if !context.output.quiet {
            eprint_line(format_args!("There is no profile file {}.", profiles.file.display()));
        }
        if context.output.format == Format::Table {
            return Ok(());
        }
    }
    let sections: Vec<_> = profiles
        .sections
        .iter()
        .map(|section| Section {
            name: &section.name,
            default: section.is_default,
            region: &section.region,
            endpoint: &section.endpoint,
            project_id: &section.project_id,
            has_keys: section.has_keys,
        })
        .collect();
    let names = sections.iter().map(|section| section.name);
    context.output.ids_or_data(names, &sections, || {
        let value = |value: &Option<String>| value.clone().unwrap_or_default();
        let row = |section: &Section<'_>| {
            let keys = if section.has_keys { "yes" } else { "no" };
            let name = section.name.to_owned();
            vec![
                name,
                value(section.region),
                value(section.endpoint),
                value(section.project_id),
                keys.to_owned(),
            ]
        };
        let columns = ["NAME", "REGION", "ENDPOINT", "PROJECT", "KEYS"].map(|name| (name, Fit::Whole));
        rows(&columns, || sections.iter().map(row))
    })
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
