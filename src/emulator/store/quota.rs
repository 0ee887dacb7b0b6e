//! Numbers of resources for quotas, cached where counting is slow.

use std::{cell::RefCell, collections::HashMap};

use super::error::Result;

/// Below this, `count(*)` is as fast as a cached number.
pub(super) const CACHE_FROM: u64 = 128;

/// The cached numbers, by what is counted and its parent's id.
#[derive(Default)]
pub(super) struct QuotaCounts(RefCell<HashMap<(QuotaScope, String), u64>>);

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum QuotaScope {
    GroupsOfProject,
    StreamsOfGroup,
}

impl QuotaCounts {
    #[cfg(test)]
    pub(super) fn known(&self) -> std::cell::Ref<'_, HashMap<(QuotaScope, String), u64>> {
        self.0.borrow()
    }

    /// Forgets all numbers.
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Forgets the number for a deleted parent.
    pub(super) fn reset(&self, scope: QuotaScope, owner: &str) {
        self.0.borrow_mut().remove(&(scope, owner.to_owned()));
    }

    /// Adjusts a number after a creation or deletion.
    pub(super) fn adjust(&self, scope: QuotaScope, owner: &str, by: i64) {
        let mut counts = self.0.borrow_mut();
        if !counts.is_empty()
            && let Some(count) = counts.get_mut(&(scope, owner.to_owned()))
        {
            *count = count.saturating_add_signed(by);
        }
    }

    /// Whether one more may be created. A `quota` of 0 means unlimited.
    pub(super) fn is_below(
        &self,
        scope: QuotaScope,
        owner: &str,
        quota: u64,
        count: impl FnOnce() -> Result<u64>,
    ) -> Result<bool> {
        if quota == 0 {
            return Ok(true);
        }
        let key = (scope, owner.to_owned());
        if let Some(count) = self.0.borrow().get(&key) {
            return Ok(*count < quota);
        }
        let count = count()?;
        if count >= CACHE_FROM {
            self.0.borrow_mut().insert(key, count);
        }
        Ok(count < quota)
    }
}
