//! `lts completions`.

use super::{fails, run, stdout};

#[test]
fn each_shell_has_a_script_with_all_commands_and_options() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&run(&["completions", shell]));
        for word in ["if-not-exists", "transfer", "max-attempts", "lenient"] {
            assert!(script.contains(word), "{word} is missing for {shell}");
        }
    }
    fails(&["completions", "tcsh"], 2, "bash");
}

#[test]
fn the_script_for_bash_completes() {
    let script = format!(
        "{}\nCOMP_WORDS=(lts group cr); COMP_CWORD=2\n_lts lts cr group\necho \"${{COMPREPLY[@]}}\"",
        stdout(&run(&["completions", "bash"]))
    );
    // Not every machine has bash.
    let Ok(output) = std::process::Command::new("bash").args(["--norc", "-c", &script]).output() else {
        return;
    };
    assert_eq!(stdout(&output).trim(), "create", "{}", super::stderr(&output));
}
