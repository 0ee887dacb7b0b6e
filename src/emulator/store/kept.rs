//! What was looked up, kept until it may have changed.

use std::{borrow::Borrow, collections::HashMap, hash::Hash};

use bytes::Bytes;
use zeroize::Zeroizing;

use super::access::Token;

/// How much is kept of each kind. Lenient emulators know projects without end.
const MOST: usize = 1024;

/// What was looked up.
#[derive(Default)]
pub(super) struct Kept {
    /// The answers to lists of groups, by project.
    pub(super) groups: Cache<String, Bytes>,
    /// The answers to lists of streams and their projects, by group.
    pub(super) streams: Cache<String, (String, Bytes)>,
    /// Tokens by their ends, which are as random as all of it, and found sooner.
    pub(super) tokens: Cache<End, KnownToken>,
}

/// The end of a token.
pub(super) type End = [u8; 16];

/// A token that there is.
pub(super) struct KnownToken {
    pub(super) text: Zeroizing<Box<[u8]>>,
    pub(super) token: Token,
    /// In milliseconds since 1970.
    pub(super) expires_at: i64,
}

/// What a change may make wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Affected {
    lists: bool,
    tokens: bool,
}

impl Affected {
    pub(super) const LISTS: Self = Self { lists: true, tokens: false };
    pub(super) const TOKENS: Self = Self { lists: false, tokens: true };
    pub(super) const ALL: Self = Self { lists: true, tokens: true };

    /// What either of two changes affects.
    pub(super) fn or(self, other: Self) -> Self {
        Self { lists: self.lists || other.lists, tokens: self.tokens || other.tokens }
    }
}

impl Kept {
    /// Forgets what is affected by something that changes or has changed.
    pub(super) fn forget(&mut self, affected: Affected, and_keep_new_ones: bool) {
        if affected.lists {
            self.groups.forget(and_keep_new_ones);
            self.streams.forget(and_keep_new_ones);
        }
        if affected.tokens {
            self.tokens.forget(and_keep_new_ones);
        }
    }
}

/// What was looked up of one kind.
pub(super) struct Cache<K, V> {
    kept: HashMap<K, V>,
    closed: bool,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { kept: HashMap::new(), closed: false }
    }
}

impl<K: Eq + Hash, V> Cache<K, V> {
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.kept.get(key)
    }

    /// Keeps something, where that is allowed and there is room.
    pub(super) fn keep(&mut self, key: K, value: V) {
        if self.kept.len() < MOST && !self.closed {
            self.kept.insert(key, value);
        }
    }

    fn forget(&mut self, and_keep_new_ones: bool) {
        self.kept.clear();
        self.closed = !and_keep_new_ones;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_kept_until_it_changes_and_not_while_it_does() {
        let mut kept = Kept::default();
        let list = |kept: &mut Kept, value: &'static str| {
            kept.groups.keep("p".to_owned(), Bytes::from(value));
            kept.groups.get("p").cloned()
        };
        assert_eq!(list(&mut kept, "1"), Some("1".into()));
        kept.forget(Affected::LISTS, false);
        assert_eq!(list(&mut kept, "2"), None);
        kept.forget(Affected::TOKENS, true);
        assert_eq!(list(&mut kept, "3"), None, "only the tokens have changed");
        kept.forget(Affected::default().or(Affected::LISTS).or(Affected::TOKENS), true);
        assert_eq!(list(&mut kept, "4"), Some("4".into()));
    }

    #[test]
    fn there_is_an_end_to_it() {
        let mut cache = Cache::default();
        (0..=MOST).for_each(|i| cache.keep(i, ()));
        assert!(cache.get(&0).is_some() && cache.get(&(MOST - 1)).is_some());
        assert!(cache.get(&MOST).is_none());
    }
}
