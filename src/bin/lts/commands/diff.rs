//! `lts diff`: what applying a manifest would change.

use clap::Args;
use huaweicloud_lts::provision;

use crate::{
    context::Context,
    error::CliError,
    output::{Format, print_lines},
    plan,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts diff -f app.yaml
  lts diff -f app.yaml --prune -o json
  lts diff -f app.yaml || lts apply -f app.yaml

Prints the plan of lts apply, and changes nothing. Exits with 0 if nothing differs, with 9 if something does. \
-q prints nothing.")]
pub(crate) struct DiffArguments {
    /// Manifest, also several; `-` reads standard input.
    #[arg(short, long, value_name = "FILE", required = true)]
    file: Vec<String>,
    /// Show what --prune of lts apply would delete, too.
    #[arg(long)]
    prune: bool,
}

pub(crate) fn run(arguments: &DiffArguments, context: &Context) -> Result<(), CliError> {
    let files = arguments.file.as_slice();
    let manifest = plan::read(files)?;
    let client = context.client()?;
    context.run(async {
        let made = provision::plan(client, &manifest).prune(arguments.prune).await;
        let made = made.map_err(|error| plan::error(files, error))?;
        if matches!(context.options().output, None | Some(Format::Table)) {
            plan::show_summary(&made, context);
            if !context.output.quiet {
                let steps = plan::shown_steps(&made, context.is_verbose());
                let lines: String = steps.map(|step| plan::line(&step) + "\n").collect();
                print_lines(&lines)?;
            }
        } else {
            plan::show(&made, context);
            context.output.ids_or_data(std::iter::empty::<&str>(), &made.outcome(), String::new)?;
        }
        if made.has_differences() { Err(CliError::Differences) } else { Ok(()) }
    })
}
