//! Transfers: updated where they differ, tasks of several streams, and those that a manifest can't declare.

use huaweicloud_lts::{
    Client, Emulator, GroupId, StreamId, Ttl,
    emulator::{Fault, Seed},
    manifest::{self, Manifest},
    provision::{self, Action, Outcome},
    spec::Operation,
    transfers::{Agency, StorageFormat, Transfer, TransferInterval},
};

use super::{apply, assert_settled, client, existing, group, manifest, names, reason, sorted, transfer};

/// A group `app` with streams, and their ids.
async fn app(lts: &Client, streams: &[&str]) -> (GroupId, Vec<StreamId>) {
    let group = lts.groups().create("app", Ttl::days(7)).await.unwrap();
    let ensured = lts.group(&group).streams().ensure_all(streams.iter().copied()).await.unwrap();
    (group, ensured.into_iter().map(|stream| stream.id).collect())
}

/// A manifest of `app` with these transfers.
fn declared(streams: &[&str], transfers: Vec<manifest::Transfer>) -> Manifest {
    manifest([manifest::Group { transfers, ..group("app", streams) }])
}

/// The streams of each task, in order of creation.
async fn tasks(lts: &Client) -> Vec<Vec<String>> {
    let streams = |task: &huaweicloud_lts::transfers::LogTransfer| {
        task.streams.iter().map(|stream| stream.name.clone().unwrap()).collect()
    };
    lts.transfers().list().await.unwrap().iter().map(streams).collect()
}

async fn prune(lts: &Client, declared: &Manifest) -> Outcome {
    provision::plan(lts, declared).prune(true).await.unwrap().apply(lts).await
}

#[tokio::test]
async fn differing_settings_are_updated_and_others_of_the_task_stay() {
    let emulator = Emulator::start().unwrap();
    emulator.seed(&Seed::new().bucket("other-bucket")).unwrap();
    let lts = client(&emulator);
    let mut wanted = transfer(&emulator, &["a"]);
    apply(&lts, &declared(&["a"], vec![wanted.clone()])).await;
    let before = lts.transfers().list().await.unwrap().remove(0);
    wanted.to.bucket = "other-bucket".to_owned();
    wanted.to.every = TransferInterval::Hours1;
    wanted.to.prefix = None;
    wanted.to.dir = Some("edge".to_owned());
    wanted.to.time_zone = Some("Africa/Lagos".to_owned());
    wanted.format = StorageFormat::Raw;
    wanted.paused = false;
    let declared = declared(&["a"], vec![wanted]);
    let outcome = apply(&lts, &declared).await;
    assert_eq!(names(&outcome.updated), ["transfer app/a"]);
    assert_eq!(
        reason(&outcome.updated[0]),
        "bucket lts-test → other-bucket, every 5min → 1hour, format json → raw, prefix p → none, dir none → edge, \
         time_zone none → Africa/Lagos, paused true → false"
    );
    assert_eq!(outcome.updated[0].id.as_deref(), Some(before.id.as_str()));
    assert_settled(&lts, &declared, true).await;
    assert_eq!(existing(&lts).await, declared);
}

#[tokio::test]
async fn refused_update_is_reported_as_an_update() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let mut wanted = transfer(&emulator, &["a"]);
    apply(&lts, &declared(&["a"], vec![wanted.clone()])).await;
    wanted.to.bucket = "no-such-bucket".to_owned();
    let outcome = apply(&lts, &declared(&["a"], vec![wanted])).await;
    assert_eq!(names(&outcome.failed), ["transfer app/a"]);
    assert!(reason(&outcome.failed[0]).starts_with("updateTransfer: LTS.0416"), "{outcome:?}");
    // Nor is a task deleted because its bucket is unknown.
    let fault = Fault::new().operation(Operation::DeleteTransfer).status(400).code("LTS.0416");
    emulator.fault(fault).unwrap();
    let outcome = prune(&lts, &declared(&["a"], Vec::new())).await;
    assert_eq!((names(&outcome.failed), outcome.deleted.len()), (vec!["transfer app/a".to_owned()], 0));
}

