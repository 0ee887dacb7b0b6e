//! Manifests carried out against the emulator: planned, applied, interrupted, repeated, exported.

mod command;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use huaweicloud_lts::{
    Client, ClientBuilder, Credentials, Emulator, Error, RetryPolicy, StorageFormat, TransferInterval, Ttl,
    emulator::{Fault, Options, Seed},
    manifest::{Group, Manifest, Transfer},
    provision::{self, Action, Exported, Item, Kind, Outcome, PlanError, parse},
    spec::Operation,
};
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::{Notify, oneshot},
};

fn group(name: &str, streams: &[&str]) -> Group {
    let streams = streams.iter().map(|name| (*name).to_owned()).collect();
    Group { name: name.to_owned(), ttl: Ttl::days(7), streams, transfers: Vec::new() }
}

fn transfer(emulator: &Emulator, streams: &[&str]) -> Transfer {
    Transfer {
        streams: streams.iter().map(|name| (*name).to_owned()).collect(),
        bucket: emulator.bucket().to_owned(),
        every: TransferInterval::Minutes5,
        format: StorageFormat::Json,
        prefix: Some("p".to_owned()),
        dir: None,
        paused: true,
    }
}

fn manifest(groups: impl IntoIterator<Item = Group>) -> Manifest {
    Manifest { groups: groups.into_iter().collect() }
}

/// So many groups of so many streams.
fn many(groups: usize, streams: usize) -> Manifest {
    manifest((0..groups).map(|g| {
        let streams: Vec<String> = (0..streams).map(|s| format!("s-{s}")).collect();
        group(&format!("g-{g}"), &streams.iter().map(String::as_str).collect::<Vec<_>>())
    }))
}

fn client(emulator: &Emulator) -> Client {
    ClientBuilder::from(emulator).build().unwrap()
}

/// One that doesn't try again, so that each fault is a failure.
fn hasty(emulator: &Emulator) -> Client {
    ClientBuilder::from(emulator).retry(RetryPolicy::off()).build().unwrap()
}

async fn apply(lts: &Client, manifest: &Manifest) -> Outcome {
    provision::plan(lts, manifest).await.unwrap().apply(lts).await
}

/// What is there, as a manifest without transfers.
async fn there(lts: &Client) -> Manifest {
    provision::export(lts).await.unwrap().manifest
}

/// The same in the order of an export.
fn sorted(mut manifest: Manifest) -> Manifest {
    manifest.groups.sort_by(|a, b| a.name.cmp(&b.name));
    for group in &mut manifest.groups {
        group.streams.sort();
        group.transfers.clear();
    }
    manifest
}

/// `group/name` of each.
fn names(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| format!("{} {}/{}", item.kind, item.group, item.name)).collect()
}

fn reason(item: &Item) -> &str {
    item.reason.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn what_is_declared_is_created_once() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let mut app = group("app", &["nginx", "worker"]);
    app.ttl = Ttl::days(30);
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
    assert_eq!(there(&lts).await, sorted(declared.clone()));
    let transfers = emulator.transfers().unwrap();
    assert_eq!(transfers.len(), 2, "one task for each stream");
    for transfer in &transfers {
        assert_eq!(transfer["switch_on"], false);
        assert_eq!((&transfer["storage_format"], &transfer["prefix_name"]), (&"JSON".into(), &"p".into()));
        assert_eq!(transfer["log_stream_ids"].as_array().unwrap().len(), 1);
    }

    let second = apply(&lts, &declared).await;
    assert_eq!((second.created.len(), second.unchanged.len(), second.is_complete()), (0, 6, true));
    assert_eq!(names(&second.unchanged), names(&first.created));
    assert!(reason(&second.unchanged[3]).contains("already there"));
    assert_eq!(emulator.transfers().unwrap(), transfers);
}

#[tokio::test]
async fn a_plan_only_reads_and_asks_only_for_what_may_be_there() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    apply(&lts, &manifest([group("a", &["x"])])).await;
    let before = emulator.requests().len();
    let mut declared = manifest([group("b", &["x"]), group("a", &["y", "x"]), group("c", &["x"])]);
    declared.groups[1].transfers = vec![transfer(&emulator, &["x", "y"])];
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let asked: Vec<_> =
        emulator.requests()[before..].iter().map(|request| request.operation.unwrap()).collect();
    assert_eq!(asked, [Operation::ListLogGroups, Operation::ListLogStreams]);
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
            "create, or already there: transfer a/x",
            "create, or already there: transfer a/y",
            "create: group c/c",
            "create: stream c/x",
        ]
    );
    assert_eq!(plan.outcome().created.len(), 7);
    assert_eq!(emulator.requests().len(), before + 2);
}

