//! The state of an emulator: its options, data, clock, faults and journal.

use std::sync::Arc;

use super::{
    auth::key_lockout::KeyLockout,
    clock::Clock,
    faults::Faults,
    journal::Journal,
    options::Options,
    search::RecentQueries,
    seed::Seed,
    store::{Store, StoreError},
};

/// Everything that handling a request needs.
pub(super) struct State {
    pub(super) options: Arc<Options>,
    pub(super) store: Store,
    pub(super) journal: Journal,
    pub(super) clock: Clock,
    pub(super) faults: Faults,
    pub(super) key_lockout: KeyLockout,
    pub(super) queries: RecentQueries,
}

impl State {
    pub(super) fn new(options: Options) -> Result<Self, StoreError> {
        let options = Arc::new(options.with_defaults());
        options.account.check().map_err(StoreError::Invalid)?;
        let store = Store::open(&options)?;
        let (journal, clock, faults) = (Journal::default(), Clock::default(), Faults::default());
        let (key_lockout, queries) = (KeyLockout::default(), RecentQueries::default());
        Ok(Self { options, store, journal, clock, faults, key_lockout, queries })
    }

    /// Restores the initial state, as given by the options. Tokens are revoked.
    pub(super) async fn reset(&self) -> Result<(), StoreError> {
        self.store.reset(&self.options).await?;
        self.clock.reset();
        self.faults.clear();
        self.key_lockout.clear();
        self.journal.clear();
        Ok(())
    }

    /// Adds all of a seed, or nothing.
    pub(super) async fn seed(&self, seed: &Seed) -> Result<(), StoreError> {
        seed.check(&self.options).map_err(StoreError::Invalid)?;
        self.store.seed(seed, &self.options, self.clock.now()).await
    }

    /// Whether responses are checked against the spec before they are sent.
    pub(super) fn checks_itself(&self) -> bool {
        cfg!(debug_assertions) || self.options.self_check
    }
}
