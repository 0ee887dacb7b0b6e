//! The minimal axum server: the baseline for `lts emulator`.
#![allow(clippy::expect_used, clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

use std::net::TcpListener;

use common::bare;

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    println!("listening on http://{}", listener.local_addr().expect("it has an address"));
    bare::serve(listener, bare::router(common::groups(0)));
}
