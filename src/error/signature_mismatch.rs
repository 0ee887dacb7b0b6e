//! Explains a rejected signature: where the service's canonical request differs from ours.
//!
//! The gateway echoes the canonical request that it computed, with `|` for line breaks. Side by side, the two show what a
//! proxy changed, or that the secret key is wrong.

use std::{borrow::Cow, fmt};

use super::body::SECRET_LINE;
use crate::spec;

/// The text before the service's canonical request.
pub(super) const MARK: &str = "canonicalRequest:";
/// Well-known bodies and their SHA-256 hashes.
const KNOWN_HASHES: [(&str, &str); 3] = [
    ("an empty body", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("the body {}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
    ("the body \"\"", "12ae32cb1ec02d01eda3581b127c1fee3b0dc53572ed6baf239721a03d82e126"),
];

/// The lines in which the two canonical requests differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// Ours and theirs.
    differences: Vec<(String, String)>,
    /// What the first of these lines is of the request: `path`, `header host`.
    changed: Option<String>,
}

/// The parts of a canonical request by name, in its order. A header has its own, so that a missing one shifts no other.
struct Parts<'a>(Vec<(String, Cow<'a, str>)>);

impl<'a> Parts<'a> {
    fn of(lines: &[&'a str]) -> Self {
        let mut parts: Vec<_> =
            ["method", "path", "query"].iter().zip(lines).map(|(name, line)| named(name, line)).collect();
        let rest = lines.get(parts.len()..).unwrap_or_default();
        let headers = rest.iter().position(|line| line.is_empty()).unwrap_or(rest.len());
        let name = |line: &str| line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        parts.extend(rest[..headers].iter().map(|line| named(&format!("header {}", name(line)), line)));
        if let [_, names, body @ ..] = &rest[headers..] {
            parts.push(named("list of headers", names));
            if !body.is_empty() {
                parts.push(("body".to_owned(), body.join("|").into()));
            }
        }
        Self(parts)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, line)| line.trim_end())
    }
}

fn named<'a>(name: &str, line: &'a str) -> (String, Cow<'a, str>) {
    (name.to_owned(), line.into())
}

/// The names of the parts of two requests: those of the first in its order, each of the others after the one before it.
fn names_of_both(ours: &Parts<'_>, theirs: &Parts<'_>) -> Vec<String> {
    let mut names: Vec<String> = ours.0.iter().map(|(name, _)| name.clone()).collect();
    let mut after = 0;
    for (name, _) in &theirs.0 {
        match names.iter().position(|known| known == name) {
            Some(i) => after = i + 1,
            None => {
                names.insert(after, name.clone());
                after += 1;
            }
        }
    }
    names
}

impl Mismatch {
    /// Compares our canonical request with the one in a message of the service, if it has one.
    pub(crate) fn of(ours: &str, message: &str) -> Option<Self> {
        let echoed = spec::GATEWAY_MESSAGE_VARIANTS.iter().any(|variant| variant.message.contains(MARK));
        let (_, theirs) = message.split_once(MARK).filter(|_| echoed)?;
        let (ours, theirs): (Vec<_>, Vec<_>) =
            (ours.split('\n').collect(), theirs.trim().split('|').collect());
        let (ours, theirs) = (Parts::of(&ours), Parts::of(&theirs));
        let mut differing = names_of_both(&ours, &theirs);
        differing.retain(|name| ours.get(name) != theirs.get(name));
        let line = |parts: &Parts<'_>, name| parts.get(name).map_or_else(|| "(missing)".to_owned(), shown);
        let differences = differing.iter().map(|name| (line(&ours, name), line(&theirs, name))).collect();
        Some(Self { differences, changed: differing.into_iter().next() })
    }

    /// What to do about it.
    pub(super) fn remedy(&self) -> String {
        match &self.changed {
            None => "The secret key doesn't belong to this access key: set the right one.".to_owned(),
            Some(changed) => format!(
                "Something on the way to the service, such as a proxy or a gateway, changes the {changed}: let it pass the \
                 {changed} unchanged, or use an endpoint without it."
            ),
        }
    }
}

