//! Log lines, and a receiver that accepts them in another process.

use std::{
    env,
    io::{self, BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    thread,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get},
};
use bytes::Bytes;

use super::{bare, groups};

/// The argument with which a program becomes a receiver.
const RECEIVE: &str = "receive";
/// The response to lines.
const ACCEPTED: &str = r#"{"errorCode":"SVCSTG.ALS.200.200","errorMessage":"Report success.","result":null}"#;
/// The streams of each group.
const STREAMS: &str = r#"{"log_streams":[{"creation_time":1630549842955,"log_stream_name":"stream-0000",
    "log_stream_id":"c54dbc58-0fd8-48ed-b007-6d54981427a7","filter_count":0,"tag":{}}]}"#;

/// Lines of an access log, about 200 bytes each, the same ones in each run.
pub fn access_log(count: usize) -> impl Iterator<Item = String> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..count).map(move |i| {
        let address = format!("203.0.{}.{}", random.u8(..), random.u8(..));
        let (minute, second) = (i / 6_000 % 60, i / 100 % 60);
        let path = ["/cart", "/products", "/search", "/checkout", "/static/app.js"][random.usize(..5)];
        let (item, page) = (random.u32(..100_000), random.u8(1..20));
        let status = [200, 200, 200, 200, 304, 404, 500][random.usize(..7)];
        let (bytes, micros) = (random.u32(200..60_000), random.u32(300..900_000));
        let browser =
            ["X11; Linux x86_64; rv:145.0", "Windows NT 10.0; Win64; x64; rv:144.0"][random.usize(..2)];
        let request = format!("\"GET {path}?item={item}&page={page} HTTP/1.1\"");
        format!(
            "{address} - - [27/Nov/2026:10:{minute:02}:{second:02} +0800] {request} {status} {bytes} \
             \"https://shop.example.com/\" \"Mozilla/5.0 ({browser}) Gecko/20100101\" 0.{micros:06} {:016x}",
            random.u64(..)
        )
    })
}

/// An axum application that accepts lines unread, and lists a group with one stream.
pub fn router(mut accept: impl FnMut(Bytes) + Clone + Send + Sync + 'static) -> Router {
    let json = [("content-type", "application/json"), ("x-request-id", "0123456789abcdef0123456789abcdef")];
    let fixed = move |body: String| get(move || std::future::ready((json, body.clone())));
    Router::new()
        .route("/v2/{project_id}/groups", fixed(groups(1)))
        .route("/v2/{project_id}/groups/{group_id}/streams", fixed(STREAMS.to_owned()))
        .fallback(any(move |body: Bytes| {
            accept(body);
            std::future::ready((json, ACCEPTED))
        }))
        .layer(DefaultBodyLimit::disable())
}

/// Serves it on a thread of its own, which ends with the process.
pub fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || bare::serve(listener, router));
    address
}

/// Whether this process is to be a receiver. It was one then, until its standard input ended.
pub fn was_receiver() -> bool {
    let is_receiver = env::args().nth(1).is_some_and(|argument| argument == RECEIVE);
    if is_receiver {
        println!("{}", serve(router(drop)));
        io::stdin().read_to_end(&mut Vec::new()).expect("standard input");
    }
    is_receiver
}

/// A receiver in another process, whose CPU time doesn't count here.
pub struct Receiver {
    process: Child,
    pub address: SocketAddr,
}

impl Receiver {
    /// Starts this program as a receiver; it must call [`was_receiver`] first.
    pub fn start() -> Self {
        let mut command = Command::new(env::current_exe().expect("this program has a path"));
        let mut process = command
            .arg(RECEIVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the receiver starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        Self { address: line.trim().parse().expect("an address"), process }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
