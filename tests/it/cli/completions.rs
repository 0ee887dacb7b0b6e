//! `lts completions`, and completion as the registered shells use it.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use super::{Cli, fails, lts, run, stderr, stdout};
use crate::scripted_server::{PROJECT, Reply, ScriptedServer};

/// Makes a command complete the last of these words.
fn complete(mut command: Command, words: &[&str]) -> Command {
    let index = (words.len()).to_string();
    command.args(["--", "lts"]).args(words);
    command.env("LTS_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n");
    command
}

/// The candidates that are not options; nothing else is printed.
#[track_caller]
fn candidates(command: Command, words: &[&str]) -> Vec<String> {
    let output = complete(command, words).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{words:?}");
    stdout(&output).lines().filter(|word| !word.starts_with('-')).map(str::to_owned).collect()
}

#[test]
fn script_registers_this_program_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&run(&["completions", shell]));
        assert!(script.contains("LTS_COMPLETE") && script.contains(env!("CARGO_BIN_EXE_lts")), "{script}");
    }
    fails(&["completions", "tcsh"], 2, "bash");
}

#[test]
fn commands_and_options_are_completed_except_hidden_ones() {
    assert_eq!(candidates(lts(&[]), &["group", "cr"]), ["create"]);
    for hidden in ["ref", "opt"] {
        assert_eq!(candidates(lts(&[]), &[hidden]), [""; 0]);
    }
    let output = complete(lts(&[]), &["group", "list", "--max"]).output().unwrap();
    assert_eq!(stdout(&output), "--max-attempts");
}

#[test]
fn names_of_groups_and_streams_are_completed() {
    let cli = Cli::start();
    cli.prints(&["group", "create", "app", "apples", "web"]);
    cli.prints(&["stream", "create", "app", "nginx", "worker"]);
    let names = |words: &[&str]| candidates(cli.lts(&[]), words);
    for words in [
        &["group", "get", ""][..],
        &["group", "delete", ""],
        &["stream", "list", ""],
        &["transfer", "create", ""],
    ] {
        assert_eq!(names(words), ["app", "apples", "web"], "{words:?}");
    }
    assert_eq!(names(&["group", "delete", "app", ""]), ["apples", "web"], "not what is given");
    assert_eq!(names(&["group", "delete", "web", "app"]), ["app", "apples"]);
    assert_eq!(names(&["stream", "delete", "app", "nginx", ""]), ["worker"]);
    assert_eq!(names(&["stream", "get", "app", ""]), ["nginx", "worker"]);
    assert_eq!(names(&["transfer", "create", "app", "nginx", "w"]), ["worker"]);
    assert_eq!(names(&["-q", "stream", "delete", "app", "--yes", "n"]), ["nginx"]);
    for words in
        [&["group", "create", "a"][..], &["stream", "create", "app", ""], &["stream", "get", "none", ""]]
    {
        assert_eq!(names(words), [""; 0], "{words:?}");
    }
    let elsewhere = ["--project-id", "ffffffffffffffffffffffffffffffff", "group", "get", ""];
    assert_eq!(names(&elsewhere), [""; 0], "the options of the line are used");
}

#[test]
fn ids_of_transfers_are_completed_with_what_they_are() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.id(&["stream", "create", "app", "nginx"]);
    let id = cli.id(&["transfer", "create", "app", "nginx", "--bucket", "lts-test", "--every", "5min"]);
    for words in [
        &["transfer", "get", ""][..],
        &["transfer", "update", &id[..5]],
        &["transfer", "delete", "--yes", ""],
    ] {
        assert_eq!(candidates(cli.lts(&[]), words), [id.as_str()], "{words:?}");
    }
    let mut fish = complete(cli.lts(&[]), &["transfer", "get", ""]);
    let text = stdout(&fish.env("LTS_COMPLETE", "fish").output().unwrap());
    let line = format!("{id}\tof log stream \"nginx\" in group \"app\" to bucket \"lts-test\"");
    assert!(text.lines().any(|candidate| candidate == line), "{text}");
    assert_eq!(candidates(cli.lts(&[]), &["transfer", "list", ""]), ["app"]);
}

#[test]
fn names_of_profiles_are_completed() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[basic]\nak = a\n[prod]\nak = a\n[two words]\nak = a\n[$(id)]\nak = a\n")
        .unwrap();
    let names = |words: &[&str]| {
        let mut command = lts(&[]);
        command.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.path());
        candidates(command, words)
    };
    assert_eq!(names(&["--profile", ""]), ["basic", "prod"], "only what is one word of a shell");
    assert_eq!(names(&["group", "list", "--profile", "pr"]), ["prod"]);
    assert_eq!(candidates(lts(&[]), &["--profile", ""]), [""; 0]);
}

