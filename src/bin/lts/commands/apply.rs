//! `lts apply`: makes what a manifest says.
//!
//! The plan, the progress and what is left go to standard error; what came of it goes to standard output.

use std::{
    fs::File,
    io::{self, Read},
    num::NonZeroUsize,
};

use clap::Args;
use huaweicloud_lts::{
    manifest::Manifest,
    provision::{
        self, Action, DEFAULT_CONCURRENCY, Item, Kind, LARGEST_DOCUMENT, Outcome, Plan, PlanError, Step,
    },
};

use crate::{
    confirm,
    context::{Context, Interrupted},
    error::{self, Failure},
    output,
};

/// How many lines of a plan, or of what is left, are shown. -v shows all.
const SHOWN: usize = 20;

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

A second run changes nothing; after a failure or an interrupt, it goes on from there.")]
pub(crate) struct ApplyArguments {
    /// The manifest; `-` reads it from standard input.
    #[arg(short, long, value_name = "FILE", required_unless_present = "schema")]
    pub(crate) file: Option<String>,
    /// Shows what would be done, and does nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How many calls are made at a time.
    #[arg(long, value_name = "N", default_value_t = default_concurrency())]
    pub(crate) concurrency: NonZeroUsize,
    /// Deletes the streams of named groups that the manifest doesn't name; asks first.
    #[arg(long)]
    pub(crate) prune: bool,
    /// Doesn't ask.
    #[arg(short, long, requires = "prune")]
    pub(crate) yes: bool,
    /// Prints the JSON Schema of manifests, and ends.
    #[arg(long, conflicts_with_all = ["file", "dry_run", "concurrency", "prune", "yes"])]
    pub(crate) schema: bool,
}

fn default_concurrency() -> NonZeroUsize {
    NonZeroUsize::new(DEFAULT_CONCURRENCY).unwrap_or(NonZeroUsize::MIN)
}

pub(crate) fn run(arguments: &ApplyArguments, context: &Context) -> Result<(), Failure> {
    let Some(file) = &arguments.file else {
        let schema = schemars::schema_for!(Manifest);
        let text = serde_json::to_string_pretty(&schema);
        return output::text(&(text.map_err(|e| Failure::Bug(format!("no schema: {e}")))? + "\n"));
    };
    let manifest = read(file)?;
    let asks = arguments.prune && !arguments.dry_run;
    if asks {
        confirm::may_go_on(arguments.yes, "--prune")?;
    }
    let client = context.client()?;
    context.run_to_end(async |mut interrupted: Interrupted| {
        let concurrency = arguments.concurrency.get();
        let planning = async {
            let planning = provision::plan(client, &manifest).prune(arguments.prune);
            let plan = planning.concurrency(concurrency).await.map_err(|error| unplanned(file, error))?;
            show(&plan, context);
            let deletions = plan.steps().filter(|step| step.action == Action::Delete).count();
            if asks && deletions > 0 && !plan.has_conflicts() {
                let streams = count(deletions, "stream");
                confirm::confirm(arguments.yes, &format!("Delete {streams} with all their logs?")).await?;
            }
            Ok::<_, Failure>(plan)
        };
        let plan = tokio::select! {
            plan = planning => plan?,
            () = &mut interrupted => return Err(Failure::Interrupted),
        };
        if arguments.dry_run {
            return end(&plan.outcome(), context, true);
        }
        let bar = context.output.progress(0);
        let outcome = plan
            .apply(client)
            .concurrency(concurrency)
            .observe(|progress| {
                bar.set_length(progress.total as u64);
                bar.set_position(progress.done as u64);
            })
            .stop_when(async {
                interrupted.await;
                bar.suspend(|| {
                    output::note("interrupted: running calls are finished; again to stop at once")
                });
                tokio::spawn(async {
                    if tokio::signal::ctrl_c().await.is_ok() {
                        std::process::exit(error::INTERRUPTED.into());
                    }
                });
            })
            .await;
        bar.finish_and_clear();
        end(&outcome, context, false)
    })
}

/// Reads a manifest, no more of it than a manifest may have.
fn read(file: &str) -> Result<Manifest, Failure> {
    let limit = LARGEST_DOCUMENT as u64 + 1;
    let mut text = Vec::new();
    let read = match file {
        "-" => io::stdin().lock().take(limit).read_to_end(&mut text),
        file => File::open(file).and_then(|file| file.take(limit).read_to_end(&mut text)),
    };
    read.map_err(|error| Failure::Io(file.to_owned(), error))?;
    let name = if file == "-" { "standard input" } else { file };
    provision::parse(name, &text).map_err(|error| Failure::usage(error.to_string()))
}

fn unplanned(file: &str, error: PlanError) -> Failure {
    match error {
        PlanError::Call(error) => {
            Failure::Call { what: Some(format!("could not find out what there is to do for {file}")), error }
        }
        other => Failure::usage(other.to_string()),
    }
}

