//! Groups, streams and transfers as a manifest declares them: planned, created, and read back.
//!
//! A program that needs its groups and streams to be there has `ensure_group` and its like. A person who looks
//! after many of them wants to see what would happen, all of it to happen at the service's pace, and to go on
//! from where it stopped.
//!
//! ```
//! # #[cfg(feature = "emulator")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use huaweicloud_lts::{ClientBuilder, Emulator, provision};
//!
//! let emulator = Emulator::start()?;
//! let lts = ClientBuilder::from(&emulator).build()?;
//! let manifest = provision::parse("app.yaml", b"groups: [{name: app, streams: [nginx, worker]}]")?;
//!
//! let plan = provision::plan(&lts, &manifest).await?;
//! let outcome = plan.apply(&lts).concurrency(16).await;
//! assert_eq!((outcome.created.len(), outcome.failed.len()), (3, 0));
//!
//! // A second time there is nothing to do.
//! let plan = provision::plan(&lts, &manifest).await?;
//! assert!(plan.steps().all(|step| !step.action.changes()));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "emulator"))]
//! # fn main() {}
//! ```
//!
//! # Layout
//!
//! `read` makes a [`Manifest`](crate::manifest::Manifest) of a text (`tree` knows YAML and where its parts
//! stand), `rules` says what it must keep to, `plan` compares it with what is there, `apply` does what is to
//! be done (`schedule` says in which order), and `export` makes a manifest of what is there.

mod apply;
mod export;
mod outcome;
mod plan;
mod read;
mod rules;
mod schedule;
mod tree;

pub use apply::{Apply, DEFAULT_CONCURRENCY, Progress};
pub use export::{Export, Exported, export};
pub use outcome::{Ended, Item, Kind, Outcome};
pub use plan::{Action, Plan, PlanError, Planning, Step, plan};
pub use read::{ManifestError, ManifestMistake, parse};
pub use tree::LARGEST_DOCUMENT;

/// How like another a name must be to be what was meant, from 0 to 1.
const LIKE: f64 = 0.7;

/// `; did you mean "…"?`, if one of the known names is like this one.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    // Its time grows with the product of both lengths.
    let short: String = name.chars().take(100).collect();
    let alike = known.map(|known| (strsim::jaro_winkler(&short, known), known));
    let best = alike.filter(|(likeness, _)| *likeness >= LIKE).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, known)| format!("; did you mean {known:?}?")).unwrap_or_default()
}
