//! Checks of texts that come from outside, and texts from outside in messages.

use std::borrow::Cow;

/// Why a text can't be a setting: control characters and invisible ones come from a file's last line or a web page, and
/// are part of no setting. The message never shows the text, which may be a secret.
pub(crate) fn flaw(text: &str) -> Option<String> {
    let found = text.chars().find(|c| is_hidden(*c))?;
    Some(match found {
        '\n' | '\r' => "contains a line end".to_owned(),
        c if c.is_control() => format!("contains the control character U+{:04X}", u32::from(c)),
        c => format!("contains the invisible character U+{:04X}", u32::from(c)),
    })
}

/// Why a text can't be a key or a token, which are sent in headers.
pub(crate) fn key_flaw(text: &str) -> Option<String> {
    let not_ascii = || {
        let found = text.chars().find(|c| !c.is_ascii())?;
        Some(format!("contains the character U+{:04X}, which is not ASCII", u32::from(found)))
    };
    let blank = || (text.trim() != text).then(|| "starts or ends with a blank".to_owned());
    flaw(text).or_else(not_ascii).or_else(blank)
}

/// A text as a message shows it: hidden characters are escaped.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let escaped = |c: char| if is_hidden(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect::<String>().into()
}

/// The part of a URL that is no secret: without user name and password, query and fragment. Nothing if it can't be told
/// from them: a password may contain `?` and `#`, and a query `@`.
pub(crate) fn without_secrets(url: &str) -> Option<&str> {
    let (before, after) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
    if after.contains('@') { None } else { before.rsplit('@').next() }
}

/// Whether a terminal shows nothing for a character, or shows something else than what stands there.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flaw_names_the_character_but_not_the_text() {
        for (text, expected) in [
            ("hidden", None),
            ("hid den", None),
            ("hidden\n", Some("contains a line end")),
            ("hid\rden", Some("contains a line end")),
            ("\u{1b}[31mhidden", Some("contains the control character U+001B")),
            ("hidden\u{9b}", Some("contains the control character U+009B")),
            ("\u{feff}hidden", Some("contains the invisible character U+FEFF")),
            ("\u{202e}hidden", Some("contains the invisible character U+202E")),
        ] {
            assert_eq!(flaw(text).as_deref(), expected, "{text:?}");
        }
        assert_eq!(key_flaw("hidden ").as_deref(), Some("starts or ends with a blank"));
        assert_eq!(
            key_flaw("h\u{ef}dden").as_deref(),
            Some("contains the character U+00EF, which is not ASCII")
        );
    }

    #[test]
    fn secrets_of_a_url_are_left_out() {
        for (url, expected) in [
            ("https://lts.example/base", Some("https://lts.example/base")),
            ("https://u:hidden@lts.example", Some("lts.example")),
            ("https://u:hid@hidden@lts.example?hidden#hidden", Some("lts.example")),
            ("https://lts.example?hidden", Some("https://lts.example")),
            ("https://u:hid#hidden@lts.example", None),
            ("https://lts.example?a@hidden", None),
        ] {
            assert_eq!(without_secrets(url), expected, "{url}");
        }
    }

    #[test]
    fn printable_escapes_hidden_characters_only() {
        assert_eq!(printable("/home/jürgen/\"a b\""), "/home/jürgen/\"a b\"");
        assert_eq!(printable("a\u{1b}[2K\u{202e}b"), "a\\u{1b}[2K\\u{202e}b");
    }
}
