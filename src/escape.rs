//! Escapes characters that change how a terminal shows a text. Hidden, since only this crate and its binary use it.

use std::borrow::Cow;

/// A character that YAML writers escape. It marks those that they don't.
const MARK: char = '\u{fffe}';

/// Whether a terminal obeys this character or shows nothing for it, or it breaks a line or changes the direction of text.
pub fn is_unsafe(c: char) -> bool {
    c.is_control() || is_separator(c) || is_hidden(c)
}

fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a character has no width or changes the direction of text. Emoji may contain U+200D, which is escaped, too: it
/// can hide in any name.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            // Tags, which spell any ASCII text.
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Escapes a text that is shown on one line: an escape character becomes `\u{1b}`.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, is_unsafe, |c, out| out.extend(c.escape_unicode()))
}

/// Escapes a text that may have several lines: line feeds stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_unsafe(c), |c, out| out.extend(c.escape_unicode()))
}

/// Escapes the strings of a JSON document: an escape character becomes `\u001b`. Line feeds stay, since JSON has them
/// between its tokens only.
pub fn json(document: &str) -> Cow<'_, str> {
    let escape = |c: char, out: &mut String| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            *out += &format!("\\u{unit:04x}");
        }
    };
    escaped(document, |c| c != '\n' && is_unsafe(c), escape)
}

/// Whether a YAML writer leaves this character as it is, although it is unsafe.
fn needs_mark(c: char) -> bool {
    is_hidden(c) && c != '\u{feff}'
}

/// Prepares a string for a YAML writer whose document goes to [`yaml`]. The writer escapes control characters, but not all
/// hidden ones: a mark before them makes it quote the string.
pub fn yaml_string(text: &str) -> Cow<'_, str> {
    escaped(text, needs_mark, |c, out| out.extend([MARK, c]))
}

/// Escapes a YAML document without block scalars, whose strings were prepared by [`yaml_string`].
pub fn yaml(document: &str) -> Cow<'_, str> {
    if !document.contains(needs_mark) {
        return document.into();
    }
    let mut out = String::with_capacity(document.len());
    for c in document.chars() {
        if needs_mark(c) {
            let mark = format!("\\u{:04X}", u32::from(MARK));
            out.truncate(out.strip_suffix(&mark).unwrap_or(&out).len());
            out += &match u32::from(c) {
                code @ ..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        } else {
            out.push(c);
        }
    }
    out.into()
}

fn escaped(
    text: &str,
    is_escaped: impl Fn(char) -> bool,
    escape: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) { escape(c, &mut out) } else { out.push(c) }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_characters_are_escaped_and_others_stay() {
        let text =
            "a\u{1b}[2J\u{7f}\u{9b}\t\r\n\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}日\\é\u{feff}\u{200b}\u{ad}";
        assert_eq!(
            line(text),
            "a\\u{1b}[2J\\u{7f}\\u{9b}\\u{9}\\u{d}\\u{a}\\u{202e}\\u{2066}\\u{200f}\\u{61c}\\u{2028}日\\é\\u{feff}\\u{200b}\\u{ad}"
        );
        assert_eq!(line("a\u{e0041}\u{e007f}😀"), "a\\u{e0041}\\u{e007f}😀");
        assert_eq!(lines("a\nb\u{9b}\r"), "a\nb\\u{9b}\\u{d}");
        assert!(matches!(line("日 a"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({ "a\u{202e}\u{e0001}": "\u{9b}\u{1b}\\\"\n\u{2029}" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let escaped = json(&text);
        assert!(
            !escaped.contains(|c| c != '\n' && is_unsafe(c))
                && escaped.contains("\\u009b")
                && escaped.contains("\\udb40\\udc01"),
            "{escaped}"
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }
}
