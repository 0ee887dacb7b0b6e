//! `lts export`: the manifest of what there is.

use clap::Args;
use huaweicloud_lts::provision;

use crate::{
    context::Context,
    error::{Failure, Meant},
    output::{self, Format},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts export > lts.yaml
  lts export --project-id ONE | lts apply -f - --project-id ANOTHER

It is YAML unless -o json asks for JSON. Transfers are left out: nothing can list them.")]
pub(crate) struct ExportArguments {}

pub(crate) fn run(_arguments: &ExportArguments, context: &Context) -> Result<(), Failure> {
    let client = context.client()?;
    context.run(async {
        let exported = provision::export(client).await;
        let exported = exported.or_say(|| "could not read what there is".to_owned())?;
        for line in &exported.left_out {
            output::note(format_args!("warning: left out: {line}"));
        }
        let yaml = || exported.to_yaml().map_err(|e| Failure::Bug(format!("no YAML: {e}")));
        match context.output.format {
            Format::Json => context.output.data(&exported.manifest, String::new),
            Format::Table | Format::Yaml => output::text(&yaml()?),
        }
    })
}
