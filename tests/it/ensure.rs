//! `ensure_*` is safe to repeat while responses are lost, garbled, refused and delayed.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use huaweicloud_lts::{
    Client, ClientBuilder, Emulator, Error, GroupId, StreamId, Ttl,
    call::RetryPolicy,
    emulator::Fault,
    spec::Operation,
    transfers::{EnsuredLogDump, Transfer, TransferInterval},
};

use crate::scripted_server::{Reply, ScriptedServer, group};

/// The number of names that the calls use.
const NAMES: usize = 100;
/// The number of concurrent tasks.
const TASKS: usize = 32;

/// The number of calls: enough to meet every fault many times. `LTS_TEST_CALLS` sets it for long runs.
fn calls() -> usize {
    std::env::var("LTS_TEST_CALLS").map_or(1_000, |calls| calls.parse().unwrap())
}

/// An emulator in which about 30 % of the calls get one of six faults.
fn faulty() -> Emulator {
    let emulator = Emulator::start().unwrap();
    let faults = [
        Fault::new().drop_before(),
        Fault::new().drop_after(),
        Fault::new().status(429),
        Fault::new().status(503),
        Fault::new().cut_after_bytes(5),
        // A success status: with an error status, the client would rightly report the garbage as the error.
        Fault::new().status(200).body("garbage"),
    ];
    for (seed, fault) in faults.into_iter().enumerate() {
        // 1 - (1 - p)^6 = 0.3
        emulator.fault(fault.times(0).probability(0.0577).seed(seed as u64)).unwrap();
    }
    emulator
}

fn policy() -> RetryPolicy {
    RetryPolicy::default().first_pause(Duration::from_micros(100)).longest_pause(Duration::from_millis(5))
}

