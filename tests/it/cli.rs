//! The command line: output, streams, exit codes.

mod api;
mod auth;
mod completions;
mod config;
mod connection;
mod demo;
mod duplicate_names;
mod emulator;
#[cfg(unix)]
mod escaping;
mod exit_codes;
mod explain;
mod group;
mod help;
mod log_put;
mod log_search;
mod man;
#[cfg(target_os = "linux")]
mod memory;
mod messages;
mod options;
mod output;
#[cfg(unix)]
mod reference;
mod sign;
mod spec;
mod stream;
#[cfg(unix)]
mod terminal;
mod tours;
mod transfer;
mod verbosity;

use std::process::{Command, Output, Stdio};

use huaweicloud_lts::Emulator;
use serde_json::Value;

use crate::process::{UNREACHABLE, lts, stderr, stdout};

fn run(arguments: &[&str]) -> Output {
    lts(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Asserts an exit code, an empty standard output, and a text on standard error.
#[track_caller]
fn failed(output: &Output, code: i32, message: &str) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert_eq!(stdout(output), "", "{text}");
    assert!(text.contains(message), "{message:?} is missing in:\n{text}");
}

#[track_caller]
fn fails(arguments: &[&str], code: i32, message: &str) {
    failed(&run(arguments), code, message);
}

/// The command line and an emulator for one test.
struct Cli {
    emulator: Emulator,
}

impl Cli {
    fn start() -> Self {
        Self { emulator: Emulator::start().unwrap() }
    }

    /// A command with the environment that `--print-env` prints.
    fn lts(&self, arguments: &[&str]) -> Command {
        let emulator = &self.emulator;
        let mut command = lts(arguments);
        command
            .stdin(Stdio::null())
            .env("HUAWEICLOUD_SDK_AK", emulator.access_key())
            .env("HUAWEICLOUD_SDK_SK", emulator.secret_key())
            .env("HUAWEICLOUD_SDK_PROJECT_ID", emulator.project_id())
            .env("HUAWEICLOUD_LTS_ENDPOINT", emulator.url())
            .env("HUAWEICLOUD_SDK_IAM_ENDPOINT", emulator.url())
            .env("HUAWEICLOUD_LTS_REGION", "cn-north-4");
        command
    }

    /// The same with a login instead of an access key.
    fn by_login(&self, arguments: &[&str]) -> Command {
        let emulator = &self.emulator;
        let mut command = self.lts(arguments);
        command
            .env_remove("HUAWEICLOUD_SDK_AK")
            .env_remove("HUAWEICLOUD_SDK_SK")
            .env("HUAWEICLOUD_LTS_USERNAME", emulator.user())
            .env("HUAWEICLOUD_LTS_PASSWORD", emulator.password())
            .env("HUAWEICLOUD_LTS_DOMAIN_NAME", emulator.domain());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.lts(arguments).output().unwrap()
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str], code: i32, message: &str) {
        failed(&self.run(arguments), code, message);
    }

    /// The standard output of a command that succeeds and writes nothing to standard error.
    #[track_caller]
    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{arguments:?}");
        stdout(&output)
    }

    /// Asserts that a command deletes these, and says so.
    #[track_caller]
    fn deletes(&self, arguments: &[&str], deleted: &[&str]) {
        let output = self.run(&[arguments, &["--yes"]].concat());
        let lines: String = deleted.iter().map(|what| format!("deleted {what}\n")).collect();
        assert_eq!(
            (output.status.code(), stdout(&output), stderr(&output)),
            (Some(0), String::new(), lines),
            "{arguments:?}"
        );
    }

    /// The output as JSON.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.prints(&[arguments, &["-o", "json"]].concat())).unwrap()
    }

    /// The id that a command prints with `-q`.
    #[track_caller]
    fn id(&self, arguments: &[&str]) -> String {
        self.prints(&[arguments, &["-q"]].concat()).trim_end().to_owned()
    }

    /// The operation of each request so far.
    fn requests(&self) -> Vec<String> {
        let operation = |entry: huaweicloud_lts::emulator::JournalEntry| {
            entry.operation.map_or("unknown", |operation| operation.id()).to_owned()
        };
        self.emulator.requests().into_iter().map(operation).collect()
    }
}
