//! Start, connections and shutdown.

use super::*;

#[test]
fn invalid_options_are_refused() {
    let refused = |options: Options| options.start().unwrap_err().to_string();
    let twice = Emulator::builder().bucket("twice").bucket("twice");
    assert_eq!(refused(twice), "bucket \"twice\" is there already");
    // The rules are those of a seed.
    assert_eq!(refused(Emulator::builder().key("", "SK")), "ak: must not be empty");
    assert!(refused(Emulator::builder().bucket("b")).contains("obs_bucket_name"));
}

#[test]
fn malformed_requests_are_survived() {
    let emulator = start();
    let path = format!("/v2/{PROJECT}/groups");
    let host = authority(&emulator).to_owned();
    let head = |extra: &[u8]| {
        let mut request =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n").into_bytes();
        request.extend(extra);
        request.extend(b"\r\n");
        request
    };
    let big = "x".repeat(70_000);
    for odd in [
        b"".to_vec(),
        b"\r\n\r\n".to_vec(),
        b"\0\xff\xfe".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        format!("GET {path} HTTP/1.0\r\n\r\n").into_bytes(),
        format!("GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n").into_bytes(),
        format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes(),
        format!("GET http:// HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes(),
        format!("GET {path}?%ff%zz=%& HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes(),
        b"GET /v2/\xff\xfe/groups HTTP/1.1\r\nConnection: close\r\n\r\n".to_vec(),
        head(b"X-Auth-Token: \xff\xfe\r\n"),
        head(b"X-Project-Id: \xff\r\nAuthorization: SDK-HMAC-SHA256 Access=\xff, SignedHeaders=;, Signature=\r\n"),
        head(b"Authorization: SDK-HMAC-SHA256 Access=LTSEMULATORAK0000001, SignedHeaders=;;x-sdk-date;\xc3\xa4, Signature=\xff\r\nX-Sdk-Date: 20240305T000000Z\r\n"),
        head(b"Authorization: SDK-HMAC-SHA256 Access=LTSEMULATORAK0000001, SignedHeaders=;;;, Signature=0\r\n"),
        head(format!("X-Big: {big}\r\n").as_bytes()),
        head("X: y\r\n".repeat(200).as_bytes()),
        head(b"Content-Length: -1\r\n"),
        head(b"Content-Length: 99999999999999999999\r\n"),
        head(b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        format!("GET /{big} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes(),
    ] {
        let shown = String::from_utf8_lossy(&odd[..odd.len().min(80)]).into_owned();
        let mut stream = std::net::TcpStream::connect(&host).unwrap();
        use std::io::{Read, Write};
        let _ = stream.write_all(&odd);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response);
        assert!(!String::from_utf8_lossy(&response).starts_with("HTTP/1.1 5"), "{shown}");
        assert_eq!(Request::new("GET", "/_emulator/health").send(&emulator).status, 200, "{shown}");
    }
}

#[test]
fn connection_serves_many_requests() {
    use std::io::{Read, Write};
    let emulator = start();
    let mut stream = std::net::TcpStream::connect(authority(&emulator)).unwrap();
    let one = format!("GET /v2/{PROJECT}/groups HTTP/1.1\r\nHost: x\r\n\r\n");
    let last = one.replace("Host: x", "Host: x\r\nConnection: close");
    stream.write_all(format!("{one}{one}{last}").as_bytes()).unwrap();
    let mut responses = String::new();
    stream.read_to_string(&mut responses).unwrap();
    assert_eq!(responses.matches("LTS.0002").count(), 3);
}

#[test]
fn emulator_stops_when_dropped() {
    let emulator = start();
    let address = authority(&emulator).to_owned();
    let idle = std::net::TcpStream::connect(&address).unwrap();
    drop(emulator);
    assert!(std::net::TcpStream::connect(&address).is_err());
    drop(idle);
}

/// The emulator's time is its own: its delay passes although the test's clock stands still.
#[tokio::test(start_paused = true)]
async fn paused_test_clock_does_not_pause_the_emulator() {
    let emulator = Emulator::builder().latency(std::time::Duration::from_millis(1)).start().unwrap();
    assert_eq!(get("/groups").signed(&emulator).send(&emulator).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_lets_running_calls_finish() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let options = Options::default().lenient(true).latency(std::time::Duration::from_millis(300));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(options.listen(listener).unwrap().run(async {
        let _ = stopped.await;
    }));
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let _idle = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    // The interim response says that the call is under way.
    let head = format!(
        "POST /v2/{PROJECT}/groups HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 41\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stop.send(()).unwrap();
    stream.write_all(br#"{"log_group_name":"a", "ttl_in_days": 7 }"#).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 201 "), "{response}");
    server.await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
