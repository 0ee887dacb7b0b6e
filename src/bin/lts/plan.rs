//! Manifests from files, and plans for people.

use huaweicloud_lts::{
    manifest::Manifest,
    provision::{self, Action, ItemKind, LARGEST_DOCUMENT, Plan, PlanError, Step},
};

use crate::{
    context::Context,
    error::CliError,
    output::{eprint_line, plural},
    parsers,
};

/// The number of lines of a plan, or of remaining items, that are shown without -v.
pub(crate) const MAX_LINES: usize = 20;

/// Reads one manifest from files, each up to the largest size that is accepted.
pub(crate) fn read(files: &[String]) -> Result<Manifest, CliError> {
    if files.iter().filter(|file| *file == "-").count() > 1 {
        return Err(CliError::usage("standard input can be read once only"));
    }
    let mut texts = Vec::with_capacity(files.len());
    for file in files {
        let name = if file == "-" { "standard input" } else { file };
        texts.push((name, parsers::file_or_stdin(file, LARGEST_DOCUMENT as u64)?));
    }
    let texts = texts.iter().map(|(name, text)| (*name, text.as_slice()));
    provision::parse_all(texts).map_err(|error| CliError::usage(error.to_string()))
}

/// Why a manifest could not be compared with the service.
pub(crate) fn error(files: &[String], error: PlanError) -> CliError {
    match error {
        PlanError::Call(error) => {
            let what = Some(format!("could not compare {} with the service", files.join(", ")));
            CliError::Call { what, error, advice: None }
        }
        other => CliError::usage(other.to_string()),
    }
}

/// Shows the numbers of a plan, and its first lines.
pub(crate) fn show(plan: &Plan, context: &Context) {
    show_summary(plan, context);
    if context.output.quiet {
        return;
    }
    let all = context.is_verbose();
    let steps = || shown_steps(plan, all);
    for step in steps().take(max_lines(all)) {
        eprint_line(line(&step));
    }
    let hidden = steps().count().saturating_sub(MAX_LINES);
    if hidden > 0 && !all {
        eprint_line(format_args!("  and {hidden} more; -v shows them"));
    }
}

/// Shows the warnings and the numbers of a plan.
pub(crate) fn show_summary(plan: &Plan, context: &Context) {
    for warning in plan.warnings() {
        eprint_line(format_args!("warning: {warning}"));
    }
    if !context.output.quiet {
        eprint_line(format_args!("plan: {}", summary(plan)));
    }
}

/// The steps that are shown: those that change something, or `all`.
pub(crate) fn shown_steps(plan: &Plan, all: bool) -> impl Iterator<Item = Step<'_>> {
    plan.steps().filter(move |step| all || step.action != Action::Keep)
}

pub(crate) fn max_lines(all: bool) -> usize {
    if all { usize::MAX } else { MAX_LINES }
}

/// `create: 1 group, 2 streams; delete: 1 stream; unchanged: 3 groups`
fn summary(plan: &Plan) -> String {
    let actions = [
        Action::Conflict,
        Action::Delete,
        Action::Create,
        Action::CreateOrFind,
        Action::Update,
        Action::Keep,
    ];
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

/// `  update                   group    app (ttl 7 → 30)`
pub(crate) fn line(step: &Step<'_>) -> String {
    let name = match step.kind {
        ItemKind::Group => step.group.to_owned(),
        _ => format!("{}/{}", step.group, step.name),
    };
    let mut line = format!("  {:<24} {:<8} {name}", step.action.to_string(), step.kind);
    match (step.action, step.reason) {
        (Action::Conflict, Some(reason)) => line += &format!(": {reason}"),
        (Action::Update, Some(differences)) => line += &format!(" ({differences})"),
        _ => {}
    }
    line
}
