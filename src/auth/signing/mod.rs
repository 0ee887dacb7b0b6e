//! Request signing with an access key (AK/SK).
//!
//! The client signs its own requests with this module. It is public for requests that are sent by other means:
//!
//! ```
//! use huaweicloud_lts::{AkSk, signing::SigningRequest};
//!
//! let signed = SigningRequest::new("GET", "lts.cn-north-4.myhuaweicloud.com", "/v2/0123/groups")
//!     .header("X-Project-Id", "0123")
//!     .date("20240305T080910Z")?
//!     .sign(&AkSk::new("AK", "SK"));
//! assert!(signed.authorization().starts_with("SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-project-id;x-sdk-date, "));
//! # Ok::<(), huaweicloud_lts::error::InvalidInput>(())
//! ```

pub(crate) mod canonical;
mod sdk_hmac;

pub(crate) mod v11;

pub(crate) use sdk_hmac::SECURITY_TOKEN_HEADER;
#[cfg(feature = "emulator")]
pub(crate) use sdk_hmac::parse_date;
pub use sdk_hmac::{Signed, SigningRequest};
