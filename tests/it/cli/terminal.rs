//! Output and prompts at a pseudo terminal.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::fd::AsFd,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use huaweicloud_lts::{emulator::Fault, spec::Operation};
use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

use serde_json::{Value, json};

use super::{Cli, stdout};

/// A program that runs at a terminal.
pub(super) struct Terminal {
    /// The controlling side: the keyboard and the screen.
    controller: File,
    child: Child,
    screen: String,
}

impl Terminal {
    pub(super) fn start(columns: u16, mut command: Command) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let path = PathBuf::from(name.to_str().unwrap());
        let terminal = OpenOptions::new().read(true).write(true).open(path).unwrap();
        let size = Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(terminal.as_fd(), size).unwrap();
        let stdio = || Stdio::from(terminal.try_clone().unwrap());
        let child =
            command.stdin(stdio()).stdout(stdio()).stderr(stdio()).env("TERM", "xterm").spawn().unwrap();
        Self { controller: controller.into(), child, screen: String::new() }
    }

    /// Waits until a text is on the screen.
    pub(super) fn wait_for(&mut self, text: &str) {
        while !self.screen.contains(text) {
            assert!(self.read(), "{text:?} is missing in:\n{}", self.screen);
        }
    }

    /// Reads more of the output. Returns whether there was any.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        // Reading fails when the program has closed its terminal.
        let read = self.controller.read(&mut bytes).unwrap_or(0);
        self.screen += &String::from_utf8_lossy(&bytes[..read]);
        read > 0
    }

    pub(super) fn press(&mut self, keys: &str) {
        self.controller.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end. Returns the whole output and the exit code.
    pub(super) fn end(mut self) -> (String, i32) {
        let code = self.child.wait().unwrap().code().unwrap();
        while self.read() {}
        (self.screen.replace("\r\n", "\n"), code)
    }
}

/// The output of a successful command at a terminal with this many columns.
fn at_terminal(columns: u16, command: Command) -> String {
    let (text, code) = Terminal::start(columns, command).end();
    assert_eq!(code, 0, "{text}");
    text
}

#[test]
fn delete_asks_for_confirmation() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.id(&["stream", "create", "app", "nginx"]);
    for (keys, code) in [("n\n", 130), ("\n", 130), ("\x04", 130), ("y\n", 0)] {
        let mut terminal = Terminal::start(80, cli.lts(&["stream", "delete", "app", "nginx"]));
        terminal.wait_for("Delete log stream \"nginx\" of group \"app\" with all logs? [y/N] ");
        terminal.press(keys);
        let (text, ended) = terminal.end();
        assert_eq!(ended, code, "{keys:?}: {text}");
        assert_eq!(text.contains("declined"), code == 130, "{text}");
    }
    assert_eq!(cli.json(&["stream", "list", "app"]), serde_json::json!([]));
    let (text, code) = Terminal::start(80, cli.lts(&["group", "delete", "app", "--yes"])).end();
    assert_eq!((text.as_str(), code), ("deleted log group \"app\"\n", 0));
}

#[test]
fn one_question_names_all_that_is_deleted() {
    let cli = Cli::start();
    cli.prints(&["group", "create", "app", "web", "api"]);
    cli.id(&["stream", "create", "api", "nginx"]);
    let api = cli.id(&["group", "get", "api"]);
    let mut terminal = Terminal::start(80, cli.lts(&["group", "delete", "app", "none", &api]));
    terminal.wait_for("Delete log groups \"app\", \"api\" with log stream \"nginx\" and all logs? [y/N] ");
    assert!(terminal.screen.contains("there is no log group \"none\""), "{}", terminal.screen);
    terminal.press("y\n");
    let (text, code) = terminal.end();
    assert_eq!((code, text.matches("[y/N]").count()), (4, 1), "{text}");
    assert_eq!(cli.prints(&["group", "list", "--columns", "name"]), "NAME\nweb\n");
}