#[tokio::test]
async fn a_conflict_is_said_before_anything_is_created() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    lts.create_group("old", Ttl::days(1)).await.unwrap();
    let declared = manifest([group("new", &["x"]), group("old", &["x"])]);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    assert!(plan.has_conflicts());
    let outcome = plan.apply(&lts).await;
    assert_eq!(outcome, plan.outcome());
    assert_eq!((names(&outcome.conflicts), outcome.created.len()), (vec!["group old/old".to_owned()], 0));
    assert!(reason(&outcome.conflicts[0]).contains("1 day, not 7 days"), "{outcome:?}");
    assert_eq!(there(&lts).await.groups.len(), 1);
}

#[tokio::test]
async fn somebody_elses_group_in_between_is_a_conflict_of_its_own() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = manifest([group("a", &["x"]), group("b", &["x"])]);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    lts.create_group("a", Ttl::days(1)).await.unwrap();
    lts.create_group("b", Ttl::days(7)).await.unwrap();
    let outcome = plan.apply(&lts).await;
    assert_eq!(names(&outcome.conflicts), ["group a/a"]);
    assert_eq!(names(&outcome.unchanged), ["group b/b"]);
    assert_eq!(names(&outcome.created), ["stream b/x"]);
    assert_eq!(names(&outcome.failed), ["stream a/x"]);
}

#[tokio::test]
async fn pruning_deletes_what_named_groups_have_too_much() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let mut full = group("app", &["a", "b", "c"]);
    full.transfers = vec![transfer(&emulator, &["c"])];
    apply(&lts, &manifest([full, group("other", &["x"])])).await;
    let declared = manifest([group("app", &["a", "d"])]);

    let kept = provision::plan(&lts, &declared).await.unwrap();
    assert!(kept.steps().all(|step| step.action != Action::Delete));
    let plan = provision::plan(&lts, &declared).prune(true).await.unwrap();
    assert_eq!(names(&plan.outcome().deleted), ["stream app/b", "stream app/c"]);
    let outcome = plan.apply(&lts).await;
    assert_eq!(names(&outcome.deleted), ["stream app/b"]);
    assert_eq!(names(&outcome.conflicts), ["stream app/c"]);
    assert!(reason(&outcome.conflicts[0]).contains("LTS.0207"), "{outcome:?}");
    assert_eq!((names(&outcome.created), outcome.failed.len()), (vec!["stream app/d".to_owned()], 0));
    assert_eq!(there(&lts).await, manifest([group("app", &["a", "c", "d"]), group("other", &["x"])]));
}

#[tokio::test]
async fn what_fails_is_named_and_the_next_run_goes_on_from_there() {
    let emulator = Emulator::start().unwrap();
    let lts = hasty(&emulator);
    let mut declared = many(6, 6);
    for group in &mut declared.groups {
        group.transfers = vec![transfer(&emulator, &["s-0", "s-3"])];
    }
    for (seed, operation) in
        [Operation::CreateLogGroup, Operation::CreateLogStream, Operation::CreateLogDumpObs]
            .into_iter()
            .enumerate()
    {
        let fault = Fault::new().operation(operation).status(503).times(0).probability(0.3).seed(seed as u64);
        emulator.fault(fault).unwrap();
    }
    let first = apply(&lts, &declared).await;
    let all = 6 * (1 + 6 + 2);
    assert!(!first.failed.is_empty() && !first.created.is_empty(), "{first:?}");
    assert_eq!(first.failed.len() + first.created.len(), all);
    assert!(first.failed.iter().all(|item| item.reason.is_some()));
    // What is said to be there is there, and nothing else.
    let count = |items: &[Item], kind| items.iter().filter(|item| item.kind == kind).count();
    let state = there(&lts).await;
    assert_eq!(count(&first.created, Kind::Group), state.groups.len());
    assert_eq!(
        count(&first.created, Kind::Stream),
        state.groups.iter().map(|g| g.streams.len()).sum::<usize>()
    );
    emulator.clear_faults();
    let second = apply(&lts, &declared).await;
    assert!(second.is_complete(), "{second:?}");
    assert_eq!(
        names(&second.created).into_iter().collect::<BTreeSet<_>>(),
        names(&first.failed).into_iter().collect()
    );
    assert_eq!(there(&lts).await, sorted(declared));
}