/// A line with secrets redacted and well-known hashes named.
fn shown(line: &str) -> String {
    if line.trim_start().starts_with(SECRET_LINE) {
        return format!("{SECRET_LINE}[redacted]");
    }
    match KNOWN_HASHES.iter().find(|(_, hash)| *hash == line.trim()) {
        Some((what, _)) => format!("{line} ({what})"),
        None => line.to_owned(),
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.differences.is_empty() {
            return f.write_str("  the service saw the request as it was signed: the secret key is wrong");
        }
        f.write_str("  the service saw another request than was signed:")?;
        for (ours, theirs) in &self.differences {
            write!(f, "\n    signed: {ours}\n    seen:   {theirs}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "GET\n/v2/p/groups/\n\nhost:lts.example\nx-security-token:sec-ret\n\nhost;x-security-token\n\
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn message(canonical: &str) -> String {
        let canonical = canonical.replace('\n', "|");
        format!(
            "Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:{canonical}"
        )
    }

    #[test]
    fn equal_requests_mean_a_wrong_key() {
        let mismatch = Mismatch::of(OURS, &message(OURS)).unwrap();
        assert!(mismatch.to_string().contains("the secret key is wrong"));
    }

    #[test]
    fn differing_lines_are_shown_without_secrets() {
        let theirs = OURS
            .replace("lts.example", "proxy.example:8080")
            .replace(KNOWN_HASHES[0].1, KNOWN_HASHES[1].1)
            .replace("sec-ret", "SEC-RET");
        let text = Mismatch::of(OURS, &message(&theirs)).unwrap().to_string();
        assert!(text.contains("signed: host:lts.example\n    seen:   host:proxy.example:8080"), "{text}");
        assert!(text.contains("(an empty body)") && text.contains("(the body {})"), "{text}");
        assert!(!text.to_lowercase().contains("sec-ret"), "{text}");
    }

    #[test]
    fn remedy_names_the_part_that_changed() {
        let remedy = |theirs: &str| Mismatch::of(OURS, &message(theirs)).unwrap().remedy();
        for (from, to, part) in [
            ("GET", "POST", "method"),
            ("/v2/p/groups/", "/lts/v2/p/groups/", "path"),
            ("groups/\n\n", "groups/\nq=1\n", "query"),
            ("host:lts.example", "host:proxy.example", "header host"),
            ("host;x-security-token", "host", "list of headers"),
            (KNOWN_HASHES[0].1, KNOWN_HASHES[1].1, "body"),
        ] {
            let remedy = remedy(&OURS.replace(from, to));
            assert!(remedy.contains(&format!("changes the {part}: ")), "{remedy}");
        }
        assert!(remedy(OURS).contains("The secret key doesn't belong to this access key"));
    }

    #[test]
    fn headers_are_compared_by_name() {
        let ours = "GET\n/\n\nhost:h\nx-project-id:p\nx-sdk-date:d\n\nhost;x-project-id;x-sdk-date\nbody";
        let without = ours.replace("x-project-id:p\n", "").replace("x-project-id;", "");
        let text = Mismatch::of(ours, &message(&without)).unwrap().to_string();
        assert_eq!(
            text,
            "  the service saw another request than was signed:\n    signed: x-project-id:p\n    seen:   (missing)\n    \
             signed: host;x-project-id;x-sdk-date\n    seen:   host;x-sdk-date"
        );
        let mismatch = Mismatch::of(&without, &message(ours)).unwrap();
        let text = mismatch.to_string();
        assert!(text.contains("signed: (missing)\n    seen:   x-project-id:p\n"), "{text}");
        assert!(mismatch.remedy().contains("header x-project-id: "), "{}", mismatch.remedy());
        let other = ours.replace("x-sdk-date:d", "x-sdk-date:e:f");
        let text = Mismatch::of(ours, &message(&other)).unwrap().to_string();
        assert!(text.ends_with("signed: x-sdk-date:d\n    seen:   x-sdk-date:e:f"), "{text}");
    }

    #[test]
    fn missing_lines_are_shown() {
        let text = Mismatch::of(OURS, &message("GET\n/")).unwrap().to_string();
        assert!(text.contains("seen:   (missing)"), "{text}");
        assert_eq!(Mismatch::of(OURS, "decrypt token fail"), None);
    }

    #[test]
    fn well_known_hashes_match_their_bodies() {
        use sha2::{Digest, Sha256};
        for (body, (_, hash)) in ["", "{}", "\"\""].iter().zip(KNOWN_HASHES) {
            assert_eq!(crate::auth::signing::canonical::hex(&Sha256::digest(body)), hash);
        }
    }
}
