//! Runs a test in a separate process, because it needs global state that concurrent tests would share: environment
//! variables, or the subscribers of `tracing`.

use std::process::Command;

/// Set in the environment of the separate process.
const ISOLATED: &str = "LTS_TEST_ISOLATED";

/// Whether this is the separate process of the named test. If not, runs the test in one and asserts that it passes.
pub(crate) fn in_isolated_process(test: &str) -> bool {
    in_isolated_process_with(test, &[])
}

/// Like [`in_isolated_process`], with these environment variables.
pub(crate) fn in_isolated_process_with(test: &str, variables: &[(&str, &str)]) -> bool {
    if std::env::var_os(ISOLATED).is_some() {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(ISOLATED, "1");
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    print!("{text}");
    false
}
