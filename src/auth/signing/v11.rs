//! The algorithm V11-HMAC-SHA256, with which the vendor's producers sign the logs that they write.
//!
//! The key is derived from both keys, the day and the region; the canonical request is that of SDK-HMAC-SHA256.

use super::{
    canonical::{self, DATE_HEADER},
    sdk_hmac::{AddedHeaders, Signed, SigningRequest},
};
use crate::auth::AkSk;

/// The algorithm's name in the `Authorization` header and in the string to sign.
pub(crate) const ALGORITHM: &str = "V11-HMAC-SHA256";
/// The service for which the key is derived.
pub(crate) const SERVICE: &str = "lts";
/// The length of a day in `X-Sdk-Date`: `YYYYMMDD`.
const DAY: usize = 8;

impl SigningRequest<'_> {
    /// Signs a request to write logs by V11-HMAC-SHA256, as the vendor's producers do. `region` is that of the endpoint.
    ///
    /// The headers that were added here are signed, and `X-Sdk-Date`; `Host` only if it was added. With temporary keys,
    /// `X-Security-Token` is added and signed. The hash of the body is that of the bytes on the wire: set the body after
    /// compression.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, signing::SigningRequest};
    ///
    /// let signed = SigningRequest::new("POST", "lts-access.cn-north-4.myhuaweicloud.com:8102", "/v2/internal/0123/…")
    ///     .header("Content-Type", "application/json")
    ///     .body(b"{}")
    ///     .date("20240305T080910Z")?
    ///     .sign_v11(&AkSk::new("AK", "SK"), "cn-north-4");
    /// let begin = "V11-HMAC-SHA256 Credential=AK/20240305/cn-north-4/lts, SignedHeaders=content-type;x-sdk-date, ";
    /// assert!(signed.authorization().starts_with(begin));
    /// # Ok::<(), huaweicloud_lts::error::InvalidInput>(())
    /// ```
    pub fn sign_v11(&self, keys: &AkSk, region: &str) -> Signed {
        let mut added: AddedHeaders = Vec::with_capacity(2);
        self.add_date_and_token(keys, &mut added);
        let date = self.sent(DATE_HEADER, &added).unwrap_or_default().trim();
        let scope = [day(date), "/", region, "/", SERVICE].concat();
        let (canonical_request, signed_headers) = self.canonical(&added, canonical::body_hash(self.body));
        let string_to_sign = string_to_sign(&scope, &canonical_request);
        let key = derived_key(keys.access_key(), keys.secret_key().expose(), &scope);
        let signature = canonical::signature(&key, &string_to_sign);
        let credential = [ALGORITHM, " Credential=", keys.access_key(), "/", &scope].concat();
        let authorization =
            [&credential, ", SignedHeaders=", &signed_headers, ", Signature=", &signature].concat();
        Signed { added, canonical_request, string_to_sign, signed_headers, authorization }
    }
}

/// The day of a time in `X-Sdk-Date`.
pub(crate) fn day(date: &str) -> &str {
    date.get(..DAY).unwrap_or(date)
}

/// The string to sign. Of the time it has the day only, with which the scope begins.
pub(crate) fn string_to_sign(scope: &str, canonical_request: &str) -> String {
    let hash = canonical::request_hash(canonical_request);
    [ALGORITHM, "\n", day(scope), "\n", scope, "\n", &hash].concat()
}

/// The key for a day and a region: HKDF-SHA256 ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)) of the secret key with
/// the access key as its salt, 32 bytes. Its hexadecimal digits are the key of the signature.
pub(crate) fn derived_key(access_key: &str, secret_key: &str, scope: &str) -> String {
    let extracted = canonical::hmac(access_key.as_bytes(), &[secret_key.as_bytes()]);
    canonical::hex(&canonical::hmac(&extracted, &[scope.as_bytes(), &[1]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_on_the_wire_and_security_token_are_signed() {
        let keys = AkSk::new("AK", "SK").security_token("token");
        let request = || SigningRequest::new("POST", "h", "/").date("20240305T080910Z").unwrap();
        let signed = request().body(b"a").sign_v11(&keys, "r");
        assert_eq!(signed.signed_headers(), "x-sdk-date;x-security-token");
        assert!(signed.canonical_request().ends_with(&*canonical::body_hash(b"a")));
        assert!(signed.string_to_sign().starts_with("V11-HMAC-SHA256\n20240305\n20240305/r/lts\n"));
        assert_ne!(request().body(b"b").sign_v11(&keys, "r").authorization(), signed.authorization());
        assert_ne!(request().body(b"a").sign_v11(&keys, "s").authorization(), signed.authorization());
    }
}
