//! The commands: one file for each, with its arguments and what it does.

pub(crate) mod api;
pub(crate) mod apply;
pub(crate) mod auth;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod emulator;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod group;
pub(crate) mod log;
pub(crate) mod man;
pub(crate) mod reference;
pub(crate) mod sign;
pub(crate) mod spec;
pub(crate) mod stream;
pub(crate) mod transfer;
