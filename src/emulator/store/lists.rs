//! The answers to list calls, kept as bytes until the next change.

use std::collections::HashMap;

use bytes::Bytes;
use serde::Serialize;

use super::{Inner, Result, StoreError, tables::Tables};

/// How many lists are kept. Lenient emulators know projects without end.
const MOST: usize = 1024;

#[derive(Default)]
pub(super) struct Lists {
    /// By project and group.
    kept: HashMap<(String, Option<String>), Bytes>,
    closed: bool,
}

impl Lists {
    /// Forgets all lists, since something changes or has changed.
    pub(super) fn forget(&mut self, and_keep_new_ones: bool) {
        self.kept.clear();
        self.closed = !and_keep_new_ones;
    }
}

impl Inner {
    /// A list as it was answered last, or read anew.
    pub(super) fn listed<T: Serialize>(
        &mut self,
        project: &str,
        group: Option<&str>,
        read: impl FnOnce(&Tables) -> Result<T>,
    ) -> Result<Bytes> {
        let key = (project.to_owned(), group.map(str::to_owned));
        if let Some(list) = self.lists.kept.get(&key) {
            return Ok(list.clone());
        }
        let list = serde_json::to_vec(&read(&self.tables)?);
        let list = list.map(Bytes::from).map_err(|error| StoreError::Failed(Box::new(error)))?;
        if self.lists.kept.len() < MOST && !self.lists.closed {
            self.lists.kept.insert(key, list.clone());
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_kept_until_something_changes_and_not_while_it_does() {
        let inner = Inner::over(Tables::in_memory().unwrap());
        let mut inner = inner.lock().unwrap();
        let list = |inner: &mut Inner, value| inner.listed("p", None, |_| Ok(value)).unwrap();
        assert_eq!((list(&mut inner, 1), list(&mut inner, 2)), ("1".into(), "1".into()));
        inner.lists.forget(false);
        assert_eq!((list(&mut inner, 3), list(&mut inner, 4)), ("3".into(), "4".into()));
        inner.lists.forget(true);
        assert_eq!((list(&mut inner, 5), list(&mut inner, 6)), ("5".into(), "5".into()));
    }
}
