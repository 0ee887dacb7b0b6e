//! The emulator's state: kept in a file, whatever happens, and never in two minds.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

use huaweicloud_lts::{
    AkSk, Client, ClientBuilder, Emulator, Error, GroupId, StreamId, TransferId, TransferInterval, Ttl,
    emulator::{EmulatorError, Fault, Options, Seed},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    PROJECT, create_transfer, delete, get, group, project_token, stream, transfer_body,
    wire::{Reply, Request, exchange},
};
use crate::{
    process::{Process, lts, stderr},
    suite::TestEnvironment,
};

/// A folder of its own, and a file that isn't in it yet.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lts.db");
    (folder, file)
}

fn on(file: &Path) -> Options {
    Emulator::builder().data(file)
}

fn open(file: &Path) -> Emulator {
    on(file).start().unwrap()
}

fn refusal(file: &Path) -> String {
    match on(file).start() {
        Err(EmulatorError::DataFile(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn control(emulator: &Emulator, path: &str) -> Value {
    Request::new("GET", format!("/_emulator/{path}")).send(emulator).json()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What SQLite itself finds wrong with a file that nobody uses.
fn assert_sound(file: &Path) {
    let connection = Connection::open(file).unwrap();
    let integrity: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(integrity, "ok");
    assert!(!connection.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap());
}

#[test]
fn what_was_answered_is_there_the_next_time() {
    let (folder, file) = place();
    let emulator = on(&file).bucket("lts-test").start().unwrap();
    let app = group(&emulator, "app");
    let nginx = stream(&emulator, &app, "nginx");
    assert_eq!(create_transfer(&emulator, &transfer_body(&app, &[&nginx])).status, 201);
    let gone = group(&emulator, "gone");
    assert_eq!(delete(&format!("/groups/{gone}")).signed(&emulator).send(&emulator).status, 204);
    let token = project_token(&emulator);
    let seed = Seed::new()
        .user("u", "p", "d")
        .project("second", "cn-east-3")
        .key("SEEDED", "SK")
        .token("seeded", Some("second"), None)
        .bucket("seeded-bucket");
    emulator.seed(&seed).unwrap();
    emulator.fault(Fault::new().times(0).delay(Duration::ZERO)).unwrap();
    let (state, transfers) = (control(&emulator, "state"), control(&emulator, "transfers"));
    let streams = get(&format!("/groups/{app}/streams")).signed(&emulator).send(&emulator).body;
    drop(emulator);
    // Everything is in the one file, and it is closed.
    assert_eq!(names(folder.path()), ["lts.db", "lts.db.lock"]);
    assert_sound(&file);

    let emulator = open(&file);
    assert_eq!((control(&emulator, "state"), control(&emulator, "transfers")), (state, transfers));
    assert_eq!(control(&emulator, "requests"), json!([]));
    assert_eq!(control(&emulator, "faults"), json!([]));
    let with = |token: &str, path: &str| {
        Request::new("GET", format!("/v2/{path}")).header("X-Auth-Token", token).send(&emulator)
    };
    assert_eq!(with(&token, &format!("{PROJECT}/groups/{app}/streams")).body, streams);
    assert_eq!(with("seeded", "second/groups").status, 200);
    let again = emulator.seed(&seed).unwrap_err();
    assert_eq!(again.to_string(), "project \"second\" is there already");
    let keys = AkSk::new("SEEDED", "SK");
    assert_eq!(get("/groups").signed_with(&emulator, &keys).send(&emulator).status, 200);

    // A reset lasts, too.
    emulator.reset().unwrap();
    assert_eq!(with(&token, &format!("{PROJECT}/groups")).status, 401);
    drop(emulator);
    let emulator = open(&file);
    assert_eq!(control(&emulator, "state"), json!({"groups": [], "buckets": ["lts-test"]}));
    assert_eq!(get("/groups").signed_with(&emulator, &keys).send(&emulator).status, 401);
    emulator.seed(&seed).unwrap();
}

#[test]
fn options_add_to_what_a_file_has() {
    let (_folder, file) = place();
    drop(
        on(&file)
            .key("AK", "old")
            .user("u", "old", "d")
            .bucket("first")
            .project("p1", "one")
            .start()
            .unwrap(),
    );
    let emulator = on(&file)
        .key("NEW", "new")
        .key("AK", "new")
        .user("u", "new", "d")
        .bucket("second")
        .project("p2", "two");
    let emulator = emulator.project("p1", "uno").start().unwrap();
    let list = |project: &str, ak: &str, sk: &str| {
        let request = Request::new("GET", format!("/v2/{project}/groups"));
        request.signed_with(&emulator, &AkSk::new(ak, sk)).send(&emulator).status
    };
    assert_eq!([list("p1", "AK", "old"), list("p1", "AK", "new"), list("p2", "NEW", "new")], [401, 200, 200]);
    let login = |password: &str| {
        let user = json!({"name": "u", "password": password, "domain": {"name": "d"}});
        let body = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": "uno"}},
        }});
        Request::new("POST", "/v3/auth/tokens").json(&body).send(&emulator).status
    };
    assert_eq!([login("old"), login("new")], [401, 201]);
    assert_eq!(control(&emulator, "state")["buckets"], json!(["first", "second"]));
    // What a manifest has goes into the first project of the options, not of the file.
    let manifest = serde_json::from_value(json!({"groups": [{"name": "app"}]})).unwrap();
    emulator.seed(&Seed::new().manifest(manifest)).unwrap();
    assert_eq!(control(&emulator, "state")["groups"][0]["project_id"], "p2");
    drop(emulator);
    // Options that contradict themselves are refused here as well, and change nothing.
    let before = fs::read(&file).unwrap();
    assert!(matches!(on(&file).bucket("twice").bucket("twice").start(), Err(EmulatorError::Invalid(_))));
    assert!(fs::read(&file).unwrap() == before);
}

#[test]
fn a_file_has_one_emulator_at_a_time() {
    let (folder, file) = place();
    let emulator = open(&file);
    let says = refusal(&file);
    assert_eq!(says, format!("{} is in use by another emulator", file.display()));
    #[cfg(unix)]
    {
        let other_name = folder.path().join("other.db");
        std::os::unix::fs::symlink(&file, &other_name).unwrap();
        assert!(refusal(&other_name).ends_with("other.db is in use by another emulator"));
    }
    let path = file.to_str().unwrap();
    let output = lts(&["emulator", "--listen", "127.0.0.1:0", "--data", path]).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(3), format!("error: {says}\n")));
    // It is none the worse for it.
    group(&emulator, "app");
    drop(emulator);
    drop(open(&file));
    drop(folder);
}

