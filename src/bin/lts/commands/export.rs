//! `lts export`: a manifest of the existing groups, streams and transfers.

use clap::Args;
use huaweicloud_lts::{GroupId, provision};

use crate::{
    context::Context,
    error::{CliError, ResultExt},
    failures::Failures,
    output::{Format, eprint_line, print},
    resolve::{self, Ambiguity},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts export > lts.yaml
  lts export app web
  lts export --project-id ONE | lts apply -f - --project-id ANOTHER

Prints YAML, or JSON with -o json. Transfers to DIS or DMS, or for another account, are left out; the YAML has a \
comment for each.")]
pub(crate) struct ExportArguments {
    /// Names or ids of the groups; by default all.
    #[arg(value_name = "GROUP")]
    groups: Vec<String>,
}

pub(crate) fn run(arguments: &ExportArguments, context: &Context) -> Result<(), CliError> {
    let client = context.client()?;
    context.run(async {
        let mut export = provision::export(client);
        if !arguments.groups.is_empty() {
            export = export.groups(find_groups(&arguments.groups, context).await?);
        }
        let exported = export.await;
        let exported = exported.context(|| "could not read the groups, streams and transfers".to_owned())?;
        for line in &exported.left_out {
            eprint_line(format_args!("warning: left out: {line}"));
        }
        match context.options().output {
            Some(Format::Json) => context.output.data(&exported.manifest, String::new),
            _ => {
                let yaml = exported.into_yaml();
                print(&yaml.map_err(|e| CliError::Bug(format!("the manifest can't be written: {e}")))?)
            }
        }
    })
}

/// The ids of these groups. All unknown ones are reported.
async fn find_groups(names_or_ids: &[String], context: &Context) -> Result<Vec<GroupId>, CliError> {
    let mut failures = Failures::new(context);
    let mut ids = Vec::new();
    for found in resolve::groups(context.client()?, names_or_ids, Ambiguity::Note).await? {
        match found {
            Ok(group) => ids.push(group.id),
            Err(error) => failures.report(&error),
        }
    }
    failures.result().map(|()| ids)
}
