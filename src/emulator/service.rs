//! An emulated service: its options, its state, its clock, and what was asked of it.

use super::{clock::Clock, journal::Journal, options::Options, store::Store};

/// Everything that answering a request needs.
pub(super) struct Service {
    pub(super) options: Options,
    pub(super) store: Store,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
}

impl Service {
    pub(super) fn new(options: Options) -> rusqlite::Result<Self> {
        let options = options.completed();
        let store = Store::open(&options)?;
        Ok(Self { options, store, journal: Journal::default(), clock: Clock })
    }

    /// Returns to what the options gave. Tokens are revoked.
    pub(super) fn reset(&self) -> rusqlite::Result<()> {
        self.store.reset(&self.options)?;
        self.journal.clear();
        Ok(())
    }

    /// Whether answers are checked against the spec before they are sent.
    pub(super) fn checks_itself(&self) -> bool {
        cfg!(debug_assertions) || self.options.self_check
    }
}