#[test]
fn completion_never_logs_in() {
    let cli = Cli::start();
    cli.prints(&["group", "create", "app"]);
    let before = cli.requests();
    assert_eq!(candidates(cli.by_login(&[]), &["group", "get", ""]), [""; 0]);
    let mut bare = cli.lts(&[]);
    bare.env_remove("HUAWEICLOUD_SDK_AK").env_remove("HUAWEICLOUD_SDK_SK");
    bare.env("HUAWEICLOUD_LTS_METADATA_ENDPOINT", cli.emulator.url());
    assert_eq!(candidates(bare, &["group", "get", ""]), [""; 0]);
    assert_eq!(cli.requests(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn completion_gives_up_after_a_second_and_shows_no_names_of_several_words() {
    let list = r#"{"log_groups":[{"log_group_name":"a b","log_group_id":"1"},{"log_group_name":"$(id)","log_group_id":"2"},{"log_group_name":"app","log_group_id":"3"}]}"#;
    let server = ScriptedServer::serve([Reply::json(200, list), Reply::Silence, Reply::json(500, "")]).await;
    let line = ["--endpoint", &server.url, "--project-id", PROJECT, "group", "get", ""];
    let names = || {
        let mut command = lts(&[]);
        command.env("HUAWEICLOUD_LTS_TOKEN", "token");
        let start = Instant::now();
        (candidates(command, &line), start.elapsed())
    };
    assert_eq!(names().0, ["app"]);
    let (none, waited) = names();
    assert_eq!(none, [""; 0]);
    assert!(waited < Duration::from_secs(10), "{waited:?}");
    assert_eq!(names().0, [""; 0], "one attempt");
}

#[test]
fn files_are_offered_for_files_only() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("manifest.yaml"), "").unwrap();
    let names = |words: &[&str]| {
        let mut command = lts(&[]);
        command.current_dir(folder.path());
        candidates(command, words)
    };
    assert_eq!(names(&["apply", "-f", "m"]), ["manifest.yaml"]);
    assert_eq!(names(&["group", "get", "m"]), [""; 0]);
}

#[test]
fn bash_completes_names_with_the_script() {
    let cli = Cli::start();
    cli.prints(&["group", "create", "app"]);
    let script = format!(
        "{}\nCOMP_WORDS=(lts group get a); COMP_CWORD=3\n_clap_complete_lts lts a get\necho \"${{COMPREPLY[@]}}\"",
        stdout(&run(&["completions", "bash"]))
    );
    let mut shell = cli.lts(&[]);
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", &script]);
    for (name, value) in std::mem::replace(&mut shell, Command::new("true")).get_envs() {
        value.map(|value| command.env(name, value));
    }
    // Bash may not be installed.
    let Ok(output) = command.output() else { return };
    assert_eq!(stdout(&output).trim(), "app", "{}", stderr(&output));
}

#[test]
fn codes_methods_and_paths_are_completed() {
    let words = |words: &[&str]| candidates(lts(&[]), words);
    assert_eq!(words(&["explain", "LTS.041"]), ["LTS.0414", "LTS.0416"]);
    assert_eq!(words(&["explain", "LTS.0010"]), ["LTS.0010"], "once, although it has two statuses");
    let of_groups = ["/v2/{project_id}/groups", "/v2/{project_id}/groups/{log_group_id}"];
    for line in [&["api", "/v2/{project_id}/g"][..], &["api", "GET", "/v2/{project_id}/g"]] {
        let paths = words(line);
        assert!(of_groups.iter().all(|path| paths.contains(&(*path).to_owned())), "{paths:?}");
    }
    assert_eq!(words(&["api", "DEL"]), ["DELETE"]);
    let both = words(&["api", ""]);
    assert!(both.contains(&"POST".to_owned()) && both.contains(&of_groups[0].to_owned()), "{both:?}");
    assert!(!both.contains(&"/v3/auth/tokens".to_owned()), "{both:?}");
}

#[test]
fn bash_offers_options_only_after_a_hyphen() {
    let complete = |shell: &str, words: &[&str]| {
        let mut command = complete(lts(&[]), words);
        stdout(&command.env("LTS_COMPLETE", shell).output().unwrap())
    };
    assert_eq!(complete("bash", &["group", ""]), "create\nlist\nget\nupdate\ndelete\nhelp");
    let options = complete("bash", &["group", "create", "app", "-"]);
    assert!(options.lines().any(|option| option == "--ttl"), "{options}");
    assert!(complete("fish", &["group", ""]).contains("--region"));
}
