//! Resources as a table, JSON, YAML or bare ids: all that exist, or one.

use std::{cmp::Ordering, iter, marker::PhantomData};

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser},
};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{
    format::Output,
    object::Object,
    print::{eprint_line, stdout_is_terminal},
    resource::{CREATED, CREATION_TIME, Column, Resource, Shown, TTL},
    table::{Fit, blocks, rows},
    time::local,
};
use crate::error::CliError;

/// Which items a list shows, and how.
#[derive(Debug, Args)]
pub(crate) struct ListOptions<R: Resource> {
    /// Columns to show, separated by commas.
    #[arg(long, value_delimiter = ',', ignore_case = true, value_parser = column_parser::<R>())]
    columns: Vec<String>,
    /// Column to sort by; by default, the order is that of the service.
    #[arg(long, value_name = "COLUMN", ignore_case = true, value_parser = column_parser::<R>())]
    sort: Option<String>,
    /// Reverse the order.
    #[arg(long)]
    reverse: bool,
    /// Show only names that contain this text; upper and lower case are the same.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    #[arg(skip)]
    resource: PhantomData<R>,
}

impl<R: Resource> ListOptions<R> {
    fn shows(&self, item: &R) -> bool {
        let filter = self.filter.as_ref().map(|text| text.to_lowercase());
        filter.is_none_or(|text| item.has_in_name(&text))
    }

    /// Whether this column was chosen.
    pub(crate) fn chooses(&self, name: &str) -> bool {
        let chosen = self.columns.iter().filter_map(|name| find_column::<R>(name));
        chosen.chain(self.sort.as_deref().and_then(find_column::<R>)).any(|column| column.name == name)
    }

    /// The items to show, in the order that was chosen.
    fn chosen<'a>(&self, items: &'a [R]) -> Vec<&'a R> {
        let mut items: Vec<_> = items.iter().filter(|item| self.shows(item)).collect();
        if let Some(column) = self.sort.as_deref().and_then(find_column::<R>) {
            let value = |item: &&R| item.order(column).or_else(|| members(*item).remove(column.member));
            let mut keyed: Vec<_> = items.iter().map(|item| (value(item), *item)).collect();
            keyed.sort_by(|(a, _), (b, _)| compare(a.as_ref(), b.as_ref()));
            items = keyed.into_iter().map(|(_, item)| item).collect();
        }
        if self.reverse {
            items.reverse();
        }
        items
    }
}

/// Compares values of a column: numbers by size, texts without regard to upper and lower case. Absent ones are last.
fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(a)), Some(Value::String(b))) => {
            a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(b))
        }
        (Some(a), Some(b)) => a.to_string().cmp(&b.to_string()),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// A parser for the name of a column, or of its member.
fn column_parser<T: Resource>() -> PossibleValuesParser {
    let value = |column: &Column| {
        let value = PossibleValue::new(column.name);
        if column.name == column.member { value } else { value.alias(column.member) }
    };
    T::COLUMNS.iter().map(value).collect::<Vec<_>>().into()
}

/// An item as an object, whose members are made when it is serialized.
#[derive(Clone, Copy)]
struct Listed<'a, T> {
    item: &'a T,
    /// The columns that were chosen; if there are none, all members that the service sent.
    columns: &'a [&'static Column],
}

impl<T: Resource> Serialize for Listed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.columns {
            [] => sent::<T>(members(self.item)),
            columns => chosen(members(self.item), columns),
        }
        .serialize(serializer)
    }
}

/// The members that the service sent, in the order of the columns.
fn sent<T: Resource>(mut members: Map<String, Value>) -> Object {
    let mut sent = Vec::new();
    for column in T::COLUMNS {
        if let Some(value) = members.remove(column.member)
            && !column.derived
        {
            sent.push((column.member.to_owned(), value));
        }
    }
    sent.extend(members);
    Object(sent)
}

/// The values of these columns.
fn chosen(members: Map<String, Value>, columns: &[&Column]) -> Object {
    let value = |column: &Column| members.get(column.member).cloned().unwrap_or_default();
    Object(columns.iter().map(|column| (column.member.to_owned(), value(column))).collect())
}

fn cells<T: Resource>(item: &T, columns: &[&Column]) -> Vec<String> {
    let members = members(item);
    let plain = |column: &Column| members.get(column.member).map(|value| cell(column, value));
    let cell = |column: &&Column| item.cell(column).or_else(|| plain(column)).unwrap_or_default();
    columns.iter().map(cell).collect()
}

