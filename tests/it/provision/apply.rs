//! Applying a plan: outcome, conflicts, failures, repeated runs.

use std::{collections::BTreeSet, sync::Mutex, time::Duration};

use huaweicloud_lts::{
    ClientBuilder, Credentials, Emulator, Ttl,
    emulator::{Fault, Options},
    provision::{self, Action, Item, ItemKind},
    spec::Operation,
    transfers::Transfer,
};
use proptest::prelude::*;
use tokio::sync::oneshot;

use super::{
    apply, client, client_after_clearing_faults, client_without_retries, existing, group, manifest, many,
    names, reason, runtime, sorted, transfer,
};

#[tokio::test]
async fn apply_creates_declared_items_once() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let mut app = group("app", &["nginx", "worker"]);
    app.ttl = Some(Ttl::days(30));
    app.transfers = vec![transfer(&emulator, &["worker", "nginx"])];
    let declared = manifest([app, group("empty", &[])]);

    let first = apply(&lts, &declared).await;
    let created = [
        "group app/app",
        "stream app/nginx",
        "stream app/worker",
        "transfer app/worker",
        "transfer app/nginx",
    ];
    assert_eq!(names(&first.created)[..5], created);
    assert_eq!((first.created.len(), first.is_complete(), first.interrupted), (6, true, false));
    assert!(first.created.iter().all(|item| item.id.is_some()));
    assert_eq!(existing(&lts).await, sorted(declared.clone()));
    let transfers = emulator.transfers().unwrap();
    assert_eq!(transfers.len(), 2, "one task for each stream");
    for transfer in &transfers {
        let info = &transfer["log_transfer_info"];
        assert_eq!(
            (&info["log_transfer_status"], &info["log_storage_format"]),
            (&"DISABLE".into(), &"JSON".into())
        );
        assert_eq!(info["log_transfer_detail"]["obs_prefix_name"], "p");
        assert_eq!(transfer["log_streams"].as_array().unwrap().len(), 1);
    }

    let second = apply(&lts, &declared).await;
    assert_eq!((second.created.len(), second.unchanged.len(), second.is_complete()), (0, 6, true));
    assert_eq!(names(&second.unchanged), names(&first.created));
    assert_eq!(emulator.transfers().unwrap(), transfers);
}

#[tokio::test]
async fn conflict_is_reported_before_anything_is_created() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let old = lts.groups().create("old", Ttl::days(1)).await.unwrap();
    let stream = lts.group(&old).streams().create("x").await.unwrap();
    lts.transfers().create(Transfer::to_dis(&old, [&stream], "id", "name")).await.unwrap();
    let mut declared = manifest([group("new", &["x"]), group("old", &["x", "y"])]);
    declared.groups[1].transfers = vec![transfer(&emulator, &["x"])];
    let plan = provision::plan(&lts, &declared).await.unwrap();
    assert!(plan.has_conflicts());
    let outcome = plan.apply(&lts).await;
    let mut dry = plan.outcome();
    assert!(dry.dry_run && !outcome.dry_run);
    dry.dry_run = false;
    assert_eq!(outcome, dry);
    assert_eq!(names(&outcome.not_done), ["group new/new", "stream new/x", "group old/old", "stream old/y"]);
    assert_eq!((names(&outcome.conflicts), outcome.created.len()), (vec!["transfer old/x".to_owned()], 0));
    assert!(reason(&outcome.conflicts[0]).contains("is to DIS"), "{outcome:?}");
    let state = existing(&lts).await;
    assert_eq!((state.groups.len(), state.groups[0].ttl), (1, Some(Ttl::days(1))));
}

#[tokio::test]
async fn group_created_after_the_plan_is_found_and_updated() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = manifest([group("a", &["x"]), group("b", &["x"])]);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    lts.groups().create("a", Ttl::days(1)).await.unwrap();
    lts.groups().create("b", Ttl::days(7)).await.unwrap();
    let outcome = plan.apply(&lts).await;
    assert_eq!(
        (names(&outcome.updated), reason(&outcome.updated[0])),
        (vec!["group a/a".to_owned()], "ttl 1 → 7")
    );
    assert_eq!(names(&outcome.unchanged), ["group b/b"]);
    assert_eq!(names(&outcome.created), ["stream a/x", "stream b/x"]);
    assert!(outcome.is_complete());
}

#[tokio::test]
async fn prune_deletes_undeclared_streams_of_declared_groups_with_their_transfers() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let mut full = group("app", &["a", "b", "c"]);
    full.transfers = vec![transfer(&emulator, &["c"])];
    apply(&lts, &manifest([full, group("other", &["x"])])).await;
    let declared = manifest([group("app", &["a", "d"])]);

    let kept = provision::plan(&lts, &declared).await.unwrap();
    assert!(kept.steps().all(|step| step.action != Action::Delete));
    let plan = provision::plan(&lts, &declared).prune(true).await.unwrap();
    assert_eq!(names(&plan.outcome().deleted), ["transfer app/c", "stream app/b", "stream app/c"]);
    let outcome = plan.apply(&lts).await;
    assert_eq!(names(&outcome.deleted), names(&plan.outcome().deleted));
    assert_eq!((names(&outcome.created), outcome.is_complete()), (vec!["stream app/d".to_owned()], true));
    assert_eq!(existing(&lts).await, manifest([group("app", &["a", "d"]), group("other", &["x"])]));
}

