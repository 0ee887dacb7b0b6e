//! `lts demo`.

use huaweicloud_lts::spec;

use super::{run, stderr, stdout};

#[test]
fn demo_runs_every_operation_twice() {
    let output = run(&["demo"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    for operation in spec::Operation::ALL.iter().filter(|o| o.service() == spec::Service::Lts) {
        let lines =
            text.lines().filter(|line| line.starts_with(operation.id()) && line.contains(operation.method()));
        assert!(lines.count() >= 2, "{operation} is missing in:\n{text}");
    }
    assert!(text.lines().any(|line| line.starts_with("createToken") && line.contains(" 201 ")));
    assert!(text.contains("400 LTS.0101") && text.contains("what to do: "));
    assert!(text.contains("nothing is left behind"));
    let is_request = |line: &&str| line.ends_with(" ms");
    let widest = text.lines().filter(is_request).map(|line| line.chars().count()).max();
    assert_eq!(widest, Some(80), "{text}");
}
