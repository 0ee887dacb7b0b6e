//! What the programs have in common: an HTTP server on loopback, and calls of this crate's client.
#![allow(dead_code, reason = "not every program calls everything")]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use huaweicloud_lts::{Client, ClientBuilder, Credentials, Error, call::RetryPolicy};

/// Serves this body on loopback, whatever is asked for, and returns the URL.
pub fn serve(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().for_each(|stream| respond(stream.unwrap(), body)));
    url
}

fn respond(mut stream: TcpStream, body: &str) {
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut chunk).unwrap() {
            0 => return,
            read => request.extend(&chunk[..read]),
        }
    }
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n");
    write!(stream, "{head}content-type: application/json\r\n\r\n{body}").unwrap();
}

pub fn builder(endpoint: &str) -> ClientBuilder {
    let builder = Client::builder().endpoint(endpoint).project_id("0123456789abcdef0123456789abcdef");
    builder.credentials(Credentials::token("token")).retry(RetryPolicy::off())
}

/// The client works over plain http.
pub async fn lts_speaks_http() {
    let groups = builder(&serve(r#"{"log_groups":[]}"#)).build().unwrap().groups().list().await.unwrap();
    assert!(groups.is_empty());
}

/// The client begins a TLS handshake with an https endpoint. Without a certificate that it trusts, there is no
/// more to see.
pub async fn lts_speaks_https() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut record = [0; 3];
        listener.accept().unwrap().0.read_exact(&mut record).unwrap();
        record
    });
    let error = builder(&endpoint).build().unwrap().groups().list().await.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    let [content_type, version, _] = server.join().unwrap();
    assert_eq!((content_type, version), (22, 3), "no handshake of TLS");
}

/// A client of reqwest, as the program has it, works over plain http.
pub async fn reqwest_speaks_http(http: reqwest::Client) {
    let response = http.get(serve("hello")).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "hello");
}

pub fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
}

/// What a panic of this says.
pub fn panic_of<T>(does: impl FnOnce() -> T + std::panic::UnwindSafe) -> String {
    std::panic::set_hook(Box::new(|_| {}));
    let result = std::panic::catch_unwind(does);
    drop(std::panic::take_hook());
    let panic = result.err().expect("it doesn't panic");
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap()
}
