//! Plans: what they read, steps, warnings and errors.

use huaweicloud_lts::{
    Emulator, Error,
    emulator::{Fault, Options},
    provision::{self, PlanError},
    spec::Operation,
};

use super::{apply, client, group, manifest, many, names, transfer};

#[tokio::test]
async fn plan_only_reads_with_one_list_of_each_kind() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    apply(&lts, &manifest([group("a", &["x"])])).await;
    let before = emulator.requests().len();
    let mut declared = manifest([group("b", &["x"]), group("a", &["y", "x"]), group("c", &["x"])]);
    declared.groups[1].transfers = vec![transfer(&emulator, &["x", "y"])];
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let operations: Vec<_> =
        emulator.requests()[before..].iter().map(|request| request.operation.unwrap()).collect();
    let expected = [Operation::ListLogGroups, Operation::ListProjectLogStreams, Operation::ListTransfers];
    assert_eq!(operations, expected);
    let steps: Vec<_> = plan
        .steps()
        .map(|step| format!("{}: {} {}/{}", step.action, step.kind, step.group, step.name))
        .collect();
    assert_eq!(
        steps,
        [
            "create: group b/b",
            "create: stream b/x",
            "unchanged: group a/a",
            "create: stream a/y",
            "unchanged: stream a/x",
            "create: transfer a/x",
            "create: transfer a/y",
            "create: group c/c",
            "create: stream c/x",
        ]
    );
    assert_eq!(plan.outcome().created.len(), 7);
    assert_eq!(emulator.requests().len(), before + 3);
    let new = manifest([group("d", &["x"])]);
    provision::plan(&lts, &new).await.unwrap();
    assert_eq!(emulator.requests().len(), before + 4, "a new group has nothing to list");
}

#[tokio::test]
async fn plan_warns_of_more_than_the_default_quota() {
    let emulator = Options::default().quota_streams(0).quota_groups(0).start().unwrap();
    let lts = client(&emulator);
    let plan = provision::plan(&lts, &many(1, 100)).await.unwrap();
    assert_eq!(plan.warnings(), [""; 0]);
    let plan = provision::plan(&lts, &many(1, 101)).await.unwrap();
    assert_eq!(plan.warnings().len(), 1);
    assert!(plan.warnings()[0].contains("\"g-0\"") && plan.warnings()[0].contains("101"));
    let plan = provision::plan(&lts, &many(101, 1)).await.unwrap();
    assert!(plan.warnings()[0].contains("101 groups; the default quota is 100"), "{:?}", plan.warnings());
    assert!(plan.apply(&lts).await.is_complete());
    let plan = provision::plan(&lts, &many(101, 1)).await.unwrap();
    assert_eq!(plan.warnings(), [""; 0], "no new items, no warning");
}

#[tokio::test]
async fn invalid_manifest_is_not_planned() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = manifest([group("a", &["x", "x"]), group("a", &[])]);
    let error = provision::plan(&lts, &declared).await.unwrap_err();
    assert!(matches!(&error, PlanError::Manifest(error) if error.mistakes().len() == 2));
    assert!(
        error.to_string().starts_with("manifest: groups[0].streams[1]: stream \"x\" is declared twice"),
        "{error}"
    );
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn failed_list_is_an_error_but_a_deleted_group_is_not() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = manifest([group("a", &["x"]), group("b", &["y"])]);
    apply(&lts, &declared).await;
    let older = Fault::new().operation(Operation::ListProjectLogStreams).status(404).code("APIGW.0101");
    emulator.fault(older.times(0)).unwrap();
    let gone = || Fault::new().operation(Operation::ListLogStreams).code("LTS.0201");
    emulator.fault(gone()).unwrap();
    let plan = provision::plan(&lts, &declared).concurrency(1).await.unwrap();
    assert_eq!(names(&plan.outcome().created), ["group a/a", "stream a/x"]);
    emulator.fault(gone()).unwrap();
    assert_eq!(provision::export(&lts).concurrency(1).await.unwrap().manifest.groups.len(), 1);
    let broken = || Fault::new().operation(Operation::ListLogStreams).status(400);
    emulator.fault(broken()).unwrap();
    // One list at a time: a second one would meet the next fault.
    let error = provision::plan(&lts, &declared).concurrency(1).await.unwrap_err();
    assert!(matches!(error, PlanError::Call(Error::Service(_))), "{error}");
    emulator.clear_faults();
    let broken = Fault::new().operation(Operation::ListTransfers).status(400);
    emulator.fault(broken).unwrap();
    assert_eq!(provision::export(&lts).await.unwrap_err().status(), Some(400));
}
