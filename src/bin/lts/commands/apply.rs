//! `lts apply`: creates what a manifest declares.
//!
//! The plan, the progress and the remaining items go to standard error, the outcome to standard output.

use std::num::NonZeroUsize;

use clap::Args;
use huaweicloud_lts::{
    Client,
    manifest::Manifest,
    provision::{
        self, Action, DEFAULT_CONCURRENCY, Item, ItemKind, LARGEST_DOCUMENT, Outcome, Plan, PlanError, Step,
    },
};

use crate::{
    confirm::{confirm, ensure_confirmable},
    context::{Context, Interrupt},
    error::{self, CliError},
    output::{Fit, Format, Output, eprint_line, plural, progress_bar, rows},
    parsers,
};

/// The number of lines of a plan, or of remaining items, that are shown without -v.
const MAX_LINES: usize = 20;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts apply -f app.yaml --dry-run
  lts apply -f app.yaml
  lts export | lts apply -f - --region ap-southeast-1
  lts apply --schema > manifest.schema.json

A manifest:
  # yaml-language-server: $schema=manifest.schema.json
  groups:
    - name: app
      ttl: 7
      streams: [nginx, worker]
      transfers:
        - { streams: [nginx], bucket: my-bucket, every: 5min }

Applying a manifest again changes nothing. After a failure or an interrupt, it resumes where it stopped.")]
pub(crate) struct ApplyArguments {
    /// Manifest; `-` reads it from standard input.
    #[arg(short, long, value_name = "FILE", required_unless_present = "schema")]
    pub(crate) file: Option<String>,
    /// Show what would be done, without doing it.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Number of calls to run at the same time.
    #[arg(long, value_name = "N", default_value_t = default_concurrency(), value_parser = parsers::whole_number(NonZeroUsize::MIN..=NonZeroUsize::MAX))]
    pub(crate) concurrency: NonZeroUsize,
    /// Delete streams that the manifest doesn't declare, in its groups only.
    #[arg(long)]
    pub(crate) prune: bool,
    /// Skip the confirmation prompt of --prune.
    #[arg(short, long, requires = "prune")]
    pub(crate) yes: bool,
    /// Print the JSON Schema of manifests and exit.
    #[arg(long, conflicts_with_all = ["file", "dry_run", "concurrency", "prune", "yes"])]
    pub(crate) schema: bool,
}

fn default_concurrency() -> NonZeroUsize {
    NonZeroUsize::new(DEFAULT_CONCURRENCY).unwrap_or(NonZeroUsize::MIN)
}

pub(crate) fn run(arguments: &ApplyArguments, context: &Context) -> Result<(), CliError> {
    let Some(file) = &arguments.file else { return print_schema(context) };
    let deletes = arguments.prune && !arguments.dry_run;
    if deletes {
        if file == "-" && !arguments.yes {
            return Err(CliError::Usage {
                what: "--prune needs a confirmation, and standard input is the manifest".to_owned(),
                hint: Some(
                    "pass --yes to skip the confirmation prompt, or the manifest as a file".to_owned(),
                ),
            });
        }
        ensure_confirmable(arguments.yes, "--prune")?;
    }
    let manifest = read(file)?;
    let client = context.client()?;
    context.run_with_interrupt(async |mut interrupt: Interrupt| {
        let planning = async {
            let request = provision::plan(client, &manifest).prune(arguments.prune);
            let plan = request.concurrency(arguments.concurrency.get()).await;
            let plan = plan.map_err(|error| plan_error(file, error))?;
            show_plan(&plan, context);
            if deletes {
                confirm_deletions(&plan, arguments.yes).await?;
            }
            Ok::<_, CliError>(plan)
        };
        let plan = tokio::select! {
            plan = planning => plan?,
            () = &mut interrupt => return Err(CliError::Interrupted),
        };
        if arguments.dry_run {
            return finish(&plan.outcome(), context);
        }
        let outcome = apply(&plan, client, arguments, context, interrupt).await;
        finish(&outcome, context)
    })
}

fn print_schema(context: &Context) -> Result<(), CliError> {
    let format = context.options().output.unwrap_or(Format::Json);
    Output::new(format, false).data(&schemars::schema_for!(Manifest), String::new)
}

