//! All integration tests, in one binary: it links once.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod cli;
mod client;
mod emulator;
mod schemas;
mod script;
mod signing;
mod spec;
mod structure;
mod suite;
mod trace;
mod wire;
