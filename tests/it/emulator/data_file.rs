//! The data file: what it keeps, who may use it, and its versions.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use huaweicloud_lts::{
    AkSk, Emulator,
    emulator::{EmulatorError, Fault, Options, Seed},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    PROJECT, create_transfer, delete, durability::create, get, group, project_token, stream, transfer_body,
    wire::Request,
};
use crate::process::{Process, lts, stderr};

/// A temporary folder and the path of a data file in it, which does not exist yet.
pub(crate) fn data_path() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lts.db");
    (folder, file)
}

pub(super) fn on(file: &Path) -> Options {
    Emulator::builder().data(file)
}

pub(super) fn open(file: &Path) -> Emulator {
    on(file).start().unwrap()
}

pub(super) fn refusal(file: &Path) -> String {
    match on(file).start() {
        Err(EmulatorError::DataFile(text)) => text,
        other => panic!("{other:?}"),
    }
}

pub(super) fn admin(emulator: &Emulator, path: &str) -> Value {
    Request::new("GET", format!("/_emulator/{path}")).send(emulator).json()
}

pub(super) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Asserts SQLite's integrity check on a file that is not in use.
pub(crate) fn assert_sound(file: &Path) {
    let connection = Connection::open(file).unwrap();
    let integrity: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(integrity, "ok");
    assert!(!connection.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap());
}

#[test]
fn acknowledged_changes_survive_a_restart() {
    let (folder, file) = data_path();
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
    let (state, transfers) = (admin(&emulator, "state"), admin(&emulator, "transfers"));
    let streams = get(&format!("/groups/{app}/streams")).signed(&emulator).send(&emulator).body;
    drop(emulator);
    // Everything is in the one file, and it is closed.
    assert_eq!(names(folder.path()), ["lts.db", "lts.db.lock"]);
    assert_sound(&file);

    let emulator = open(&file);
    assert_eq!((admin(&emulator, "state"), admin(&emulator, "transfers")), (state, transfers));
    assert_eq!(admin(&emulator, "requests"), json!([]));
    assert_eq!(admin(&emulator, "faults"), json!([]));
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
    assert_eq!(admin(&emulator, "state"), json!({"groups": [], "buckets": ["lts-test"]}));
    assert_eq!(get("/groups").signed_with(&emulator, &keys).send(&emulator).status, 401);
    emulator.seed(&seed).unwrap();
}

#[test]
fn options_add_to_an_existing_file() {
    let (_folder, file) = data_path();
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
    assert_eq!(admin(&emulator, "state")["buckets"], json!(["first", "second"]));
    // What a manifest has goes into the first project of the options, not of the file.
    let manifest = serde_json::from_value(json!({"groups": [{"name": "app"}]})).unwrap();
    emulator.seed(&Seed::new().manifest(manifest)).unwrap();
    assert_eq!(admin(&emulator, "state")["groups"][0]["project_id"], "p2");
    drop(emulator);
    // Options that contradict themselves are refused here as well, and change nothing.
    let before = fs::read(&file).unwrap();
    assert!(matches!(on(&file).bucket("twice").bucket("twice").start(), Err(EmulatorError::Invalid(_))));
    assert!(fs::read(&file).unwrap() == before);
}

#[test]
fn file_is_used_by_one_emulator_at_a_time() {
    let (folder, file) = data_path();
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

/// SQLite has files beside each name, so two emulators would not see each other's changes.
#[cfg(target_os = "linux")]
#[test]
fn hard_links_of_a_file_share_its_lock() {
    let (folder, file) = data_path();
    let (same_folder, other_folder) = (folder.path().join("same.db"), tempfile::tempdir_in(&folder).unwrap());
    let elsewhere = other_folder.path().join("lts.db");
    let symlink = folder.path().join("symlink.db");
    let emulator = open(&file);
    for link in [&same_folder, &elsewhere] {
        fs::hard_link(&file, link).unwrap();
    }
    std::os::unix::fs::symlink(&elsewhere, &symlink).unwrap();
    for link in [&same_folder, &elsewhere, &symlink] {
        let says = format!("{} is in use by another emulator", link.display());
        assert_eq!(refusal(link), says);
        let arguments = ["emulator", "--listen", "127.0.0.1:0", "--data", link.to_str().unwrap()];
        let output = lts(&arguments).output().unwrap();
        assert_eq!((output.status.code(), stderr(&output)), (Some(3), format!("error: {says}\n")));
    }
    // Refused starts in this process have not released SQLite's lock: closing any handle of the file would.
    group(&emulator, "app");
    let inode = std::os::unix::fs::MetadataExt::ino(&fs::metadata(&file).unwrap());
    let is_sqlites = |line: &str| line.contains("POSIX") && line.contains(&format!(":{inode} "));
    // The kernel may leave out a lock while other processes change theirs, so one reading is not enough.
    let is_held = || fs::read_to_string("/proc/locks").unwrap().lines().any(is_sqlites);
    assert!((0..1_000).any(|_| is_held()), "{inode} in {}", fs::read_to_string("/proc/locks").unwrap());
    drop(emulator);
    let linked = open(&elsewhere);
    assert_eq!(admin(&linked, "state")["groups"][0]["log_group_name"], "app");
    assert!(refusal(&file).ends_with("is in use by another emulator"));
}

/// A forked process has the file descriptors of this one until it runs its program.
#[cfg(unix)]
#[test]
fn file_is_free_as_soon_as_its_emulator_has_stopped() {
    let (_folder, file) = data_path();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    assert!(Command::new("true").status().unwrap().success());
                }
            });
        }
        let failed = (0..200).find_map(|_| on(&file).start().err());
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(failed.is_none(), "{failed:?}");
    });
}

