//! Faults of the emulator, over real connections.

mod admin_api;
mod effects;
mod selection;

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use huaweicloud_lts::{Emulator, emulator::Options, spec::Operation};
use serde_json::{Value, json};

use crate::emulator::wire::{Reply, Request, authority, raw};

const PROJECT: &str = Options::DEFAULT_PROJECT_ID;

fn start() -> Emulator {
    Emulator::start().unwrap()
}

fn admin(emulator: &Emulator, method: &str, path: &str, body: &Value) -> Reply {
    let request = Request::new(method, format!("/_emulator/{path}"));
    if body.is_null() { request.send(emulator) } else { request.json(body).send(emulator) }
}

/// Adds one or several faults through the admin API.
fn add(emulator: &Emulator, faults: Value) {
    let reply = admin(emulator, "POST", "faults", &faults);
    assert_eq!(reply.status, 204, "{faults}: {reply:?}");
}

fn list(emulator: &Emulator) -> Request {
    Request::new("GET", format!("/v2/{PROJECT}/groups")).signed(emulator)
}

fn create(emulator: &Emulator, name: &str) -> Request {
    let body = json!({"log_group_name": name, "ttl_in_days": 7});
    Request::new("POST", format!("/v2/{PROJECT}/groups")).json(&body).signed(emulator)
}

fn names(emulator: &Emulator) -> Vec<String> {
    let state = admin(emulator, "GET", "state", &Value::Null).json();
    let groups = state["groups"].as_array().unwrap().clone();
    groups.iter().map(|group| group["log_group_name"].as_str().unwrap().to_owned()).collect()
}

/// All bytes that arrive until the connection is closed.
fn received(emulator: &Emulator, request: &Request) -> Vec<u8> {
    let mut stream = TcpStream::connect(authority(emulator)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(&request.bytes(authority(emulator))).unwrap();
    let mut bytes = Vec::new();
    // A reset would be an error: the connection must be closed cleanly.
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

/// The response, with as much of its body as arrived.
fn received_reply(emulator: &Emulator, request: &Request) -> Reply {
    raw(emulator, &request.bytes(authority(emulator))).unwrap()
}

fn last_journal_entry(emulator: &Emulator) -> (Option<Operation>, Option<u16>, Option<String>) {
    let last = emulator.requests().pop().unwrap();
    (last.operation, last.status, last.code)
}
