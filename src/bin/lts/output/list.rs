//! Lists of things: their columns as a table, their members as JSON and YAML, their ids.

use clap::builder::{PossibleValue, PossibleValuesParser};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use crate::{
    error::Failure,
    output::{self, Output},
};

/// A column of a table, and the member of an object that it shows.
#[derive(Debug)]
pub(crate) struct Column {
    /// As it is typed and, in capitals, the table's header.
    pub(crate) name: &'static str,
    /// The name in JSON and YAML.
    pub(crate) member: &'static str,
    /// Whether a table has it unasked.
    pub(crate) usual: bool,
}

/// What can be listed.
pub(crate) trait Listed: Serialize {
    /// All columns; the first one is the id.
    const COLUMNS: &'static [Column];
    /// What is said if there are none.
    const NONE: &'static str;
}

/// For how many days logs are kept.
pub(crate) const TTL: &str = "ttl_in_days";
/// When something was created, in milliseconds since 1970, as the wire has it.
pub(crate) const CREATION_TIME: &str = "creation_time";
/// The same for people; it is added.
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

/// Reads the name of a column, or of its member.
pub(crate) fn column<T: Listed>() -> PossibleValuesParser {
    let value = |column: &Column| {
        let value = PossibleValue::new(column.name);
        if column.name == column.member { value } else { value.alias(column.member) }
    };
    T::COLUMNS.iter().map(value).collect::<Vec<_>>().into()
}

/// Prints what there is: in these columns, or in the usual ones.
pub(crate) fn print<T: Listed>(output: Output, all: &[T], wanted: &[String]) -> Result<(), Failure> {
    let all = all.iter().map(members).collect::<Result<Vec<_>, _>>()?;
    let is = |column: &Column, name: &str| {
        [column.name, column.member].iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let column = |name: &String| T::COLUMNS.iter().find(|column| is(column, name));
    let wanted: Vec<&Column> = wanted.iter().filter_map(column).collect();
    let ids = all.iter().filter_map(|members| members.get(T::COLUMNS.first()?.member)?.as_str());
    let object = |members: &Map<String, Value>| {
        let value = |column: &&'static Column| (column.member, members.get(column.member).cloned());
        Object(if wanted.is_empty() {
            // What the service doesn't send isn't there.
            T::COLUMNS
                .iter()
                .map(|column| value(&column))
                .filter_map(|(name, value)| Some((name, value?)))
                .collect()
        } else {
            wanted.iter().map(value).map(|(name, value)| (name, value.unwrap_or_default())).collect()
        })
    };
    let objects: Vec<Object> = all.iter().map(object).collect();
    output.ids_or_data(ids, &objects, || {
        if all.is_empty() {
            output::note(T::NONE);
            return String::new();
        }
        let usual = T::COLUMNS.iter().filter(|column| column.usual).collect();
        table(&all, if wanted.is_empty() { usual } else { wanted.clone() })
    })
}

/// The members of one, with the time as people read it.
fn members<T: Serialize>(one: &T) -> Result<Map<String, Value>, Failure> {
    let value = serde_json::to_value(one).map_err(|e| Failure::Bug(format!("data can't be written: {e}")))?;
    let Value::Object(mut members) = value else { return Err(Failure::Bug("data is no object".to_owned())) };
    let time = members.get(CREATION_TIME).and_then(Value::as_i64);
    if let Some(time) = time.and_then(rfc3339) {
        members.insert(CREATED_AT.to_owned(), time.into());
    }
    Ok(members)
}

/// A time of the wire as RFC 3339, always with its milliseconds: the texts are in the order of the times.
fn rfc3339(milliseconds: i64) -> Option<String> {
    Timestamp::from_millisecond(milliseconds).ok().map(|time| format!("{time:.3}"))
}

fn table(all: &[Map<String, Value>], columns: Vec<&Column>) -> String {
    let header: Vec<String> =
        columns.iter().map(|column| column.name.to_uppercase().replace('_', " ")).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows = all.iter().map(|members| {
        columns
            .iter()
            .map(|column| members.get(column.member).map(|value| cell(column, value)).unwrap_or_default())
            .collect()
    });
    output::rows(&header, rows.collect(), &["NAME", "TAGS"])
}

/// A value as a person reads it.
fn cell(column: &Column, value: &Value) -> String {
    match value {
        Value::String(text) if column.member == CREATED_AT => local(text),
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

/// A time where the user is, if it is a person who reads it.
fn local(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) if output::is_seen() => {
            time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
        }
        _ => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_one_length() {
        assert_eq!(rfc3339(1_800_000_000_820).unwrap(), "2027-01-15T08:00:00.820Z");
        assert_eq!(rfc3339(1_800_000_000_000).unwrap(), "2027-01-15T08:00:00.000Z");
        assert_eq!(rfc3339(i64::MAX), None);
    }
}
