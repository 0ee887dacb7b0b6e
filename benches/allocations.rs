//! How often a call allocates memory, against a bare `reqwest` call whose answer `serde_json` decodes.
//!
//! A benchmark of its own, since the allocator that counts takes part in everything it counts. The counts are of
//! this thread, on which the runtime and both clients run.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::hint::black_box;

use common::{Figure, Goal, PROJECT, groups, report, serve};
use huaweicloud_lts::{AkSk, Client, Credentials, Secret};
use serde::Deserialize;

/// Calls that are counted, after as many that aren't.
const CALLS: u64 = 100;
/// How many more allocations than the bare call a call may have.
const MORE: f64 = 30.0;

#[derive(Deserialize)]
struct Groups {
    log_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is the work that is measured")]
struct Group {
    creation_time: i64,
    log_group_name: String,
    log_group_id: String,
    ttl_in_days: i32,
}

fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = serve(groups(1));
    let token = "MIIF".repeat(300);
    let http =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("http://{server}/v2/{PROJECT}/groups");
    let bare = count(&runtime, || async {
        let answer = http.get(&url).header("x-auth-token", &token).send().await.unwrap();
        let answer = answer.error_for_status().unwrap();
        serde_json::from_slice::<Groups>(&answer.bytes().await.unwrap()).unwrap().log_groups
    });
    let with_token = Credentials::Token(Secret::new(token.clone()));
    let with_keys =
        Credentials::AkSk(AkSk::new("AKIDEXAMPLE000000001", "SecretKeyOfThatManyCharactersIsAsLong001"));
    for (name, credentials, goal) in
        [("token", with_token, Goal::AtMost((bare + MORE) / bare)), ("aksk", with_keys, Goal::None)]
    {
        let builder = Client::builder().endpoint(format!("http://{server}")).project_id(PROJECT);
        let client = builder.credentials(credentials).build().unwrap();
        let ours = count(&runtime, || async { client.groups().await.unwrap() });
        let name = format!("client/groups 1, {name}, allocations");
        report(&Figure { name: &name, unit: "allocations", goal, ours, bare, ratio: [ours / bare; 3] });
    }
}

/// Allocations per call.
fn count<T>(runtime: &tokio::runtime::Runtime, call: impl AsyncFn() -> T) -> f64 {
    let calls = || {
        runtime.block_on(async {
            for _ in 0..CALLS {
                black_box(call().await);
            }
        });
    };
    calls();
    allocation_counter::measure(calls).count_total as f64 / CALLS as f64
}
