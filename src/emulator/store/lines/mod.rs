//! The lines of a stream in memory, without any database.
//!
//! A [`LogBatch`] arrives, its lines get their numbers, and then they are stored in segments. A [`Snapshot`] gives the
//! segments to readers.

mod batch;
mod encoding;
mod labels;
mod numbers;
mod segment;
mod stream;

pub(in crate::emulator) use batch::LogBatch;
pub(super) use encoding::{decode, encode};
pub(in crate::emulator) use labels::Labels;
pub(in crate::emulator) use segment::Segment;
pub(super) use stream::{Counts, StreamLines};
pub(in crate::emulator) use stream::{Part, Snapshot};
