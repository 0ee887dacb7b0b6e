//! All integration tests in one binary, which links once.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod build;
mod cli;
mod client;
mod configuration;
mod credentials;
mod documentation;
mod ecs_metadata;
mod emulator;
mod endpoints;
mod ensure;
mod external_endpoint;
mod faults;
#[cfg(target_os = "linux")]
mod hostile_responses;
mod isolated_process;
mod live;
mod login;
#[cfg(target_os = "linux")]
mod memory;
mod network_faults;
mod package;
mod partial_updates;
mod process;
#[cfg(feature = "tracing")]
mod producer;
mod provision;
mod proxy;
mod requests;
mod responses;
mod schemas;
mod scripted_server;
mod search;
mod secrets;
mod signing;
#[cfg(target_os = "linux")]
mod soak;
mod spans;
mod spec;
mod structure;
mod suite;
mod traceability;