#[tokio::test]
async fn settings_that_a_manifest_does_not_have_survive_an_update() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let (group, streams) = app(&lts, &["a"]).await;
    let body = serde_json::json!({
        "log_group_id": group, "log_streams": [{"log_stream_id": streams[0]}],
        "log_transfer_info": {
            "log_transfer_type": "OBS", "log_transfer_mode": "cycle", "log_storage_format": "JSON",
            "log_transfer_status": "ENABLE",
            "log_transfer_detail": {
                "obs_period": 5, "obs_period_unit": "min", "obs_bucket_name": "lts-test",
                "obs_encrypted_enable": true, "obs_encrypted_id": "key", "tags": ["hostIP"],
            },
        },
    });
    lts.request("POST", "/v2/{project_id}/transfers").json(&body).await.unwrap();
    let declared = declared(&["a"], vec![transfer(&emulator, &["a"])]);
    let outcome = apply(&lts, &declared).await;
    assert_eq!(reason(&outcome.updated[0]), "prefix none → p, paused false → true");
    let detail = lts.transfers().list().await.unwrap().remove(0).info.detail;
    assert_eq!(
        (&detail["obs_encrypted_id"], &detail["tags"]),
        (&"key".into(), &serde_json::json!(["hostIP"]))
    );
    let exported = provision::export(&lts).await.unwrap();
    assert_eq!(exported.manifest, declared);
    assert!(exported.left_out[0].ends_with(" the settings obs_encrypted_enable, obs_encrypted_id, tags"));
}

#[tokio::test]
async fn task_of_several_streams_counts_for_each() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let (group, streams) = app(&lts, &["a", "b", "c"]).await;
    let every = TransferInterval::Minutes5;
    let task = Transfer::to_obs(&group, &streams, emulator.bucket(), every).prefix("p").paused(true);
    lts.transfers().create(task.format(StorageFormat::Json)).await.unwrap();
    let all = ["a", "b", "c"];
    let same = declared(&all, vec![transfer(&emulator, &all)]);
    assert_settled(&lts, &same, true).await;
    assert_eq!(existing(&lts).await, same);

    // All of them want the same: one request changes the task.
    let mut paused = same.clone();
    paused.groups[0].transfers[0].paused = false;
    let before = emulator.requests().len();
    let outcome = apply(&lts, &paused).await;
    assert_eq!(names(&outcome.updated), ["transfer app/a", "transfer app/b", "transfer app/c"]);
    let updates = emulator.requests()[before..].iter().filter(|request| request.method != "GET").count();
    assert_eq!((updates, tasks(&lts).await.len()), (1, 1));
    assert_settled(&lts, &paused, true).await;
}

#[tokio::test]
async fn stream_with_other_settings_leaves_its_task() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let (group, streams) = app(&lts, &["a", "b", "c", "d"]).await;
    let every = TransferInterval::Minutes5;
    lts.transfers().create(Transfer::to_obs(&group, &streams, emulator.bucket(), every)).await.unwrap();
    // `d` is not declared, and keeps its transfer as it is.
    let mut declared =
        declared(&["a", "b", "c"], vec![transfer(&emulator, &["a"]), transfer(&emulator, &["b"])]);
    declared.groups[0].transfers[1].to.prefix = Some("q".to_owned());
    let outcome = apply(&lts, &declared).await;
    assert_eq!(names(&outcome.updated), ["transfer app/a", "transfer app/b"]);
    assert!(outcome.is_complete() && outcome.created.is_empty(), "{outcome:?}");
    assert_eq!(
        reason(&outcome.updated[1]),
        "format raw → json, prefix none → q, paused false → true, in a task of its own"
    );
    let mut after = tasks(&lts).await;
    after.sort();
    assert_eq!(after, [vec!["a"], vec!["b"], vec!["c", "d"]]);
    assert_settled(&lts, &declared, false).await;

    let pruned = prune(&lts, &declared).await;
    assert_eq!(names(&pruned.deleted), ["transfer app/c", "transfer app/d", "stream app/d"]);
    assert_eq!(existing(&lts).await, sorted(declared.clone()));
    assert_settled(&lts, &declared, true).await;
}

#[tokio::test]
async fn task_without_a_stream_that_keeps_its_settings_is_given_those_of_its_first() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let (group, streams) = app(&lts, &["a", "b", "c"]).await;
    let every = TransferInterval::Minutes5;
    let task = Transfer::to_obs(&group, &streams, emulator.bucket(), every);
    let id = lts.transfers().create(task).await.unwrap();
    let mut declared = declared(&["a", "b"], vec![transfer(&emulator, &["a"]), transfer(&emulator, &["b"])]);
    declared.groups[0].transfers[1].to.dir = Some("edge".to_owned());
    let outcome = prune(&lts, &declared).await;
    assert_eq!(names(&outcome.updated), ["transfer app/a", "transfer app/b"]);
    assert_eq!(names(&outcome.deleted), ["transfer app/c", "stream app/c"]);
    assert_eq!(outcome.updated[0].id.as_deref(), Some(id.as_str()));
    assert_ne!(outcome.updated[1].id.as_deref(), Some(id.as_str()));
    assert_eq!(tasks(&lts).await, [["a"], ["b"]]);
    assert_settled(&lts, &declared, true).await;
}

