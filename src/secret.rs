//! Secrets that are redacted in output.

use std::{convert::Infallible, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

/// A secret text. `Debug` and `Display` print `[redacted]`, and its memory, which clones share, is zeroed on drop.
///
/// Serialization writes the secret itself, as a login request needs it.
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(from = "String")]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Creates a secret.
    ///
    /// ```
    /// use huaweicloud_lts::Secret;
    ///
    /// let password = Secret::new("correct horse");
    /// assert_eq!(format!("{password:?}"), "[redacted]");
    /// ```
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// Returns the secret. Keep it out of logs, errors and files that others can read.
    ///
    /// ```
    /// use huaweicloud_lts::Secret;
    ///
    /// assert_eq!(Secret::new("correct horse").expose(), "correct horse");
    /// ```
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty.
    ///
    /// ```
    /// use huaweicloud_lts::Secret;
    ///
    /// assert!(Secret::new("").is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_is_shown_only_by_expose_and_serialize() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {secret}"), "[redacted] [redacted]");
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"hunter2\"");
    }
}
