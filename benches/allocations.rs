//! How often a call allocates memory, against a bare `reqwest` call whose response `serde_json` decodes; and an event that
//! is logged, against the layer of `tracing-subscriber` that writes JSON.
//!
//! A separate benchmark, since the allocator that counts takes part in everything it counts. The counts are of
//! this thread, on which the runtime and both clients run.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::hint::black_box;

#[cfg(feature = "tracing")]
use common::lines;
use common::{Figure, Goal, TOKEN, bare, groups, is_wanted, ours, report, serve, with_keys, with_token};

/// Calls that are counted, after as many that aren't.
const CALLS: u64 = 100;
/// How many more allocations than the bare call a call may have.
const MORE: f64 = 30.0;
/// Events that are counted, after as many that aren't.
#[cfg(feature = "tracing")]
const EVENTS: usize = 1_000;
/// How many allocations an event may have.
#[cfg(feature = "tracing")]
const MOST_OF_EVENT: f64 = 2.0;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = serve(groups(1));
    let client = bare::Client::new(server, &TOKEN);
    let bare = count(&runtime, || client.groups());
    let goal = Goal::AtMost((bare + MORE) / bare);
    for (name, credentials, goal) in [("token", with_token(), goal), ("aksk", with_keys(), Goal::None)] {
        let client = ours(server, credentials);
        let name = format!("client/groups 1, {name}, allocations");
        if !is_wanted(&name) {
            continue;
        }
        let ours = count(&runtime, || async { client.groups().list().await.unwrap() });
        report(&Figure { name: &name, unit: "allocations", goal, ours, bare, ratio: [ours / bare; 3] });
    }
    #[cfg(feature = "tracing")]
    events(lines::serve(lines::router(drop)));
}

/// Allocations per event on the thread that logs.
#[cfg(feature = "tracing")]
fn events(server: std::net::SocketAddr) {
    use tracing_subscriber::{Registry, layer::SubscriberExt};

    let name = "logs/layer, an event, allocations";
    if !is_wanted(name) {
        return;
    }
    let producer = common::log_stream(&format!("http://{server}")).producer().build().unwrap();
    let ours = tracing::Dispatch::new(Registry::default().with(producer.layer()));
    let json = tracing_subscriber::fmt::layer().json().with_writer(std::io::sink);
    let json = tracing::Dispatch::new(Registry::default().with(json));
    let count = |dispatch| {
        tracing::dispatcher::with_default(dispatch, || {
            common::events(EVENTS);
            let allocated = allocation_counter::measure(|| common::events(EVENTS)).count_total;
            allocated as f64 / EVENTS as f64
        })
    };
    let (ours, bare) = (count(&ours), count(&json));
    let goal = Goal::AtMost(MOST_OF_EVENT / bare);
    report(&Figure { name, unit: "allocations", goal, ours, bare, ratio: [ours / bare; 3] });
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
