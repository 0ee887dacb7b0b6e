//! All integration tests, in one binary: it links once.
#![allow(missing_docs)]

mod emulator;
