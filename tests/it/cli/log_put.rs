//! `lts log put`.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use huaweicloud_lts::{emulator::Fault, spec::Operation};
use serde_json::{Value, json};

use super::{Cli, stderr, stdout};
use crate::emulator::wire::Request;

/// An emulator with a stream, and a folder for files.
struct Put {
    cli: Cli,
    folder: tempfile::TempDir,
}

impl Put {
    fn start() -> Self {
        let cli = Cli::start();
        cli.id(&["group", "create", "app"]);
        cli.id(&["stream", "create", "app", "nginx"]);
        Self { cli, folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How many lines and bytes the stream has.
    fn counts(&self) -> (u64, u64) {
        let state = Request::new("GET", "/_emulator/state").send(&self.cli.emulator).json();
        let stream = &state["groups"][0]["streams"][0];
        (stream["lines"].as_u64().unwrap(), stream["bytes"].as_u64().unwrap())
    }

    /// Waits until the stream has this many lines.
    #[track_caller]
    fn wait_for(&self, lines: u64) {
        let started = Instant::now();
        while self.counts().0 < lines {
            assert!(started.elapsed() < Duration::from_secs(30), "{:?}, not {lines} lines", self.counts());
            thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(self.counts().0, lines);
    }

    /// Follows a file until it is killed.
    fn follow(&self, file: &Path) -> Following {
        let file = file.to_str().unwrap();
        let mut command = self.cli.lts(&["log", "put", "app", "nginx", "-f", file, "--follow"]);
        Following(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }
}

/// A process that is killed in the end.
struct Following(Child);

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn with_input(mut command: Command, input: &[u8]) -> std::process::Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn only_the_error_is_printed_for_a_file_that_cannot_be_opened() {
    let put = Put::start();
    put.cli.fails(&["log", "put", "app", "nginx", "-f", "/none"], 2, "/none: ");
    let output = put.cli.lts(&["log", "put", "app", "nginx", "-f", "/none"]).output().unwrap();
    assert!(!stderr(&output).contains("wrote"), "{}", stderr(&output));
    // What was written before the failure is told.
    let too_late = Fault::new().operation(Operation::PutLogBatches).code("LTS.0010");
    let passes = Fault::new().operation(Operation::PutLogBatches).delay(Duration::ZERO);
    put.cli.emulator.fault(passes).unwrap();
    put.cli.emulator.fault(too_late.times(0)).unwrap();
    fs::write(put.path("a.log"), "a line\n".repeat(5_000)).unwrap();
    let file = put.path("a.log").display().to_string();
    let arguments = ["log", "put", "app", "nginx", "-f", &file, "--max-attempts", "1"];
    let output = put.cli.lts(&arguments).output().unwrap();
    assert!(stderr(&output).starts_with("wrote 4096 lines to log stream \"nginx\"\n"), "{}", stderr(&output));
}

#[test]
fn messages_files_and_standard_input_are_written() {
    let put = Put::start();
    let messages = put.cli.run(&["log", "put", "app", "nginx", "-m", "a", "-m", "-b", "--label", "x=y"]);
    assert_eq!(stderr(&messages), "wrote 2 lines to log stream \"nginx\"\n");
    assert_eq!((messages.status.code(), stdout(&messages), put.counts()), (Some(0), String::new(), (2, 3)));

    fs::write(put.path("one"), "1\r\n\n2").unwrap();
    fs::write(put.path("two"), "3\n").unwrap();
    let (one, two) = (put.path("one"), put.path("two"));
    let files = ["log", "put", "app", "nginx", "-f", one.to_str().unwrap(), "-f", two.to_str().unwrap()];
    let written = put.cli.lts(&[&files[..], &["-o", "json"]].concat()).output().unwrap();
    let written: Value = serde_json::from_str(&stdout(&written)).unwrap();
    assert_eq!(written, json!({"lines": 4, "bytes": 3}));
    assert_eq!(put.counts(), (6, 6));

    for arguments in [&["log", "put", "app", "nginx"][..], &["log", "put", "app", "nginx", "-f", "-"]] {
        let output = with_input(put.cli.lts(arguments), b"c\nd\xff\n");
        assert!(stderr(&output).starts_with("wrote 2 lines"), "{}", stderr(&output));
        assert!(stderr(&output).contains("1 line had bytes that are not UTF-8"), "{}", stderr(&output));
    }
    assert_eq!(put.counts().0, 10);
    let quiet = with_input(put.cli.lts(&["log", "put", "app", "nginx", "-q"]), b"e\n");
    assert_eq!((quiet.status.code(), stderr(&quiet)), (Some(0), String::new()));
    // A login's token takes another operation.
    let by_token = put.cli.by_login(&["log", "put", "app", "nginx", "-m", "f"]).output().unwrap();
    assert_eq!(by_token.status.code(), Some(0), "{}", stderr(&by_token));
    assert_eq!(put.counts().0, 12);
}

#[test]
fn large_files_are_written_in_batches() {
    let put = Put::start();
    let text: String = (0..10_000).map(|i| format!("line {i}\n")).collect();
    let output = with_input(put.cli.lts(&["log", "put", "app", "nginx"]), text.as_bytes());
    assert_eq!(stderr(&output), "wrote 10000 lines to log stream \"nginx\"\n");
    assert_eq!(put.counts(), (10_000, text.len() as u64 - 10_000));
    let batches = put.cli.requests().iter().filter(|id| *id == Operation::PutLogBatches.id()).count();
    assert_eq!(batches, 3, "10,000 lines in batches of 4,096");
}

#[test]
fn failure_says_from_which_line_on_nothing_is_certain() {
    let put = Put::start();
    let text: String = (0..5_000).map(|i| format!("line {i}\n")).collect();
    let operation = Operation::PutLogBatches;
    put.cli.emulator.fault(Fault::new().operation(operation).delay(Duration::ZERO)).unwrap();
    put.cli.emulator.fault(Fault::new().operation(operation).status(400)).unwrap();
    let output = with_input(put.cli.lts(&["log", "put", "app", "nginx"]), text.as_bytes());
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert!(stderr(&output).contains("from line 4097 on nothing is certain"), "{}", stderr(&output));
    assert!(stderr(&output).contains("wrote 4096 lines"), "{}", stderr(&output));

    // A failure that may pass is not the end, and a lost response may double a batch.
    put.cli.emulator.fault(Fault::new().operation(operation).status(503)).unwrap();
    put.cli.emulator.fault(Fault::new().operation(operation).drop_after()).unwrap();
    let output = put.cli.run(&["log", "put", "app", "nginx", "-m", "a"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(put.counts().0, 4_096 + 2);
}

#[test]
fn usage_is_checked_before_anything_is_written() {
    let put = Put::start();
    let put_app = ["log", "put", "app", "nginx"];
    for (arguments, code, message) in [
        (&["--follow"][..], 2, "--follow needs one file"),
        (&["--follow", "-f", "-"], 2, "--follow needs one file"),
        (&["--follow", "-f", "a", "-m", "b"], 2, "--follow needs one file"),
        (&["-m", "a", "--label", "app"], 2, "expected NAME=VALUE"),
        (&["-m", "a", "--offset-file", "b"], 2, "--follow"),
        (&["-m", "a", "-f", "/nonexistent/file"], 2, "/nonexistent/file"),
        (&["-f", "/nonexistent/file", "--follow"], 2, "/nonexistent/file"),
    ] {
        put.cli.fails(&[&put_app[..], arguments].concat(), code, message);
    }
    put.cli.fails(&["log", "put", "app", "nginz", "-m", "a"], 4, "did you mean \"nginx\"?");
    put.cli.fails(&["log", "put", "ap", "nginx", "-m", "a"], 4, "did you mean \"app\"?");
    assert_eq!(put.counts().0, 0);
}

#[test]
fn followed_file_is_read_through_renaming_and_truncation() {
    let put = Put::start();
    let file = put.path("access.log");
    append(&file, "1\n2\n");
    let _following = put.follow(&file);
    put.wait_for(2);
    append(&file, "3\nunfinished");
    put.wait_for(3);
    append(&file, " line\n");
    put.wait_for(4);
    assert_eq!(put.counts().1, 3 + "unfinished line".len() as u64);

    // Lines that its writer adds after the renaming, before it opens the new file, are not lost.
    fs::rename(&file, put.path("access.log.1")).unwrap();
    append(&put.path("access.log.1"), "5\nwithout an end");
    append(&file, "7\n");
    put.wait_for(7);
    File::create(&file).unwrap();
    append(&file, "8\n");
    put.wait_for(8);
    // As long as before, with another beginning.
    fs::write(&file, "9\n10\n").unwrap();
    put.wait_for(10);
}

#[test]
fn nothing_is_lost_when_the_follower_is_killed() {
    let put = Put::start();
    let file = put.path("access.log");
    append(&file, "1\n");
    drop({
        let following = put.follow(&file);
        put.wait_for(1);
        let place = put.path("access.log.lts-offset");
        let started = Instant::now();
        while !place.exists() {
            assert!(started.elapsed() < Duration::from_secs(30));
            thread::sleep(Duration::from_millis(10));
        }
        let place: Value = serde_json::from_str(&fs::read_to_string(place).unwrap()).unwrap();
        assert_eq!((&place["version"], &place["offset"]), (&json!(1), &json!(2)));
        assert!(place["head"].as_str().unwrap().len() == 64 && place["inode"].as_u64().unwrap() > 0);
        following
    });
    // Renamed while no process follows: the rest of the old file comes first.
    append(&file, "2\n");
    fs::rename(&file, put.path("access.log.1")).unwrap();
    append(&file, "3\n4\n");
    let following = put.follow(&file);
    put.wait_for(4);
    drop(following);

    put.cli.id(&["stream", "create", "app", "other"]);
    let path = file.to_str().unwrap();
    let other = ["log", "put", "app", "other", "-f", path, "--follow"];
    put.cli.fails(&other, 2, "pass another --offset-file");
    fs::write(put.path("access.log.lts-offset"), "not JSON").unwrap();
    put.cli.fails(&["log", "put", "app", "nginx", "-f", path, "--follow"], 2, "is no offset file");
    let nowhere = ["--offset-file", "/nonexistent/place"];
    put.cli.fails(&[&other[..], &nowhere].concat(), 2, "/nonexistent/place");
}

#[cfg(unix)]
#[test]
fn lines_that_were_read_are_written_after_an_interrupt() {
    use rustix::process::{Pid, Signal, kill_process};

    let put = Put::start();
    let mut command = put.cli.lts(&["log", "put", "app", "nginx"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // Fewer than a batch, and more than a pipe holds: some were read when this returns.
    input.write_all(format!("{:99}\n", "a line").repeat(4_000).as_bytes()).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = put.counts().0;
    let text = format!(
        "interrupted: writing the lines that were read; interrupt again to exit at once\n\
         wrote {lines} lines to log stream \"nginx\"\nerror: interrupted\n"
    );
    assert!((1..=4_000).contains(&lines), "{lines}");
    assert_eq!((output.status.code(), stderr(&output)), (Some(130), text));
}

#[cfg(unix)]
#[test]
fn interrupted_follower_exits_with_success() {
    use rustix::process::{Pid, Signal, kill_process};

    let put = Put::start();
    let file = put.path("access.log");
    append(&file, "1\n");
    let mut following = put.follow(&file);
    put.wait_for(1);
    kill_process(Pid::from_child(&following.0), Signal::INT).unwrap();
    assert_eq!(following.0.wait().unwrap().code(), Some(0));
}