#[test]
fn a_file_that_is_not_ours_stays_as_it_is() {
    let (folder, file) = place();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("text"), "hello").unwrap();
    fs::write(path("long"), [b'x'; 10_000]).unwrap();
    Connection::open(path("others.db")).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let marked =
        "CREATE TABLE t (a); PRAGMA application_id = 5; PRAGMA user_version = 1; PRAGMA journal_mode = WAL";
    Connection::open(path("marked.db")).unwrap().execute_batch(marked).unwrap();
    fs::create_dir(path("folder")).unwrap();
    let before = names(folder.path());
    for (name, says) in [
        ("text", "is no emulator's file; it was left as it is"),
        ("long", "is no emulator's file; it was left as it is"),
        ("others.db", "is no emulator's file; it was left as it is"),
        ("marked.db", "is no emulator's file; it was left as it is"),
        ("folder", "is no regular file"),
        ("text/lts.db", "can't be opened"),
        ("nowhere/lts.db", "can't be opened"),
    ] {
        let (bytes, path) = (fs::read(path(name)).ok(), path(name));
        let text = refusal(&path);
        assert!(text.starts_with(&format!("{} {says}", path.display())), "{text}");
        let arguments = ["emulator", "--listen", "127.0.0.1:0", "--data", path.to_str().unwrap()];
        let output = lts(&arguments).output().unwrap();
        assert_eq!((output.status.code(), stderr(&output)), (Some(3), format!("error: {text}\n")));
        assert_eq!(fs::read(&path).ok(), bytes, "{name}");
        assert_eq!(names(folder.path()), before, "{name}");
    }
    // Nothing at all is as good as no file.
    fs::write(&file, "").unwrap();
    drop(open(&file));
    assert_sound(&file);
}