/// Makes all calls concurrently and returns the result of each with the number of its name.
async fn call_concurrently<T, F, Fut>(calls: usize, call: F) -> Vec<(usize, Result<T, Error>)>
where
    T: Send + 'static,
    F: Fn(String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, Error>> + Send,
{
    let call = Arc::new(call);
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let call = Arc::clone(&call);
            tokio::spawn(async move {
                let mut results = Vec::new();
                for i in (task..calls).step_by(TASKS) {
                    let name = i % NAMES;
                    results.push((name, call(format!("name-{name}")).await));
                }
                results
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all
}

/// The names of the existing groups.
async fn names(lts: &Client) -> Vec<String> {
    lts.groups().list().await.unwrap().into_iter().map(|group| group.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ensure_group_creates_once_with_enough_retries() {
    let emulator = faulty();
    let policy_with_retries = policy().max_attempts(12).budget(false);
    let lts = ClientBuilder::from(&emulator).retry(policy_with_retries).build().unwrap();
    let results = {
        let lts = lts.clone();
        call_concurrently(calls(), move |name| {
            let lts = lts.clone();
            async move { lts.groups().ensure(name, Ttl::days(7)).await }
        })
        .await
    };
    assert_eq!(results.len(), calls());
    let mut ids: Vec<BTreeSet<GroupId>> = vec![BTreeSet::new(); NAMES];
    for (name, result) in results {
        ids[name].insert(result.unwrap_or_else(|e| panic!("name-{name}: {e:#}")).id);
    }
    assert!(ids.iter().all(|ids| ids.len() == 1), "callers got different ids for one name");
    emulator.clear_faults();
    let names = names(&lts).await;
    assert_eq!((names.len(), names.iter().collect::<BTreeSet<_>>().len()), (NAMES, NAMES));
}

#[tokio::test(flavor = "multi_thread")]
async fn ensure_group_failures_are_typed_with_a_policy_of_the_call() {
    let emulator = faulty();
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    let results = {
        let lts = lts.clone();
        call_concurrently(1_000, move |name| {
            let lts = lts.clone();
            async move { lts.groups().ensure(name, Ttl::days(7)).retry(policy()).await }
        })
        .await
    };
    emulator.clear_faults();
    let existing: BTreeSet<_> =
        lts.groups().list().await.unwrap().into_iter().map(|group| (group.name, group.id)).collect();
    assert_eq!(
        existing.iter().map(|(name, _)| name).collect::<BTreeSet<_>>().len(),
        existing.len(),
        "a name exists twice"
    );
    for (name, result) in results {
        match result {
            Ok(ensured) => {
                assert!(
                    existing.contains(&(format!("name-{name}"), ensured.id)),
                    "name-{name} does not exist"
                )
            }
            Err(error) => assert!(
                error.is_retryable() || error.outcome_unknown() || matches!(error, Error::Decode(_)),
                "{error:?}"
            ),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ensure_stream_creates_once_with_enough_retries() {
    let emulator = faulty();
    let policy_with_retries = policy().max_attempts(12).budget(false);
    let lts = ClientBuilder::from(&emulator).retry(policy_with_retries).build().unwrap();
    let group = lts.groups().ensure("app", Ttl::days(7)).await.unwrap().id;
    let results = {
        let (lts, group) = (lts.clone(), group.clone());
        call_concurrently(1_000, move |name| {
            let (lts, group) = (lts.clone(), group.clone());
            async move { lts.group(&group).streams().ensure(name).await }
        })
        .await
    };
    let ids: BTreeSet<StreamId> = results.into_iter().map(|(_, result)| result.unwrap().id).collect();
    emulator.clear_faults();
    let existing: BTreeSet<_> =
        lts.group(&group).streams().list().await.unwrap().into_iter().map(|s| s.id).collect();
    assert_eq!((ids.len(), &ids), (NAMES, &existing));
}

#[tokio::test(flavor = "multi_thread")]
async fn ensure_transfer_creates_once_and_deletes_finish() {
    let emulator = faulty();
    let policy_with_retries = policy().max_attempts(12).budget(false);
    let lts = ClientBuilder::from(&emulator).retry(policy_with_retries).build().unwrap();
    for round in 0..20 {
        let group = lts.groups().ensure(format!("app-{round}"), Ttl::days(7)).await.unwrap().id;
        let in_group = lts.group(&group);
        let stream = in_group.streams().ensure("s").await.unwrap().id;
        let ensure = |every| {
            let transfer = Transfer::to_obs(&group, [&stream], emulator.bucket(), every);
            lts.transfers().ensure_log_dump(transfer)
        };
        for _ in 0..5 {
            ensure(TransferInterval::Minutes5).await.unwrap();
        }
        let again = ensure(TransferInterval::Hours1).await.unwrap();
        assert_eq!(again, EnsuredLogDump::AlreadyThere);
        let transfers = emulator.transfers().unwrap();
        assert_eq!(transfers.len(), 1, "{transfers:?}");
        let id = transfers[0]["log_dump_obs_id"].as_str().unwrap().parse().unwrap();
        assert!(emulator.delete_transfer(&id).unwrap());
        // A delete whose response is lost is no error.
        in_group.streams().delete(&stream).await.unwrap();
        lts.groups().delete(&group).await.unwrap();
    }
    emulator.clear_faults();
    assert!(names(&lts).await.is_empty());
}

/// With the client's default settings, since those are what programs have.
#[tokio::test(flavor = "multi_thread")]
async fn ensure_survives_any_kind_of_fault_until_its_deadline() {
    let kinds = [
        Fault::new().drop_before(),
        Fault::new().drop_after(),
        Fault::new().status(429),
        Fault::new().status(500),
        Fault::new().status(503),
        Fault::new().cut_after_bytes(5),
    ];
    for fault in kinds {
        let emulator = Emulator::builder().quota_groups(0).start().unwrap();
        let lts = ClientBuilder::from(&emulator).build().unwrap();
        let parent = lts.groups().create("parent", Ttl::days(7)).await.unwrap();
        let kind = format!("{fault:?}");
        emulator.fault(fault.times(0).probability(0.3).seed(1)).unwrap();
        let in_group = lts.group(&parent).streams();
        let results = call_concurrently(calls() / 10, move |name| {
            let group = lts.groups().ensure(&name, Ttl::days(7)).deadline(Duration::from_secs(120));
            let stream = in_group.ensure(&name).deadline(Duration::from_secs(120));
            async move {
                group.await?;
                stream.await
            }
        });
        for (name, result) in results.await {
            assert!(result.is_ok(), "{kind}: {name}: {}", result.unwrap_err());
        }
        emulator.clear_faults();
        let lts = ClientBuilder::from(&emulator).build().unwrap();
        let (groups, streams) = (names(&lts).await, lts.group(&parent).streams().list().await.unwrap());
        let unique: BTreeSet<_> = groups.iter().collect();
        assert_eq!((groups.len(), unique.len()), (streams.len() + 1, streams.len() + 1), "{kind}");
    }
}

#[tokio::test]
async fn ensure_group_gives_up_on_responses_without_an_id() {
    let emulator = Emulator::start().unwrap();
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    let create = Operation::CreateLogGroup;
    emulator.fault(Fault::new().operation(create).times(0).status(201).body("{}")).unwrap();
    let error = lts.groups().ensure("app", Ttl::days(7)).await.unwrap_err();
    assert!(matches!(error, Error::Decode(_)) && !error.outcome_unknown(), "{error}");
    let requests = emulator.requests();
    assert_eq!(requests.iter().filter(|request| request.operation == Some(create)).count(), 3);
}

#[tokio::test]
async fn create_group_reports_unknown_outcome() {
    let emulator = Emulator::start().unwrap();
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    for fault in [Fault::new().drop_before(), Fault::new().drop_after()] {
        emulator.fault(fault).unwrap();
        let error = lts.groups().create("app", Ttl::days(7)).await.unwrap_err();
        assert!(error.outcome_unknown() && error.remedy().is_some(), "{error}");
    }
    // The second create was executed.
    assert_eq!(names(&lts).await, ["app"]);
}

#[tokio::test]
async fn ensure_group_lists_again_when_quota_is_full() {
    let emulator = Emulator::builder().quota_groups(1).start().unwrap();
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    let first = lts.groups().ensure("app", Ttl::days(7)).await.unwrap();
    assert!(lts.groups().ensure("other", Ttl::days(7)).await.unwrap_err().is_quota_exceeded());
    // The first list doesn't show the group, as if another client created it in between.
    let hidden = Fault::new()
        .operation("listLogGroups".parse().unwrap())
        .body(serde_json::json!({ "log_groups": [] }));
    emulator.fault(hidden).unwrap();
    let found = lts.groups().ensure("app", Ttl::days(7)).await.unwrap();
    assert_eq!((found.id, found.created), (first.id, false));
}

#[tokio::test]
async fn ensure_gives_up_on_a_taken_name_that_no_list_shows() {
    let reply = |request: &str| match request {
        request if request.starts_with("GET") => Reply::json(200, r#"{"log_groups":[],"log_streams":[]}"#),
        request if request.contains("/streams") => {
            Reply::json(400, r#"{"error_code":"LTS.0205","error_msg":"The log stream name has existed."}"#)
        }
        _ => Reply::json(400, r#"{"error_code":"LTS.0101","error_msg":"The log group name has existed."}"#),
    };
    let script = ScriptedServer::serve((0..40).map(|_| Reply::Echo(reply))).await;
    let lts = script.with_token().retry(policy().max_attempts(3)).build().unwrap();
    let errors = [
        lts.groups().ensure("app", Ttl::days(7)).await.unwrap_err(),
        lts.group(&group()).streams().ensure("nginx").await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_already_exists() && error.to_string().contains("list doesn't show it"), "{error}");
    }
    let creations = script.requests().iter().filter(|request| request.starts_with("POST")).count();
    assert_eq!(creations, 2 * 3);
}
