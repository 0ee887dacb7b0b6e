//! `lts config`, and settings as the command line reports them.

use std::{fs, io::Write};

use serde_json::json;
use tempfile::{NamedTempFile, TempDir};

use super::{Cli, failed, fails, lts, run, stderr, stdout};

const PROFILES: &str = "\
[basic]
ak = AKBASIC
sk = hidden-sk
[staging]
ak = AKSTAGING
sk = hidden-sk
security_token = hidden-token
region = eu-west-101
project_id = p
";

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn show_prints_every_setting_with_its_source_and_sends_nothing() {
    let file = file(PROFILES);
    let path = file.path().to_str().unwrap();
    let mut command = lts(&["config", "show", "--profile", "staging", "--project-id", "own", "-o", "json"]);
    command.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", path).env("HUAWEICLOUD_LTS_ENDPOINT", "https://other");
    let output = command.output().unwrap();
    let region = format!("profile {path} [staging] region");
    let expected = json!({
        "source": format!("profile {path} [staging]"),
        "kind": "access key",
        "access_key": "…",
        "project_id": "own",
        "region": "eu-west-101",
        "endpoint": "https://lts.eu-west-101.myhuaweicloud.eu",
        "access_endpoint": "https://lts-access.eu-west-101.myhuaweicloud.eu:8102",
        "iam_endpoint": "https://iam.eu-west-101.myhuaweicloud.eu",
        "sources": {
            "project_id": "--project-id",
            "region": region,
            "endpoint": "the region",
            "access_endpoint": "the region",
            "iam_endpoint": "the region",
        },
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&stdout(&output)).unwrap(), expected);
    assert!(!stdout(&output).contains("hidden"), "{}", stdout(&output));

    let cli = Cli::start();
    let text = cli.prints(&["config", "show", "--access-endpoint", "https://access.example"]);
    assert!(text.contains("https://access.example, from --access-endpoint"), "{text}");
    assert!(text.contains(&format!("{}, from HUAWEICLOUD_LTS_ENDPOINT", cli.emulator.url())), "{text}");
    let login = cli.by_login(&["config", "show"]).output().unwrap();
    assert!(stdout(&login).contains("login, from environment"), "{}", stdout(&login));
    assert_eq!(cli.requests(), [""; 0]);
}

#[test]
fn profiles_are_listed_without_secrets() {
    let file = file(PROFILES);
    let list = |arguments: &[&str]| {
        let mut command = lts(&[&["config", "profiles"], arguments].concat());
        let output = command.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.path()).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    assert_eq!(list(&["-q"]), "basic\nstaging\n");
    let table = list(&[]);
    assert!(table.starts_with("NAME") && table.contains("eu-west-101"), "{table}");
    let json: serde_json::Value = serde_json::from_str(&list(&["-o", "json"])).unwrap();
    let expected = json!({
        "name": "staging", "default": false, "region": "eu-west-101", "endpoint": null, "project_id": "p", "has_keys": true,
    });
    assert_eq!((&json[1], &json[0]["default"]), (&expected, &true.into()));
    assert!(!table.contains("hidden") && !json.to_string().contains("hidden"));
    // Without a file there are no profiles.
    assert_eq!(stdout(&run(&["config", "profiles", "-o", "json"])), "[]\n");
}

