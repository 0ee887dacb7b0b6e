//! `lts spec`.

use huaweicloud_lts::spec;
use serde_json::Value;

use super::{fails, run, stdout};

#[test]
fn spec_prints_the_documents() {
    assert_eq!(stdout(&run(&["spec"])), spec::LTS.yaml);
    assert_eq!(stdout(&run(&["spec", "iam"])), spec::IAM.yaml);
    let json: Value = serde_json::from_str(&stdout(&run(&["spec", "lts", "--format", "json"]))).unwrap();
    assert_eq!(json["openapi"], "3.0.3");
    for arguments in [&["spec", "-o", "json"][..], &["-o", "json", "spec", "--format", "json"]] {
        assert_eq!(stdout(&run(arguments)), spec::LTS.json);
    }
    assert_eq!(stdout(&run(&["spec", "iam", "-o", "yaml"])), spec::IAM.yaml);
    fails(&["spec", "--format", "yaml", "-o", "json"], 2, "different formats");
    fails(&["spec", "obs"], 2, "lts, iam");
}
