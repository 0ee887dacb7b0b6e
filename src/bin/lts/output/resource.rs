//! Resources that are listed and shown: their names, ids and columns.

use serde::Serialize;

use super::table::Fit;

/// A resource that commands list, show, and accept by its name or id.
pub(crate) trait Resource: Serialize {
    /// What it is called in messages.
    const KIND: &'static str;
    /// All columns: the name, the id, then the rest.
    const COLUMNS: &'static [Column];
    /// The message for an empty list.
    const NONE: &'static str;

    fn id(&self) -> &str;
    fn name(&self) -> &str;
}

/// A column of a table, and the member of the JSON object that it shows.
#[derive(Debug)]
pub(crate) struct Column {
    /// The name on the command line and, in upper case, the table's header.
    pub(crate) name: &'static str,
    /// The name in JSON and YAML.
    pub(crate) member: &'static str,
    /// How it gives way where the terminal is narrow.
    pub(crate) fit: Fit,
    /// Whether a table shows it without `--columns`.
    pub(crate) default: bool,
}

impl Column {
    /// A column that tables have by default.
    pub(crate) const fn new(name: &'static str, member: &'static str, fit: Fit) -> Self {
        Self { name, member, fit, default: true }
    }

    /// A column that tables have only if it is chosen.
    pub(crate) const fn optional(name: &'static str, member: &'static str, fit: Fit) -> Self {
        Self { default: false, ..Self::new(name, member, fit) }
    }
}

/// The retention in days.
pub(crate) const TTL: Column = Column::new("ttl", "ttl_in_days", Fit::Whole);
/// The creation time in RFC 3339, which is added to what the service sends.
pub(crate) const CREATED: Column = Column::new("created", "created_at", Fit::Time);
/// The creation time in milliseconds since 1970, as the service sends it.
pub(crate) const CREATION_TIME: Column = Column::optional("creation_time", "creation_time", Fit::Whole);
/// The tags.
pub(crate) const TAGS: Column = Column::optional("tags", "tag", Fit::Wrap);