#[tokio::test]
async fn delete_with_a_proxy_page_fails_after_as_many_attempts_as_an_ordinary_call() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    apply(&lts, &manifest([group("app", &["old"])])).await;
    let plan = provision::plan(&lts, &manifest([group("app", &[])])).prune(true).await.unwrap();
    let page = Fault::new().operation(Operation::DeleteLogStream).status(200).body("<html>Sign in");
    emulator.fault(page.times(0)).unwrap();
    let outcome = plan.apply(&lts).await;
    assert_eq!((names(&outcome.failed), outcome.deleted.len()), (vec!["stream app/old".to_owned()], 0));
    let requests = emulator.requests();
    let deletes = requests.iter().filter(|request| request.operation == Some(Operation::DeleteLogStream));
    assert_eq!(deletes.count(), 3);
}

#[tokio::test]
async fn failed_items_are_listed_and_the_next_run_creates_them() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let mut declared = many(6, 6);
    for group in &mut declared.groups {
        group.transfers = vec![transfer(&emulator, &["s-0", "s-3"])];
    }
    for (seed, operation) in
        [Operation::CreateLogGroup, Operation::CreateLogStream, Operation::CreateTransfer]
            .into_iter()
            .enumerate()
    {
        // A failure that is not retried.
        let fault = Fault::new().operation(operation).status(400).times(0).probability(0.3).seed(seed as u64);
        emulator.fault(fault).unwrap();
    }
    let first = apply(&lts, &declared).await;
    let all = 6 * (1 + 6 + 2);
    assert!(!first.failed.is_empty() && !first.created.is_empty(), "{first:?}");
    assert_eq!(first.failed.len() + first.not_done.len() + first.created.len(), all);
    let left: Vec<Item> = first.failed.iter().chain(&first.not_done).cloned().collect();
    assert!(left.iter().all(|item| item.reason.is_some()));
    // The items in `created` exist, and no others.
    let count = |items: &[Item], kind| items.iter().filter(|item| item.kind == kind).count();
    let state = existing(&lts).await;
    assert_eq!(count(&first.created, ItemKind::Group), state.groups.len());
    assert_eq!(
        count(&first.created, ItemKind::Stream),
        state.groups.iter().map(|g| g.streams.len()).sum::<usize>()
    );
    emulator.clear_faults();
    let second = apply(&lts, &declared).await;
    assert!(second.is_complete(), "{second:?}");
    assert_eq!(
        names(&second.created).into_iter().collect::<BTreeSet<_>>(),
        names(&left).into_iter().collect()
    );
    assert_eq!(existing(&lts).await, sorted(declared));
}

#[tokio::test]
async fn exhausted_quota_stops_further_creations() {
    let emulator = Options::default().quota_streams(3).quota_groups(2).start().unwrap();
    let lts = client(&emulator);
    let declared = many(4, 10);
    let outcome = provision::plan(&lts, &declared).await.unwrap().apply(&lts).concurrency(2).await;
    assert_eq!(outcome.created.len(), 2 + 2 * 3);
    assert_eq!(outcome.failed.len() + outcome.not_done.len(), 4 * 11 - 8);
    let failed_with =
        |kind, code: &str| outcome.failed.iter().any(|item| item.kind == kind && reason(item).contains(code));
    assert!(
        failed_with(ItemKind::Group, "LTS.0104") && failed_with(ItemKind::Stream, "LTS.0206"),
        "{outcome:?}"
    );
    assert!(outcome.not_done.iter().all(|item| reason(item).starts_with("not tried: ")));
    let creations = emulator.requests().into_iter().filter(|request| request.method == "POST").count();
    // Each worker meets each quota at most once.
    assert!(creations <= 8 + 3 * 2, "{creations} creations");
}

#[tokio::test]
async fn rejected_credentials_stop_the_run() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = many(5, 5);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let before = emulator.requests().len();
    let stale = ClientBuilder::from(&emulator).credentials(Credentials::token("stale")).build().unwrap();
    let outcome = plan.apply(&stale).concurrency(3).await;
    assert_eq!(outcome.failed.len() + outcome.not_done.len(), 30);
    assert!(
        outcome.failed.iter().chain(&outcome.not_done).all(|item| reason(item).contains("LTS.0003")),
        "{outcome:?}"
    );
    assert!(emulator.requests().len() - before <= 3);
}

