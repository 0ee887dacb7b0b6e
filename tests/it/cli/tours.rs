//! The commands of a page, run in their order at a terminal, print what it quotes.

use std::path::Path;

use super::{lts, terminal::Terminal};
use crate::process::Process;

/// The address of the emulator in the pages.
const ADDRESS: &str = "127.0.0.1:8086";

/// The manifest in the README.
const MANIFEST: &str = "shop.yaml";

/// The last line of the output of a command that is interrupted.
const INTERRUPT: &str = "^C\n";

/// How the line begins that a command that is interrupted prints to standard error.
const NOTE: &str = "Following ";

/// The commands of a page with their output.
fn commands(page: &str) -> Vec<(String, String)> {
    let mut steps: Vec<(String, String)> = Vec::new();
    for block in page.split("```console\n").skip(1) {
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
        ("\"line_num\":\"\\d{19}\"", "\"line_num\":\"<number>\""),
        ("\"creation_time\": ?\\d+", "\"creation_time\":<time>"),
        ("\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z?", "<time>"),
    ] {
        text = regress::Regex::new(pattern).unwrap().replace_all(&text, mask);
    }
    // The number of steps without a line depends on the time of day.
    let lines = text.lines().map(str::trim_end).filter(|line| *line != "<time>  0");
    lines.map(|line| format!("{line}\n")).collect()
}

/// The lines in alphabetical order, since several streams are searched at the same time.
fn sorted(text: &str) -> String {
    let mut lines: Vec<_> = text.split_inclusive('\n').collect();
    lines.sort_unstable();
    lines.concat()
}

/// The shell's text for a command: with the address of the emulator, and interrupted after the quoted lines if they end so.
fn shell_text(command: &str, quoted: &str, address: &str) -> String {
    let print_env = "lts emulator --print-env";
    let command = command.replace(print_env, &format!("{print_env} --listen {address}"));
    let command = command.replace("kill %1", "true");
    match quoted.strip_suffix(INTERRUPT) {
        Some(quoted) => format!(
            "mkfifo lines; {command} > lines & head -n {} < lines; kill -INT $!; wait $!; rm lines; echo '^C'",
            quoted.lines().filter(|line| !line.starts_with(NOTE)).count()
        ),
        None => command,
    }
}

/// Runs the commands of a page in a folder, and compares what they print.
fn take_tour(page: &str, folder: &Path) {
    let steps = commands(page);
    assert!(steps.len() > 10, "{steps:?}");
    assert_eq!(steps[0].0, "lts emulator &");
    assert_eq!(steps[0].1, format!("lts emulator listening on http://{ADDRESS}\n"));
    let process = Process::start(&[]);
    let script: String = steps[1..]
        .iter()
        .map(|(command, quoted)| {
            let command = shell_text(command, quoted, &process.address);
            format!("{command}\ncode=$?; printf '\\036'; (exit $code)\n")
        })
        .collect();
    let binaries = Path::new(env!("CARGO_BIN_EXE_lts")).parent().unwrap();
    // With the environment of the other tests.
    let clean = lts(&[]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(folder);
    for (name, value) in clean.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let path = std::env::var("PATH").unwrap();
    shell.env("PATH", format!("{}:{path}", binaries.display()));
    let (printed, _) = Terminal::start(80, shell).end();
    let printed = printed.replace(&process.address, ADDRESS);
    let printed: Vec<&str> = printed.split('\x1e').collect();
    for ((command, quoted), printed) in steps[1..].iter().zip(printed) {
        let (printed, quoted) = (masked(printed), masked(quoted));
        if quoted.ends_with(INTERRUPT) {
            assert_eq!(sorted(&printed), sorted(&quoted), "$ {command}");
        } else {
            assert_eq!(printed, quoted, "$ {command}");
        }
    }
}

#[test]
fn readme_commands_print_the_quoted_output() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join(MANIFEST), manifest(&readme)).unwrap();
    take_tour(&readme, here.path());
}

#[test]
fn commands_of_the_page_about_logs_print_the_quoted_output() {
    let page = std::fs::read_to_string("docs/logs.md").unwrap();
    let here = tempfile::tempdir().unwrap();
    take_tour(&page, here.path());
}
