//! Shared code of the benchmarks: CPU clocks, ratios against a baseline, a minimal server and a load generator.
//!
//! Absolute times say little on a shared machine. So each goal is a ratio: ours and a baseline are measured in
//! turn, round after round, in one process, and the median of the rounds' ratios counts. What a thread spends is
//! measured by its own CPU clock, which other programs on the machine can't slow down.
#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod bare;
pub mod lines;

use std::{
    env,
    fmt::Write as _,
    fs::OpenOptions,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use criterion::{Criterion, measurement::Measurement};
use huaweicloud_lts::{
    AkSk, Client, Credentials, GroupId, Secret, StreamId, signing::SigningRequest, streams::StreamHandle,
};
use rustix::{
    event::{PollFd, PollFlags, poll},
    time::{ClockId, clock_gettime},
};

/// The project of all calls.
pub const PROJECT: &str = "0123456789abcdef0123456789abcdef";

/// A token, as long as a real one.
pub static TOKEN: LazyLock<String> = LazyLock::new(|| "MIIF".repeat(300));

/// How many rounds a ratio is the median of.
static ROUNDS: AtomicUsize = AtomicUsize::new(31);

/// Sets how many rounds a ratio is the median of.
pub fn rounds(count: usize) {
    ROUNDS.store(count, Ordering::Relaxed);
}

/// The CPU time of a clock so far.
fn cpu(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// The CPU time of this thread.
pub fn thread_cpu() -> Duration {
    cpu(ClockId::ThreadCPUTime)
}

/// The CPU time of this process.
pub fn process_cpu() -> Duration {
    cpu(ClockId::ProcessCPUTime)
}

/// The CPU time of all other threads of this process.
pub fn others_cpu() -> Duration {
    process_cpu().saturating_sub(thread_cpu())
}

/// Keeps this thread and those that it will start on one processor, where that can be asked for.
///
/// A client and a server that take turns on two processors let both fall asleep in between, and to wake one costs more
/// than a call, above all on a virtual machine.
pub fn on_one_processor() {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
        let allowed = sched_getaffinity(None).expect("processors can be asked for");
        let mut one = CpuSet::new();
        if let Some(last) = (0..CpuSet::MAX_CPU).rev().find(|&cpu| allowed.is_set(cpu)) {
            one.set(last);
            sched_setaffinity(None, &one).expect("a processor can be asked for");
        }
    }
}

/// Criterion's clock for benchmarks of one thread.
pub struct ThreadCpu(criterion::measurement::WallTime);

impl ThreadCpu {
    pub fn criterion() -> Criterion<Self> {
        quick(Criterion::default()).with_measurement(Self(criterion::measurement::WallTime))
    }
}

/// A few seconds are enough beside the ratios, for which the rounds are made.
pub fn quick<M: Measurement + 'static>(criterion: Criterion<M>) -> Criterion<M> {
    let criterion = criterion.without_plots().sample_size(20);
    let criterion =
        criterion.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    criterion.configure_from_args()
}

impl Measurement for ThreadCpu {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        thread_cpu()
    }

    fn end(&self, start: Duration) -> Duration {
        thread_cpu() - start
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn criterion::measurement::ValueFormatter {
        self.0.formatter()
    }
}

/// What a ratio should be.
#[derive(Clone, Copy)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// It explains another figure, and has no goal.
    None,
}

impl Goal {
    fn is_reached(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(most) => ratio <= most,
            Self::AtLeast(least) => ratio >= least,
            Self::None => true,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtMost(most) => format!("at most {most}"),
            Self::AtLeast(least) => format!("at least {least}"),
            Self::None => "none".to_owned(),
        }
    }
}

/// Whether this run shall only show that the benchmarks work (`cargo bench -- --test`).
pub fn is_trial() -> bool {
    env::args().any(|argument| argument == "--test")
}

/// Whether the ratio of this name is wanted: `cargo bench -- NAME` picks as criterion does.
pub fn is_wanted(name: &str) -> bool {
    let filters: Vec<_> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()))
}

/// Measures ours and the baseline in turn and says how they compare: ours divided by the baseline.
///
/// Each closure measures one round and gives its cost, in whatever unit both have in common.
pub fn ratio(
    name: &str,
    unit: &str,
    goal: Goal,
    mut ours: impl FnMut() -> f64,
    mut bare: impl FnMut() -> f64,
) {
    ratios([(name, unit, goal)], || [ours()], || [bare()]);
}

/// The same for several figures that are measured together. Which of the two goes first changes from round to
/// round.
pub fn ratios<const N: usize>(
    figures: [(&str, &str, Goal); N],
    mut ours: impl FnMut() -> [f64; N],
    mut bare: impl FnMut() -> [f64; N],
) {
    let mut is_second = false;
    in_pairs(figures, || {
        is_second = !is_second;
        if is_second {
            return (ours(), bare());
        }
        let bare = bare();
        (ours(), bare)
    });
}

