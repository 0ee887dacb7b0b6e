//! The bodies of searches, read and checked in the order of the service.

use std::{ops::Range, sync::Arc};

use serde_json::Value;

use super::scan::Filter;
use crate::{
    emulator::{
        errors::{ApiError, INVALID_BODY},
        options::Options,
        search::{Query, RecentQueries},
        validate::body::{integer, required_text},
    },
    spec::codes,
};

/// The numbers of lines are nanoseconds, and times of searches are milliseconds.
pub(super) const NUMBERS_PER_MILLISECOND: u64 = 1_000_000;

/// How many lines a page has by default.
const DEFAULT_LIMIT: i64 = 50;
/// How many lines before and after a line are listed by default.
const DEFAULT_CONTEXT: i64 = 100;

/// The bounds of a step of a histogram, in milliseconds. Shorter steps become longer, longer ones are refused.
const MIN_STEP: u64 = 1000;
const MAX_STEP: u64 = 86_400_000;
/// The most steps of a histogram.
const MAX_STEPS: u64 = 10_000;

/// Start and end of a search, in milliseconds. Both belong to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeRange {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl TimeRange {
    /// Reads the times without comparing them.
    pub(super) fn read(body: &Value) -> Result<Self, ApiError> {
        Ok(Self { start: digits(&body["start_time"])?, end: digits(&body["end_time"])? })
    }

    /// Checks the order of the times and the length of the range, with a cursor that must be between them.
    pub(super) fn check(self, cursor: Option<u64>, options: &Options) -> Result<(), ApiError> {
        let is_within = |cursor| self.numbers().contains(&cursor);
        if self.start >= self.end || !cursor.is_none_or(is_within) {
            return Err(ApiError::code(codes::LTS_0701));
        }
        let (length, max) = (u128::from(self.end - self.start), options.query_range.as_millis());
        if max > 0 && length > max { Err(ApiError::code(INVALID_BODY)) } else { Ok(()) }
    }

    /// The numbers of the lines in the range.
    pub(super) fn numbers(self) -> Range<u64> {
        let first = |time: u64| time.saturating_mul(NUMBERS_PER_MILLISECOND);
        first(self.start)..first(self.end.saturating_add(1))
    }
}

/// Which lines a page continues with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// The page is the first one.
    First,
    /// Lines behind the cursor in the order of the list.
    Forwards(u64),
    /// Lines before the cursor in the order of the list.
    Backwards(u64),
}

/// A page of lines to find.
#[derive(Debug)]
pub(super) struct PageRequest {
    pub(super) times: TimeRange,
    pub(super) filter: Filter,
    pub(super) direction: Direction,
    /// Newest lines first.
    pub(super) is_descending: bool,
    pub(super) limit: usize,
    pub(super) is_highlighted: bool,
    /// Whether all matches are counted.
    pub(super) is_counted: bool,
}

impl PageRequest {
    pub(super) fn read(body: &Value, options: &Options, queries: &RecentQueries) -> Result<Self, ApiError> {
        let times = TimeRange::read(body)?;
        let cursor = match &body["line_num"] {
            Value::Null => None,
            text if text == "" => None,
            number => Some(digits(number)?),
        };
        let flag = |name: &str, default: bool| body[name].as_bool().unwrap_or(default);
        if flag("is_analysis_query", false) {
            return Err(ApiError::code(INVALID_BODY));
        }
        times.check(cursor, options)?;
        let direction = match (cursor, body["search_type"].as_str()) {
            (None, _) | (_, Some("init")) => Direction::First,
            (Some(cursor), Some("backwards")) => Direction::Backwards(cursor),
            (Some(cursor), _) => Direction::Forwards(cursor),
        };
        let labels = body["labels"].as_object().into_iter().flatten();
        let labels =
            labels.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        let filter = Filter { query: query(&body["keywords"], queries)?, labels: labels.collect() };
        let limit = integer(&body["limit"]).unwrap_or(DEFAULT_LIMIT);
        Ok(Self {
            times,
            filter,
            direction,
            is_descending: flag("is_desc", false),
            limit: usize::try_from(limit).unwrap_or_default(),
            is_highlighted: flag("highlight", true),
            is_counted: flag("is_count", false),
        })
    }
}

/// A line whose neighbours are listed.
#[derive(Debug)]
pub(super) struct ContextRequest {
    pub(super) number: u64,
    /// How many lines before it.
    pub(super) before: usize,
    /// How many lines after it.
    pub(super) after: usize,
}

impl ContextRequest {
    pub(super) fn read(body: &Value) -> Result<Self, ApiError> {
        let size = |name: &str| {
            let size = integer(&body[name]).unwrap_or(DEFAULT_CONTEXT);
            usize::try_from(size).unwrap_or_default()
        };
        Ok(Self {
            number: digits(&body["line_num"])?,
            before: size("backwards_size"),
            after: size("forwards_size"),
        })
    }
}

/// Lines to count per step of time.
#[derive(Debug)]
pub(super) struct HistogramRequest {
    pub(super) group: String,
    pub(super) stream: String,
    pub(super) times: TimeRange,
    /// The length of a step in milliseconds.
    pub(super) step: u64,
    pub(super) filter: Filter,
}

impl HistogramRequest {
    pub(super) fn read(body: &Value, options: &Options, queries: &RecentQueries) -> Result<Self, ApiError> {
        let times = TimeRange::read(body)?;
        let step = integer(&body["step_interval"]).ok_or(ApiError::code(INVALID_BODY))?;
        let step = u64::try_from(step).unwrap_or_default().max(MIN_STEP);
        if step > MAX_STEP {
            return Err(ApiError::code(codes::LTS_0601));
        }
        times.check(None, options)?;
        if times.end.div_ceil(step) - times.start / step > MAX_STEPS {
            return Err(ApiError::code(INVALID_BODY));
        }
        Ok(Self {
            group: required_text(body, "group_id")?.to_owned(),
            stream: required_text(body, "stream_id")?.to_owned(),
            times,
            step,
            filter: Filter { query: query(&body["key_word"], queries)?, labels: Vec::new() },
        })
    }
}

/// Reads a search expression; without one every line matches.
fn query(text: &Value, queries: &RecentQueries) -> Result<Arc<Query>, ApiError> {
    queries.parse(text.as_str().unwrap_or_default()).map_err(|error| {
        ApiError::code(if error.is_leading_wildcard { codes::LTS_0301 } else { INVALID_BODY })
    })
}

/// A text of 1 to 19 digits.
fn digits(text: &Value) -> Result<u64, ApiError> {
    let digits = text.as_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.filter(|text| text.len() <= 19).and_then(|text| text.parse().ok());
    number.ok_or(ApiError::code(INVALID_BODY))
}
