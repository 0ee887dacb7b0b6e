//! All integration tests, in one binary: it links once.
#![allow(missing_docs)]

mod emulator;
mod script;
mod signing;
mod spec;
mod structure;
mod wire;