/// Root may write whatever permissions say, but not what the kernel makes up.
#[cfg(target_os = "linux")]
#[test]
fn what_is_read_only_is_one_line() {
    use std::os::unix::fs::PermissionsExt;

    let (_folder, file) = place();
    drop(open(&file));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let mut paths = vec![PathBuf::from("/proc/version"), PathBuf::from("/proc/lts.db")];
    if fs::File::options().write(true).open(&file).is_err() {
        paths.push(file);
    }
    for path in paths {
        let arguments = ["emulator", "--listen", "127.0.0.1:0", "--data", path.to_str().unwrap()];
        let output = lts(&arguments).output().unwrap();
        let says = stderr(&output);
        assert_eq!((output.status.code(), says.lines().count()), (Some(3), 1), "{says}");
        assert!(says.starts_with(&format!("error: {} can't be ", path.display())), "{says}");
    }
}

#[test]
fn what_is_left_of_a_deleted_file_is_not_taken_for_the_new_ones() {
    let (folder, file) = place();
    let path = file.to_str().unwrap();
    let mut process = Process::start(&["--data", path, "--lenient"]);
    assert_eq!(
        create(&process.address, "groups", &json!({"log_group_name": "old", "ttl_in_days": 7})).0,
        201
    );
    process.kill();
    assert!(names(folder.path()).contains(&"lts.db-wal".to_owned()));
    fs::remove_file(&file).unwrap();
    let emulator = open(&file);
    assert_eq!(control(&emulator, "state")["groups"], json!([]));
    drop(emulator);
    assert_sound(&file);
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_file() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, file) = place();
    // Even if it was there before, empty and open to all.
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let emulator = open(&file);
    group(&emulator, "app");
    let all = names(folder.path());
    assert_eq!(all, ["lts.db", "lts.db-shm", "lts.db-wal", "lts.db.lock"]);
    for name in all {
        let mode = fs::metadata(folder.path().join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

// Versions.

/// A data file of version 1, with something in it.
fn version_1(file: &Path) {
    let sql = fs::read_to_string("tests/data/state-1.sql").unwrap();
    Connection::open(file).unwrap().execute_batch(&sql).unwrap();
}

fn version(file: &Path) -> i64 {
    let connection = Connection::open(file).unwrap();
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// What SQLite knows a schema by, however it was laid out.
fn schema(file: &Path) -> BTreeMap<String, String> {
    let connection = Connection::open(file).unwrap();
    let mut rows = connection.prepare("SELECT name, ifnull(sql, '') FROM sqlite_schema").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).unwrap();
    rows.map(|row| row.map(|(name, sql)| (name, sql.split_whitespace().collect::<Vec<_>>().join(" "))))
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn an_older_file_is_brought_up_to_date() {
    let (folder, file) = place();
    version_1(&file);
    let emulator = open(&file);
    let list = |path: &str| {
        let request = Request::new("GET", format!("/v2/seeded-project/{path}"));
        request.header("X-Auth-Token", "seeded-token").send(&emulator).json()
    };
    let groups = list("groups");
    assert_eq!(
        (&groups["log_groups"][0]["log_group_name"], &groups["log_groups"][0]["ttl_in_days"]),
        (&json!("app"), &json!(30))
    );
    let id = groups["log_groups"][0]["log_group_id"].as_str().unwrap();
    assert_eq!(list(&format!("groups/{id}/streams"))["log_streams"][0]["log_stream_name"], "nginx");
    assert_eq!(control(&emulator, "transfers")[0]["obs_bucket_name"], "seeded-bucket");
    assert_eq!(control(&emulator, "state")["buckets"], json!(["seeded-bucket", "lts-test"]));
    group(&emulator, "new");
    drop(emulator);
    assert_sound(&file);

    // It is what a new file is.
    let new = folder.path().join("new.db");
    drop(open(&new));
    assert_eq!((version(&file), schema(&file)), (version(&new), schema(&new)));
    drop(open(&file));
}

#[test]
fn an_older_file_stays_what_it_is_if_it_can_t_be_brought_up_to_date() {
    let (_folder, file) = place();
    version_1(&file);
    // Something is in the way of a step.
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE tokens_by_expiry (a)").unwrap();
    let before = schema(&file);
    let text = refusal(&file);
    assert!(text.contains("can't be brought up to date") && text.contains("tokens_by_expiry"), "{text}");
    assert_eq!((version(&file), schema(&file)), (1, before));
    assert_sound(&file);
    Connection::open(&file).unwrap().execute_batch("DROP TABLE tokens_by_expiry").unwrap();
    drop(open(&file));
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let (_folder, file) = place();
    drop(open(&file));
    let ours = version(&file);
    Connection::open(&file).unwrap().execute_batch(&format!("PRAGMA user_version = {}", ours + 1)).unwrap();
    let says = format!(
        "{} has version {} of the schema, and this emulator knows none above {ours}",
        file.display(),
        ours + 1
    );
    assert_eq!(refusal(&file), says);
    let arguments = ["emulator", "--listen", "127.0.0.1:0", "--data", file.to_str().unwrap()];
    let output = lts(&arguments).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(3), format!("error: {says}\n")));
    assert_eq!(version(&file), ours + 1);
}

// Many callers.

/// An emulator in memory, and one with a file.
fn both(options: impl Fn() -> Options, check: impl Fn(&Emulator)) {
    check(&options().start().unwrap());
    let (_folder, file) = place();
    check(&options().data(file).start().unwrap());
}

/// What 64 tasks get that all do the same at once.
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

/// How many have won; the others must have lost for the reason.
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
fn of_64_who_take_a_name_one_wins() {
    both(Emulator::builder, |emulator| {
        let groups = race(emulator, |lts, _| async move { lts.create_group("same", Ttl::days(7)).await });
        assert_eq!(winners(groups, Error::is_already_exists), 1);
        let group: GroupId =
            control(emulator, "state")["groups"][0]["log_group_id"].as_str().unwrap().parse().unwrap();
        let id = group.clone();
        let streams = race(emulator, move |lts, _| {
            let group = id.clone();
            async move { lts.group(&group).create_stream("same").await }
        });
        assert_eq!(winners(streams, Error::is_already_exists), 1);
        let stream: StreamId = control(emulator, "state")["groups"][0]["streams"][0]["log_stream_id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let transfers = race(emulator, move |lts, _| {
            let (group, stream) = (group.clone(), stream.clone());
            async move {
                let every = TransferInterval::Minutes5;
                lts.group(&group).transfer_to_obs([&stream], "lts-test", every).await
            }
        });
        assert_eq!(winners(transfers, Error::is_in_use), 1);
    });
}

