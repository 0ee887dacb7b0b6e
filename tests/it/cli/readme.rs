//! The README's tour: every command of it, typed from top to bottom at a terminal, prints what it says.

use std::path::Path;

use super::{lts, terminal::Terminal};
use crate::process::Process;

/// Where the emulator of the tour listens.
const TOURS: &str = "127.0.0.1:8086";

/// The file that the tour applies.
const MANIFEST: &str = "shop.yaml";

/// The commands of the README, each with what it prints.
fn tour(readme: &str) -> Vec<(String, String)> {
    let mut steps: Vec<(String, String)> = Vec::new();
    for block in readme.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(command) => steps.push((command.to_owned(), String::new())),
                None => steps.last_mut().unwrap().1 += &format!("{line}\n"),
            }
        }
    }
    steps
}

/// What the file holds.
fn manifest(readme: &str) -> &str {
    let block =
        readme.split("```yaml\n").find(|block| block.starts_with(&format!("# {MANIFEST}\n"))).unwrap();
    block.split("```").next().unwrap()
}

/// A text without what is another one each time: ids, times, and how it looks.
fn masked(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, mask) in [
        ("\x1b\\[[0-9;]*m", ""),
        // A progress bar, which is gone in the end.
        ("[^\\n]*\r\x1b\\[2K", ""),
        ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
        ("[0-9a-f]{32}", "<id>"),
        ("\"creation_time\":\\d+", "\"creation_time\":<time>"),
        ("\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z?", "<time>"),
    ] {
        text = regress::Regex::new(pattern).unwrap().replace_all(&text, mask);
    }
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_tour_prints_what_it_says() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let steps = tour(&readme);
    assert!(steps.len() > 16, "{steps:?}");
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join(MANIFEST), manifest(&readme)).unwrap();
    assert_eq!(steps[0].0, "lts emulator &");
    assert_eq!(steps[0].1, format!("lts emulator listening on http://{TOURS}\n"));
    let process = Process::start(&[]);
    let script: String = steps[1..]
        .iter()
        .map(|(command, _)| {
            let command = command
                .replace("lts emulator --print-env", &format!("lts emulator --print-env --listen {TOURS}"));
            let command = command.replace("kill %1", "true").replace(TOURS, &process.address);
            format!("{command}\ncode=$?; printf '\\036'; (exit $code)\n")
        })
        .collect();
    let binaries = Path::new(env!("CARGO_BIN_EXE_lts")).parent().unwrap();
    // The environment is that of the other tests.
    let clean = lts(&[]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(here.path());
    for (name, value) in clean.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let path = std::env::var("PATH").unwrap();
    shell.env("PATH", format!("{}:{path}", binaries.display()));
    let (printed, _) = Terminal::start(80, shell).end();
    let printed = printed.replace(&process.address, TOURS);
    let printed: Vec<&str> = printed.split('\x1e').collect();
    for ((command, says), printed) in steps[1..].iter().zip(printed) {
        assert_eq!(masked(printed), masked(says), "$ {command}");
    }
}
