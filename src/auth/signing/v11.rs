//! The algorithm V11-HMAC-SHA256, with which the vendor's producers sign the logs that they write.
//!
//! The key is derived from both keys, the day and the region; the canonical request is that of SDK-HMAC-SHA256.

use std::borrow::Cow;

use super::{
    canonical::{self, DATE_HEADER},
    sdk_hmac::{AddedHeaders, Signed, SigningRequest},
};
use crate::auth::AkSk;

/// The algorithm's name in the `Authorization` header and in the string to sign.
const ALGORITHM: &str = "V11-HMAC-SHA256";
/// The service for which the key is derived.
const SERVICE: &str = "lts";
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
        self.signed_v11(keys, region, canonical::body_hash(self.body))
    }

    fn signed_v11(&self, keys: &AkSk, region: &str, body_hash: Cow<'_, str>) -> Signed {
        let mut added: AddedHeaders = Vec::with_capacity(2);
        self.add_date_and_token(keys, &mut added);
        let date = self.sent(DATE_HEADER, &added).unwrap_or_default().trim();
        let day = date.get(..DAY).unwrap_or(date);
        let scope = [day, "/", region, "/", SERVICE].concat();
        let (canonical_request, signed_headers) = self.canonical(&added, body_hash);
        let hash = canonical::request_hash(&canonical_request);
        let string_to_sign = [ALGORITHM, "\n", day, "\n", &scope, "\n", &hash].concat();
        let signature = canonical::signature(&derived_key(keys, &scope), &string_to_sign);
        let credential = [ALGORITHM, " Credential=", keys.access_key(), "/", &scope].concat();
        let authorization =
            [&credential, ", SignedHeaders=", &signed_headers, ", Signature=", &signature].concat();
        Signed { added, canonical_request, string_to_sign, signed_headers, authorization }
    }
}

/// The key for a day and a region: HKDF-SHA256 ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)) of the secret key with
/// the access key as its salt, 32 bytes. Its hexadecimal digits are the key of the signature.
fn derived_key(keys: &AkSk, scope: &str) -> String {
    let extracted = canonical::hmac(keys.access_key().as_bytes(), &[keys.secret_key().expose().as_bytes()]);
    canonical::hex(&canonical::hmac(&extracted, &[scope.as_bytes(), &[1]]))
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use serde_json::Value;

    use super::*;

    /// The bytes that the vendor's Java producer hashes: those of the text that Java decodes from the body. Java writes
    /// one replacement character for an encoded surrogate where the Unicode Standard has one for each byte.
    fn as_java_text(body: &[u8]) -> Vec<u8> {
        let mut surrogates_replaced = Vec::with_capacity(body.len());
        let mut rest = body;
        while let Some((&byte, after)) = rest.split_first() {
            let is_surrogate = byte == 0xed && matches!(after.first(), Some(0xa0..=0xbf));
            if is_surrogate {
                let length = 2 + usize::from(matches!(rest.get(2), Some(0x80..=0xbf)));
                surrogates_replaced.extend("\u{fffd}".bytes());
                rest = &rest[length..];
            } else {
                surrogates_replaced.push(byte);
                rest = after;
            }
        }
        String::from_utf8_lossy(&surrogates_replaced).into_owned().into_bytes()
    }

    fn data(file: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(format!("tests/data/{file}")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn signatures_of_the_vendors_producer_are_reproduced() {
        let answers = data("v11-signing.json");
        assert!(answers.len() > 40);
        for answer in &answers {
            let text = |name: &str| answer[name].as_str().unwrap();
            let body = BASE64_STANDARD.decode(text("body_base64")).unwrap();
            let header = |name: &str| answer["headers"][name].as_str().unwrap();
            let signed = SigningRequest::new(text("method"), header("host"), text("path"))
                .header("content-type", header("content-type"))
                .header("x-sdk-date", header("x-sdk-date"))
                .signed_v11(
                    &AkSk::new(text("access_key"), text("secret_key")),
                    text("region"),
                    canonical::body_hash(&as_java_text(&body)),
                );
            assert_eq!(signed.authorization(), text("authorization"));
        }
    }

    #[test]
    fn java_decodes_a_surrogate_to_one_replacement() {
        let decoded = data("java-utf8.json");
        assert!(decoded.len() > 200);
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
        };
        for case in &decoded {
            let (given, expected) = (case["in"].as_str().unwrap(), case["out"].as_str().unwrap());
            assert_eq!(canonical::hex(&as_java_text(&bytes(given))), expected, "{given}");
        }
    }

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
