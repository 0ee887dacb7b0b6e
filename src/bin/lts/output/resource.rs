//! Resources that are listed and shown: their names, ids and columns.

use serde::Serialize;
use serde_json::Value;

use super::table::Fit;

/// A resource that commands accept by its name or id.
pub(crate) trait Named {
    /// What it is called in messages.
    const KIND: &'static str;

    fn id(&self) -> &str;
    fn name(&self) -> &str;
}

/// A resource that commands list and show.
pub(crate) trait Resource: Named + Serialize {
    /// All columns: the name, the id, then the rest.
    const COLUMNS: &'static [Column];

    /// The creation time in milliseconds since 1970, if the service sent it.
    fn creation_time(&self) -> Option<i64>;

    /// Whether it has this text, which is in lower case, in a name.
    fn has_in_name(&self, text: &str) -> bool {
        self.name().to_lowercase().contains(text)
    }

    /// The value of a [derived](Column::derived) column.
    fn derived(&self, _column: &Column) -> Option<Value> {
        None
    }

    /// What a column is sorted by instead of its value.
    fn order(&self, _column: &Column) -> Option<Value> {
        None
    }

    /// Whether a table must not leave out its value of a column.
    fn stands_out(&self, _column: &Column) -> bool {
        false
    }

    /// What tables show in a column instead of its value.
    fn cell(&self, _column: &Column) -> Option<String> {
        None
    }
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
    /// When a table without `--columns` shows it.
    pub(super) shown: Shown,
    /// Whether its value is not a member of the resource, but made of others or inside one.
    pub(super) derived: bool,
}

/// When a table without `--columns` shows a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Always,
    /// If a resource has a value.
    IfPresent,
    Never,
}

impl Column {
    /// A column that tables have by default.
    pub(crate) const fn new(name: &'static str, member: &'static str, fit: Fit) -> Self {
        Self { name, member, fit, shown: Shown::Always, derived: false }
    }

    /// A column that tables have by default if a resource has a value for it.
    pub(crate) const fn if_present(name: &'static str, member: &'static str, fit: Fit) -> Self {
        Self { shown: Shown::IfPresent, ..Self::new(name, member, fit) }
    }

    /// A column that tables have only if it is chosen.
    pub(crate) const fn optional(name: &'static str, member: &'static str, fit: Fit) -> Self {
        Self { shown: Shown::Never, ..Self::new(name, member, fit) }
    }

    /// The column with a value that [`Resource::derived`] returns. Objects have it only if it is chosen.
    pub(crate) const fn derived(self) -> Self {
        Self { derived: true, ..self }
    }
}

/// The retention in days.
pub(crate) const TTL: Column = Column::new("ttl", "ttl_in_days", Fit::Whole);
/// The creation time in RFC 3339, which is added to what the service sends.
pub(crate) const CREATED: Column = Column::new("created", "created_at", Fit::Time);
/// The creation time in milliseconds since 1970, as the service sends it.
pub(crate) const CREATION_TIME: Column = Column::optional("creation_time", "creation_time", Fit::Whole);
/// The tags; tables leave out those of the service.
pub(crate) const TAGS: Column = Column::new("tags", "tag", Fit::Wrap);
