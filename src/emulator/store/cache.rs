//! Results of reads, cached until a write may have changed them.

use std::{collections::HashMap, hash::Hash};

use bytes::Bytes;
use serde::Serialize;
use zeroize::Zeroizing;

use super::error::{Result, StoreError};
use crate::spec::Operation;

/// The most entries of each kind: a lenient emulator accepts any number of projects.
const MAX_ENTRIES: usize = 1024;

/// The cached results.
#[derive(Default)]
pub(super) struct QueryCache {
    /// Response bodies of list operations, by operation and scope.
    pub(super) lists: Cache<(Operation, String), Bytes>,
    /// Tokens by their suffixes, which are as random as the whole and faster to hash.
    pub(super) tokens: Cache<TokenSuffix, CachedToken>,
}

/// The last bytes of a token.
pub(super) type TokenSuffix = [u8; 16];

/// A token in the database.
pub(super) struct CachedToken {
    pub(super) text: Zeroizing<Box<[u8]>>,
    pub(super) project_id: Option<String>,
    /// In milliseconds since 1970.
    pub(super) expires_at: i64,
}

/// Which cached results a write makes stale.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Invalidation {
    lists: bool,
    tokens: bool,
}

impl Invalidation {
    pub(super) const LISTS: Self = Self { lists: true, tokens: false };
    pub(super) const TOKENS: Self = Self { lists: false, tokens: true };
    pub(super) const ALL: Self = Self { lists: true, tokens: true };

    /// The invalidation for two writes.
    pub(super) fn or(self, other: Self) -> Self {
        Self { lists: self.lists || other.lists, tokens: self.tokens || other.tokens }
    }
}

impl QueryCache {
    /// Removes what is stale. Until the next call with `reopen`, caches that were invalidated take no entries.
    pub(super) fn invalidate(&mut self, invalidation: Invalidation, reopen: bool) {
        if invalidation.lists {
            self.lists.invalidate(reopen);
        }
        if invalidation.tokens {
            self.tokens.invalidate(reopen);
        }
    }

    /// The response body of a list operation, from the cache or from `read`.
    pub(super) fn list<T: Serialize>(
        &mut self,
        operation: Operation,
        scope: String,
        read: impl FnOnce() -> Result<T>,
    ) -> Result<Bytes> {
        let key = (operation, scope);
        if let Some(body) = self.lists.get(&key) {
            return Ok(body.clone());
        }
        let body = json_body(&read()?)?;
        self.lists.insert(key, body.clone());
        Ok(body)
    }
}

/// A response body in JSON.
pub(super) fn json_body<T: Serialize>(value: &T) -> Result<Bytes> {
    let json = serde_json::to_vec(value).map_err(|error| StoreError::Failed(Box::new(error)))?;
    Ok(json.into())
}

/// Cached results of one kind.
pub(super) struct Cache<K, V> {
    entries: HashMap<K, V>,
    closed: bool,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), closed: false }
    }
}

impl<K: Eq + Hash, V> Cache<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }

    /// Adds an entry unless the cache is closed or full.
    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.entries.len() < MAX_ENTRIES && !self.closed {
            self.entries.insert(key, value);
        }
    }

    fn invalidate(&mut self, reopen: bool) {
        self.entries.clear();
        self.closed = !reopen;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_cached_until_a_write_and_not_during_it() {
        let mut cache = QueryCache::default();
        let list = |cache: &mut QueryCache, value: &'static str| {
            let key = (Operation::ListLogGroups, "p".to_owned());
            cache.lists.insert(key.clone(), Bytes::from(value));
            cache.lists.get(&key).cloned()
        };
        assert_eq!(list(&mut cache, "1"), Some("1".into()));
        cache.invalidate(Invalidation::LISTS, false);
        assert_eq!(list(&mut cache, "2"), None);
        cache.invalidate(Invalidation::TOKENS, true);
        assert_eq!(list(&mut cache, "3"), None, "only the tokens have changed");
        cache.invalidate(Invalidation::default().or(Invalidation::LISTS).or(Invalidation::TOKENS), true);
        assert_eq!(list(&mut cache, "4"), Some("4".into()));
    }

    #[test]
    fn cache_is_bounded() {
        let mut cache = Cache::default();
        (0..=MAX_ENTRIES).for_each(|i| cache.insert(i, ()));
        assert!(cache.get(&0).is_some() && cache.get(&(MAX_ENTRIES - 1)).is_some());
        assert!(cache.get(&MAX_ENTRIES).is_none());
    }
}
