//! Creation that is safe to repeat.
//!
//! A POST whose response got lost must not simply be sent again: the plain helpers report that its outcome is unknown.
//! Here the outcome is looked up. Names are unique, so the name tells whether the work was done, and the service rejects
//! a second creation.

use super::call::CallContext;
use crate::{error::Error, transport::Attempts};

/// The result of [`Groups::ensure`](super::Groups::ensure) and [`Streams::ensure`](super::Streams::ensure).
///
/// ```
/// # #[cfg(feature = "emulator")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = huaweicloud_lts::Emulator::start()?;
/// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
/// use huaweicloud_lts::{Ttl, call::Ensured};
///
/// let Ensured { id, created, .. } = lts.groups().ensure("app", Ttl::days(7)).await?;
/// println!("{} {id}", if created { "created" } else { "found" });
/// # assert!(created);
/// # Ok(()) }
/// # #[cfg(not(feature = "emulator"))] fn main() {}
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Ensured<I> {
    /// The id of the group or stream.
    pub id: I,
    /// Whether this call created it. If a response got lost: whether it exists now and did not exist before.
    pub created: bool,
}

/// Creates a resource, or finds it if its name is taken or the outcome of a creation is unknown.
pub(super) async fn create_or_find<I, F, C>(
    cx: &CallContext,
    find: impl Fn() -> F,
    create: impl Fn() -> C,
) -> Result<Ensured<I>, Error>
where
    F: Future<Output = Result<Option<I>, Error>>,
    C: Future<Output = Result<I, Error>>,
{
    // Whether an earlier attempt may have created it.
    let mut maybe_applied = false;
    let mut attempts = Attempts::default();
    loop {
        let mut error = match create().await {
            Ok(id) => return Ok(Ensured { id, created: true }),
            Err(error) => error,
        };
        attempts.count(&error);
        let unknown = error.outcome_unknown();
        maybe_applied |= unknown;
        if !unknown && !error.is_already_exists() && !error.is_quota_exceeded() {
            return Err(error);
        }
        // Whatever the outcome is, it is safe to ensure again.
        error.forget_unknown_outcome();
        match find().await {
            Ok(Some(id)) => return Ok(Ensured { id, created: maybe_applied }),
            Ok(None) if error.is_already_exists() => {
                attempts.contradicted();
                error.set_not_listed();
            }
            Ok(None) => {}
            // The creation failed first, and for lack of time so did the look-up.
            Err(Error::Transport(_)) if unknown => return Err(error),
            Err(error) => return Err(error),
        }
        // It doesn't exist. A full quota stays full; a name that was just taken is free again, or
        // taken by something that these credentials don't see.
        if error.is_quota_exceeded() || !cx.may_repeat(attempts).await {
            return Err(error);
        }
    }
}
