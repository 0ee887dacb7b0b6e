//! Durability and concurrency, in memory and with a data file.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    sync::mpsc,
    thread,
};

use huaweicloud_lts::{
    Client, ClientBuilder, Emulator, Error, GroupId, StreamId, Ttl,
    emulator::{Options, Seed},
    transfers::{Transfer, TransferInterval},
};
use serde_json::{Value, json};

use super::{
    PROJECT,
    data_file::*,
    transfer_body,
    wire::{Reply, Request, exchange},
};
use crate::{process::Process, suite::TestEnvironment};

/// An emulator in memory, and one with a file.
fn both(options: impl Fn() -> Options, check: impl Fn(&Emulator)) {
    check(&options().start().unwrap());
    let (_folder, file) = data_path();
    check(&options().data(file).start().unwrap());
}

/// The results of 64 tasks that do the same at once.
fn race<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    emulator: &Emulator,
    call: impl Fn(Client, usize) -> F,
) -> Vec<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let lts = ClientBuilder::from(emulator).build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..64).map(|i| tokio::spawn(call(lts.clone(), i))).collect();
        let mut results = Vec::new();
        for task in tasks {
            results.push(task.await.unwrap());
        }
        results
    })
}

/// How many succeeded; the others must have failed for the reason.
fn winners<T>(results: Vec<Result<T, Error>>, reason: impl Fn(&Error) -> bool) -> usize {
    results
        .into_iter()
        .filter(|result| {
            result.as_ref().err().is_none_or(|error| {
                assert!(reason(error), "{error}");
                false
            })
        })
        .count()
}

#[test]
fn concurrent_creations_of_a_name_succeed_once() {
    both(Emulator::builder, |emulator| {
        let groups = race(emulator, |lts, _| async move { lts.groups().create("same", Ttl::days(7)).await });
        assert_eq!(winners(groups, Error::is_already_exists), 1);
        let group: GroupId =
            admin(emulator, "state")["groups"][0]["log_group_id"].as_str().unwrap().parse().unwrap();
        let id = group.clone();
        let streams = race(emulator, move |lts, _| {
            let group = id.clone();
            async move { lts.group(&group).streams().create("same").await }
        });
        assert_eq!(winners(streams, Error::is_already_exists), 1);
        let stream: StreamId = admin(emulator, "state")["groups"][0]["streams"][0]["log_stream_id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let transfers = race(emulator, move |lts, _| {
            let (group, stream) = (group.clone(), stream.clone());
            async move {
                let every = TransferInterval::Minutes5;
                let transfer = Transfer::to_obs(&group, [&stream], "lts-test", every);
                lts.transfers().create_log_dump(transfer).await
            }
        });
        assert_eq!(winners(transfers, Error::is_in_use), 1);
    });
}

#[test]
fn quota_holds_under_concurrency() {
    both(
        || Emulator::builder().quota_groups(5).quota_streams(5),
        |emulator| {
            let groups =
                race(
                    emulator,
                    |lts, i| async move { lts.groups().create(format!("g{i}"), Ttl::days(7)).await },
                );
            assert_eq!(winners(groups, Error::is_quota_exceeded), 5);
            let groups = admin(emulator, "state")["groups"].clone();
            assert_eq!(groups.as_array().unwrap().len(), 5);
            let group: GroupId = groups[0]["log_group_id"].as_str().unwrap().parse().unwrap();
            let streams = race(emulator, move |lts, i| {
                let group = group.clone();
                async move { lts.group(&group).streams().create(format!("s{i}")).await }
            });
            assert_eq!(winners(streams, Error::is_quota_exceeded), 5);
        },
    );
}

#[test]
fn client_reads_its_own_writes() {
    both(
        || Emulator::builder().quota_groups(0),
        |emulator| {
            let seen = race(emulator, |lts, i| async move {
                for round in 0..5 {
                    let name = format!("g{i}-{round}");
                    let id = lts.groups().create(&name, Ttl::days(7)).await.unwrap();
                    assert!(lts.groups().list().await.unwrap().iter().any(|group| group.name == name));
                    lts.groups().delete(&id).await.unwrap();
                    assert!(lts.groups().list().await.unwrap().iter().all(|group| group.name != name));
                }
            });
            assert_eq!(seen.len(), 64);
        },
    );
}

