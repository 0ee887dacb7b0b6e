//! Checks of texts that come from outside.

use crate::escape;

/// Why a text can't be a setting: control characters and invisible ones come from a file's last line or a web page, and
/// are part of no setting. The message never shows the text, which may be a secret.
pub(crate) fn flaw(text: &str) -> Option<String> {
    let found = text.chars().find(|c| escape::is_unsafe(*c))?;
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

/// The part of a URL that is no secret: without user name and password, query and fragment. Nothing if it can't be told
/// from them: a password may contain `?` and `#`, and a query `@`.
pub(crate) fn without_secrets(url: &str) -> Option<&str> {
    let (before, after) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
    if after.contains('@') { None } else { before.rsplit('@').next() }
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
            ("hid\u{61c}den", Some("contains the invisible character U+061C")),
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
}