#[tokio::test]
async fn a_full_quota_is_not_tried_again_and_again() {
    let emulator = Options::default().quota_streams(3).quota_groups(2).start().unwrap();
    let lts = client(&emulator);
    let declared = many(4, 10);
    let outcome = provision::plan(&lts, &declared).await.unwrap().apply(&lts).concurrency(2).await;
    assert_eq!(outcome.created.len(), 2 + 2 * 3);
    assert_eq!(outcome.failed.len(), 4 * 11 - 8);
    let said =
        |kind, code: &str| outcome.failed.iter().any(|item| item.kind == kind && reason(item).contains(code));
    assert!(said(Kind::Group, "LTS.0104") && said(Kind::Stream, "LTS.0206"), "{outcome:?}");
    assert!(outcome.failed.iter().any(|item| reason(item).starts_with("not tried: ")));
    let creations = emulator.requests().into_iter().filter(|request| request.method == "POST").count();
    // Each refusal is met by as many workers as there are, no more.
    assert!(creations <= 8 + 3 * 2, "{creations} creations");
}

#[tokio::test]
async fn beyond_the_default_quota_is_a_warning() {
    let emulator = Options::default().quota_streams(0).quota_groups(0).start().unwrap();
    let lts = client(&emulator);
    let plan = provision::plan(&lts, &many(1, 100)).await.unwrap();
    assert_eq!(plan.warnings(), [""; 0]);
    let plan = provision::plan(&lts, &many(1, 101)).await.unwrap();
    assert_eq!(plan.warnings().len(), 1);
    assert!(plan.warnings()[0].contains("\"g-0\"") && plan.warnings()[0].contains("101"));
    let plan = provision::plan(&lts, &many(101, 1)).await.unwrap();
    assert!(plan.warnings()[0].contains("groups: 101; by default there may be 100"), "{:?}", plan.warnings());
    assert!(plan.apply(&lts).await.is_complete());
    let plan = provision::plan(&lts, &many(101, 1)).await.unwrap();
    assert_eq!(plan.warnings(), [""; 0], "nothing new, nothing to warn of");
}

#[tokio::test]
async fn refused_credentials_end_it_at_once() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = many(5, 5);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let before = emulator.requests().len();
    let stranger = ClientBuilder::from(&emulator).credentials(Credentials::token("stale")).build().unwrap();
    let outcome = plan.apply(&stranger).concurrency(3).await;
    assert_eq!(outcome.failed.len(), 30);
    assert!(outcome.failed.iter().all(|item| reason(item).contains("LTS.0003")), "{outcome:?}");
    assert!(emulator.requests().len() - before <= 3);
}

#[tokio::test]
async fn a_service_out_of_reach_is_given_up() {
    let emulator = Emulator::start().unwrap();
    let lts = hasty(&emulator);
    let plan = provision::plan(&lts, &many(10, 10)).await.unwrap();
    emulator.fault(Fault::new().drop_before().times(0)).unwrap();
    let before = emulator.requests().len();
    let outcome = plan.apply(&lts).concurrency(2).await;
    assert_eq!((outcome.failed.len(), outcome.created.len()), (110, 0));
    assert!(
        outcome.failed.iter().any(|item| reason(item).contains("in a row")),
        "{:?}",
        outcome.failed.last()
    );
    assert!(emulator.requests().len() - before < 20);
}

#[tokio::test]
async fn the_order_of_the_outcome_is_that_of_the_manifest() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    // Answers come back in any order.
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
async fn every_end_is_told_and_counted() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = many(3, 4);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let told = Mutex::new(Vec::new());
    let outcome = plan
        .apply(&lts)
        .observe(|progress| told.lock().unwrap().push((progress.done, progress.total, progress.item.clone())))
        .await;
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), outcome.created.len());
    assert!(told.iter().all(|(_, total, _)| *total == 15));
    assert_eq!(told.iter().map(|(done, ..)| *done).collect::<BTreeSet<_>>(), (1..=15).collect());
}