#[test]
fn a_quota_can_t_be_overrun() {
    both(
        || Emulator::builder().quota_groups(5).quota_streams(5),
        |emulator| {
            let groups =
                race(emulator, |lts, i| async move { lts.create_group(format!("g{i}"), Ttl::days(7)).await });
            assert_eq!(winners(groups, Error::is_quota_exceeded), 5);
            let groups = control(emulator, "state")["groups"].clone();
            assert_eq!(groups.as_array().unwrap().len(), 5);
            let group: GroupId = groups[0]["log_group_id"].as_str().unwrap().parse().unwrap();
            let streams = race(emulator, move |lts, i| {
                let group = group.clone();
                async move { lts.group(&group).create_stream(format!("s{i}")).await }
            });
            assert_eq!(winners(streams, Error::is_quota_exceeded), 5);
        },
    );
}

#[test]
fn who_was_answered_sees_what_he_did() {
    both(
        || Emulator::builder().quota_groups(0),
        |emulator| {
            let seen = race(emulator, |lts, i| async move {
                for round in 0..5 {
                    let name = format!("g{i}-{round}");
                    let id = lts.create_group(&name, Ttl::days(7)).await.unwrap();
                    assert!(lts.groups().await.unwrap().iter().any(|group| group.name == name));
                    lts.delete_group(&id).await.unwrap();
                    assert!(lts.groups().await.unwrap().iter().all(|group| group.name != name));
                }
            });
            assert_eq!(seen.len(), 64);
        },
    );
}

#[tokio::test]
async fn with_a_file_it_behaves_no_different() {
    let (_folder, file) = place();
    let emulator = open(&file);
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    // The handle's plain methods can be called from a task, as often as it likes.
    let end = |id: &TransferId| assert!(emulator.delete_transfer(id).unwrap());
    let surroundings =
        TestEnvironment { lts: &lts, prefix: "data", bucket: emulator.bucket(), delete_transfer: &end };
    surroundings.run().await;
    for i in 0..200 {
        emulator.seed(&Seed::new().bucket(format!("bucket-{i}"))).unwrap();
    }
    emulator.reset().unwrap();
    assert!(lts.groups().await.unwrap().is_empty());
}

// Killed, and out of space.

/// Sends a request to the default project of a lenient emulator. None if there was no whole answer.
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

/// Creates something, and gives the status and the answer.
fn create(address: &str, path: &str, body: &Value) -> (u16, Value) {
    call(address, "POST", path, Some(body)).map_or((0, Value::Null), |reply| (reply.status, reply.json()))
}

