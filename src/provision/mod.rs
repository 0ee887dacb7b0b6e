//! Plans, creates and updates the groups, streams and transfers that a manifest declares, and exports existing ones.
//!
//! A program that needs a few groups and streams calls [`Groups::ensure`](crate::groups::Groups::ensure) and
//! [`Streams::ensure`](crate::streams::Streams::ensure). This module is for many of them: it shows a plan before
//! anything is changed, runs calls concurrently within the limits of the service, and resumes after a failure.
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
//! // The second plan changes nothing.
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
//! `read` parses a [`Manifest`](crate::manifest::Manifest) and `rules` validates it. `existing` reads the lists of the
//! service. A `resource` compares what is wanted with what is present, and makes the calls; `resources` has one for groups,
//! streams and transfers. `plan` makes a graph of resources, `apply` runs their calls (`schedule` decides their order), and
//! `export` makes a manifest of what exists.

mod apply;
mod existing;
mod export;
mod outcome;
mod plan;
mod read;
mod resource;
mod resources;
mod rules;
mod schedule;

pub use apply::{Apply, Progress};
pub use existing::DEFAULT_CONCURRENCY;
pub use export::{Export, Exported, export};
pub use outcome::{Item, ItemKind, ItemStatus, Outcome};
pub use plan::{Plan, PlanError, PlanRequest, Step, plan};
pub use read::{LARGEST_DOCUMENT, ManifestError, ManifestMistake, parse, parse_all};
pub use resource::Action;
