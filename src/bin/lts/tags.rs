//! The options that set and delete tags.

use clap::Args;

use crate::{error::CliError, parsers};

/// Tags of a resource to create.
#[derive(Debug, Args)]
pub(crate) struct NewTags {
    /// Tag to set; may be repeated.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = parsers::tag)]
    tags: Vec<(String, String)>,
}

impl NewTags {
    /// The tags. A key that was given twice is an error.
    pub(crate) fn get(&self) -> Result<&[(String, String)], CliError> {
        parsers::ensure_distinct("tag", self.tags.iter().map(|(key, _)| key))?;
        Ok(&self.tags)
    }
}

/// Tags of a resource to set and to delete. The others stay.
#[derive(Debug, Args)]
pub(crate) struct TagChanges {
    /// Tag to set; may be repeated. Others stay.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = parsers::tag)]
    pub(crate) set: Vec<(String, String)>,
    /// Key of a tag to delete; may be repeated, and be absent.
    #[arg(long = "untag", value_name = "KEY", value_parser = parsers::tag_key)]
    pub(crate) delete: Vec<String>,
}

impl TagChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.delete.is_empty()
    }

    /// Fails if a key was given twice.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        parsers::ensure_distinct("tag", self.set.iter().map(|(key, _)| key).chain(&self.delete))
    }
}