/// The same where both sides are measured together in each round.
pub fn in_pairs<const N: usize>(
    figures: [(&str, &str, Goal); N],
    mut round: impl FnMut() -> ([f64; N], [f64; N]),
) {
    if !figures.iter().any(|(name, ..)| is_wanted(name)) {
        return;
    }
    let rounds = if is_trial() { 1 } else { ROUNDS.load(Ordering::Relaxed) };
    if rounds > 1 {
        // Caches, connections and code get warm.
        round();
    }
    let pairs: Vec<_> = (0..rounds).map(|_| round()).collect();
    for (i, (name, unit, goal)) in figures.into_iter().enumerate() {
        let ratio = quartiles(pairs.iter().map(|(ours, bare)| ours[i] / bare[i]).collect());
        let [_, ours, _] = quartiles(pairs.iter().map(|(ours, _)| ours[i]).collect());
        let [_, bare, _] = quartiles(pairs.iter().map(|(_, bare)| bare[i]).collect());
        report(&Figure { name, unit, goal, ours, bare, ratio });
    }
}

/// The quartiles of some values.
fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    [at(0.25), at(0.5), at(0.75)]
}

/// A figure that was measured.
pub struct Figure<'a> {
    pub name: &'a str,
    pub unit: &'a str,
    pub goal: Goal,
    /// Medians.
    pub ours: f64,
    pub bare: f64,
    /// Lower quartile, median, upper quartile.
    pub ratio: [f64; 3],
}

/// Prints a figure, and adds it to the file that `LTS_BENCH_FIGURES` names, one JSON object a line.
pub fn report(figure: &Figure<'_>) {
    let Figure { name, unit, goal, ours, bare, ratio: [low, median, high] } = figure;
    if is_trial() {
        println!("ratio {name}: works");
        return;
    }
    let verdict = match (goal, goal.is_reached(*median)) {
        (Goal::None, _) => String::new(),
        (_, true) => format!("  goal: {}, reached", goal.text()),
        (_, false) => format!("  goal: {}, MISSED", goal.text()),
    };
    println!(
        "ratio {name:<44} {median:>7.3} ({low:.3} to {high:.3})  ours {ours:.4} {unit}, bare {bare:.4} {unit}{verdict}"
    );
    let Some(path) = env::var_os("LTS_BENCH_FIGURES") else { return };
    let line = serde_json::json!({
        "name": name, "unit": unit, "goal": goal.text(), "reached": goal.is_reached(*median),
        "ours": ours, "bare": bare, "low": low, "ratio": median, "high": high,
    });
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| writeln!(file, "{line}")).expect("the figure can be written");
}

/// Our client of a server.
pub fn ours(server: SocketAddr, credentials: Credentials) -> Client {
    let builder = Client::builder().endpoint(format!("http://{server}")).project_id(PROJECT);
    builder.credentials(credentials).build().expect("a client")
}

pub fn with_token() -> Credentials {
    Credentials::Token(Secret::new(TOKEN.clone()))
}

pub fn with_keys() -> Credentials {
    Credentials::AkSk(keys())
}

/// The keys of calls that are signed.
pub fn keys() -> AkSk {
    AkSk::new("AKIDEXAMPLE000000001", "SecretKeyOfThatManyCharactersIsAsLong001")
}

/// A stream whose lines a server receives.
pub fn log_stream(url: &str) -> StreamHandle {
    let builder = Client::builder().region("cn-north-4").endpoint(url).access_endpoint(url);
    let client = builder.project_id(PROJECT).credentials(keys()).build().expect("a client");
    let group = GroupId::new("b6b9332b-091f-4b22-b810-264300000000").expect("an id");
    let stream = StreamId::new("c54dbc58-0fd8-48ed-b007-6d54981427a7").expect("an id");
    client.group(&group).stream(&stream)
}

/// Logs events with three fields and a message in one span.
pub fn events(count: usize) {
    let span = tracing::info_span!("request", method = "GET", path = "/cart");
    let _entered = span.enter();
    for user in 0..count {
        tracing::info!(user, item = "espresso machine", amount = 129.5, "paid");
    }
}

/// The response to a list of `count` groups.
pub fn groups(count: usize) -> String {
    let mut body = "{\"log_groups\":[".to_owned();
    for i in 0..count {
        let comma = if i > 0 { "," } else { "" };
        let _ = write!(
            body,
            "{comma}{{\"creation_time\":1630547141853,\"log_group_name\":\"group-{i:04}\",\
             \"log_group_id\":\"b6b9332b-091f-4b22-b810-2643{i:08}\",\"ttl_in_days\":7}}"
        );
    }
    body + "]}"
}

/// A server that sends the same response to every request, with one thread per connection.
/// It ends with the process.
pub fn serve(body: String) -> SocketAddr {
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: 0123456789abcdef0123456789abcdef\r\n\
         content-length: {}\r\ndate: Tue, 05 Mar 2024 08:09:10 GMT\r\n\r\n{body}",
        body.len()
    );
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let response = response.clone();
            thread::spawn(move || serve_one(stream, response.as_bytes()));
        }
    });
    address
}

