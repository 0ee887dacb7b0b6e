//! The operation at the start of an error message.

use std::fmt;

use crate::spec::OperationFacts;

/// Writes `listLogGroups: `, if the operation is known.
pub(super) fn write_operation(
    f: &mut fmt::Formatter<'_>,
    operation: Option<&'static OperationFacts>,
) -> fmt::Result {
    match operation {
        Some(operation) => write!(f, "{operation}: "),
        None => Ok(()),
    }
}