/// A service that knows one list, holds every creation back, and counts how many wait.
struct Gate {
    url: String,
    waiting: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
    arrived: Notify,
    opened: Notify,
}

impl Gate {
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (waiting, most, all) = Default::default();
        let gate = Arc::new(Self { url, waiting, most, all, arrived: Notify::new(), opened: Notify::new() });
        let serving = Arc::clone(&gate);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let gate = Arc::clone(&serving);
                tokio::spawn(async move {
                    let mut buffer = vec![0; 65_536];
                    // A request comes whole: it is small.
                    while let Ok(1..) = stream.read(&mut buffer).await {
                        let (status, body) = if buffer.starts_with(b"GET") {
                            (200, r#"{"log_groups":[]}"#.to_owned())
                        } else {
                            let number = gate.waiting.fetch_add(1, Ordering::SeqCst) + 1;
                            gate.most.fetch_max(number, Ordering::SeqCst);
                            let opened = gate.opened.notified();
                            gate.all.fetch_add(1, Ordering::SeqCst);
                            gate.arrived.notify_one();
                            opened.await;
                            gate.waiting.fetch_sub(1, Ordering::SeqCst);
                            (201, format!(r#"{{"log_group_id":"{}"}}"#, "a".repeat(36)))
                        };
                        let head = format!(
                            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                            body.len()
                        );
                        if stream.write_all((head + &body).as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        gate
    }

    fn client(&self) -> Client {
        let settings = Client::builder().endpoint(&self.url).project_id("0123456789abcdef0123456789abcdef");
        settings.credentials(Credentials::token("t")).build().unwrap()
    }

    /// Waits until so many creations have been asked for in all.
    async fn until_asked(&self, number: usize) {
        while self.all.load(Ordering::SeqCst) < number {
            self.arrived.notified().await;
        }
    }
}

#[tokio::test]
async fn so_many_calls_run_at_a_time_and_no_more() {
    let gate = Gate::start().await;
    let lts = gate.client();
    let declared = many(23, 0);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let apply = plan.apply(&lts).concurrency(5).into_future();
    let opening = async {
        for asked in [5, 10, 15, 20, 23] {
            gate.until_asked(asked).await;
            // Time for one too many.
            tokio::time::sleep(Duration::from_millis(20)).await;
            gate.opened.notify_waiters();
        }
    };
    let (outcome, ()) = tokio::join!(apply, opening);
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!((outcome.created.len(), gate.most.load(Ordering::SeqCst)), (23, 5));
}

#[tokio::test]
async fn interrupted_it_finishes_what_runs_and_says_what_is_left() {
    let gate = Gate::start().await;
    let lts = gate.client();
    let declared = many(10, 0);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let apply = plan.apply(&lts).concurrency(4).stop_when(async {
        let _ = stopped.await;
    });
    let opening = async {
        gate.until_asked(4).await;
        stop.send(()).unwrap();
        // The interruption is seen before any answer.
        tokio::task::yield_now().await;
        gate.opened.notify_waiters();
    };
    let (outcome, ()) = tokio::join!(apply.into_future(), opening);
    assert!(outcome.interrupted);
    assert_eq!((outcome.created.len(), outcome.failed.len()), (4, 6));
    assert!(outcome.failed.iter().all(|item| reason(item) == "not tried: interrupted"));
    assert_eq!(gate.most.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_retry_after_halts_all_workers() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = many(1, 60);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let busy = Fault::new().operation(Operation::CreateLogStream).status(429).header("Retry-After", "2");
    emulator.fault(busy).unwrap();
    let outcome = plan.apply(&lts).concurrency(8).await;
    assert!(outcome.is_complete(), "{outcome:?}");
    let requests = emulator.requests();
    let refused = requests.iter().position(|request| request.status == Some(429)).unwrap();
    let until = requests[refused].time + Duration::from_millis(1_900);
    // Those that were on their way already; without the halt it would be all.
    let meanwhile = requests[refused + 1..].iter().filter(|request| request.time < until).count();
    assert!(meanwhile <= 7, "{meanwhile} requests came meanwhile");
    assert_eq!(requests.iter().filter(|request| request.status == Some(201)).count(), 61);
}

#[tokio::test]
async fn a_manifest_that_breaks_rules_is_not_planned() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = manifest([group("a", &["x", "x"]), group("a", &[])]);
    let error = provision::plan(&lts, &declared).await.unwrap_err();
    assert!(matches!(&error, PlanError::Manifest(error) if error.mistakes().len() == 2));
    assert!(
        error.to_string().starts_with("manifest: groups[0].streams[1]: stream \"x\" is there twice"),
        "{error}"
    );
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn a_list_that_fails_is_an_error_and_a_group_that_goes_is_none() {
    let emulator = Emulator::start().unwrap();
    let lts = hasty(&emulator);
    let declared = manifest([group("a", &["x"]), group("b", &["y"])]);
    apply(&lts, &declared).await;
    let gone = || Fault::new().operation(Operation::ListLogStreams).code("LTS.0201");
    emulator.fault(gone()).unwrap();
    let plan = provision::plan(&lts, &declared).concurrency(1).await.unwrap();
    assert_eq!(names(&plan.outcome().created), ["group a/a", "stream a/x"]);
    emulator.fault(gone()).unwrap();
    assert_eq!(provision::export(&lts).concurrency(1).await.unwrap().manifest.groups.len(), 1);
    let broken = || Fault::new().operation(Operation::ListLogStreams).status(500);
    emulator.fault(broken()).unwrap();
    // One list at a time: another on its way would meet the next fault.
    let error = provision::plan(&lts, &declared).concurrency(1).await.unwrap_err();
    assert!(matches!(error, PlanError::Call(Error::Service(_))), "{error}");
    emulator.clear_faults();
    emulator.fault(broken()).unwrap();
    assert_eq!(provision::export(&lts).await.unwrap_err().status(), Some(500));
}

#[tokio::test]
async fn what_no_manifest_can_say_is_left_out_of_an_export_and_named() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let answer = |name: &str, ttl: u32| {
        serde_json::json!({ "log_groups": [{
            "log_group_id": "a".repeat(36), "log_group_name": name, "ttl_in_days": ttl, "creation_time": 0
        }] })
    };
    let streams = serde_json::json!({ "log_streams": [
        { "log_stream_id": "b".repeat(36), "log_stream_name": "x".repeat(65), "creation_time": 0 },
        { "log_stream_id": "c".repeat(36), "log_stream_name": "fine", "creation_time": 0 }
    ] });
    for (name, ttl, left) in
        [("日志", 7, "log_group_name"), ("app", 400, "ttl_in_days"), ("app", 7, "log_stream_name")]
    {
        emulator
            .fault(Fault::new().operation(Operation::ListLogGroups).status(200).body(answer(name, ttl)))
            .unwrap();
        emulator
            .fault(Fault::new().operation(Operation::ListLogStreams).status(200).body(streams.clone()))
            .unwrap();
        let exported = provision::export(&lts).await.unwrap();
        assert_eq!(exported.left_out.len(), 1);
        assert!(exported.left_out[0].contains(left), "{:?}", exported.left_out);
        let yaml = exported.to_yaml().unwrap();
        assert!(yaml.contains("\n# Left out: "), "{yaml}");
        assert_eq!(parse("export", yaml.as_bytes()).unwrap(), exported.manifest);
    }
}

#[test]
fn names_that_yaml_takes_for_something_else_are_written_in_quotes() {
    let odd = [
        "1e3",
        "null",
        "~",
        "true",
        "0x1f",
        "007",
        "1.5",
        "-",
        "- a",
        "a: b",
        "#c",
        "'q'",
        "\"",
        "*a",
        "&a",
        "!t",
        "%",
        "@",
        " ",
        "a\nb",
        "日志",
        "{",
        "[",
        "| x",
        ".inf",
        "=",
        "<<",
        "a\n- on\n  - on",
        "12:30 it's",
        "- name: on",
        "  - on",
    ];
    let manifest = manifest([group("1e3", &odd)]);
    let yaml = exported(&manifest).to_yaml().unwrap();
    assert_eq!(parse("export", yaml.as_bytes()).unwrap(), manifest, "{yaml}");
    // Readers of YAML 1.1 take these for truth values, numbers, a date.
    for word in ["on", "Off", "yes", "NO", "y", "n", "0777", "1_000", "2026-01-01", "12-30"] {
        let yaml = exported(&self::manifest([group(word, &[])])).to_yaml().unwrap();
        assert!(yaml.contains(&format!("'{word}'")), "{yaml}");
    }
}

/// An export of a manifest that was never anywhere else.
fn exported(manifest: &Manifest) -> Exported {
    let mut exported = Exported::default();
    exported.manifest = manifest.clone();
    exported
}

/// Names of groups, and any names of streams, whatever YAML takes them for.
fn any_manifest(largest: usize) -> impl Strategy<Value = Manifest> {
    let name = prop_oneof![
        "[A-Za-z0-9-][A-Za-z0-9_.-]{0,8}[A-Za-z0-9_-]",
        proptest::sample::select(vec!["on", "1e3", "null", "0x1f", "007", "1.5", "-", "true", "2026-01-01"])
            .prop_map(str::to_owned),
    ];
    let stream = prop_oneof![
        "[ -~]{1,64}",
        "[^\\p{C}]{1,64}",
        "[ \n:'\"#a-]{1,12}",
        proptest::sample::select(vec!["on", "1e3", "null", "~", "a: b", "# c", "- d", "{", "'", " "])
            .prop_map(str::to_owned),
    ];
    let streams = proptest::collection::btree_set(stream, 0..largest);
    proptest::collection::btree_map(name, (1..=365_u16, streams), 0..largest).prop_map(|groups| {
        manifest(groups.into_iter().map(|(name, (ttl, streams))| {
            let streams = streams.into_iter().collect();
            Group { name, ttl: Ttl::days(ttl), streams, transfers: Vec::new() }
        }))
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&schemars::schema_for!(Manifest).to_value()).unwrap()
}

/// A document as its schema sees it.
fn value(yaml: &str) -> serde_json::Value {
    serde_yaml::from_str(yaml).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_exported_is_what_is_there(declared in any_manifest(6)) {
        let emulator = Emulator::start().unwrap();
        emulator.seed(&Seed::new().manifest(declared.clone())).unwrap();
        let lts = client(&emulator);
        runtime().block_on(async {
            let yaml = provision::export(&lts).await.unwrap().to_yaml().unwrap();
            assert!(validator().is_valid(&value(&yaml)), "{yaml}");
            let read = parse("export", yaml.as_bytes()).unwrap();
            assert_eq!(read, sorted(declared));
            // Applied where it came from it does nothing, with --prune too; elsewhere, it makes the same.
            let plan = provision::plan(&lts, &read).prune(true).await.unwrap();
            assert!(plan.steps().all(|step| step.action == Action::Keep));
            let before = emulator.requests().len();
            assert!(plan.apply(&lts).await.is_complete());
            assert_eq!(emulator.requests().len(), before);
            let other = Emulator::start().unwrap();
            let elsewhere = client(&other);
            assert!(apply(&elsewhere, &read).await.is_complete());
            assert_eq!(provision::export(&elsewhere).await.unwrap().to_yaml().unwrap(), yaml);
        });
    }

    #[test]
    fn interrupted_anywhere_the_next_run_ends_it(at in 0_usize..30, concurrency in 1_usize..9, seed: u64) {
        let emulator = Emulator::start().unwrap();
        let lts = hasty(&emulator);
        let mut declared = many(4, 5);
        declared.groups[1].transfers = vec![transfer(&emulator, &["s-1", "s-4"])];
        declared.groups[3].transfers = vec![transfer(&emulator, &["s-0"])];
        // Whatever gets lost on the way.
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
                    if progress.done > at
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
            assert_eq!(first.created.len() + first.unchanged.len() + first.failed.len(), 4 + 20 + 3);
            // Those that ran were finished; others can only have been begun in the same moment.
            let tried = first.failed.iter().filter(|item| !reason(item).starts_with("not tried")).count();
            let most = at + 1 + 2 * concurrency;
            assert!(first.created.len() + tried <= most, "{} of {most}", first.created.len() + tried);
            let there_now = there(&hasty_without_faults(&emulator)).await;
            let streams: usize = there_now.groups.iter().map(|group| group.streams.len()).sum();
            assert!(streams >= first.created.iter().filter(|item| item.kind == Kind::Stream).count());
            let second = apply(&lts, &declared).await;
            assert!(second.is_complete(), "{second:?}");
            assert_eq!(there(&lts).await, sorted(declared.clone()));
            assert_eq!(emulator.transfers().unwrap().len(), 3);
            let third = apply(&lts, &declared).await;
            assert_eq!((third.created.len(), third.is_complete()), (0, true));
        });
    }
}

/// A client for a look at the state, after which nothing goes wrong any more.
fn hasty_without_faults(emulator: &Emulator) -> Client {
    emulator.clear_faults();
    hasty(emulator)
}

#[test]
fn the_schema_and_the_reader_agree() {
    let validator = validator();
    let group = |rest: &str| format!("groups: [{{name: app, streams: [x, nginx]{rest}}}]");
    let transfer = |fields: &str| group(&format!(", transfers: [{{{fields}}}]"));
    let good = [
        "groups: []".to_owned(),
        "{}".to_owned(),
        "groups: [{name: '1e3'}]".to_owned(),
        group(", ttl: 365"),
        group(", transfers: []"),
        transfer("streams: [x], bucket: bbb, every: 12hour"),
        transfer(
            "streams: [x, nginx], bucket: bbb, every: 5min, format: json, prefix: '', dir: ~, paused: true",
        ),
    ];
    for text in &good {
        parse("m", text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(validator.is_valid(&value(text)), "{text}: {:?}", validator.validate(&value(text)));
    }
    let bad = [
        "[]".to_owned(),
        "group: []".to_owned(),
        "groups:".to_owned(),
        "groups: {}".to_owned(),
        "groups: [{}]".to_owned(),
        "groups: [app]".to_owned(),
        "groups: [{name: 7}]".to_owned(),
        "groups: [{name: .a}]".to_owned(),
        "groups: [{name: ''}]".to_owned(),
        format!("groups: [{{name: {}}}]", "a".repeat(65)),
        group(", ttl: 0"),
        group(", ttl: 366"),
        group(", ttl: 1.5"),
        group(", ttl: '7'"),
        group(", tttl: 7"),
        "groups: [{name: a, streams: x}]".to_owned(),
        "groups: [{name: a, streams: [x, x]}]".to_owned(),
        "groups: [{name: a, streams: [1]}]".to_owned(),
        "groups: [{name: a, streams: ['']}]".to_owned(),
        transfer("bucket: bbb, every: 5min"),
        transfer("streams: [], bucket: bbb, every: 5min"),
        transfer("streams: [x], every: 5min"),
        transfer("streams: [x], bucket: b, every: 5min"),
        transfer("streams: [x], bucket: bbb"),
        transfer("streams: [x], bucket: bbb, every: 1min"),
        transfer("streams: [x], bucket: bbb, every: 5min, format: RAW"),
        transfer("streams: [x], bucket: bbb, every: 5min, paused: 1"),
        transfer(&format!("streams: [x], bucket: bbb, every: 5min, prefix: {}", "p".repeat(65))),
        transfer("streams: [x], bucket: bbb, every: 5min, dirs: d"),
    ];
    for text in &bad {
        assert!(parse("m", text.as_bytes()).is_err(), "{text}");
        assert!(!validator.is_valid(&value(text)), "{text}");
    }
    // What no schema can say.
    for text in
        [transfer("streams: [y], bucket: bbb, every: 5min"), "groups: [{name: a}, {name: a}]".to_owned()]
    {
        assert!(parse("m", text.as_bytes()).is_err() && validator.is_valid(&value(&text)), "{text}");
    }
}

#[test]
fn the_schema_tells_an_editor_what_everything_is() {
    let schema = schemars::schema_for!(Manifest).to_value();
    assert!(schema["title"].is_string() && schema["description"].is_string());
    let parts = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    let mut members = 0;
    for part in parts.filter(|part| part["type"] == "object") {
        assert_eq!(part["additionalProperties"], false, "{part}");
        for (name, member) in part["properties"].as_object().unwrap() {
            assert!(member["description"].is_string(), "{name} has no description");
            members += 1;
        }
    }
    assert_eq!(members, 1 + 4 + 7);
    assert_eq!(schema["$defs"]["Group"]["properties"]["ttl"]["default"], 7);
}