#[tokio::test]
async fn suite_passes_with_a_data_file() {
    let (_folder, file) = data_path();
    let emulator = open(&file);
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    TestEnvironment { lts: &lts, prefix: "data", bucket: emulator.bucket() }.run().await;
    // The handle's plain methods can be called from a task, as often as it likes.
    for i in 0..200 {
        emulator.seed(&Seed::new().bucket(format!("bucket-{i}"))).unwrap();
    }
    emulator.reset().unwrap();
    assert!(lts.groups().list().await.unwrap().is_empty());
}

/// Sends a request to the default project of a lenient emulator. None without a complete response.
fn call(address: &str, method: &str, path: &str, body: Option<&Value>) -> Option<Reply> {
    let path = match path.strip_prefix('/') {
        Some(_) => path.to_owned(),
        None => format!("/v2/{PROJECT}/{path}"),
    };
    let request = Request::new(method, path);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let reply = exchange(address, &request.bytes(address))?;
    let length = reply.header("Content-Length").map_or(0, |length| length.parse().unwrap());
    (reply.body.len() == length).then_some(reply)
}

/// Creates a resource and returns status and body.
pub(super) fn create(address: &str, path: &str, body: &Value) -> (u16, Value) {
    call(address, "POST", path, Some(body)).map_or((0, Value::Null), |reply| (reply.status, reply.json()))
}

/// What a file should have: groups by name, each with its streams by name, the number of its transfers, and its ttl.
type Expected = BTreeMap<String, (BTreeSet<String>, usize, i64)>;

/// What an emulator has.
fn found(emulator: &Emulator) -> Expected {
    let mut found = Expected::new();
    let transfers = admin(emulator, "transfers");
    for group in admin(emulator, "state")["groups"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let streams = group["streams"].as_array().unwrap();
        let of_group =
            transfers.as_array().unwrap().iter().filter(|t| t["log_group_id"] == group["log_group_id"]);
        // An update changes the ttl and the tags of the group and of its streams, or nothing.
        let ttl = group["ttl_in_days"].as_i64().unwrap();
        let tag = if ttl == 7 { json!({}) } else { json!({"a": "b"}) };
        assert!(group["tag"] == tag && streams.iter().all(|stream| stream["tag"] == tag), "{group}");
        let streams = streams.iter().map(|stream| text(&stream["log_stream_name"])).collect();
        found.insert(text(&group["log_group_name"]), (streams, of_group.count(), ttl));
    }
    found
}

/// Goes on creating and deleting until there is no response. Returns the expected contents by the responses, and those
/// if the last call was carried out, too.
fn work(address: &str, name: &str, acknowledged: &mpsc::Sender<()>) -> (Expected, Expected) {
    let mut sure = Expected::new();
    for i in 0.. {
        let group = format!("{name}-{i}");
        let mut ids: Vec<String> = Vec::new();
        let mut group_id = String::new();
        let mut transfer_id = String::new();
        for step in 0..8 {
            let mut next = sure.clone();
            let of_group = next.entry(group.clone()).or_default();
            let reply = match step {
                0 => {
                    of_group.2 = 7;
                    let body = json!({"log_group_name": group, "ttl_in_days": 7});
                    call(address, "POST", "groups", Some(&body))
                }
                1 | 2 => {
                    let stream = format!("stream-{step}");
                    of_group.0.insert(stream.clone());
                    let body = json!({"log_stream_name": stream});
                    call(address, "POST", &format!("groups/{group_id}/streams"), Some(&body))
                }
                3 => {
                    of_group.2 = 30;
                    let body = json!({"ttl_in_days": 30, "tags": [{"key": "a", "value": "b"}]});
                    call(address, "POST", &format!("groups/{group_id}"), Some(&body))
                }
                4 => {
                    of_group.1 = 1;
                    call(
                        address,
                        "POST",
                        "log-dump/obs",
                        Some(&transfer_body(&group_id, &[&ids[0], &ids[1]])),
                    )
                }
                // A third is left with its transfer, a third without, and a third is deleted altogether.
                5 if i % 3 > 0 => {
                    of_group.1 = 0;
                    call(address, "DELETE", &format!("/_emulator/transfers/{transfer_id}"), None)
                }
                6 if i % 3 > 0 => {
                    of_group.0.remove("stream-1");
                    call(address, "DELETE", &format!("groups/{group_id}/streams/{}", ids[0]), None)
                }
                7 if i % 3 > 1 => {
                    next.remove(&group);
                    call(address, "DELETE", &format!("groups/{group_id}"), None)
                }
                _ => break,
            };
            let Some(reply) = reply else { return (sure, next) };
            assert!([200, 201, 204].contains(&reply.status), "{step}: {reply:?}");
            match step {
                0 => group_id = reply.text("log_group_id"),
                1 | 2 => ids.push(reply.text("log_stream_id")),
                4 => transfer_id = reply.text("log_dump_obs_id"),
                _ => {}
            }
            sure = next;
            let _ = acknowledged.send(());
        }
    }
    unreachable!("it is killed before");
}

