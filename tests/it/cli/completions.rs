//! `lts completions`.

use super::{fails, run, stdout};

#[test]
fn completions_contain_commands_and_options_for_each_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&run(&["completions", shell]));
        for word in ["if-not-exists", "transfer", "max-attempts", "lenient"] {
            assert!(script.contains(word), "{word} is missing for {shell}");
        }
    }
    fails(&["completions", "tcsh"], 2, "bash");
}

#[test]
fn bash_script_completes_a_command() {
    let script = format!(
        "{}\nCOMP_WORDS=(lts group cr); COMP_CWORD=2\n_lts lts cr group\necho \"${{COMPREPLY[@]}}\"",
        stdout(&run(&["completions", "bash"]))
    );
    // Bash may not be installed.
    let Ok(output) = std::process::Command::new("bash").args(["--norc", "-c", &script]).output() else {
        return;
    };
    assert_eq!(stdout(&output).trim(), "create", "{}", super::stderr(&output));
}
