//! Tags of log groups and log streams.

use std::collections::{BTreeMap, BTreeSet};

use super::call::CallContext;
use crate::{
    api::lts::types::{
        ChangeTagsRequestBody, ChangeTagsRequestBodyAction, ChangeTagsResourceType, Tag, TagChange,
    },
    error::{Error, IncompleteError},
    ids::{GroupId, StreamId},
    input::{InvalidInput, check_tag_count, check_tag_key, check_tag_value},
};

/// Tags of a resource to create, values by key.
pub(super) type Tags = BTreeMap<String, String>;

/// A tag as creations send it.
pub(super) fn request_tags(tags: &Tags) -> Vec<Tag> {
    let tag =
        |(key, value): (&String, &String)| Tag { key: key.clone().into(), value: Some(value.clone().into()) };
    tags.iter().map(tag).collect()
}

/// Adds a tag, checked by the rules of the document.
pub(super) fn add(tags: &mut Tags, key: String, value: String) -> Result<(), InvalidInput> {
    check_tag_key(&key)?;
    check_tag_value(&value)?;
    tags.insert(key, value);
    check_tag_count(tags.len())
}

/// What has tags.
pub(super) enum Tagged<'a> {
    Group(&'a GroupId),
    Stream(&'a StreamId),
}

/// Tags to set and to delete. The others stay.
#[derive(Debug, Clone, Default)]
pub(super) struct TagChanges {
    set: Tags,
    delete: BTreeSet<String>,
    /// Whether tags of a group are changed on its streams, too.
    pub(super) on_streams: bool,
}

impl TagChanges {
    pub(super) fn set(&mut self, key: String, value: String) -> Result<(), InvalidInput> {
        self.delete.remove(&key);
        add(&mut self.set, key, value)
    }

    pub(super) fn delete(&mut self, key: String) -> Result<(), InvalidInput> {
        check_tag_key(&key)?;
        self.set.remove(&key);
        self.delete.insert(key);
        Ok(())
    }

    fn request(&self, action: ChangeTagsRequestBodyAction) -> Option<ChangeTagsRequestBody> {
        let change = |key: &String, value: Option<&String>| TagChange {
            key: key.clone().into(),
            value: value.cloned().map(Into::into),
            tags_to_streams_enable: self.on_streams,
        };
        let tags: Vec<_> = match action {
            ChangeTagsRequestBodyAction::Create => {
                self.set.iter().map(|(key, value)| change(key, Some(value))).collect()
            }
            ChangeTagsRequestBodyAction::Delete => self.delete.iter().map(|key| change(key, None)).collect(),
        };
        (!tags.is_empty()).then_some(ChangeTagsRequestBody { action, is_open: Some(true), tags })
    }

    /// Sends the changes by changeTags, after what was `done` before.
    pub(super) async fn send(
        &self,
        cx: &CallContext,
        tagged: &Tagged<'_>,
        mut done: Vec<String>,
    ) -> Result<(), Error> {
        for (action, what) in [
            (ChangeTagsRequestBodyAction::Create, "tags were set"),
            (ChangeTagsRequestBodyAction::Delete, "tags were deleted"),
        ] {
            let Some(body) = self.request(action) else { continue };
            let (kind, id) = match tagged {
                Tagged::Group(id) => (ChangeTagsResourceType::Groups, id.to_string()),
                Tagged::Stream(id) => (ChangeTagsResourceType::Topics, id.to_string()),
            };
            let call = cx.api.change_tags().project_id(cx.project()).resource_type(kind).resource_id(id);
            let changed = cx.response_body(call.body(body).send().await);
            if let Err(error) = changed {
                return Err(after(done, error));
            }
            done.push(what.to_owned());
        }
        Ok(())
    }
}

/// An error, and what was done before it.
fn after(done: Vec<String>, error: Error) -> Error {
    match done.is_empty() {
        true => error,
        false => Error::Incomplete(IncompleteError { done, cause: Box::new(error) }),
    }
}
