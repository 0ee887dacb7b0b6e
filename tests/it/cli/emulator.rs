//! `lts emulator`.

use super::{fails, run, stderr, stdout};
use crate::process::Process;

#[test]
fn the_emulator_serves_until_it_is_told_to_stop() {
    let mut process = Process::start(&[]);
    assert!(process.is_healthy());
    process.signal("-TERM");
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn a_busy_port_is_one_line() {
    let process = Process::start(&[]);
    let output = run(&["emulator", "--listen", &process.address]);
    assert_eq!((output.status.code(), stderr(&output).lines().count()), (Some(3), 1), "{}", stderr(&output));
    assert!(stderr(&output).contains(&process.address));
}

#[test]
fn contradictory_options_are_one_line_and_nobody_listens() {
    let arguments = ["emulator", "--listen", "127.0.0.1:0", "--bucket", "twice,twice"];
    fails(&arguments, 3, "bucket \"twice\"");
    assert_eq!(stderr(&run(&arguments)).lines().count(), 1);
}

#[test]
fn it_refuses_what_makes_no_sense() {
    fails(&["emulator", "--listen", "nowhere"], 2, "nowhere");
    fails(&["emulator", "--listen", "127.0.0.1:0", "--print-env"], 2, "port");
    fails(&["emulator", "--token-ttl", "soon"], 2, "24h");
}

#[test]
fn print_env_is_what_a_client_needs() {
    let output = run(&["emulator", "--print-env", "--listen", "127.0.0.1:8099"]);
    let text = stdout(&output);
    for line in [
        "export HUAWEICLOUD_SDK_AK=LTSEMULATORAK0000001",
        "export HUAWEICLOUD_SDK_PROJECT_ID=0123456789abcdef0123456789abcdef",
        "export HUAWEICLOUD_LTS_ENDPOINT=http://127.0.0.1:8099",
        "export HUAWEICLOUD_SDK_IAM_ENDPOINT=http://127.0.0.1:8099",
        "export HUAWEICLOUD_LTS_REGION=cn-north-4",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in:\n{text}");
    }
}
