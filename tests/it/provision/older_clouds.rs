//! Clouds that lack operations of newer editions.

use huaweicloud_lts::{
    Emulator, Ttl,
    emulator::Fault,
    manifest::Group,
    provision::{self, Action},
    spec::Operation,
};
use serde_json::Value;

use super::{apply, client, existing, group, manifest, names, reason, transfer};

/// Makes the emulator respond as a cloud that doesn't have these operations.
fn without(emulator: &Emulator, operations: &[Operation]) {
    for operation in operations {
        emulator.fault(Fault::new().operation(*operation).code("APIGW.0101").times(0)).unwrap();
    }
}

#[tokio::test]
async fn transfers_fall_back_to_create_or_already_there() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    apply(&lts, &manifest([group("app", &["a"])])).await;
    without(&emulator, &[Operation::ListTransfers, Operation::CreateTransfer]);
    let mut declared = manifest([group("app", &["a", "b"])]);
    declared.groups[0].transfers = vec![transfer(&emulator, &["a", "b"])];
    let plan = provision::plan(&lts, &declared).await.unwrap();
    assert!(plan.warnings()[0].contains("does not list transfers"), "{:?}", plan.warnings());
    let first = plan.apply(&lts).await;
    assert_eq!(names(&first.created), ["stream app/b", "transfer app/a", "transfer app/b"]);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    assert!(!plan.has_differences());
    assert_eq!(plan.steps().filter(|step| step.action == Action::CreateOrFind).count(), 2);
    let second = plan.apply(&lts).await;
    assert_eq!((second.created.len(), second.unchanged.len()), (0, 5));
    assert!(reason(&second.unchanged[3]).contains("already there"), "{second:?}");
    assert_eq!(emulator.transfers().unwrap().len(), 2);
    let exported = provision::export(&lts).await.unwrap();
    assert_eq!(exported.left_out, ["transfers: this cloud does not list them"]);
    // A stream in use can't be pruned there.
    let pruned = provision::plan(&lts, &manifest([group("app", &["a"])])).prune(true).await.unwrap();
    assert_eq!(names(&pruned.apply(&lts).await.conflicts), ["stream app/b"]);
}

#[tokio::test]
async fn streams_are_listed_by_group_where_the_project_can_not_be_listed() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = manifest([group("app", &["a"]), group("web", &["a"]), group("idle", &[])]);
    apply(&lts, &declared).await;
    let list = lts.request("GET", "/v2/{project_id}/log-streams").await.unwrap();
    let mut list: Value = list.json().unwrap();
    for stream in list["log_streams"].as_array_mut().unwrap() {
        stream.as_object_mut().unwrap().remove("log_group_id");
    }
    // Some clouds have no such list, others have one that doesn't tell the groups.
    let of_project = || Fault::new().operation(Operation::ListProjectLogStreams).times(0);
    for fault in [of_project().code("APIGW.0101"), of_project().status(200).body(list)] {
        emulator.clear_faults();
        emulator.fault(fault).unwrap();
        let before = emulator.requests().len();
        super::assert_settled(&lts, &declared, true).await;
        let requests = emulator.requests();
        let operations = requests[before..].iter().map(|request| request.operation);
        assert_eq!(operations.filter(|operation| *operation == Some(Operation::ListLogStreams)).count(), 3);
        assert_eq!(existing(&lts).await.groups.len(), 3);
    }
}

#[tokio::test]
async fn update_fails_where_the_cloud_has_none_and_says_so() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let mut declared = manifest([group("app", &["a"])]);
    declared.groups[0].transfers = vec![transfer(&emulator, &["a"])];
    apply(&lts, &declared).await;
    without(&emulator, &[Operation::UpdateLogGroup, Operation::UpdateLogStream, Operation::UpdateTransfer]);
    let app = &mut declared.groups[0];
    app.ttl = Some(Ttl::days(30));
    app.streams[0].ttl = Some(Ttl::days(30).into());
    app.transfers[0].paused = false;
    declared.groups.push(Group { ttl: None, ..group("new", &["s"]) });
    let outcome = apply(&lts, &declared).await;
    assert_eq!(names(&outcome.failed), ["group app/app", "stream app/a", "transfer app/a"]);
    assert_eq!(names(&outcome.created), ["group new/new", "stream new/s"]);
    for (item, operation) in
        outcome.failed.iter().zip(["updateLogGroup", "updateLogStream", "updateTransfer"])
    {
        assert!(reason(item).contains(operation) && reason(item).contains("APIGW.0101"), "{item:?}");
        let remedy = item.remedy.as_deref().unwrap();
        assert!(remedy.contains("This cloud does not offer"), "{remedy}");
    }
}
