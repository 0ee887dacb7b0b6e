//! The operations of LTS.
//!
//! A handler has the operation's name: the generated dispatch calls it by that name. It is called with a query and a
//! body that passed validation, for a caller that may use the project.

mod groups;
mod ingest;
mod logs;
mod streams;
mod tags;
mod transfers;

pub(super) use groups::*;
pub(super) use ingest::*;
pub(super) use logs::*;
pub(super) use streams::*;
pub(super) use tags::change_tags;
pub(super) use transfers::*;
