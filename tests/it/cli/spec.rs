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
    fails(&["spec", "obs"], 2, "lts, iam");
}