/// Requests have no body here, so that each ends with an empty line.
fn serve_one(mut stream: TcpStream, response: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; 16 * 1024];
    let mut filled = 0;
    loop {
        match stream.read(&mut buffer[filled..])? {
            0 => return Ok(()),
            more => filled += more,
        }
        if buffer[..filled].ends_with(b"\r\n\r\n") {
            filled = 0;
            stream.write_all(response)?;
        }
    }
}

/// Keep-alive connections to a server, and a buffer for responses.
pub struct Load {
    connections: Vec<TcpStream>,
    buffer: Vec<u8>,
}

impl Load {
    pub fn new(address: SocketAddr, connections: usize) -> Self {
        let connect = || {
            let stream = TcpStream::connect(address).expect("the server is there");
            stream.set_nodelay(true).expect("a connection without delay");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a connection with a timeout");
            stream
        };
        let connections = (0..connections).map(|_| connect()).collect();
        Self { connections, buffer: vec![0; 256 * 1024] }
    }

    /// Sends one request on each connection, then reads the responses, so that the server always has work.
    /// `request` gets the number of the request.
    pub fn turn(&mut self, status: &str, mut request: impl FnMut(usize, &mut Vec<u8>)) {
        let mut bytes = Vec::with_capacity(4096);
        for (i, connection) in self.connections.iter_mut().enumerate() {
            bytes.clear();
            request(i, &mut bytes);
            connection.write_all(&bytes).expect("the request goes out");
        }
        for connection in &mut self.connections {
            read_response(connection, &mut self.buffer, status);
        }
    }

    /// Each connection sends its next request as soon as it has a response, for this time: requests per second, and
    /// requests per second of CPU time that the process spends outside of this thread.
    pub fn drive(
        &mut self,
        time: Duration,
        status: &str,
        mut request: impl FnMut(usize, &mut Vec<u8>),
    ) -> [f64; 2] {
        let (start, cpu) = (Instant::now(), others_cpu());
        let mut bytes = Vec::with_capacity(4096);
        let mut send = |connection: &mut TcpStream, count: usize| {
            bytes.clear();
            request(count, &mut bytes);
            connection.write_all(&bytes).expect("the request goes out");
        };
        let (mut sent, mut responses) = (0, 0);
        for connection in &mut self.connections {
            send(connection, sent);
            sent += 1;
        }
        while responses < sent {
            let mut waiting: Vec<_> =
                self.connections.iter().map(|connection| PollFd::new(connection, PollFlags::IN)).collect();
            poll(&mut waiting, None).expect("connections can be waited for");
            let ready: Vec<_> = waiting.iter().map(|connection| !connection.revents().is_empty()).collect();
            for (connection, _) in self.connections.iter_mut().zip(ready).filter(|(_, is_ready)| *is_ready) {
                read_response(connection, &mut self.buffer, status);
                responses += 1;
                if start.elapsed() < time {
                    send(connection, sent);
                    sent += 1;
                }
            }
        }
        let cpu = others_cpu() - cpu;
        [sent as f64 / start.elapsed().as_secs_f64(), sent as f64 / cpu.as_secs_f64()]
    }
}

/// Reads one response of known length. The benchmark is worthless if it is another than expected.
fn read_response(connection: &mut TcpStream, buffer: &mut [u8], status: &str) {
    let mut filled = 0;
    loop {
        let more = connection.read(&mut buffer[filled..]).expect("a response arrives");
        assert!(more > 0, "the server hung up");
        filled += more;
        let Some(head) = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(&buffer[..head]);
        assert!(
            text[9..].starts_with(status),
            "expected {status}: {}",
            String::from_utf8_lossy(&buffer[..filled])
        );
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        if filled >= head + 4 + length.unwrap_or(0) {
            return;
        }
    }
}

/// The request line and head of a request with a token.
pub fn head(bytes: &mut Vec<u8>, method: &str, path: &str, token: &str, body: &str) {
    let length = match body {
        "" => String::new(),
        body => format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()),
    };
    let _ = write!(
        bytes,
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nx-auth-token: {token}\r\n{length}\r\n{body}"
    );
}

/// A list of the groups.
pub fn list(bytes: &mut Vec<u8>) {
    head(bytes, "GET", &format!("/v2/{PROJECT}/groups"), &TOKEN, "");
}

/// The same, signed.
pub fn signed_list(bytes: &mut Vec<u8>, host: &str, keys: &AkSk) {
    let target = format!("/v2/{PROJECT}/groups");
    let signed = SigningRequest::new("GET", host, &target).sign(keys);
    let _ = write!(bytes, "GET {target} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in signed.headers().filter(|(name, _)| *name != "Host") {
        let _ = write!(bytes, "{name}: {value}\r\n");
    }
    bytes.extend(b"\r\n");
}

/// The creation of a group of a name that there never was.
pub fn create(bytes: &mut Vec<u8>) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = NEXT.fetch_add(1, Ordering::Relaxed);
    let body = format!(r#"{{"log_group_name":"new-{name:09}","ttl_in_days":7}}"#);
    head(bytes, "POST", &format!("/v2/{PROJECT}/groups"), &TOKEN, &body);
}
