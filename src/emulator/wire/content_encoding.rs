//! Decompresses request bodies.

use std::{borrow::Cow, io::Read};

use flate2::bufread::MultiGzDecoder;
use http::{HeaderMap, header};

/// The most bytes of a decompressed body, as of the vendor's Java producer.
const MAX_DECODED: usize = 50 << 20;

/// The body as it was before the client compressed it by its `Content-Encoding`; `None` if the encoding is unknown, doesn't
/// fit the body, or hides too many bytes.
pub(crate) fn decoded<'a>(headers: &HeaderMap, body: &'a [u8]) -> Option<Cow<'a, [u8]>> {
    decoded_within(MAX_DECODED, headers, body)
}

fn decoded_within<'a>(most: usize, headers: &HeaderMap, body: &'a [u8]) -> Option<Cow<'a, [u8]>> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let encoding = match (encodings.next(), encodings.next()) {
        (None, _) => return Some(Cow::Borrowed(body)),
        (Some(encoding), None) => encoding.as_bytes().trim_ascii(),
        // One upon the other.
        (Some(_), Some(_)) => return None,
    };
    if encoding.eq_ignore_ascii_case(b"identity") {
        Some(Cow::Borrowed(body))
    } else if encoding.eq_ignore_ascii_case(b"gzip") {
        ungzipped(body, most).map(Cow::Owned)
    } else if encoding.eq_ignore_ascii_case(b"snappy") {
        unsnapped(body, most).map(Cow::Owned)
    } else {
        None
    }
}

/// Stops at the bound, before the rest is decompressed.
fn ungzipped(body: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    MultiGzDecoder::new(body).take(most as u64 + 1).read_to_end(&mut decoded).ok()?;
    (decoded.len() <= most).then_some(decoded)
}

/// The raw format, which begins with the decompressed length.
fn unsnapped(body: &[u8], most: usize) -> Option<Vec<u8>> {
    if snap::raw::decompress_len(body).ok()? > most {
        return None;
    }
    snap::raw::Decoder::new().decompress_vec(body).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use http::HeaderValue;

    use super::*;

    /// A bound for tests.
    const MOST: usize = 100_000;

    fn decode(encoding: &str, body: &[u8]) -> Option<Vec<u8>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_str(encoding).unwrap());
        decoded_within(MOST, &headers, body).map(Cow::into_owned)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn snappy(text: &[u8]) -> Vec<u8> {
        snap::raw::Encoder::new().compress_vec(text).unwrap()
    }

    #[test]
    fn encodings_are_known_in_any_case() {
        let text = b"text text text text text".as_slice();
        assert_eq!(decoded(&HeaderMap::new(), text).as_deref(), Some(text));
        for (encoding, body) in [
            ("identity", text.to_vec()),
            ("Identity", text.to_vec()),
            ("gzip", gzip(text)),
            ("GZIP", gzip(text)),
            (" gzip ", gzip(text)),
            ("gzip", [gzip(b"text text "), gzip(b"text text text")].concat()),
            ("snappy", snappy(text)),
            ("SNAPPY", snappy(text)),
        ] {
            assert_eq!(decode(encoding, &body).as_deref(), Some(text), "{encoding}");
        }
        assert_eq!(decode("gzip", &gzip(b"")).as_deref(), Some(&[][..]));
        assert_eq!(decode("snappy", &snappy(b"")).as_deref(), Some(&[][..]));
    }

    #[test]
    fn other_encodings_and_damaged_bodies_are_refused() {
        let text = b"text text text text text".as_slice();
        for encoding in ["", "lz4", "deflate", "gzip, snappy", "x-gzip", "br"] {
            assert_eq!(decode(encoding, text), None, "{encoding}");
        }
        let mut twice = HeaderMap::new();
        twice.append(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        twice.append(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(decoded(&twice, &gzip(&gzip(text))), None);
        for (encoding, body) in [("gzip", gzip(text)), ("snappy", snappy(text))] {
            assert_eq!(decode(encoding, text), None, "{encoding}");
            for end in 0..body.len() {
                assert_eq!(decode(encoding, &body[..end]), None, "{encoding}, {end} bytes");
            }
            assert_eq!(decode(encoding, &[body.as_slice(), b"more"].concat()), None, "{encoding}");
        }
    }

    #[test]
    fn decompression_stops_at_the_bound() {
        for (encoding, compress) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("snappy", snappy)] {
            let largest = vec![0; MOST];
            assert_eq!(decode(encoding, &compress(&largest)), Some(largest));
            assert_eq!(decode(encoding, &compress(&[0; MOST + 1])), None);
            // What follows the bound is not decompressed.
            let bomb = compress(&vec![0; 100 * MOST]);
            let mut refused = None;
            let memory = allocation_counter::measure(|| refused = Some(decode(encoding, &bomb)));
            assert_eq!(refused, Some(None));
            assert!(memory.bytes_max < 10 * MOST as u64, "{encoding}: {} bytes", memory.bytes_max);
        }
    }
}