/// Shows a plan: in numbers, and line by line as far as it fits.
fn show(plan: &Plan, context: &Context) {
    for warning in plan.warnings() {
        output::note(format_args!("warning: {warning}"));
    }
    if context.output.quiet {
        return;
    }
    output::note(format_args!("plan: {}", numbers(plan)));
    let all = context.is_verbose();
    let steps = || plan.steps().filter(|step| all || step.action != Action::Keep);
    for step in steps().take(if all { usize::MAX } else { SHOWN }) {
        output::note(line(&step));
    }
    let hidden = steps().count().saturating_sub(SHOWN);
    if hidden > 0 && !all {
        output::note(format_args!("  and {hidden} more; -v shows them"));
    }
}

/// `create 1 group, 2 streams; delete 1 stream; unchanged 3 groups`
fn numbers(plan: &Plan) -> String {
    let actions = [Action::Conflict, Action::Delete, Action::Create, Action::CreateOrFind, Action::Keep];
    let parts = actions.into_iter().filter_map(|action| {
        let kinds = [Kind::Group, Kind::Stream, Kind::Transfer].into_iter().filter_map(|kind| {
            let number = plan.steps().filter(|step| (step.action, step.kind) == (action, kind)).count();
            (number > 0).then(|| count(number, &kind.to_string()))
        });
        let kinds: Vec<String> = kinds.collect();
        (!kinds.is_empty()).then(|| format!("{action}: {}", kinds.join(", ")))
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "nothing is declared".to_owned() } else { parts.join("; ") }
}

fn line(step: &Step<'_>) -> String {
    let name = match step.kind {
        Kind::Group => step.group.to_owned(),
        _ => format!("{}/{}", step.group, step.name),
    };
    let mut line = format!("  {:<24} {:<8} {name}", step.action.to_string(), step.kind);
    if let (Action::Conflict, Some(reason)) = (step.action, &step.reason) {
        line += &format!(": {reason}");
    }
    line
}

/// Prints what came of it, says what is left, and decides how the command ends.
fn end(outcome: &Outcome, context: &Context, dry: bool) -> Result<(), Failure> {
    let Outcome { created, deleted, unchanged, conflicts, failed, .. } = outcome;
    let ids = created.iter().filter_map(|item| item.id.as_deref());
    context.output.ids_or_data(ids, outcome, || table(outcome))?;
    for (what, items) in [("conflict", conflicts), ("not done", failed)] {
        tell_left(what, items, context.is_verbose());
    }
    if !context.output.quiet {
        let (would, created, deleted) = (if dry { "would be: " } else { "" }, created.len(), deleted.len());
        let (unchanged, conflicts, failed) = (unchanged.len(), conflicts.len(), failed.len());
        output::note(format_args!(
            "{would}{created} created, {deleted} deleted, {unchanged} unchanged, {conflicts} in conflict, {failed} not done"
        ));
    }
    if outcome.interrupted {
        return Err(Failure::Interrupted);
    }
    if !failed.is_empty() {
        let left = count(failed.len(), "item");
        return Err(Failure::Unfinished(format!("{left} could not be done")));
    }
    if !conflicts.is_empty() {
        let number = count(conflicts.len(), "item");
        return Err(Failure::Conflict(format!("{number} in conflict with what is there")));
    }
    Ok(())
}

/// Says what is left: what has the same reason as the one before it in a line with it.
fn tell_left(what: &str, items: &[Item], all: bool) {
    let alike = |one: &Item, next: &Item| !all && one.reason == next.reason;
    let lines = || items.chunk_by(alike);
    for alike in lines().take(if all { usize::MAX } else { SHOWN }) {
        let [Item { kind, group, name, reason, .. }, others @ ..] = alike else { continue };
        let name = if *kind == Kind::Group { group.clone() } else { format!("{group}/{name}") };
        let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let reason = reason.as_deref().unwrap_or_default();
        output::note(format_args!("{what}: {kind} {name}{others}: {reason}"));
    }
    if !all && lines().count() > SHOWN {
        let hidden: usize = lines().skip(SHOWN).map(<[Item]>::len).sum();
        output::note(format_args!("{what}: {hidden} more; -v and -o json name them"));
    }
}

/// What has changed, row by row; nothing where there is nothing.
fn table(outcome: &Outcome) -> String {
    let created = outcome.created.iter().map(|item| ("created", item));
    let changed = created.chain(outcome.deleted.iter().map(|item| ("deleted", item)));
    let rows: Vec<Vec<String>> = changed
        .map(|(result, Item { kind, group, name, id, .. })| {
            let id = id.clone().unwrap_or_default();
            vec![result.to_owned(), kind.to_string(), group.clone(), name.clone(), id]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    output::rows(&["RESULT", "KIND", "GROUP", "NAME", "ID"], rows, &["GROUP", "NAME"])
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