/// Applies a plan with a progress bar. The first interrupt waits for the running calls, the second one exits.
async fn apply(
    plan: &Plan,
    client: &Client,
    arguments: &ApplyArguments,
    context: &Context,
    interrupt: Interrupt,
) -> Outcome {
    let bar = progress_bar(0, context.output.quiet);
    let outcome = plan
        .apply(client)
        .concurrency(arguments.concurrency.get())
        .observe(|progress| {
            bar.set_length(progress.total as u64);
            bar.set_position(progress.done as u64);
        })
        .stop_when(async {
            interrupt.await;
            bar.suspend(|| {
                eprint_line("interrupted: waiting for running calls; interrupt again to exit at once");
            });
            tokio::spawn(async {
                if tokio::signal::ctrl_c().await.is_ok() {
                    std::process::exit(error::INTERRUPTED.into());
                }
            });
        })
        .await;
    bar.finish_and_clear();
    outcome
}

/// Reads a manifest, up to the largest size that is accepted.
fn read(file: &str) -> Result<Manifest, CliError> {
    let text = parsers::file_or_stdin(file, LARGEST_DOCUMENT as u64)?;
    let name = if file == "-" { "standard input" } else { file };
    provision::parse(name, &text).map_err(|error| CliError::usage(error.to_string()))
}

fn plan_error(file: &str, error: PlanError) -> CliError {
    match error {
        PlanError::Call(error) => {
            let what = Some(format!("could not compare {file} with the service"));
            CliError::Call { what, error, advice: None }
        }
        other => CliError::usage(other.to_string()),
    }
}

async fn confirm_deletions(plan: &Plan, yes: bool) -> Result<(), CliError> {
    let deletions = plan.steps().filter(|step| step.action == Action::Delete).count();
    // A plan with conflicts is not applied.
    if deletions == 0 || plan.has_conflicts() {
        return Ok(());
    }
    let streams = plural(deletions, "stream");
    confirm(yes, &format!("Delete {streams} with all their logs?")).await
}

/// Shows the numbers of a plan, and its first lines.
fn show_plan(plan: &Plan, context: &Context) {
    for warning in plan.warnings() {
        eprint_line(format_args!("warning: {warning}"));
    }
    if context.output.quiet {
        return;
    }
    eprint_line(format_args!("plan: {}", summary(plan)));
    let all = context.is_verbose();
    let steps = || plan.steps().filter(|step| all || step.action != Action::Keep);
    for step in steps().take(max_lines(all)) {
        eprint_line(plan_line(&step));
    }
    let hidden = steps().count().saturating_sub(MAX_LINES);
    if hidden > 0 && !all {
        eprint_line(format_args!("  and {hidden} more; -v shows them"));
    }
}

fn max_lines(all: bool) -> usize {
    if all { usize::MAX } else { MAX_LINES }
}

