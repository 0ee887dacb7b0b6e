//! How Java decodes bytes as text, of which the vendor's Java producer signs the hash.

/// The bytes that the vendor's Java producer hashes: those of the text that Java decodes from the body. Java writes
/// one replacement character for an encoded surrogate where the Unicode Standard has one for each byte.
pub(super) fn as_java_text(body: &[u8]) -> Vec<u8> {
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::auth::signing::canonical;

    #[test]
    fn java_decodes_a_surrogate_to_one_replacement() {
        let text = std::fs::read_to_string("tests/data/java-utf8.json").unwrap();
        let decoded: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert!(decoded.len() > 200);
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
        };
        for case in &decoded {
            let (given, expected) = (case["in"].as_str().unwrap(), case["out"].as_str().unwrap());
            assert_eq!(canonical::hex(&as_java_text(&bytes(given))), expected, "{given}");
        }
    }
}