/// What a file should have: groups by name, each with its streams by name and the number of its transfers.
type Expected = BTreeMap<String, (BTreeSet<String>, usize)>;

/// What an emulator has.
fn found(emulator: &Emulator) -> Expected {
    let mut found = Expected::new();
    let transfers = control(emulator, "transfers");
    for group in control(emulator, "state")["groups"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let streams = group["streams"].as_array().unwrap();
        let of_group =
            transfers.as_array().unwrap().iter().filter(|t| t["log_group_id"] == group["log_group_id"]);
        let streams = streams.iter().map(|stream| text(&stream["log_stream_name"])).collect();
        found.insert(text(&group["log_group_name"]), (streams, of_group.count()));
    }
    found
}

/// Goes on creating and deleting until there is no answer. Gives what there should be by the answers, and what
/// there should be if the last call was carried out, too.
fn work(address: &str, name: &str, answered: &mpsc::Sender<()>) -> (Expected, Expected) {
    let mut sure = Expected::new();
    for i in 0.. {
        let group = format!("{name}-{i}");
        let mut ids: Vec<String> = Vec::new();
        let mut group_id = String::new();
        let mut transfer_id = String::new();
        for step in 0..7 {
            let mut next = sure.clone();
            let of_group = next.entry(group.clone()).or_default();
            let reply = match step {
                0 => {
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
                    of_group.1 = 1;
                    call(
                        address,
                        "POST",
                        "log-dump/obs",
                        Some(&transfer_body(&group_id, &[&ids[0], &ids[1]])),
                    )
                }
                // A third is left with its transfer, a third without, and a third is deleted altogether.
                4 if i % 3 > 0 => {
                    of_group.1 = 0;
                    call(address, "DELETE", &format!("/_emulator/transfers/{transfer_id}"), None)
                }
                5 if i % 3 > 0 => {
                    of_group.0.remove("stream-1");
                    call(address, "DELETE", &format!("groups/{group_id}/streams/{}", ids[0]), None)
                }
                6 if i % 3 > 1 => {
                    next.remove(&group);
                    call(address, "DELETE", &format!("groups/{group_id}"), None)
                }
                _ => break,
            };
            let Some(reply) = reply else { return (sure, next) };
            assert!([201, 204].contains(&reply.status), "{step}: {reply:?}");
            match step {
                0 => group_id = reply.text("log_group_id"),
                1 | 2 => ids.push(reply.text("log_stream_id")),
                3 => transfer_id = reply.text("log_dump_obs_id"),
                _ => {}
            }
            sure = next;
            let _ = answered.send(());
        }
    }
    unreachable!("it is killed before");
}

/// `LTS_TEST_KILLS` times: nothing that was answered is lost, and nothing is half done.
#[test]
fn a_killed_emulator_has_lost_nothing_that_it_answered() {
    let kills: u64 = env::var("LTS_TEST_KILLS").map_or(10, |kills| kills.parse().unwrap());
    let (_folder, file) = place();
    let mut expected = Expected::new();
    let mut undecided = 0;
    for round in 0..kills {
        let arguments = ["--data", file.to_str().unwrap(), "--lenient", "--quota-groups", "0"];
        let mut process = Process::start(&arguments);
        let (answered, answers) = mpsc::channel();
        let outcomes: Vec<_> = thread::scope(|scope| {
            let workers: Vec<_> = (0..8)
                .map(|worker| {
                    let (address, answered) = (process.address.clone(), answered.clone());
                    scope.spawn(move || work(&address, &format!("r{round}w{worker}"), &answered))
                })
                .collect();
            for _ in 0..fastrand::u32(1..300) {
                answers.recv().unwrap();
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
    println!("{kills} kills, {} groups left, {undecided} unanswered calls done", expected.len());
}

/// A limit to the size of files is a full disk that needs no disk.
#[cfg(unix)]
#[test]
fn a_full_disk_ends_it_with_one_line_and_nothing_is_lost() {
    let (_folder, file) = place();
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
    let warning = "warning: --lenient: credentials are not checked\n";
    let line = says.strip_prefix(warning).unwrap_or(&says);
    assert!(line.starts_with(&start) && line.lines().count() == 1, "{says}");
    assert!(created.len() > 10, "{created:?}");

    let emulator = open(&file);
    let found: BTreeSet<String> = found(&emulator).into_keys().collect();
    assert_eq!(found, created);
    drop(emulator);
    assert_sound(&file);
}
