//! Queries that were used a short time ago.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Query, QueryError};

/// How many queries are kept.
const MAX_QUERIES: usize = 16;
/// The longest query that is kept, in bytes: a long one may compile to megabytes.
const MAX_LENGTH: usize = 256;

/// The queries of the last searches, compiled. Each page of a search and each look of a client that follows a stream
/// has the query of the one before.
#[derive(Debug, Default)]
pub(crate) struct RecentQueries {
    /// The last used one comes last.
    queries: Mutex<VecDeque<(String, Arc<Query>)>>,
}

impl RecentQueries {
    /// Reads a search expression, as [`Query::parse`] does.
    pub(crate) fn parse(&self, text: &str) -> Result<Arc<Query>, QueryError> {
        let mut queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        let known = queries.iter().position(|(known, _)| known == text).and_then(|i| queries.remove(i));
        let query = match known {
            Some((_, query)) => query,
            None => Arc::new(Query::parse(text)?),
        };
        if text.len() <= MAX_LENGTH {
            if queries.len() == MAX_QUERIES {
                queries.pop_front();
            }
            queries.push_back((text.to_owned(), query.clone()));
        }
        Ok(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_queries_used_last() {
        let recent = RecentQueries::default();
        let parse = |text: &str| recent.parse(text).unwrap();
        let first = parse("error");
        for i in 0..MAX_QUERIES - 1 {
            parse(&format!("word{i}"));
        }
        assert!(Arc::ptr_eq(&first, &parse("error")));
        // One more drops the one that was used longest ago, which is no longer "error".
        let second = parse("word0");
        parse("another");
        assert!(Arc::ptr_eq(&first, &parse("error")));
        assert!(Arc::ptr_eq(&second, &parse("word0")));
        for i in 0..MAX_QUERIES {
            parse(&format!("next{i}"));
        }
        assert!(!Arc::ptr_eq(&first, &parse("error")));
    }

    #[test]
    fn does_not_keep_long_queries_and_mistakes() {
        let recent = RecentQueries::default();
        let long = "w".repeat(MAX_LENGTH + 1);
        assert!(!Arc::ptr_eq(&recent.parse(&long).unwrap(), &recent.parse(&long).unwrap()));
        assert_eq!(recent.parse("(").unwrap_err(), Query::parse("(").unwrap_err());
        assert!(recent.queries.lock().unwrap().is_empty());
    }
}
