//! The kinds of resources.

mod group;
mod stream;
mod tags;
mod transfer;

pub(super) use group::GroupResource;
pub(super) use stream::{PrunedTransfer, StreamResource};
pub(super) use tags::is_of_service;
pub(super) use transfer::{PresentTransfer, Settings, Task, TransferResource, foreign_reason};
