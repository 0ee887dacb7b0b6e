//! Lists of resources: columns of a table, members in JSON and YAML, bare ids.

use clap::builder::{PossibleValue, PossibleValuesParser};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::{
    format::Output,
    print::{eprint_line, stdout_is_terminal},
    table::rows,
};
use crate::error::CliError;

/// A column of a table, and the member of the JSON object that it shows.
#[derive(Debug)]
pub(crate) struct Column {
    /// The name on the command line and, in upper case, the table's header.
    pub(crate) name: &'static str,
    /// The name in JSON and YAML.
    pub(crate) member: &'static str,
    /// Whether a table shows it without `--columns`.
    pub(crate) default: bool,
}

/// A resource that can be listed.
pub(crate) trait Listed: Serialize {
    /// All columns; the first one is the id.
    const COLUMNS: &'static [Column];
    /// The message for an empty list.
    const NONE: &'static str;
}

/// The retention in days.
pub(crate) const TTL: &str = "ttl_in_days";
/// The creation time in milliseconds since 1970, as the service sends it.
pub(crate) const CREATION_TIME: &str = "creation_time";
/// The creation time in RFC 3339, which is added.
pub(crate) const CREATED_AT: &str = "created_at";

/// An object with its members in the order of the columns.
struct Object(Vec<(&'static str, Value)>);

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (member, value) in &self.0 {
            map.serialize_entry(member, value)?;
        }
        map.end()
    }
}

/// A parser for the name of a column, or of its member.
pub(crate) fn column_parser<T: Listed>() -> PossibleValuesParser {
    let value = |column: &Column| {
        let value = PossibleValue::new(column.name);
        if column.name == column.member { value } else { value.alias(column.member) }
    };
    T::COLUMNS.iter().map(value).collect::<Vec<_>>().into()
}

/// Prints a list with the columns of these names; without names, tables have the default columns and objects all
/// members that the service sent.
pub(crate) fn print_list<T: Listed>(output: Output, items: &[T], names: &[String]) -> Result<(), CliError> {
    let items = items.iter().map(members).collect::<Result<Vec<_>, _>>()?;
    let chosen: Vec<&Column> = names.iter().filter_map(|name| find_column::<T>(name)).collect();
    let ids = items.iter().filter_map(|members| members.get(T::COLUMNS.first()?.member)?.as_str());
    let object = |members: &Map<String, Value>| {
        let value = |column: &Column| members.get(column.member).cloned();
        if chosen.is_empty() {
            let sent = |column: &'static Column| Some((column.member, value(column)?));
            return Object(T::COLUMNS.iter().filter_map(sent).collect());
        }
        let or_null = |column: &&'static Column| (column.member, value(column).unwrap_or_default());
        Object(chosen.iter().map(or_null).collect())
    };
    let objects: Vec<Object> = items.iter().map(object).collect();
    output.ids_or_data(ids, &objects, || {
        if items.is_empty() {
            eprint_line(T::NONE);
            return String::new();
        }
        let default = || T::COLUMNS.iter().filter(|column| column.default).collect();
        table(&items, &if chosen.is_empty() { default() } else { chosen.clone() })
    })
}

fn find_column<T: Listed>(name: &str) -> Option<&'static Column> {
    let has_name = |known: &str| known.eq_ignore_ascii_case(name);
    T::COLUMNS.iter().find(|column| has_name(column.name) || has_name(column.member))
}

/// The members of an item, with the creation time in RFC 3339 added.
fn members<T: Serialize>(item: &T) -> Result<Map<String, Value>, CliError> {
    let value =
        serde_json::to_value(item).map_err(|e| CliError::Bug(format!("data can't be serialized: {e}")))?;
    let Value::Object(mut members) = value else {
        return Err(CliError::Bug("a listed item is not an object".to_owned()));
    };
    let time = members.get(CREATION_TIME).and_then(Value::as_i64);
    if let Some(time) = time.and_then(rfc3339) {
        members.insert(CREATED_AT.to_owned(), time.into());
    }
    Ok(members)
}

/// A time in RFC 3339, always with milliseconds: sorting the texts sorts the times.
fn rfc3339(milliseconds: i64) -> Option<String> {
    Timestamp::from_millisecond(milliseconds).ok().map(|time| format!("{time:.3}"))
}

fn table(items: &[Map<String, Value>], columns: &[&Column]) -> String {
    let header: Vec<String> =
        columns.iter().map(|column| column.name.to_uppercase().replace('_', " ")).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let cells = items.iter().map(|members| {
        let cell = |column: &&Column| members.get(column.member).map(|value| cell(column, value));
        columns.iter().map(|column| cell(column).unwrap_or_default()).collect()
    });
    rows(&header, cells.collect(), &["NAME", "TAGS"])
}

/// A value as a table shows it.
fn cell(column: &Column, value: &Value) -> String {
    match value {
        Value::String(text) if column.member == CREATED_AT => local_time(text),
        Value::String(text) => text.clone(),
        Value::Number(days) if column.member == TTL => match days.as_u64() {
            Some(1) => "1 day".to_owned(),
            _ => format!("{days} days"),
        },
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Object(members) => {
            let pair =
                |(name, value): (&String, &Value)| format!("{name}={}", value.as_str().unwrap_or_default());
            members.iter().map(pair).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// A time in the local time zone on a terminal, otherwise unchanged.
fn local_time(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) if stdout_is_terminal() => {
            time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
        }
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
