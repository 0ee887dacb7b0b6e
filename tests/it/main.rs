//! All integration tests, in one binary: it links once.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod alone;
mod build;
mod cli;
mod client;
mod credentials;
mod elsewhere;
mod emulator;
mod ensure;
mod faults;
mod live;
mod package;
mod process;
mod provision;
mod proxy;
mod schemas;
mod script;
mod signing;
mod spec;
mod structure;
mod suite;
mod token;
mod trace;
mod trouble;
mod wire;