#[tokio::test]
async fn unreachable_service_stops_the_run() {
    let emulator = Emulator::start().unwrap();
    let lts = ClientBuilder::from(&emulator).call_timeout(Duration::from_millis(300)).build().unwrap();
    let plan = provision::plan(&lts, &many(10, 10)).await.unwrap();
    emulator.fault(Fault::new().drop_before().times(0)).unwrap();
    let before = emulator.requests().len();
    let outcome = plan.apply(&lts).concurrency(2).await;
    assert_eq!((outcome.failed.len() + outcome.not_done.len(), outcome.created.len()), (110, 0));
    assert!(
        outcome.not_done.iter().any(|item| reason(item).contains("in a row")),
        "{:?}",
        outcome.not_done.last()
    );
    // Six calls in a row, each with a few attempts before its deadline.
    assert!(emulator.requests().len() - before < 100);
}

#[tokio::test]
async fn refused_connections_stop_the_run_with_the_first_call_that_gives_up() {
    let emulator = Emulator::start().unwrap();
    let lts = ClientBuilder::from(&emulator).call_timeout(Duration::from_millis(300)).build().unwrap();
    let plan = provision::plan(&lts, &many(10, 10)).await.unwrap();
    drop(emulator);
    let outcome = plan.apply(&lts).concurrency(2).await;
    // The first one may have been sent on a connection that was open before.
    assert!((1..=3).contains(&outcome.failed.len()), "{:?}", outcome.failed);
    assert_eq!(outcome.failed.len() + outcome.not_done.len(), 110);
    let says_why =
        |item: &Item| reason(item).contains("not tried: createLogGroup: could not connect to http://");
    assert!(outcome.not_done.iter().any(says_why), "{:?}", outcome.not_done);
}

#[tokio::test]
async fn outcome_has_the_order_of_the_manifest() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    // Responses arrive in a random order.
    for seed in 0..3 {
        let fault = Fault::new().delay(Duration::from_millis(3)).times(0).probability(0.4).seed(seed);
        emulator.fault(fault).unwrap();
    }
    let declared = many(7, 9);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let outcome = plan.apply(&lts).concurrency(32).await;
    assert_eq!(names(&outcome.created), names(&plan.outcome().created));
}

#[tokio::test]
async fn observer_is_called_for_every_item() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = many(3, 4);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let observed = Mutex::new(Vec::new());
    let outcome = plan
        .apply(&lts)
        .observe(|progress| {
            observed.lock().unwrap().push((progress.done, progress.total, progress.item.clone()))
        })
        .await;
    let observed = observed.into_inner().unwrap();
    assert_eq!(observed.len(), outcome.created.len());
    assert!(observed.iter().all(|(_, total, _)| *total == 15));
    assert_eq!(observed.iter().map(|(done, ..)| *done).collect::<BTreeSet<_>>(), (1..=15).collect());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn run_after_an_interrupt_completes_the_manifest(stop_at in 0_usize..30, concurrency in 1_usize..9, seed: u64) {
        let emulator = Emulator::start().unwrap();
        let lts = client_without_retries(&emulator);
        let mut declared = many(4, 5);
        declared.groups[1].transfers = vec![transfer(&emulator, &["s-1", "s-4"])];
        declared.groups[3].transfers = vec![transfer(&emulator, &["s-0"])];
        // Some responses get lost.
        emulator.fault(Fault::new().drop_after().times(3).probability(0.2).seed(seed)).unwrap();
        runtime().block_on(async {
            let plan = provision::plan(&lts, &declared).await;
            let Ok(plan) = plan else { return };
            let (stop, stopped) = oneshot::channel::<()>();
            let stop = Mutex::new(Some(stop));
            let first = plan
                .apply(&lts)
                .concurrency(concurrency)
                .observe(|progress| {
                    if progress.done > stop_at
                        && let Some(stop) = stop.lock().unwrap().take()
                    {
                        let _ = stop.send(());
                    }
                })
                .stop_when(async {
                    if stopped.await.is_err() {
                        std::future::pending().await
                    }
                })
                .await;
            let left = first.failed.len() + first.not_done.len();
            assert_eq!(first.created.len() + first.unchanged.len() + left, 4 + 20 + 3);
            // Running calls were finished, and others can only have been started in the same moment.
            let tried = first.failed.len();
            let most = stop_at + 1 + 2 * concurrency;
            assert!(first.created.len() + tried <= most, "{} of {most}", first.created.len() + tried);
            let state = existing(&client_after_clearing_faults(&emulator)).await;
            let streams: usize = state.groups.iter().map(|group| group.streams.len()).sum();
            assert!(streams >= first.created.iter().filter(|item| item.kind == ItemKind::Stream).count());
            let second = apply(&lts, &declared).await;
            assert!(second.is_complete(), "{second:?}");
            assert_eq!(existing(&lts).await, sorted(declared.clone()));
            assert_eq!(emulator.transfers().unwrap().len(), 3);
            let third = apply(&lts, &declared).await;
            assert_eq!((third.created.len(), third.is_complete()), (0, true));
        });
    }
}