/// `create: 1 group, 2 streams; delete: 1 stream; unchanged: 3 groups`
fn summary(plan: &Plan) -> String {
    let actions = [Action::Conflict, Action::Delete, Action::Create, Action::CreateOrFind, Action::Keep];
    let parts = actions.into_iter().filter_map(|action| {
        let kinds = [ItemKind::Group, ItemKind::Stream, ItemKind::Transfer].into_iter().filter_map(|kind| {
            let number = plan.steps().filter(|step| (step.action, step.kind) == (action, kind)).count();
            (number > 0).then(|| plural(number, &kind.to_string()))
        });
        let kinds: Vec<String> = kinds.collect();
        (!kinds.is_empty()).then(|| format!("{action}: {}", kinds.join(", ")))
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "the manifest declares nothing".to_owned() } else { parts.join("; ") }
}

fn plan_line(step: &Step<'_>) -> String {
    let name = match step.kind {
        ItemKind::Group => step.group.to_owned(),
        _ => format!("{}/{}", step.group, step.name),
    };
    let mut line = format!("  {:<24} {:<8} {name}", step.action.to_string(), step.kind);
    if let (Action::Conflict, Some(reason)) = (step.action, &step.reason) {
        line += &format!(": {reason}");
    }
    line
}

/// Prints the outcome and the remaining items, and returns the command's result.
fn finish(outcome: &Outcome, context: &Context) -> Result<(), CliError> {
    let Outcome { created, deleted, unchanged, conflicts, failed, not_done, .. } = outcome;
    let ids = created.iter().filter_map(|item| item.id.as_deref());
    // The plan, which was just shown, has the rows that the table of a dry run would have.
    let rows = || if outcome.dry_run { String::new() } else { table(outcome) };
    context.output.ids_or_data(ids, outcome, rows)?;
    for (label, items) in [("conflict", conflicts), ("failed", failed), ("not done", not_done)] {
        show_remaining(label, items, context.is_verbose());
    }
    if !context.output.quiet {
        let prefix = if outcome.dry_run { "would be: " } else { "" };
        let numbers = [
            (created, "created"),
            (deleted, "deleted"),
            (unchanged, "unchanged"),
            (conflicts, "in conflict"),
            (failed, "failed"),
            (not_done, "not done"),
        ];
        let numbers = numbers.map(|(items, status)| format!("{} {status}", items.len()));
        eprint_line(format_args!("{prefix}{}", numbers.join(", ")));
    }
    if outcome.interrupted {
        return Err(CliError::Interrupted);
    }
    if failed.is_empty() && !conflicts.is_empty() {
        let items = plural(conflicts.len(), "item");
        let nothing = if created.is_empty() && deleted.is_empty() { "; nothing was done" } else { "" };
        return Err(CliError::Conflict(format!("{items} in conflict with existing ones{nothing}")));
    }
    if !outcome.is_complete() {
        let items = plural(failed.len() + not_done.len(), "item");
        return Err(CliError::Incomplete {
            what: format!("{items} failed or not done"),
            remedies: remedies(failed),
        });
    }
    Ok(())
}

/// What to do about the failures, each remedy once.
fn remedies(failed: &[Item]) -> Vec<String> {
    let mut remedies: Vec<String> = Vec::new();
    for remedy in failed.iter().filter_map(|item| item.remedy.as_deref()) {
        // As the manifest calls it.
        let remedy = remedy.replace("ttl_in_days", "ttl");
        if !remedies.contains(&remedy) {
            remedies.push(remedy);
        }
    }
    if !remedies.is_empty() && failed.iter().any(|item| item.remedy.is_none()) {
        remedies.push("Fix the other problems above.".to_owned());
    }
    remedies
}

/// Shows remaining items. Without `all`, consecutive items with the same reason share a line.
fn show_remaining(label: &str, items: &[Item], all: bool) {
    let share_line = |one: &Item, next: &Item| !all && one.reason == next.reason;
    let lines = || items.chunk_by(share_line);
    for line in lines().take(max_lines(all)) {
        let [Item { kind, group, name, reason, .. }, others @ ..] = line else { continue };
        let name = if *kind == ItemKind::Group { group.clone() } else { format!("{group}/{name}") };
        let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let reason = reason.as_deref().unwrap_or_default();
        eprint_line(format_args!("{label}: {kind} {name}{others}: {reason}"));
    }
    if !all && lines().count() > MAX_LINES {
        let hidden: usize = lines().skip(MAX_LINES).map(<[Item]>::len).sum();
        eprint_line(format_args!("{label}: {hidden} more; -v and -o json show them"));
    }
}

/// The changed items as a table; empty if nothing has changed.
fn table(outcome: &Outcome) -> String {
    let created = outcome.created.iter().map(|item| ("created", item));
    let changed = created.chain(outcome.deleted.iter().map(|item| ("deleted", item)));
    let cells: Vec<Vec<String>> = changed
        .map(|(result, Item { kind, group, name, id, .. })| {
            let id = id.clone().unwrap_or_default();
            vec![name.clone(), kind.to_string(), group.clone(), result.to_owned(), id]
        })
        .collect();
    if cells.is_empty() {
        return String::new();
    }
    let whole = |header| (header, Fit::Whole);
    let columns = [whole("NAME"), whole("KIND"), whole("GROUP"), whole("RESULT"), ("ID", Fit::Id)];
    rows(&columns, cells)
}
