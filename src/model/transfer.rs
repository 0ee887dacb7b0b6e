//! Transfers of logs to object storage.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::input::InvalidInput;

/// The storage format of transferred logs (Table 5-49).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum StorageFormat {
    /// The lines as they were written.
    #[default]
    Raw,
    /// One JSON object per line.
    Json,
}

impl fmt::Display for StorageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Raw => "raw",
            Self::Json => "json",
        })
    }
}

impl FromStr for StorageFormat {
    type Err = InvalidInput;

    /// Parses `raw` or `json`, in any case.
    fn from_str(name: &str) -> Result<Self, InvalidInput> {
        [Self::Raw, Self::Json]
            .into_iter()
            .find(|format| format.to_string().eq_ignore_ascii_case(name))
            .ok_or_else(|| InvalidInput::new("storage_format", name, "raw or json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_format_parses_in_any_case() {
        assert_eq!("JSON".parse::<StorageFormat>().unwrap(), StorageFormat::Json);
        assert_eq!("raw".parse::<StorageFormat>().unwrap(), StorageFormat::Raw);
        assert!("csv".parse::<StorageFormat>().unwrap_err().to_string().contains("raw or json"));
    }
}
