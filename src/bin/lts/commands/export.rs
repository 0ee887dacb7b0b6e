//! `lts export`: a manifest of the existing groups and streams.

use clap::Args;
use huaweicloud_lts::provision;

use crate::{
    context::Context,
    error::{CliError, ResultExt},
    output::{Format, eprint_line, print},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts export > lts.yaml
  lts export --project-id ONE | lts apply -f - --project-id ANOTHER

Prints YAML, or JSON with -o json. Transfers are left out, because the API cannot list them.")]
pub(crate) struct ExportArguments {}

pub(crate) fn run(_arguments: &ExportArguments, context: &Context) -> Result<(), CliError> {
    let client = context.client()?;
    context.run(async {
        let exported = provision::export(client).await;
        let exported = exported.context(|| "could not read the groups and streams".to_owned())?;
        for line in &exported.left_out {
            eprint_line(format_args!("warning: left out: {line}"));
        }
        let yaml =
            || exported.to_yaml().map_err(|e| CliError::Bug(format!("the manifest can't be written: {e}")));
        match context.options().output {
            Some(Format::Json) => context.output.data(&exported.manifest, String::new),
            _ => print(&yaml()?),
        }
    })
}
