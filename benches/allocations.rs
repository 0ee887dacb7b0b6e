//! How often a call allocates memory, against a bare `reqwest` call whose response `serde_json` decodes.
//!
//! A separate benchmark, since the allocator that counts takes part in everything it counts. The counts are of
//! this thread, on which the runtime and both clients run.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::hint::black_box;

use common::{Figure, Goal, TOKEN, bare, groups, ours, report, serve, with_keys, with_token};

/// Calls that are counted, after as many that aren't.
const CALLS: u64 = 100;
/// How many more allocations than the bare call a call may have.
const MORE: f64 = 30.0;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = serve(groups(1));
    let client = bare::Client::new(server, &TOKEN);
    let bare = count(&runtime, || client.groups());
    let goal = Goal::AtMost((bare + MORE) / bare);
    for (name, credentials, goal) in [("token", with_token(), goal), ("aksk", with_keys(), Goal::None)] {
        let client = ours(server, credentials);
        let ours = count(&runtime, || async { client.groups().list().await.unwrap() });
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
