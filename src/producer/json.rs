//! Writes JSON into a text that is reused.

use std::fmt::{self, Write};

/// Writes a value as a JSON string.
pub(super) fn string(out: &mut String, text: &str) {
    out.push('"');
    escape(out, text);
    out.push('"');
}

/// Writes what a value's formatting yields as a JSON string.
pub(super) fn formatted(out: &mut String, arguments: fmt::Arguments<'_>) {
    out.push('"');
    // Nothing but a broken `Debug` fails here, and then the text is as far as it got.
    let _ = Escaped(out).write_fmt(arguments);
    out.push('"');
}

/// Writes a number; one that JSON doesn't have is null.
pub(super) fn float(out: &mut String, value: f64) {
    // Longer than any number.
    let mut digits = [0; 64];
    let mut rest = digits.as_mut_slice();
    let written = serde_json::to_writer(&mut rest, &value).map(|()| rest.len());
    let unused = written.unwrap_or(digits.len());
    let used = digits.len() - unused;
    out.push_str(std::str::from_utf8(&digits[..used]).unwrap_or("null"));
}

/// Writes an integer or a boolean.
pub(super) fn plain(out: &mut String, value: impl fmt::Display) {
    let _ = write!(out, "{value}");
}

struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.0, text);
        Ok(())
    }
}

fn escape(out: &mut String, text: &str) {
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[start..index]);
        start = index + 1;
        if short.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(short);
        }
    }
    out.push_str(&text[start..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    proptest! {
        #[test]
        fn strings_are_those_of_serde_json(text in any::<String>(), control in "[\\x00-\\x21\\\\\"é]*") {
            for text in [text, control] {
                let expected = serde_json::to_string(&text).unwrap();
                prop_assert_eq!(&written(|out| string(out, &text)), &expected);
                prop_assert_eq!(&written(|out| formatted(out, format_args!("{text}"))), &expected);
            }
        }

        #[test]
        fn numbers_are_those_of_serde_json(bits in any::<u64>(), integer in any::<i64>()) {
            let value = f64::from_bits(bits);
            prop_assert_eq!(written(|out| float(out, value)), serde_json::to_string(&value).unwrap());
            prop_assert_eq!(written(|out| plain(out, integer)), integer.to_string());
        }
    }

    #[test]
    fn numbers_that_json_lacks_are_null() {
        for value in [f64::NAN, f64::INFINITY] {
            assert_eq!(written(|out| float(out, value)), "null");
        }
    }
}