/// `LTS_TEST_KILLS` times: no acknowledged change is lost, and none is half done.
#[test]
fn killed_emulator_loses_no_acknowledged_change() {
    let kills: u64 = env::var("LTS_TEST_KILLS").map_or(10, |kills| kills.parse().unwrap());
    let (_folder, file) = data_path();
    let mut expected = Expected::new();
    let mut undecided = 0;
    for round in 0..kills {
        let arguments = ["--data", file.to_str().unwrap(), "--lenient", "--quota-groups", "0"];
        let mut process = Process::start(&arguments);
        let (acknowledged, ids) = mpsc::channel();
        let outcomes: Vec<_> = thread::scope(|scope| {
            let workers: Vec<_> = (0..8)
                .map(|worker| {
                    let (address, acknowledged) = (process.address.clone(), acknowledged.clone());
                    scope.spawn(move || work(&address, &format!("r{round}w{worker}"), &acknowledged))
                })
                .collect();
            for _ in 0..fastrand::u32(1..300) {
                ids.recv().unwrap();
            }
            process.kill();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });

        let emulator = on(&file).quota_groups(0).start().unwrap();
        let mut found = found(&emulator);
        drop(emulator);
        assert_sound(&file);
        for (worker, (sure, next)) in outcomes.into_iter().enumerate() {
            let prefix = format!("r{round}w{worker}-");
            let theirs: Expected = found
                .iter()
                .filter(|(name, _)| name.starts_with(&prefix))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            assert!(theirs == sure || theirs == next, "{theirs:?}\nis neither {sure:?}\nnor {next:?}");
            undecided += usize::from(theirs == next);
            found.retain(|name, _| !name.starts_with(&prefix));
            expected.extend(theirs);
        }
        // What the rounds before left is as it was.
        expected.retain(|name, _| name.starts_with(&format!("r{round}w")) || found.contains_key(name));
        let before: Expected = expected
            .iter()
            .filter(|(name, _)| !name.starts_with(&format!("r{round}w")))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        assert_eq!(before, found);
    }
    println!("{kills} kills, {} groups left, {undecided} unacknowledged calls done", expected.len());
}

/// A limit to the size of files is a full disk that needs no disk.
#[cfg(unix)]
#[test]
fn full_disk_is_a_one_line_error_and_loses_nothing() {
    let (_folder, file) = data_path();
    drop(open(&file));
    // 256 KiB, by which the signal for it is not to kill.
    let arguments = ["--lenient", "--quota-groups", "0", "--data", file.to_str().unwrap()];
    let mut process = Process::after("trap '' XFSZ; ulimit -f 512", &arguments);
    let created: BTreeSet<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|worker| {
                let address = &process.address;
                scope.spawn(move || {
                    let mut created = BTreeSet::new();
                    for i in 0..100_000 {
                        let name = format!("w{worker}-{i}");
                        let body = json!({"log_group_name": name, "ttl_in_days": 7});
                        let Some(reply) = call(address, "POST", "groups", Some(&body)) else { break };
                        if reply.status == 500 {
                            assert_eq!(reply.header("X-Request-Id").unwrap().len(), 32);
                            break;
                        }
                        assert_eq!(reply.status, 201, "{reply:?}");
                        created.insert(name);
                    }
                    created
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(process.wait().code(), Some(3));
    let says = process.end();
    let start = format!("error: {} can't be written any more: ", file.display());
    let errors: Vec<_> = says
        .lines()
        .filter(|line| {
            !["warning: ", "console: ", "to connect: "].iter().any(|start| line.starts_with(start))
        })
        .collect();
    assert!(errors.len() == 1 && errors[0].starts_with(&start), "{says}");
    assert!(created.len() > 10, "{created:?}");

    let emulator = open(&file);
    let found: BTreeSet<String> = found(&emulator).into_keys().collect();
    assert_eq!(found, created);
    drop(emulator);
    assert_sound(&file);
}
