//! The messages of failures: what failed, why, and what to do, in full.

mod service;
mod settings;

use std::process::Output;

use super::stderr;

const KEYS: [(&str, &str); 2] = [("HUAWEICLOUD_SDK_AK", "AK"), ("HUAWEICLOUD_SDK_SK", "SK")];

/// The output with what differs from run to run replaced.
fn message(output: &Output, replacements: &[(&str, &str)]) -> String {
    let mut text = stderr(output);
    for (from, to) in replacements {
        text = text.replace(from, to);
    }
    let times = regress::Regex::new(r"until \d\d:\d\d:\d\d UTC").unwrap();
    let ids = regress::Regex::new(r"request [0-9a-f]{32}").unwrap();
    let text = times.replace_all(&text, "until TIME UTC");
    ids.replace_all(&text, "request ID")
}

/// Collects the situations whose message is another one.
#[derive(Default)]
struct Differences {
    texts: Vec<String>,
    situations: usize,
}

impl Differences {
    fn compare(
        &mut self,
        line: &[&str],
        output: &Output,
        replacements: &[(&str, &str)],
        expected: (i32, &str),
    ) {
        self.situations += 1;
        let found = (output.status.code().unwrap(), message(output, replacements));
        if (found.0, found.1.trim_end()) != (expected.0, expected.1.trim()) {
            self.texts.push(format!("{line:?}: exit {}\n{}", found.0, found.1));
        }
    }

    #[track_caller]
    fn assert_none(&self, situations: usize) {
        assert!(self.texts.is_empty(), "{}", self.texts.join("\n"));
        assert_eq!(self.situations, situations);
    }
}
