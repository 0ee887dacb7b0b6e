//! Writing, searching, tailing and changing for long, with faults, while the emulator is killed again and again: nothing
//! that was acknowledged is lost, and memory and descriptors stay flat.
//!
//! Lanes run side by side. A lane of lines writes streams, one after the other; a lane of changes makes groups, streams,
//! tags and transfers. What is old is deleted, so that the data doesn't grow.

mod changes;
mod lines;

use std::{
    env, fs,
    net::TcpListener,
    path::Path,
    rc::Rc,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use huaweicloud_lts::{AkSk, Client, Credentials, Error, Login, emulator::Options};
use serde_json::{Value, json};
use tokio::{
    task::{JoinSet, LocalSet, spawn_blocking},
    time::sleep,
};

use crate::{
    emulator::{
        data_file::{assert_sound, data_path},
        wire::{Reply, Request, exchange},
    },
    isolated_process::in_isolated_process,
    memory,
    process::{Process, lts},
    suite::TestEnvironment,
};

/// How many times each fault may apply: more than requests arrive.
const TIMES: u64 = 1 << 40;
/// The share of requests that each fault hits.
const PROBABILITY: f64 = 0.008;
/// From so many kills on, memory and descriptors are compared.
const ENOUGH_KILLS: usize = 20;

/// A figure from the environment.
fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// What all lanes share.
struct Soak {
    url: String,
    /// The time between two kills, by which all other times go.
    period: Duration,
    is_over: AtomicBool,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    written: AtomicU64,
    acknowledged: AtomicU64,
    found: AtomicU64,
    duplicates: AtomicU64,
    searches: AtomicU64,
    changes: AtomicU64,
    failed_calls: AtomicU64,
    requests: AtomicU64,
}

fn count(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

impl Soak {
    fn client(&self, credentials: impl Into<Credentials>) -> Client {
        Client::builder()
            .endpoint(&self.url)
            .iam_endpoint(&self.url)
            .region(Options::DEFAULT_PROJECT_NAME)
            .project_id(Options::DEFAULT_PROJECT_ID)
            .credentials(credentials)
            .build()
            .unwrap()
    }

    fn client_with_keys(&self) -> Client {
        self.client(AkSk::new(Options::DEFAULT_ACCESS_KEY, Options::DEFAULT_SECRET_KEY))
    }

    fn client_with_login(&self) -> Client {
        let (user, password) = (Options::DEFAULT_USER, Options::DEFAULT_PASSWORD);
        self.client(Login::new(user, password, Options::DEFAULT_DOMAIN))
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Repeats a call until it succeeds. Only faults and kills may fail it.
    async fn persist<T>(&self, call: impl AsyncFn() -> Result<T, Error>) -> T {
        loop {
            count(&self.counts.requests, 1);
            match call().await {
                Ok(value) => return value,
                Err(error) => self.forgive(&error).await,
            }
        }
    }

    /// Deletes something. If the response of an attempt was lost, the next one finds nothing.
    async fn delete(&self, call: impl AsyncFn() -> Result<(), Error>) {
        self.persist(async || match call().await {
            Err(error) if error.is_not_found() => Ok(()),
            result => result,
        })
        .await;
    }

    /// Counts a call that a fault or a kill failed, and pauses. Another error fails the test.
    async fn forgive(&self, error: &Error) {
        let is_forgiven =
            error.is_retryable() || error.outcome_unknown() || matches!(error, Error::Decode(_));
        assert!(is_forgiven, "{error:#} {error:?}");
        count(&self.counts.failed_calls, 1);
        sleep(self.period / 100).await;
    }
}

/// An emulator on a data file, which listens on the same port after each start.
struct Victim {
    process: Process,
    arguments: Vec<String>,
    faults: u64,
}

impl Victim {
    fn start(file: &Path) -> Self {
        // Below the ports that systems give to outgoing connections, one of which could take it between two starts.
        let port = loop {
            let port = fastrand::u16(20_000..30_000);
            if TcpListener::bind(("127.0.0.1", port)).is_ok() {
                break port;
            }
        };
        let listen = format!("127.0.0.1:{port}");
        let data = file.to_str().unwrap();
        let arguments = ["--listen", &listen, "--data", data, "--quota-groups", "0", "--quota-streams", "0"];
        let arguments = arguments.map(str::to_owned).to_vec();
        let victim = Self { process: Self::run(&arguments, &[]), arguments, faults: 0 };
        victim.inject_faults();
        victim
    }

    fn run(arguments: &[String], more: &[&str]) -> Process {
        let mut command = lts(&["emulator"]);
        command.args(arguments).args(more);
        Process::of(command)
    }

    fn admin(&self, method: &str, path: &str, body: &Value) -> Reply {
        let request = Request::new(method, format!("/_emulator/{path}")).json(body);
        exchange(&self.process.address, &request.bytes(&self.process.address)).unwrap()
    }

    fn inject_faults(&self) {
        let mut faults = [
            json!({"status": 429}),
            json!({"status": 500}),
            json!({"status": 503}),
            json!({"drop": "before"}),
            json!({"drop": "after"}),
            json!({"cut_after_bytes": 10}),
            json!({"delay_ms": 50}),
            json!({"status": 200, "body": "<html>a login page</html>"}),
            json!({"operation": "listLogs", "incomplete": true}),
        ];
        for fault in &mut faults {
            fault["times"] = json!(TIMES);
            fault["probability"] = json!(PROBABILITY);
        }
        assert_eq!(self.admin("POST", "faults", &json!(faults)).status, 204);
    }

    /// Counts the faults that applied since the start.
    fn count_faults(&mut self) {
        let faults = self.admin("GET", "faults", &Value::Null).json();
        let left = faults.as_array().unwrap().iter().map(|fault| fault["times"].as_u64().unwrap());
        self.faults += left.map(|left| TIMES - left).sum::<u64>();
    }

    /// Kills it and starts it again, with faults.
    fn restarted(mut self) -> Self {
        self.restart(&[]);
        self.inject_faults();
        self
    }

    /// Kills it and starts it again, with more arguments and without faults.
    fn restart(&mut self, more: &[&str]) {
        self.count_faults();
        self.process.kill();
        self.process = Self::run(&self.arguments, more);
    }
}

/// What the emulator and this process take.
#[derive(Debug, Clone, Copy)]
struct Sample {
    emulator_kib: u64,
    emulator_descriptors: u64,
    client_kib: u64,
    client_descriptors: u64,
    /// The data file, and what belongs to it.
    data_kib: u64,
}

impl Sample {
    fn take(emulator: &Process, folder: &Path) -> Self {
        let lengths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
        Self {
            emulator_kib: emulator.resident(),
            emulator_descriptors: emulator.descriptors(),
            client_kib: memory::resident("self"),
            client_descriptors: memory::descriptors("self"),
            data_kib: lengths.sum::<u64>() / 1024,
        }
    }
}

/// Asserts that the median of the last quarter is at most 1.2 times that of the second, and a little.
fn assert_flat(what: &str, samples: &[Sample], little: u64, figure: impl Fn(&Sample) -> u64) {
    let quarter = samples.len() / 4;
    let median = |samples: &[Sample]| {
        let mut figures: Vec<_> = samples.iter().map(&figure).collect();
        figures.sort_unstable();
        figures[figures.len() / 2]
    };
    let (second, last) =
        (median(&samples[quarter..2 * quarter]), median(&samples[samples.len() - quarter..]));
    println!("{what}: {second} in the second quarter, {last} in the last");
    assert!(last <= second * 6 / 5 + little, "{what} grew from {second} to {last}");
}

/// `LTS_TEST_SOAK_KILLS` times, every `LTS_TEST_SOAK_PERIOD` seconds. `LTS_TEST_SOAK_LINES` are written per second.
#[test]
fn nothing_acknowledged_is_lost_in_a_soak() {
    if in_isolated_process("soak::nothing_acknowledged_is_lost_in_a_soak") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, soak());
    }
}

async fn soak() {
    let kills = setting("LTS_TEST_SOAK_KILLS", 3);
    let (folder, file) = data_path();
    let mut victim = Victim::start(&file);
    let soak = Rc::new(Soak {
        url: format!("http://{}", victim.process.address),
        period: Duration::from_secs(setting("LTS_TEST_SOAK_PERIOD", 1)),
        is_over: AtomicBool::new(false),
        counts: Counts::default(),
    });

    let (mut writers, mut changers) = (JoinSet::new(), JoinSet::new());
    for (number, client) in [soak.client_with_keys(), soak.client_with_login()].into_iter().enumerate() {
        for lane in [2 * number, 2 * number + 1] {
            writers.spawn_local(lines::run(Rc::clone(&soak), client.clone(), lane));
        }
        changers.spawn_local(changes::run(Rc::clone(&soak), client, number));
    }

    let (start, mut samples) = (Instant::now(), Vec::new());
    for kill in 1..=kills {
        // A lane ends early only by failing.
        tokio::select! {
            () = sleep(soak.period) => {}
            Some(ended) = writers.join_next() => drop(ended.unwrap()),
            Some(ended) = changers.join_next() => drop(ended.unwrap()),
        }
        let sample = Sample::take(&victim.process, folder.path());
        println!("kill {kill} after {:.0?}: {sample:?}", start.elapsed());
        samples.push(sample);
        // On another thread, so that the lanes go on meanwhile.
        victim = spawn_blocking(|| victim.restarted()).await.unwrap();
    }
    soak.is_over.store(true, Ordering::Relaxed);
    let (writers, changers) = (writers.join_all().await, changers.join_all().await);

    // What is left survives another kill, and serves as the service does.
    victim.restart(&["--self-check"]);
    for lane in writers {
        lane.verify(&soak).await;
    }
    for lane in changers {
        lane.verify(&soak).await;
    }
    let lts = soak.client_with_keys();
    TestEnvironment { lts: &lts, prefix: "suite", bucket: Options::DEFAULT_BUCKET }.run().await;
    victim.process.signal("-TERM");
    assert!(victim.process.wait().success());
    assert_sound(&file);

    report(&soak.counts, victim.faults, &samples);
}

fn report(counts: &Counts, faults: u64, samples: &[Sample]) {
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "{} lines written, {} acknowledged, {} found, {} of them duplicates",
        read(&counts.written),
        read(&counts.acknowledged),
        read(&counts.found),
        read(&counts.duplicates)
    );
    println!(
        "{} kills, {faults} faults, {} calls ({} of them failed), {} searches, {} changes",
        samples.len(),
        read(&counts.requests),
        read(&counts.failed_calls),
        read(&counts.searches),
        read(&counts.changes)
    );
    for (when, place) in [("start", 0), ("middle", samples.len() / 2), ("end", samples.len() - 1)] {
        println!("{when}: {:?}", samples[place]);
    }
    if samples.len() >= ENOUGH_KILLS {
        assert_flat("memory of the emulator in KiB", samples, 8 << 10, |sample| sample.emulator_kib);
        assert_flat("memory of the client in KiB", samples, 8 << 10, |sample| sample.client_kib);
        assert_flat("descriptors of the emulator", samples, 16, |sample| sample.emulator_descriptors);
        assert_flat("descriptors of the client", samples, 16, |sample| sample.client_descriptors);
        assert_flat("the data in KiB", samples, 8 << 10, |sample| sample.data_kib);
    }
}