#[test]
fn foreign_file_is_left_unchanged() {
    let (folder, file) = data_path();
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
fn read_only_file_is_a_one_line_error() {
    use std::os::unix::fs::PermissionsExt;

    let (_folder, file) = data_path();
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
fn leftovers_of_a_deleted_file_are_removed() {
    let (folder, file) = data_path();
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
    assert_eq!(admin(&emulator, "state")["groups"], json!([]));
    drop(emulator);
    assert_sound(&file);
}

#[cfg(unix)]
#[test]
fn file_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, file) = data_path();
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
fn older_file_is_migrated() {
    let (folder, file) = data_path();
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
    assert_eq!(admin(&emulator, "transfers")[0]["obs_bucket_name"], "seeded-bucket");
    // What version 1 had no place for.
    let enterprise_project = json!({"_sys_enterprise_project_id": "0"});
    assert_eq!(groups["log_groups"][0]["tag"], enterprise_project);
    let streams = list("log-streams");
    let nginx = &streams["log_streams"][0];
    assert_eq!((&nginx["ttl_in_days"], &nginx["tag"]), (&json!(-1), &enterprise_project));
    assert_eq!((&nginx["log_group_id"], &nginx["whether_log_storage"]), (&json!(id), &json!(true)));
    let listed = |transfer: usize, streams: Value, info: Value| {
        let id = admin(&emulator, "transfers")[transfer]["log_dump_obs_id"].clone();
        json!({
            "log_group_id": groups["log_groups"][0]["log_group_id"], "log_group_name": "app",
            "log_streams": streams, "log_transfer_id": id, "log_transfer_info": info,
        })
    };
    let first = json!([
        {"log_stream_id": "5d41402a-bc4b-4a76-b971-9d911017c592", "log_stream_name": "nginx"},
        {"log_stream_id": "2c624232-bc4b-4a76-b971-9d911017c592", "log_stream_name": "worker"},
    ]);
    let second =
        json!([{"log_stream_id": "19581e27-bc4b-4a76-b971-9d911017c592", "log_stream_name": "audit"}]);
    let info = |format: &str, status: &str, detail: Value| {
        json!({
            "log_agency_transfer": null, "log_storage_format": format, "log_transfer_mode": "cycle",
            "log_transfer_status": status, "log_transfer_type": "OBS", "log_transfer_detail": detail,
        })
    };
    let path = "/seeded-bucket/LogTanks/cn-east-3/";
    let paused = json!({
        "obs_period": 5, "obs_period_unit": "min", "obs_bucket_name": "seeded-bucket", "obs_prefix_name": "p",
        "obs_transfer_path": path,
    });
    let plain = json!({
        "obs_period": 12, "obs_period_unit": "hour", "obs_bucket_name": "seeded-bucket",
        "obs_transfer_path": path,
    });
    assert_eq!(
        list("transfers")["log_transfers"],
        json!([
            listed(0, first, info("JSON", "DISABLE", paused)),
            listed(1, second, info("RAW", "ENABLE", plain)),
        ])
    );
    assert_eq!(admin(&emulator, "state")["buckets"], json!(["seeded-bucket", "lts-test"]));
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
fn failed_migration_leaves_the_file_unchanged() {
    let (_folder, file) = data_path();
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
fn newer_file_is_refused() {
    let (_folder, file) = data_path();
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
