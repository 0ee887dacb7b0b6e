//! `lts apply`: creates and updates what a manifest declares.
//!
//! The plan, the progress and the remaining items go to standard error, the outcome to standard output.

use std::num::NonZeroUsize;

use clap::Args;
use huaweicloud_lts::{
    Client,
    manifest::Manifest,
    provision::{self, Action, DEFAULT_CONCURRENCY, Item, ItemKind, Outcome, Plan},
};

use crate::{
    confirm::{confirm, ensure_confirmable},
    context::{Context, Interrupt, announce_interrupt},
    error::CliError,
    output::{Fit, Format, Output, eprint_line, plural, progress_bar, rows},
    parsers,
    plan::{self, MAX_LINES, max_lines},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lts apply -f app.yaml --dry-run
  lts apply -f app.yaml -f web.yaml
  lts export | lts apply -f - --region ap-southeast-1
  lts apply --schema > manifest.schema.json

A manifest:
  # yaml-language-server: $schema=manifest.schema.json
  groups:
    - name: app
      ttl: 7
      tags: { team: shop }
      streams: [nginx, { name: worker, ttl: 30 }]
      transfers:
        - { streams: [nginx], bucket: my-bucket, every: 5min }

Applying a manifest again changes nothing. After a failure or an interrupt, it resumes where it stopped.

With --prune, a group without `streams` in the manifest loses all of its streams. What a transfer doesn't set has its \
default: a task that was paused by hand runs again, unless the manifest has `paused: true`.")]
pub(crate) struct ApplyArguments {
    /// Manifest, also several; `-` reads standard input.
    #[arg(short, long, value_name = "FILE", required_unless_present = "schema")]
    pub(crate) file: Vec<String>,
    /// Show what would be done, without doing it.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Number of calls to run at the same time.
    #[arg(long, value_name = "N", default_value_t = default_concurrency(), value_parser = parsers::whole_number(NonZeroUsize::MIN..=NonZeroUsize::MAX))]
    pub(crate) concurrency: NonZeroUsize,
    /// Delete streams, transfers and tags that the manifest doesn't declare, in its groups only. A group without `streams`
    /// loses all of them.
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
    if arguments.schema {
        return print_schema(context);
    }
    let files = arguments.file.as_slice();
    let deletes = arguments.prune && !arguments.dry_run;
    if deletes {
        if files.iter().any(|file| file == "-") && !arguments.yes {
            return Err(CliError::Usage {
                what: "--prune needs a confirmation, and standard input is the manifest".to_owned(),
                hint: Some(
                    "pass --yes to skip the confirmation prompt, or the manifest as a file".to_owned(),
                ),
            });
        }
        ensure_confirmable(arguments.yes, "--prune")?;
    }
    let manifest = plan::read(files)?;
    let client = context.client()?;
    context.run_with_interrupt(async |mut interrupt: Interrupt| {
        let planning = async {
            let request = provision::plan(client, &manifest).prune(arguments.prune);
            let plan = request.concurrency(arguments.concurrency.get()).await;
            let plan = plan.map_err(|error| plan::error(files, error))?;
            plan::show(&plan, context);
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
            bar.suspend(|| announce_interrupt("waiting for running calls"));
        })
        .await;
    bar.finish_and_clear();
    outcome
}

async fn confirm_deletions(plan: &Plan, yes: bool) -> Result<(), CliError> {
    let deletions =
        |kind| plan.steps().filter(|step| (step.action, step.kind) == (Action::Delete, kind)).count();
    let (streams, transfers) = (deletions(ItemKind::Stream), deletions(ItemKind::Transfer));
    let streams = (streams > 0).then(|| format!("{} with all their logs", plural(streams, "stream")));
    let transfers = (transfers > 0).then(|| plural(transfers, "transfer"));
    let what: Vec<String> = transfers.into_iter().chain(streams).collect();
    // A plan with conflicts is not applied.
    if what.is_empty() || plan.has_conflicts() {
        return Ok(());
    }
    confirm(yes, &format!("Delete {}?", what.join(" and "))).await
}

/// Prints the outcome and the remaining items, and returns the command's result.
fn finish(outcome: &Outcome, context: &Context) -> Result<(), CliError> {
    let Outcome { created, updated, deleted, unchanged, conflicts, failed, not_done, .. } = outcome;
    let ids = created.iter().filter_map(|item| item.id.as_deref());
    // The plan, which was just shown, has the rows that the table of a dry run would have.
    let rows = || if outcome.dry_run { String::new() } else { table(outcome) };
    // Nothing exists after a dry run that could be lost.
    let output = if outcome.dry_run { context.output } else { context.output.must_arrive() };
    let printed = output.ids_or_data(ids, outcome, rows);
    if printed.is_err() {
        show_created(created);
    }
    for (label, items) in [("conflict", conflicts), ("failed", failed), ("not done", not_done)] {
        show_remaining(label, items, context.is_verbose());
    }
    if !context.output.quiet {
        let prefix = if outcome.dry_run { "would be: " } else { "" };
        let numbers = [
            (created, "created"),
            (updated, "updated"),
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
        let is_unchanged = created.is_empty() && updated.is_empty() && deleted.is_empty();
        let nothing = if is_unchanged { "; nothing was done" } else { "" };
        return Err(CliError::Conflict(format!("{items} in conflict with existing ones{nothing}")));
    }
    if !outcome.is_complete() {
        let items = plural(failed.len() + not_done.len(), "item");
        return Err(CliError::Incomplete {
            what: format!("{items} failed or not done"),
            remedies: remedies(failed),
        });
    }
    printed
}

/// Shows the ids of what was created, so that they are not lost if standard output can't be written.
fn show_created(created: &[Item]) {
    for item in created {
        if let Some(id) = &item.id {
            eprint_line(format_args!("created {} {} with the id {id}", item.kind, path_of(item)));
        }
    }
}

/// `app`, or `app/nginx` for something in a group.
fn path_of(item: &Item) -> String {
    let Item { kind, group, name, .. } = item;
    if *kind == ItemKind::Group { group.clone() } else { format!("{group}/{name}") }
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
        let [item @ Item { kind, reason, .. }, others @ ..] = line else { continue };
        let name = path_of(item);
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
    let updated = outcome.updated.iter().map(|item| ("updated", item));
    let changed = created.chain(updated).chain(outcome.deleted.iter().map(|item| ("deleted", item)));
    if changed.clone().next().is_none() {
        return String::new();
    }
    let cells = |(result, Item { kind, group, name, id, .. }): (&str, &Item)| {
        let id = id.clone().unwrap_or_default();
        vec![name.clone(), kind.to_string(), group.clone(), result.to_owned(), id]
    };
    let whole = |header| (header, Fit::Whole);
    let columns = [whole("NAME"), whole("KIND"), whole("GROUP"), whole("RESULT"), ("ID", Fit::Id)];
    rows(&columns, || changed.clone().map(cells))
}
