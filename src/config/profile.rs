//! Settings from the profile file, an INI file that the official SDKs also read.
//!
//! Messages name file, section and key, never a value, which may be a secret.

use std::{collections::BTreeMap, fmt::Display, io, path::Path};

use configparser::ini::Ini;
use zeroize::Zeroize;

use super::{
    file::read_regular_file,
    setting::{ResolvedSetting, Setting, incomplete},
    text::{flaw, key_flaw},
};
use crate::{
    auth::{AkSk, Credentials, chain::SkippedSource},
    error::{ConfigurationError, ConfigurationProblem},
    escape,
    secret::Secret,
};

/// The name of this source, and of the builder method that chooses a section.
const PROFILE: &str = "profile";
/// The largest accepted file, in bytes: hundreds of profiles.
const MAX_FILE: u64 = 1 << 20;
/// The most sections that a message lists.
const MAX_LISTED: usize = 10;
/// Keys that are sent in headers.
const KEYS: [&str; 3] = ["ak", "sk", "security_token"];
/// Keys of a login, which only environment variables can set.
const LOGIN: [&str; 3] = ["username", "password", "domain_name"];

/// One section of a profile file.
#[derive(Clone)]
pub(crate) struct Profile {
    /// File and section, for messages.
    place: String,
    values: BTreeMap<String, Secret>,
}

/// The sections of a file by name.
type Sections = BTreeMap<String, BTreeMap<String, Secret>>;

/// Reads all sections of a file. The inner error is a missing file.
pub(crate) fn read_all(
    file: &Path,
) -> Result<Result<Vec<(String, Profile)>, SkippedSource>, ConfigurationError> {
    let profile = |(name, values): (String, _)| (name.clone(), Profile::new(file, &name, values));
    Ok(read_sections(file)?.map(|sections| sections.into_iter().map(profile).collect()))
}

fn read_sections(file: &Path) -> Result<Result<Sections, SkippedSource>, ConfigurationError> {
    let name = file.display().to_string();
    let name = escape::line(&name);
    let unreadable = |why: &dyn Display| ConfigurationError::new(PROFILE, format!("{name}: {why}"));
    if cfg!(unix) && file == Path::new("/dev/null") {
        return Ok(Err(SkippedSource::new(format!("{PROFILE} {name}"), "is the null device")));
    }
    let bytes = match read_regular_file(file, MAX_FILE) {
        Ok(bytes) => bytes,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Err(SkippedSource::new(format!("{PROFILE} {name}"), "doesn't exist")));
        }
        Err(e) => return Err(unreadable(&e)),
    };
    let text = String::from_utf8(bytes).map_err(|e| {
        e.into_bytes().zeroize();
        unreadable(&"is not UTF-8")
    })?;
    parse(text).map(Ok).map_err(|why| unreadable(&why))
}

/// The names of the first sections, for messages.
fn listed(sections: &Sections) -> String {
    let mut names: Vec<_> =
        sections.keys().take(MAX_LISTED).map(|name| format!("[{}]", escape::line(name))).collect();
    match sections.len() {
        0 => return "no sections".to_owned(),
        more if more > MAX_LISTED => names.push("others".to_owned()),
        _ => {}
    }
    names.join(", ")
}

impl Profile {
    fn new(file: &Path, section: &str, values: BTreeMap<String, Secret>) -> Self {
        let file = file.display().to_string();
        Self { place: format!("{PROFILE} {} [{}]", escape::line(&file), escape::line(section)), values }
    }

    /// Reads a section of a file. The inner error is a missing file or section.
    pub(crate) fn read(
        file: &Path,
        section: &str,
    ) -> Result<Result<Self, SkippedSource>, ConfigurationError> {
        let mut sections = match read_sections(file)? {
            Ok(sections) => sections,
            Err(skipped) => return Ok(Err(skipped)),
        };
        Ok(sections.remove(section).map(|values| Self::new(file, section, values)).ok_or_else(|| {
            let file = file.display().to_string();
            let why = format!("has no section [{}]; it has {}", escape::line(section), listed(&sections));
            SkippedSource::new(format!("{PROFILE} {}", escape::line(&file)), why)
        }))
    }

    /// The value of a key of a setting.
    fn get(&self, key: &str, setting: &'static str) -> Result<Option<&Secret>, ConfigurationError> {
        let Some(value) = self.values.get(key) else { return Ok(None) };
        let flaw = if KEYS.contains(&key) { key_flaw(value.expose()) } else { flaw(value.expose()) };
        let invalid = |why| ConfigurationError::new(setting, format!("{} {key}: {why}", self.place));
        flaw.map_or(Ok(Some(value)), |why| Err(invalid(why)))
    }

    pub(crate) fn setting(&self, setting: Setting) -> Result<Option<ResolvedSetting>, ConfigurationError> {
        let key = setting.name();
        let found = self.get(key, key)?;
        Ok(found.map(|value| ResolvedSetting::at(value, format!("{} {key}", self.place))))
    }

    /// File and section.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// The key pair. Half of one is an error, since the other half can't come from another source.
    pub(crate) fn credentials(&self) -> Result<Result<Credentials, SkippedSource>, ConfigurationError> {
        let has_token = self.values.contains_key("security_token");
        let keys: &[&str] = if has_token { &KEYS } else { &KEYS[..2] };
        if let Some(why) = incomplete(keys, |key| self.values.contains_key(key)) {
            let why = format!("{}: {why}", self.place);
            return Err(ConfigurationError::of(ConfigurationProblem::Incomplete, PROFILE, why));
        }
        let get = |key| self.get(key, PROFILE).map(|value| value.cloned());
        let (Some(ak), Some(sk)) = (get("ak")?, get("sk")?) else {
            let has_login = LOGIN.iter().any(|key| self.values.contains_key(*key));
            let why =
                if has_login { "ak, sk not set; a profile can't have a login" } else { "ak, sk not set" };
            return Ok(Err(SkippedSource::new(&self.place, why)));
        };
        let keys = AkSk::new(ak.expose(), sk);
        let token = get("security_token")?;
        Ok(Ok(token.map_or(keys.clone(), |token| keys.security_token(token)).into()))
    }
}

/// Parses an INI file into sections; keys in lower case, empty values left out.
///
/// Like the official SDKs: a line that starts with `#` or `;` is a comment, and everything after the first `=` or `:` is
/// the value, including quotes, since a secret key may contain any of these.
pub(crate) fn parse(mut text: String) -> Result<Sections, String> {
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