#[test]
fn interrupt_prints_what_was_created() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.prints(&["stream", "create", "app", "nginx", "worker"]);
    let slow = Fault::new().operation(Operation::CreateTransfer).delay(Duration::from_secs(60));
    let passes = Fault::new().operation(Operation::CreateTransfer).delay(Duration::ZERO);
    cli.emulator.fault(passes).unwrap();
    cli.emulator.fault(slow).unwrap();
    let create = ["transfer", "create", "app", "nginx", "worker", "--bucket", "lts-test", "--every", "5min"];
    let mut terminal = Terminal::start(80, cli.lts(&[&create[..], &["-vv"]].concat()));
    while terminal.screen.matches("POST").count() < 2 {
        assert!(terminal.read(), "{}", terminal.screen);
    }
    let id = terminal.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let (text, code) = terminal.end();
    let transfers = cli.id(&["transfer", "list"]);
    assert!(text.contains(transfers.lines().next().unwrap()), "{text}");
    assert_eq!(code, 130, "{text}");
}

#[test]
fn interrupt_at_a_prompt_exits_with_130_and_deletes_nothing() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let mut terminal = Terminal::start(80, cli.lts(&["group", "delete", "app"]));
    terminal.wait_for("[y/N] ");
    let id = terminal.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let (text, code) = terminal.end();
    assert_eq!(code, 130, "{text}");
    assert_eq!(cli.json(&["group", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn names_stay_whole_where_a_table_fits_the_terminal() {
    let cli = Cli::start();
    let name = "a-very-long-name-of-a-log-group-that-a-user-really-wanted";
    let id = cli.id(&["group", "create", name]);
    for columns in [80, 100, 160] {
        let text = at_terminal(columns, cli.lts(&["group", "list"]));
        assert!(text.contains("NAME") && text.contains(name), "{text}");
        let plain = text.replace("\x1b[1m", "").replace("\x1b[0m", "");
        assert!(plain.lines().all(|line| line.chars().count() <= columns.into()), "{plain}");
    }
    let text = at_terminal(40, cli.lts(&["group", "list"]));
    assert!(text.contains(&format!("NAME     {name}\nID       {id}\nTTL      7 days\n")), "{text}");
}

#[test]
fn times_and_ids_give_way_and_names_stay_whole() {
    let cli = Cli::start();
    let mut previous = String::new();
    for (name, shows) in [
        ("app", "<id>  7 days  <date> <time>"),
        ("payments-eu", "<id>  7 days  <date>"),
        ("payments-production-eu-west", "7 days  <date> <time>"),
        ("payments-production-eu-west-of-the-largest-cust", "7 days  <date>"),
        ("payments-production-eu-west-of-the-largest-customer-of-all-xyz", "7 days"),
    ] {
        if !previous.is_empty() {
            cli.deletes(&["group", "delete", &previous], &[&format!("log group {previous:?}")]);
        }
        previous = name.to_owned();
        let id = cli.id(&["group", "create", name]);
        let text = at_terminal(80, cli.lts(&["group", "list"]));
        let plain = text.replace("\x1b[1m", "").replace("\x1b[0m", "");
        assert!(plain.lines().all(|line| line.chars().count() <= 80), "{plain}");
        let mut row = plain.lines().nth(1).unwrap().replace(&id, "<id>");
        for (pattern, mask) in [("\\d{4}-\\d\\d-\\d\\d", "<date>"), ("\\d\\d:\\d\\d:\\d\\d", "<time>")] {
            row = regress::Regex::new(pattern).unwrap().replace_all(&row, mask);
        }
        assert_eq!(row, format!("{name:<4}  {shows}"), "{plain}");
    }
    let chosen = at_terminal(80, cli.lts(&["group", "list", "--columns", "name,id"]));
    assert!(chosen.starts_with(&format!("NAME  {previous}\nID    ")), "{chosen}");
}

#[test]
fn tags_are_wrapped_and_names_stay_whole() {
    let cli = Cli::start();
    let name = "payments-production-eu-west-of-the-largest-customer";
    let tags = ["--tag", "team=payments", "--tag", "stage=production", "--tag", "owner=eu-west"];
    cli.id(&[&["group", "create", name][..], &tags].concat());
    cli.id(&[&["stream", "create", name, "nginx", "--ttl", "inherit"][..], &tags].concat());
    for (line, header) in
        [(&["group", "list"][..], "NAME"), (&["stream", "list", name], "NAME"), (&["stream", "list"], "NAME")]
    {
        let text = at_terminal(80, cli.lts(line)).replace("\x1b[1m", "").replace("\x1b[0m", "");
        assert!(text.starts_with(header) && text.contains("TAGS"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let name = if line[0] == "group" { name } else { "nginx" };
        assert!(text.contains(&format!("{name} ")) || text.contains(&format!("NAME     {name}\n")), "{text}");
        assert!(!text.contains("_sys_"), "{text}");
        for tag in ["team=payments", "stage=production", "owner=eu-west"] {
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            assert!(text.contains(tag) || letters(&text).contains(&letters(tag)), "{tag}: {text}");
        }
    }
}

#[test]
fn headers_are_not_wrapped() {
    let cli = Cli::start();
    let tags = ["--tag", "a=b", "--tag", "stage=production"];
    cli.id(&[&["group", "create", "app"][..], &tags].concat());
    cli.id(&[&["stream", "create", "app", "nginx"][..], &tags].concat());
    cli.id(&["transfer", "create", "app", "nginx", "--bucket", "lts-test", "--every", "5min"]);
    for width in (70..=110).chain([160]) {
        for (list, header) in [("group", "TAGS"), ("stream", "TAGS"), ("transfer", "STREAMS")] {
            let text = at_terminal(width, cli.lts(&[list, "list"]));
            let mut lines = text.lines().map(|line| line.replace("\x1b[1m", "").replace("\x1b[0m", ""));
            let words = |line: &str| line.split_whitespace().any(|word| word == header);
            assert!(lines.any(|line| words(&line)), "{width}: {text}");
        }
    }
}

#[test]
fn type_of_a_transfer_to_another_service_is_shown() {
    let cli = Cli::start();
    let transfer = |id: &str, info: Value| {
        json!({
            "log_transfer_id": format!("{id}2f1553a-5d5b-4456-833a-0ff0b460365c"), "log_group_id": "g",
            "log_group_name": "app", "log_streams": [{"log_stream_id": "s", "log_stream_name": "nginx"}],
            "log_transfer_info": info,
        })
    };
    let obs = json!({"log_transfer_type": "OBS", "log_transfer_status": "ENABLE",
        "log_transfer_detail": {"obs_bucket_name": "b"}});
    let dis = json!({"log_transfer_type": "DIS", "log_transfer_status": "ENABLE", "log_transfer_detail": {}});
    for (list, is_shown) in [
        (json!([transfer("1", obs.clone())]), false),
        (json!([transfer("1", obs), transfer("2", dis)]), true),
    ] {
        let fault = Fault::new().operation(Operation::ListTransfers).status(200);
        cli.emulator.fault(fault.body(json!({ "log_transfers": list }).to_string())).unwrap();
        let text = at_terminal(80, cli.lts(&["transfer", "list"]));
        assert_eq!(text.contains("DIS"), is_shown, "{text}");
        assert_eq!(text.contains("TYPE"), is_shown, "{text}");
    }
}

#[test]
fn ids_of_transfers_stay_whole() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.prints(&["stream", "create", "app", "nginx", "a-stream-with-a-long-name-that-takes-a-lot-of-room"]);
    let create = ["--bucket", "lts-test", "--every", "5min", "-q"];
    let id = cli.id(&[&["transfer", "create", "app", "nginx"][..], &create[..4]].concat());
    let at_80 =
        || at_terminal(80, cli.lts(&["transfer", "list"])).replace("\x1b[1m", "").replace("\x1b[0m", "");
    let text = at_80();
    assert!(text.contains(&format!("\n{id}  app    nginx    lts-test  5min   ENABLE")), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let group = "a-group-with-a-long-name-that-takes-a-lot-of-room";
    cli.id(&["group", "create", group]);
    cli.id(&["stream", "create", group, "nginx"]);
    let other = cli.id(&[&["transfer", "create", group, "nginx"][..], &create[..4]].concat());
    let text = at_80();
    assert!(
        text.contains(&format!("ID       {other}\nGROUP    {group}\nSTREAMS  nginx\nTYPE     OBS\n")),
        "{text}"
    );
}

#[test]
fn questions_say_what_is_lost() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.prints(&["stream", "create", "app", "a", "b", "c", "d", "e", "nginx"]);
    let id = cli.id(&["transfer", "create", "app", "nginx", "--bucket", "lts-test", "--every", "5min"]);
    let route = "of log stream \"nginx\" in group \"app\" to bucket \"lts-test\"";
    let note =
        format!("note: transfer {id} {route} is in the way; delete it first: lts transfer delete {id}\n");
    for (line, note, question) in [
        (
            &["group", "delete", "app"][..],
            note.as_str(),
            "Delete log group \"app\" with 6 log streams and all logs?",
        ),
        (
            &["stream", "delete", "app", "nginx"],
            &note,
            "Delete log stream \"nginx\" of group \"app\" with all logs?",
        ),
        (&["stream", "delete", "app", "a"], "", "Delete log stream \"a\" of group \"app\" with all logs?"),
        (&["transfer", "delete", &id], "", &format!("Delete the transfer {route}?")),
    ] {
        let mut terminal = Terminal::start(80, cli.lts(line));
        terminal.press("n\n");
        let (text, code) = terminal.end();
        assert!(text.replace("n\n", "").contains("declined") && code == 130, "{text}");
        assert!(text.contains(&format!("{question} [y/N] ")), "{text}");
        assert_eq!(text.contains("note: "), !note.is_empty(), "{text}");
        assert!(text.contains(note), "{text}");
    }
    assert_eq!(cli.id(&["transfer", "list"]), id);
}

#[test]
fn explain_fits_the_terminal_and_wraps_no_code() {
    for columns in [40, 60, 80] {
        let text = at_terminal(columns, super::lts(&["explain"]));
        assert!(text.contains("APIGW.0301") && text.contains("throttled"), "{text}");
        let plain = text.replace("\x1b[1m", "").replace("\x1b[0m", "");
        let widest = plain.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(columns == 40 || widest <= columns.into(), "{plain}");
    }
}

#[test]
fn color_is_used_on_a_terminal_without_no_color() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    assert!(at_terminal(80, cli.lts(&["group", "list"])).contains("\x1b[1mNAME"));
    let mut plain = cli.lts(&["group", "list"]);
    plain.env("NO_COLOR", "1");
    assert!(!at_terminal(80, plain).contains('\x1b'));
    let mut failing = cli.lts(&["stream", "list", "nope"]);
    let (red, _) = Terminal::start(80, cli.lts(&["stream", "list", "nope"])).end();
    let (plain, code) = Terminal::start(80, {
        failing.env("NO_COLOR", "1");
        failing
    })
    .end();
    assert!(red.contains("\x1b[") && !plain.contains('\x1b') && code == 4, "{red}{plain}");
}

#[test]
fn times_are_local_on_a_terminal() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let utc = cli.prints(&["group", "list", "--columns", "created"]);
    let utc: jiff::Timestamp = utc.lines().nth(1).unwrap().parse().unwrap();
    let mut command = cli.lts(&["group", "list", "--columns", "created"]);
    command.env("TZ", "XYZ-5:30");
    let ahead = utc.checked_add(jiff::SignedDuration::from_mins(330)).unwrap();
    let expected = ahead.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let text = at_terminal(80, command);
    assert!(text.contains(&expected), "{expected} is missing in {text}");
}

#[test]
fn token_on_a_terminal_is_printed_with_a_warning() {
    let cli = Cli::start();
    assert!(
        at_terminal(80, cli.by_login(&["auth", "token"])).starts_with("warning: anyone who has this token")
    );
    assert!(!at_terminal(80, cli.by_login(&["auth", "token", "-q"])).contains("warning"));
    assert!(!stdout(&cli.by_login(&["auth", "token"]).output().unwrap()).contains("warning"));
}

#[test]
fn response_is_indented_and_ends_its_line() {
    let cli = Cli::start();
    let api = || at_terminal(80, cli.lts(&["api", "/v2/{project_id}/groups"]));
    assert_eq!(api(), "{\n  \"log_groups\": []\n}\n");
    cli.emulator.fault(Fault::new().status(200).body(r#"{"z":1,"a":[2.5,18446744073709551615]}"#)).unwrap();
    assert_eq!(api(), "{\n  \"z\": 1,\n  \"a\": [\n    2.5,\n    18446744073709551615\n  ]\n}\n");
}

#[test]
fn reason_and_advice_are_wrapped_with_an_indent() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let mut command = cli.lts(&["group", "create", "app"]);
    command.env("NO_COLOR", "1");
    let (text, code) = Terminal::start(60, command).end();
    assert_eq!(code, 5, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() > 5 && lines.iter().all(|line| line.chars().count() <= 60), "{text}");
    let is_indented = |line: &&str| {
        line.starts_with("  why:        ")
            || line.starts_with("  what to do: ")
            || line.starts_with(&" ".repeat(14))
    };
    assert!(lines[1..].iter().all(is_indented), "{text}");
}

#[test]
fn errors_about_arguments_are_wrapped() {
    for columns in [40, 80] {
        let mut command = super::lts(&["log", "search", "app", "nginx", "--since", "yesterday"]);
        command.env("NO_COLOR", "1");
        let (text, code) = Terminal::start(columns, command).end();
        assert_eq!(code, 2, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= columns.into()), "{text}");
        let joined = text.replace('\n', " ");
        assert!(joined.contains("a local time like '2026-11-26 10:00', or RFC 3339"), "{text}");
    }
}

#[test]
fn lines_of_several_streams_are_aligned() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    for stream in ["nginx", "payments"] {
        cli.id(&["stream", "create", "app", stream]);
        cli.prints(&["log", "put", "app", stream, "-q", "-m", "a line"]);
    }
    let mut terminal = Terminal::start(80, cli.lts(&["log", "tail", "app", "nginx,payments"]));
    terminal.wait_for("  \x1b[36mnginx\x1b[0m     a line\r\n");
    terminal.wait_for("  \x1b[33mpayments\x1b[0m  a line\r\n");
    let id = terminal.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(terminal.end().1, 0);
}

#[test]
fn line_whose_context_is_shown_stands_out() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.id(&["stream", "create", "app", "nginx"]);
    cli.prints(&["log", "put", "app", "nginx", "-q", "-m", "first", "-m", "second", "-m", "third"]);
    let second = cli.prints(&["log", "search", "app", "nginx", "second", "-o", "json"]);
    let second: Value = serde_json::from_str(&second).unwrap();
    let number = second["line_num"].as_str().unwrap();
    let text = at_terminal(80, cli.lts(&["log", "context", "app", "nginx", number, "--raw"]));
    assert_eq!(text, "first\n\x1b[1msecond\x1b[0m\nthird\n");
}

