//! The commands of the README, run in their order at a terminal, print what it quotes.

use std::path::Path;

use super::{lts, terminal::Terminal};
use crate::process::Process;

/// The address of the emulator in the README.
const README_ADDRESS: &str = "127.0.0.1:8086";

/// The manifest in the README.
const MANIFEST: &str = "shop.yaml";

/// The commands of the README with their output.
fn commands(readme: &str) -> Vec<(String, String)> {
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

/// The content of the manifest.
fn manifest(readme: &str) -> &str {
    let block =
        readme.split("```yaml\n").find(|block| block.starts_with(&format!("# {MANIFEST}\n"))).unwrap();
    block.split("```").next().unwrap()
}

/// A text without ids, times and terminal sequences.
fn masked(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, mask) in [
        ("\x1b\\[[0-9;]*m", ""),
        // A progress bar, which is cleared at the end.
        ("[^\\n]*\r\x1b\\[2K", ""),
        ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
        ("[0-9a-f]{32}", "<id>"),
        ("\"creation_time\": ?\\d+", "\"creation_time\":<time>"),
        ("\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z?", "<time>"),
    ] {
        text = regress::Regex::new(pattern).unwrap().replace_all(&text, mask);
    }
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn readme_commands_print_the_quoted_output() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let steps = commands(&readme);
    assert!(steps.len() > 16, "{steps:?}");
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join(MANIFEST), manifest(&readme)).unwrap();
    assert_eq!(steps[0].0, "lts emulator &");
    assert_eq!(steps[0].1, format!("lts emulator listening on http://{README_ADDRESS}\n"));
    let process = Process::start(&[]);
    let script: String = steps[1..]
        .iter()
        .map(|(command, _)| {
            let command = command.replace(
                "lts emulator --print-env",
                &format!("lts emulator --print-env --listen {README_ADDRESS}"),
            );
            let command = command.replace("kill %1", "true").replace(README_ADDRESS, &process.address);
            format!("{command}\ncode=$?; printf '\\036'; (exit $code)\n")
        })
        .collect();
    let binaries = Path::new(env!("CARGO_BIN_EXE_lts")).parent().unwrap();
    // With the environment of the other tests.
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
    let printed = printed.replace(&process.address, README_ADDRESS);
    let printed: Vec<&str> = printed.split('\x1e').collect();
    for ((command, quoted), printed) in steps[1..].iter().zip(printed) {
        assert_eq!(masked(printed), masked(quoted), "$ {command}");
    }
}
