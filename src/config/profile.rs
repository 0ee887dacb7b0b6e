//! Settings from the profile file, an INI file that the official SDKs also read.
//!
//! Messages name file, section and key, never a value, which may be a secret.

use std::{collections::BTreeMap, fs, io, path::Path};

use configparser::ini::Ini;
use zeroize::Zeroize;

use super::setting::{ResolvedSetting, Setting};
use crate::{
    auth::{AkSk, Credentials, chain::SkippedSource},
    error::ConfigurationError,
    secret::Secret,
};

/// The largest accepted file, in bytes: hundreds of profiles.
const MAX_FILE: u64 = 1 << 20;

/// One section of a profile file.
#[derive(Clone)]
pub(crate) struct Profile {
    /// File and section, for messages.
    place: String,
    values: BTreeMap<String, Secret>,
}

impl Profile {
    /// Reads a section of a file. The inner error is a missing file or section.
    pub(crate) fn read(
        file: &Path,
        section: &str,
    ) -> Result<Result<Self, SkippedSource>, ConfigurationError> {
        let name = file.display();
        let unreadable =
            |e: &dyn std::fmt::Display| ConfigurationError::new("profile", format!("{name}: {e}"));
        let skipped = |why: String| Ok(Err(SkippedSource::new(format!("profile {name}"), why)));
        let length = match fs::metadata(file) {
            Ok(facts) => facts.len(),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return skipped("doesn't exist".to_owned());
            }
            Err(e) => return Err(unreadable(&e)),
        };
        if length > MAX_FILE {
            return Err(unreadable(&"is too large for a profile file"));
        }
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            // The system's message doesn't name the cause.
            Err(e) if e.kind() == io::ErrorKind::InvalidData => return Err(unreadable(&"is not UTF-8")),
            Err(e) => return Err(unreadable(&e)),
        };
        let mut sections = parse(text).map_err(|why| unreadable(&why))?;
        match sections.remove(section) {
            Some(values) => Ok(Ok(Self { place: format!("profile {name} [{section}]"), values })),
            None => skipped(format!("has no section [{section}]")),
        }
    }

    fn get(&self, key: &str) -> Option<&Secret> {
        self.values.get(key)
    }

    fn find(&self, key: &str) -> Option<ResolvedSetting> {
        self.get(key).map(|value| ResolvedSetting::at(value, format!("{} {key}", self.place)))
    }

    pub(crate) fn setting(&self, setting: Setting) -> Option<ResolvedSetting> {
        self.find(setting.name())
    }

    /// The endpoint of LTS.
    pub(crate) fn lts_endpoint(&self) -> Option<ResolvedSetting> {
        self.find("endpoint")
    }

    /// File and section.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// The key pair.
    pub(crate) fn credentials(&self) -> Result<Credentials, SkippedSource> {
        match (self.get("ak"), self.get("sk")) {
            (Some(ak), Some(sk)) => {
                let keys = AkSk::new(ak.expose(), sk.clone());
                let token = self.get("security_token").cloned();
                Ok(token.map_or(keys.clone(), |token| keys.security_token(token)).into())
            }
            _ => Err(SkippedSource::new(&self.place, self.missing_keys())),
        }
    }

    /// Whether the profile has only half a key pair.
    pub(crate) fn has_half_a_credential(&self) -> bool {
        self.get("ak").is_some() != self.get("sk").is_some()
    }

    /// The error for half a key pair.
    pub(crate) fn half_credential_error(&self) -> ConfigurationError {
        ConfigurationError::new("profile", format!("{}: {}", self.place, self.missing_keys()))
    }

    fn missing_keys(&self) -> &'static str {
        match (self.get("ak"), self.get("sk")) {
            (Some(_), _) => "ak set, but sk not set",
            (None, Some(_)) => "sk set, but ak not set",
            (None, None) => "ak, sk not set",
        }
    }
}

/// Parses an INI file into sections; keys in lower case, empty values left out.
///
/// Like the official SDKs: a line that starts with `#` or `;` is a comment, and everything after the first `=` or `:` is
/// the value, including quotes, since a secret key may contain any of these.
pub(crate) fn parse(mut text: String) -> Result<BTreeMap<String, BTreeMap<String, Secret>>, String> {
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    let mut ini = Ini::new_cs();
    let mut rules = ini.defaults();
    rules.enable_inline_comments = false;
    // Keys before the first section belong to no profile.
    rules.default_section = String::new();
    ini.load_defaults(rules);
    let read = ini.read(text);
    let mut sections = BTreeMap::new();
    for (section, keys) in std::mem::take(ini.get_mut_map()) {
        let values = keys.into_iter().filter_map(|(key, value)| {
            Some((key.to_lowercase(), Secret::new(value.filter(|value| !value.is_empty())?)))
        });
        sections.insert(section, values.collect());
    }
    match read {
        Ok(copy) => {
            for mut value in copy.into_values().flat_map(|keys| keys.into_values()).flatten() {
                value.zeroize();
            }
            sections.remove("");
            Ok(sections)
        }
        Err(why) => {
            // The message is "line 3: …". Only the line number is kept, since the rest may quote a value.
            let line = why.strip_prefix("line ").and_then(|rest| rest.split(':').next());
            Err(match line.filter(|line| line.bytes().all(|b| b.is_ascii_digit())) {
                Some(line) => format!("line {line} is neither a section in brackets nor a key with a value"),
                None => "is not an INI file".to_owned(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(text: &str, section: &str) -> Vec<(String, String)> {
        let all = parse(text.to_owned()).unwrap().remove(section).unwrap_or_default();
        all.into_iter().map(|(key, value)| (key, value.expose().to_owned())).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn profile_file_is_read_like_the_official_sdks_do() {
        let text = "\u{feff}stray = 1\r\n# ak = no\n; ak = no\n[basic]\r\nAK = one\r\nsk=a#b;c=d:e\\ \"f\"\nsecurity_token:\nproject_id : p\n\n[Global]\nak = other\n";
        let expected = pairs(&[("ak", "one"), ("project_id", "p"), ("sk", "a#b;c=d:e\\ \"f\"")]);
        assert_eq!(values(text, "basic"), expected);
        assert_eq!(values(text, "Global"), pairs(&[("ak", "other")]));
        assert_eq!(values(text, "global"), [], "sections are told apart by case");
        assert_eq!(values(text, ""), []);
    }

    #[test]
    fn malformed_file_error_names_the_line_and_no_value() {
        for (text, line) in
            [("[basic]\nak = sec-ret\n[open-sec-ret\n", "line 3"), ("[basic]\n= sec-ret\n", "line 2")]
        {
            let why = parse(text.to_owned()).unwrap_err();
            assert!(why.starts_with(line) && !why.contains("sec-ret"), "{why}");
        }
    }

    proptest! {
        #[test]
        fn profile_parser_never_panics(text in "[\\PC\\n\\r\\[\\]=:#; \\t]{0,200}") {
            if let Err(why) = parse(text) {
                prop_assert!(why.starts_with("line ") || why == "is not an INI file");
            }
        }

        #[test]
        fn written_profiles_are_read_back(
            section in "[A-Za-z0-9_-]{1,12}",
            entries in prop::collection::btree_map("[a-z_]{1,12}", "[!-~]([ -~]{0,30}[!-~])?", 0..8),
        ) {
            let lines: String = entries.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
            let expected: Vec<_> = entries.into_iter().collect();
            prop_assert_eq!(values(&format!("[{section}]\n{lines}"), &section), expected);
        }
    }
}