/// Prints a list, or `none` if it is empty. Unless columns are chosen, tables have the default columns and objects all
/// members that the service sent.
pub(crate) fn print_list<T: Resource>(
    output: Output,
    items: &[T],
    options: &ListOptions<T>,
    none: &str,
) -> Result<(), CliError> {
    let items = options.chosen(items);
    let chosen: Vec<&'static Column> =
        options.columns.iter().filter_map(|name| find_column::<T>(name)).collect();
    let objects = items.iter().map(|item| Listed { item: *item, columns: &chosen });
    output.ids_or_list(items.iter().map(|item| item.id()), objects, || {
        if items.is_empty() {
            match &options.filter {
                Some(text) => {
                    eprint_line(format_args!("There are no {}s with {text:?} in their names.", T::KIND))
                }
                None => eprint_line(none),
            }
            return String::new();
        }
        let is_default = |column: &&Column| match column.shown {
            Shown::Always => true,
            Shown::IfPresent => items.iter().any(|item| members(*item).contains_key(column.member)),
            Shown::Never => false,
        };
        let default = || T::COLUMNS.iter().filter(is_default).collect();
        let columns: Vec<&Column> = if chosen.is_empty() { default() } else { chosen.clone() };
        let mut headers = headers(&columns);
        for ((_, fit), column) in headers.iter_mut().zip(&columns) {
            if *fit == Fit::Detail && items.iter().any(|item| item.stands_out(column)) {
                *fit = Fit::Whole;
            }
        }
        if !chosen.is_empty() {
            // What was chosen doesn't give way.
            let shortened = headers.iter_mut().filter(|(_, fit)| *fit != Fit::Wrap);
            shortened.for_each(|(_, fit)| *fit = Fit::Whole);
        }
        rows(&headers, || items.iter().map(|item| cells(*item, &columns)))
    })
}

/// Prints one resource: as a table, a line for each column that it has a value for.
pub(crate) fn print_resource<T: Resource>(output: Output, item: &T) -> Result<(), CliError> {
    output.ids_or_data([item.id()], &Listed { item, columns: &[] }, || {
        // The time of creation is shown once, as people read it.
        let columns = T::COLUMNS.iter().filter(|column| column.member != CREATION_TIME.member);
        let columns: Vec<&Column> = columns.collect();
        let cells = cells(item, &columns);
        let shown = columns.into_iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
        let (columns, cells): (Vec<&Column>, Vec<String>) = shown.unzip();
        blocks(&headers(&columns), iter::once(cells))
    })
}

fn find_column<T: Resource>(name: &str) -> Option<&'static Column> {
    let has_name = |known: &str| known.eq_ignore_ascii_case(name);
    T::COLUMNS.iter().find(|column| has_name(column.name) || has_name(column.member))
}

/// The members of an item, with the creation time in RFC 3339 and the derived values added.
fn members<T: Resource>(item: &T) -> Map<String, Value> {
    // Resources are objects with nothing in them that can't be serialized.
    let mut members = match serde_json::to_value(item) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    if let Some(time) = item.creation_time().and_then(rfc3339) {
        members.insert(CREATED.member.to_owned(), time.into());
    }
    for column in T::COLUMNS.iter().filter(|column| column.derived) {
        if let Some(value) = item.derived(column) {
            members.insert(column.member.to_owned(), value);
        }
    }
    members
}

/// A time in RFC 3339, always with milliseconds: sorting the texts sorts the times.
fn rfc3339(milliseconds: i64) -> Option<String> {
    Timestamp::from_millisecond(milliseconds).ok().map(|time| format!("{time:.3}"))
}

fn headers(columns: &[&Column]) -> Vec<(String, Fit)> {
    columns.iter().map(|column| (column.name.to_uppercase().replace('_', " "), column.fit)).collect()
}

/// The beginning of the keys of the service's own tags.
const SERVICE_TAGS: &str = "_sys_";

/// A value as a table shows it.
fn cell(column: &Column, value: &Value) -> String {
    match value {
        Value::String(text) if column.member == CREATED.member => local_time(text),
        Value::String(text) => text.clone(),
        Value::Number(days) if column.member == TTL.member => match days.as_u64() {
            Some(1) => "1 day".to_owned(),
            _ => format!("{days} days"),
        },
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Object(members) => {
            let own = members.iter().filter(|(name, _)| !name.starts_with(SERVICE_TAGS));
            own.fold(String::new(), |mut pairs, (name, value)| {
                let separator = if pairs.is_empty() { "" } else { ", " };
                pairs.extend([separator, name, "=", value.as_str().unwrap_or_default()]);
                pairs
            })
        }
        other => other.to_string(),
    }
}

/// A time in the local time zone on a terminal, otherwise unchanged.
fn local_time(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) if stdout_is_terminal() => local(time),
        _ => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_always_has_milliseconds() {
        assert_eq!(rfc3339(1_800_000_000_820).unwrap(), "2027-01-15T08:00:00.820Z");
        assert_eq!(rfc3339(1_800_000_000_000).unwrap(), "2027-01-15T08:00:00.000Z");
        assert_eq!(rfc3339(i64::MAX), None);
    }
}
