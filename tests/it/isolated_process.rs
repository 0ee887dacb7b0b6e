//! Tests that need a process to themselves: what a whole process has but one of, such as the traces'
//! subscribers, can't be shared with tests that run at the same time.

use std::process::Command;

/// Set in the process that a test has to itself.
const ISOLATED: &str = "LTS_TEST_ISOLATED";

/// Whether this process belongs to the test of this name. If not, the test is run in one that does, and it is
/// asserted that it passes there.
pub(crate) fn in_isolated_process(test: &str) -> bool {
    in_isolated_process_with(test, &[])
}

/// The same, with these variables in the environment of that process.
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
    false
}