#[test]
fn plain_http_error_names_the_option_and_the_variable() {
    let cli = Cli::start();
    let line = ["config", "show", "--endpoint", "http://host.docker.internal:8086"];
    let output = cli.run(&line);
    failed(&output, 3, "--allow-plain-http");
    assert!(stderr(&output).contains("HUAWEICLOUD_LTS_ALLOW_PLAIN_HTTP=true"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("()"), "no Rust method: {}", stderr(&output));
    cli.prints(&[&line[..], &["--allow-plain-http"]].concat());
    let mut command = cli.lts(&line);
    assert!(command.env("HUAWEICLOUD_LTS_ALLOW_PLAIN_HTTP", "true").output().unwrap().status.success());
}

#[test]
fn malformed_key_is_reported_by_its_variable_and_never_printed() {
    let cli = Cli::start();
    for (variable, value, why) in [
        ("HUAWEICLOUD_SDK_AK", "hidden\n", "contains a line end"),
        ("HUAWEICLOUD_SDK_SK", "hidden\u{1b}[2J", "contains the control character U+001B"),
        ("HUAWEICLOUD_LTS_REGION", "hidden\u{9b}2J", "contains the control character U+009B"),
        ("HUAWEICLOUD_SDK_PROJECT_ID", "hidden\u{202e}", "contains the invisible character U+202E"),
    ] {
        let output = cli.lts(&["auth", "status"]).env(variable, value).output().unwrap();
        failed(&output, 3, &format!("{variable}: {why}"));
        let text = stderr(&output);
        assert!(!text.contains("hidden") && !text.contains(&format!("set {variable}")), "{text}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }
    for option in ["--profile", "--region", "--endpoint", "--project-id"] {
        let text = stderr(&cli.run(&["auth", "status", option, "\u{1b}[2J\u{7}"]));
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{option}: {text:?}");
    }
}

#[cfg(unix)]
#[test]
fn variable_that_is_not_utf8_is_reported_as_such() {
    use std::os::unix::ffi::OsStrExt;
    let cli = Cli::start();
    let odd = std::ffi::OsStr::from_bytes(b"hidden\xff");
    let output = cli.lts(&["auth", "status"]).env("HUAWEICLOUD_SDK_SK", odd).output().unwrap();
    failed(&output, 3, "HUAWEICLOUD_SDK_SK: is not UTF-8");
}

#[test]
fn swapped_keys_are_reported_without_the_secret() {
    let cli = Cli::start();
    let (ak, sk) = (cli.emulator.access_key(), cli.emulator.secret_key());
    for line in [&["group", "list"][..], &["auth", "status"], &["config", "show"], &["sign", "https://h/p"]] {
        let mut command = cli.lts(line);
        let output = command.env("HUAWEICLOUD_SDK_AK", sk).env("HUAWEICLOUD_SDK_SK", ak).output().unwrap();
        failed(&output, 3, "are access key and secret key swapped?");
        assert!(!stderr(&output).contains(&sk[..4]), "{}", stderr(&output));
    }
    let output = cli.run(&["sign", "https://h/p", "--ak", sk, "--sk", ak]);
    failed(&output, 3, "credentials: are access key and secret key swapped?");
    assert_eq!(cli.requests(), [""; 0], "the secret key is not sent");
}

#[cfg(target_os = "linux")]
#[test]
fn input_without_end_is_rejected_at_once() {
    let folder = TempDir::new().unwrap();
    let (pipe, large) = (folder.path().join("pipe"), folder.path().join("large"));
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    // Sparse.
    fs::File::create(&large).unwrap().set_len(100 << 20).unwrap();
    for (file, rule) in [
        ("/dev/zero", "is not a regular file"),
        (pipe.to_str().unwrap(), "is not a regular file"),
        (folder.path().to_str().unwrap(), "is a directory, not a file"),
        (large.to_str().unwrap(), "is larger than"),
    ] {
        let mut command = lts(&["group", "list", "--profile", "x"]);
        let output = command.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file).output().unwrap();
        failed(&output, 3, rule);
        failed(&output, 3, file);
        // The default profile is only needed for its keys.
        let mut command = lts(&["group", "list", "--region", "r"]);
        let output = command.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file).output().unwrap();
        failed(&output, 3, rule);
        let body = format!("@{file}");
        fails(&["sign", "https://h/p", "--ak", "a", "--sk", "s", "-d", &body], 2, rule);
        fails(&["api", "POST", "/v2/p/groups", "-d", &body], 2, rule);
        fails(&["apply", "-f", file], 2, rule);
    }
}

#[test]
fn profile_without_keys_names_them_with_section_and_file() {
    let file =
        file("[onlyregion]\nregion = cn-north-4\n[login]\nusername = u\npassword = hidden\nregion = r\n");
    let path = file.path().to_str().unwrap();
    let list = |profile: &str| {
        let mut command = lts(&["group", "list", "--project-id", "p", "--profile", profile]);
        command.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", path).output().unwrap()
    };
    let output = list("onlyregion");
    failed(&output, 3, &format!("profile {path} [onlyregion]: ak, sk not set\n"));
    let text = stderr(&output);
    assert!(
        text.contains(&format!("what to do: set ak and sk in the section [onlyregion] of {path};")),
        "{text}"
    );
    assert!(!text.contains("HUAWEICLOUD_SDK_AK"), "{text}");
    let output = list("login");
    failed(&output, 3, "[login]: ak, sk not set; a profile can't have a login");
    assert!(!stderr(&output).contains("hidden"), "{}", stderr(&output));
}

#[test]
fn missing_profile_file_is_reported() {
    let mut command = lts(&["config", "profiles"]);
    let output =
        command.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/nonexistent/credentials").output().unwrap();
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), String::new()));
    assert_eq!(stderr(&output), "There is no profile file /nonexistent/credentials.\n");
}

#[cfg(unix)]
#[test]
fn null_device_is_no_profile_file() {
    let mut command = lts(&["config", "show", "--endpoint", "https://lts.example", "--project-id", "p"]);
    command.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/dev/null").env("HUAWEICLOUD_LTS_TOKEN", "t");
    assert!(command.output().unwrap().status.success());
    let mut command = lts(&["group", "list", "--endpoint", "https://lts.example", "--project-id", "p"]);
    command.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/dev/null");
    failed(&command.output().unwrap(), 3, "profile /dev/null: is the null device");
}

#[test]
fn credentials_that_only_the_metadata_service_may_have_are_not_called_an_access_key() {
    let output = run(&["config", "show", "--endpoint", "https://lts.example", "--project-id", "p"]);
    let text = stdout(&output);
    assert!(text.contains("none, unless ECS metadata has some") && !text.contains("access key"), "{text}");
}