#[tokio::test]
async fn pruning_a_stream_rewrites_the_streams_of_its_task() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let (group, streams) = app(&lts, &["a", "b", "c", "d"]).await;
    let every = TransferInterval::Minutes5;
    let task = |streams: &[StreamId]| {
        let task = Transfer::to_obs(&group, streams, emulator.bucket(), every);
        task.prefix("p").format(StorageFormat::Json).paused(true)
    };
    lts.transfers().create(task(&streams[..3])).await.unwrap();
    lts.transfers().create(task(&streams[3..])).await.unwrap();
    let declared = declared(&["a"], vec![transfer(&emulator, &["a"])]);
    let before = emulator.requests().len();
    let outcome = prune(&lts, &declared).await;
    let deleted = [
        "transfer app/b",
        "transfer app/c",
        "transfer app/d",
        "stream app/b",
        "stream app/c",
        "stream app/d",
    ];
    assert_eq!(names(&outcome.deleted), deleted);
    assert_eq!(names(&outcome.unchanged), ["group app/app", "stream app/a", "transfer app/a"]);
    assert_eq!(tasks(&lts).await, [["a"]]);
    let calls = |operation| {
        let requests = emulator.requests();
        requests[before..].iter().filter(|request| request.operation == Some(operation)).count()
    };
    assert_eq!((calls(Operation::UpdateTransfer), calls(Operation::DeleteTransfer)), (1, 1));
    assert_settled(&lts, &declared, true).await;
}

#[tokio::test]
async fn other_transfers_are_reported_exported_as_comments_and_never_changed() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let (group, streams) = app(&lts, &["dis", "dms", "agency", "plain"]).await;
    let every = TransferInterval::Minutes5;
    let id = "0123456789abcdef0123456789abcdef".to_owned();
    let agency = Agency {
        name: "lts".to_owned(),
        domain_id: id.clone(),
        domain_name: "other".to_owned(),
        project_id: id.clone(),
        delegated_domain_id: id.clone(),
        delegated_project_id: id,
    };
    for task in [
        Transfer::to_dis(&group, [&streams[0]], "id", "name"),
        Transfer::to_dms(&group, [&streams[1]], "id", "topic"),
        Transfer::to_obs(&group, [&streams[2]], "theirs", every).agency(agency),
    ] {
        lts.transfers().create(task).await.unwrap();
    }
    let before = lts.transfers().list().await.unwrap();
    let kept = declared(&["dis", "dms", "agency", "plain"], vec![]);
    let plan = provision::plan(&lts, &kept).prune(true).await.unwrap();
    assert!(plan.steps().all(|step| step.action == Action::Keep));
    assert_eq!(plan.warnings().len(), 3);
    for (warning, part) in plan.warnings().iter().zip([" is to DIS", " is to DMS", " delegates it"]) {
        assert!(warning.starts_with("group \"app\": transfer ") && warning.contains(part), "{warning}");
    }
    let exported = provision::export(&lts).await.unwrap();
    assert_eq!((&exported.manifest, exported.left_out.len()), (&sorted(kept), 3));
    assert_eq!(exported.into_yaml().unwrap().matches("\n# Left out: group \"app\": transfer ").count(), 3);

    // Pruning their streams is a conflict, and so is another transfer for one of them.
    let fewer = declared(&["plain"], vec![transfer(&emulator, &["plain"])]);
    let outcome = prune(&lts, &fewer).await;
    assert_eq!(names(&outcome.conflicts), ["stream app/agency", "stream app/dis", "stream app/dms"]);
    assert_eq!(names(&outcome.not_done), ["transfer app/plain"]);
    let another = declared(&["dis"], vec![transfer(&emulator, &["dis"])]);
    assert_eq!(names(&apply(&lts, &another).await.conflicts), ["transfer app/dis"]);
    assert_eq!(lts.transfers().list().await.unwrap(), before);
}

#[tokio::test]
async fn transfer_in_exception_is_as_a_manifest_without_a_pause_wants_it() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let (group, streams) = app(&lts, &["a"]).await;
    let every = TransferInterval::Minutes5;
    lts.transfers().create(Transfer::to_obs(&group, &streams, emulator.bucket(), every)).await.unwrap();
    let mut list: serde_json::Value =
        lts.request("GET", "/v2/{project_id}/transfers").await.unwrap().json().unwrap();
    list["log_transfers"][0]["log_transfer_info"]["log_transfer_status"] = "EXCEPTION".into();
    let fault = huaweicloud_lts::emulator::Fault::new().operation(Operation::ListTransfers);
    emulator.fault(fault.status(200).body(list).times(0)).unwrap();
    let mut wanted = transfer(&emulator, &["a"]);
    (wanted.to.prefix, wanted.format, wanted.paused) = (None, StorageFormat::Raw, false);
    assert_settled(&lts, &declared(&["a"], vec![wanted]), true).await;
}