#[test]
fn lines_can_be_typed() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.id(&["stream", "create", "app", "nginx"]);
    let mut terminal = Terminal::start(80, cli.lts(&["log", "put", "app", "nginx"]));
    terminal.wait_for("Reading lines from the terminal; Ctrl-D ends.\r\n");
    terminal.press("typed\n\u{4}");
    let (text, code) = terminal.end();
    assert!(text.ends_with("wrote 1 line to log stream \"nginx\"\n"), "{text:?}");
    assert_eq!((code, cli.prints(&["log", "search", "app", "nginx", "--raw"])), (0, "typed\n".to_owned()));
}

#[test]
fn bars_of_a_histogram_fit_the_terminal() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.id(&["stream", "create", "app", "nginx"]);
    cli.prints(&["log", "put", "app", "nginx", "-q", "-m", "error", "-m", "error"]);
    for columns in [40, 80] {
        let text = at_terminal(columns, cli.lts(&["log", "histogram", "app", "nginx", "--since", "2h"]));
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert_eq!(widest, Some(columns.into()), "{text}");
    }
}

#[test]
fn long_wait_is_announced_once() {
    let cli = Cli::start();
    let busy = Fault::new().operation(Operation::ListLogGroups).status(429).header("Retry-After", "50");
    cli.emulator.fault(busy).unwrap();
    let mut terminal = Terminal::start(80, cli.lts(&["group", "list", "--timeout", "120s"]));
    terminal.wait_for("waiting 5");
    terminal.wait_for(" s: the service asks to wait\r\n");
    let id = terminal.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let (text, code) = terminal.end();
    assert_eq!((text.matches("waiting").count(), code), (1, 130), "{text}");
}

#[test]
fn short_wait_is_not_announced() {
    let cli = Cli::start();
    cli.emulator.fault(Fault::new().operation(Operation::ListLogGroups).status(503)).unwrap();
    assert!(!at_terminal(80, cli.lts(&["group", "list"])).contains("waiting"));
}

#[test]
fn prune_of_a_manifest_on_standard_input_names_yes() {
    let cli = Cli::start();
    let (text, code) = Terminal::start(80, cli.lts(&["apply", "-f", "-", "--prune"])).end();
    assert!(text.contains("standard input is the manifest") && text.contains("--yes"), "{text}");
    assert_eq!((code, cli.requests().len()), (2, 0));
}
