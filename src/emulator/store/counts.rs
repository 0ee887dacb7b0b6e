//! How many there are, for quotas: counted once where counting takes its time.

use std::{cell::RefCell, collections::HashMap};

use super::{Result, tables::Tables};

/// Fewer are counted whenever it matters, which takes no longer than to know.
const MANY: u64 = 128;

/// The numbers of those who have many, by what is counted and whose they are.
#[derive(Default)]
pub(super) struct Counts(RefCell<HashMap<(Of, String), u64>>);

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Of {
    GroupsOfProject,
    StreamsOfGroup,
}

impl Counts {
    /// Whatever was known may be wrong now.
    pub(super) fn forget(&self) {
        self.0.borrow_mut().clear();
    }

    /// There are none any more.
    pub(super) fn none_left(&self, of: Of, whose: &str) {
        self.0.borrow_mut().remove(&(of, whose.to_owned()));
    }

    /// There is one more, or one less.
    pub(super) fn change(&self, of: Of, whose: &str, by: i64) {
        let mut counts = self.0.borrow_mut();
        if !counts.is_empty()
            && let Some(count) = counts.get_mut(&(of, whose.to_owned()))
        {
            *count = count.saturating_add_signed(by);
        }
    }
}

impl Tables {
    /// Whether there may be one more. A `quota` of 0 is no limit.
    pub(super) fn has_room(&self, of: Of, whose: &str, quota: u64) -> Result<bool> {
        if quota == 0 {
            return Ok(true);
        }
        let key = (of, whose.to_owned());
        if let Some(count) = self.counts.0.borrow().get(&key) {
            return Ok(*count < quota);
        }
        let count = self.count(of, whose)?;
        if count >= MANY {
            self.counts.0.borrow_mut().insert(key, count);
        }
        Ok(count < quota)
    }

    fn count(&self, of: Of, whose: &str) -> Result<u64> {
        let sql = match of {
            Of::GroupsOfProject => "SELECT count(*) FROM groups WHERE project_id = ?1",
            Of::StreamsOfGroup => "SELECT count(*) FROM streams WHERE group_id = ?1",
        };
        let count: Option<i64> = self.optional(sql, [whose], |row| row.get(0))?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{super::StoreError, *};

    /// That what is known is what can be counted.
    fn assert_right(tables: &Tables) {
        for ((of, whose), count) in tables.counts.0.borrow().iter() {
            assert_eq!(tables.count(*of, whose).unwrap(), *count, "{of:?} {whose}");
        }
    }

    #[test]
    fn what_is_known_is_what_would_be_counted() {
        let tables = Tables::in_memory().unwrap();
        let quota = MANY + 2;
        let group = |name: String| tables.create_group("p", &name, 7, Timestamp::UNIX_EPOCH, quota);
        let stream =
            |group: &str, name: String| tables.create_stream("p", group, &name, Timestamp::UNIX_EPOCH, quota);
        let ids: Vec<_> = (0..quota).map(|i| group(format!("g{i}")).unwrap()).collect();
        for i in 0..quota {
            stream(&ids[0], format!("s{i}")).unwrap();
        }
        assert_eq!(tables.counts.0.borrow().len(), 2);
        assert_right(&tables);
        let full = |refused| assert!(matches!(refused, Err(StoreError::QuotaReached)), "{refused:?}");
        full(group("more".to_owned()));
        full(stream(&ids[0], "more".to_owned()));
        assert!(matches!(group("g5".to_owned()), Err(StoreError::NameTaken)));

        // Room is made, used, and given back by what fails.
        tables.delete_group("p", &ids[1]).unwrap();
        assert!(tables.delete_group("p", &ids[1]).is_err());
        assert!(matches!(group("g5".to_owned()), Err(StoreError::NameTaken)));
        assert_right(&tables);
        let failed = tables.atomically(|_| {
            group("taken back".to_owned())?;
            Err::<(), _>(StoreError::GroupUnknown)
        });
        assert!(failed.is_err());
        assert_right(&tables);
        group("new".to_owned()).unwrap();
        full(group("more".to_owned()));
        assert_right(&tables);

        // The streams go with their group, and its number with them.
        tables.delete_group("p", &ids[0]).unwrap();
        assert_right(&tables);
        let one = stream(&ids[2], "s".to_owned()).unwrap();
        tables.delete_stream("p", &ids[2], &one).unwrap();
        tables.fill(&crate::emulator::Options::default().completed()).unwrap();
        assert_right(&tables);
        group("g0".to_owned()).unwrap();
    }
}
