//! The memory that a response can take, whatever its shape.

use std::{
    io::{Read, Write},
    net::TcpListener,
};

use huaweicloud_lts::{Client, Credentials, Error, Login, call::RetryPolicy};

use crate::{isolated_process::in_isolated_process, memory, scripted_server::PROJECT};

/// What a response may take beside its own bytes, in kilobytes.
pub(crate) const ALLOWED: u64 = 256 * 1024;
/// The length of the responses.
const LENGTH: usize = 20_000_000;

/// As many items as fit between the brackets.
fn filled(open: &str, item: &str, close: &str) -> String {
    let items = (LENGTH - open.len() - close.len() + 1) / (item.len() + 1);
    format!("{open}{}{close}", vec![item; items].join(","))
}

/// Bodies that are cheap to send and could be expensive to hold.
fn shapes() -> Vec<(&'static str, String)> {
    let wide: Vec<_> = (0..900_000).map(|i| format!("\"{i:x}\":0")).collect();
    let groups = r#"{"log_group_id":"","log_group_name":"a"}"#;
    let tags: Vec<_> = (0..900_000).map(|i| format!(r#""{i:05x}":"""#)).collect();
    let tagged = r#"{"log_group_id":"g","log_group_name":"a","tag":{"k":"v"}}"#;
    vec![
        ("objects in an unknown member", filled(r#"{"log_groups":[],"error":["#, r#"{"":0}"#, "]}")),
        ("empty objects", filled(r#"{"log_groups":["#, "{}", "]}")),
        ("small objects", filled(r#"{"log_groups":["#, r#"{"":{}}"#, "]}")),
        ("small lists", filled(r#"{"log_groups":["#, "[0]", "]}")),
        ("groups without ids", filled(r#"{"log_groups":["#, groups, "]}")),
        (
            "tags",
            filled(
                r#"{"log_groups":[{"log_group_id":"g","log_group_name":"a","tag":{"#,
                r#""k":"v""#,
                "}}]}",
            ),
        ),
        (
            "many tags of one group",
            format!(
                r#"{{"log_groups":[{{"log_group_id":"g","log_group_name":"a","tag":{{{}}}}}]}}"#,
                tags.join(",")
            ),
        ),
        ("a tag for each group", format!(r#"{{"log_groups":[{}]}}"#, vec![tagged; 195_000].join(","))),
        ("objects in an error", filled(r#"{"error_code":"LTS.0009","error_msg":["#, r#"{"":{}}"#, "]}")),
        ("a wide object", format!("{{{}}}", wide.join(","))),
        ("duplicate keys", filled("{", r#""log_groups":[]"#, "}")),
        ("unclosed lists", "[".repeat(LENGTH)),
        ("unclosed objects", r#"{"":"#.repeat(LENGTH / 4)),
        ("a huge number", format!(r#"{{"log_groups":{}}}"#, "9".repeat(LENGTH))),
        ("a huge text", format!(r#"{{"error_code":"{}"}}"#, "\\u009b".repeat(LENGTH / 6))),
        ("a huge key", format!(r#"{{"{}":0}}"#, "k".repeat(LENGTH))),
        ("a token's roles", filled(r#"{"token":{"expires_at":"x","roles":["#, r#"{"":{}}"#, "]}}")),
    ]
}

/// The same for lists of transfers, whose detail is kept as it comes.
fn transfer_shapes() -> Vec<(&'static str, String)> {
    let id = "t".repeat(36);
    let open = format!(
        r#"{{"log_transfers":[{{"log_transfer_id":"{id}","log_group_id":"{id}","log_transfer_info":{{"log_transfer_detail":"#
    );
    let close = "}}]}";
    let wide: Vec<_> = (0..900_000).map(|i| format!("\"{i:x}\":0")).collect();
    let detail = |items: String| format!("{open}{items}{close}");
    vec![
        ("a wide detail", detail(format!("{{{}}}", wide.join(",")))),
        (
            "a list of numbers in a detail",
            filled(&format!(r#"{open}{{"tags":["#), "1", &format!("]}}{close}")),
        ),
        (
            "a list of texts in a detail",
            filled(&format!(r#"{open}{{"tags":["#), r#""t""#, &format!("]}}{close}")),
        ),
        ("lists in a detail", filled(&format!(r#"{open}{{"tags":["#), "[1]", &format!("]}}{close}"))),
        (
            "objects in a detail",
            filled(&format!(r#"{open}{{"tags":["#), r#"{"":{}}"#, &format!("]}}{close}")),
        ),
        (
            "duplicate members in a detail",
            filled(&format!("{open}{{"), r#""tags":[1]"#, &format!("}}{close}")),
        ),
        ("a list as the detail", filled(&format!("{open}["), "{}", &format!("]{close}"))),
        ("a deep detail", detail(format!(r#"{}1{}"#, r#"{"a":"#.repeat(3_000_000), "}".repeat(3_000_000)))),
        (
            "deep lists in a detail",
            detail(format!(r#"{{"a":{}{}}}"#, "[".repeat(9_000_000), "]".repeat(9_000_000))),
        ),
        ("empty transfers", filled(r#"{"log_transfers":["#, "{}", "]}")),
        (
            "empty streams",
            filled(
                &format!(
                    r#"{{"log_transfers":[{{"log_transfer_id":"{id}","log_group_id":"{id}","log_streams":["#
                ),
                "{}",
                "]}]}",
            ),
        ),
        (
            "absent streams",
            filled(
                &format!(
                    r#"{{"log_transfers":[{{"log_transfer_id":"{id}","log_group_id":"{id}","log_streams":["#
                ),
                "null",
                "]}]}",
            ),
        ),
    ]
}

/// Serves a body to each connection, with a status of success.
pub(crate) fn serve(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 8192]);
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            // The client may close before it has read everything.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    url
}

#[tokio::test]
async fn no_list_of_transfers_takes_much_more_memory_than_its_length() {
    if !in_isolated_process("hostile_responses::no_list_of_transfers_takes_much_more_memory_than_its_length")
    {
        return;
    }
    for (what, body) in transfer_shapes() {
        let length = body.len() as u64 / 1024;
        let url = serve(body);
        let builder = Client::builder().endpoint(&url).project_id(PROJECT).retry(RetryPolicy::off());
        let lts = builder.credentials(Credentials::token("token")).build().unwrap();
        memory::reset_peak("self");
        let before = memory::resident("self");
        let result = lts.transfers().list().await;
        let is_bounded = matches!(&result, Ok(_) | Err(Error::Decode(_)));
        let taken = memory::peak("self").saturating_sub(before);
        println!("{taken:>8} kB of {length:>6} for {what}");
        assert!(is_bounded, "{what}: {}", result.err().map(|error| error.to_string()).unwrap_or_default());
        assert!(taken < ALLOWED + length, "{what} took {taken} kB");
    }
}

#[tokio::test]
async fn no_response_takes_much_more_memory_than_its_length() {
    if !in_isolated_process("hostile_responses::no_response_takes_much_more_memory_than_its_length") {
        return;
    }
    for (what, body) in shapes() {
        let length = body.len() as u64 / 1024;
        let url = serve(body);
        let builder =
            Client::builder().endpoint(&url).iam_endpoint(&url).project_id(PROJECT).retry(RetryPolicy::off());
        for credentials in [Credentials::token("token"), Login::new("user", "password", "domain").into()] {
            let lts = builder.clone().credentials(credentials).build().unwrap();
            memory::reset_peak("self");
            let before = memory::resident("self");
            let result = lts.groups().list().await;
            let is_bounded = match &result {
                Ok(groups) => groups.is_empty() || what == "a tag for each group",
                Err(Error::Decode(_) | Error::Service(_) | Error::Credentials(_)) => true,
                Err(_) => false,
            };
            let taken = memory::peak("self").saturating_sub(before);
            println!("{taken:>8} kB of {length:>6} for {what}");
            assert!(is_bounded, "{what}: {result:?}");
            assert!(taken < ALLOWED + length, "{what} took {taken} kB");
        }
    }
}
