//! What `create` prints.

use std::fmt::Display;

use serde_json::Value;

use super::{
    format::Output,
    object::Object,
    print::eprint_line,
    table::{Fit, rows},
};
use crate::error::CliError;

/// A resource that a command created, or that existed before.
#[derive(Debug)]
pub(crate) struct Created {
    name: String,
    /// The id, unless no call can read it.
    id: Option<String>,
    created: bool,
}

impl Created {
    pub(crate) fn new(name: &str, id: impl Display, created: bool) -> Self {
        Self { name: name.to_owned(), id: Some(id.to_string()), created }
    }

    /// A resource that exists, but whose id can't be read.
    pub(crate) fn existing_without_id(name: &str) -> Self {
        Self { name: name.to_owned(), id: None, created: false }
    }
}

/// How the created resources of a command are shown.
#[derive(Debug)]
pub(crate) struct CreatedKind {
    /// The kind, as messages show it.
    pub(crate) kind: &'static str,
    /// The table's header for the names.
    pub(crate) header: &'static str,
    /// The member of JSON and YAML that has the id.
    pub(crate) member: &'static str,
}

impl CreatedKind {
    fn object(&self, item: &Created) -> Object {
        let id = item.id.as_deref().map_or(Value::Null, Value::from);
        Object(vec![(self.member.to_owned(), id), ("created".to_owned(), item.created.into())])
    }
}

/// Prints what was created: for one name an object, for several an array. If that fails, the ids go to standard
/// error, so that they are not lost.
pub(crate) fn print_created(
    output: Output,
    kind: &CreatedKind,
    items: &[Created],
    several: bool,
) -> Result<(), CliError> {
    let output = output.must_arrive();
    let ids = items.iter().filter_map(|item| item.id.as_ref());
    let printed = match items {
        [item] if !several => output.ids_or_data(ids, &kind.object(item), || table(kind, items, several)),
        [] if !several => Ok(()),
        _ => {
            let objects: Vec<_> = items.iter().map(|item| kind.object(item)).collect();
            output.ids_or_data(ids, &objects, || table(kind, items, several))
        }
    };
    if printed.is_err() {
        for Created { name, id, .. } in items {
            if let Some(id) = id {
                eprint_line(format_args!("{} {name:?} has the id {id}", kind.kind));
            }
        }
    }
    printed
}

/// An id that no call can read.
const UNKNOWN: &str = "unknown";

fn table(kind: &CreatedKind, items: &[Created], with_names: bool) -> String {
    if items.is_empty() {
        return String::new();
    }
    let row = |item: &Created| {
        let id = item.id.clone().unwrap_or_else(|| UNKNOWN.to_owned());
        let created = if item.created { "yes" } else { "no, it existed" };
        let name = with_names.then(|| item.name.clone());
        name.into_iter().chain([id, created.to_owned()]).collect()
    };
    // Nothing gives way: the id may not be found again.
    let columns = [kind.header, "ID", "CREATED"].map(|header| (header, Fit::Whole));
    let columns = if with_names { &columns[..] } else { &columns[1..] };
    rows(columns, || items.iter().map(row))
}
