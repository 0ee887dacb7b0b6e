//! Resources of the service, as the client returns them.
//!
//! These types are stable. The generated types follow the OpenAPI document and may change with it.

mod group;
mod line;
mod log_line;
mod log_transfer;
mod query;
mod stream;
mod timestamp;
mod transfer;
mod ttl;

pub use group::LogGroup;
pub(crate) use line::check_labels;
pub use line::{Line, LineTime};
pub use log_line::{LogLine, SearchTime};
pub use log_transfer::{LogTransfer, TransferChanges, TransferInfo, TransferStream};
pub use query::{DELIMITERS, Query};
pub use stream::LogStream;
pub use transfer::{Agency, Destination, ObsDestination, StorageFormat, Transfer};
pub use ttl::{StreamTtl, Ttl};
