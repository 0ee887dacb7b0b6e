//! What a call costs on top of a bare `reqwest` call whose response `serde_json` decodes.
//!
//! Both are driven by a runtime on this thread, whose CPU time counts; the server has its own threads.
//! The bare client is what a careful programmer writes by hand: the same HTTP settings, one header with the token,
//! the status checked, the body decoded into plain structs.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use common::{
    Goal, TOKEN, ThreadCpu, bare, groups, in_pairs, on_one_processor, ours, ratio, serve, thread_cpu,
    with_keys, with_token,
};
use criterion::Criterion;
use huaweicloud_lts::Client;
use tokio::runtime::Runtime;

/// Calls in a round.
const CALLS: usize = 300;

/// The CPU time of a call on this thread, in microseconds, for both. They take turns every few calls, so
/// that both meet the same machine.
fn cpu_per_call<A, B>(
    runtime: &Runtime,
    ours: impl AsyncFn() -> A,
    bare: impl AsyncFn() -> B,
) -> ([f64; 1], [f64; 1]) {
    const TURN: usize = 10;
    async fn spent<T>(call: &impl AsyncFn() -> T) -> Duration {
        let start = thread_cpu();
        for _ in 0..TURN {
            black_box(call().await);
        }
        thread_cpu() - start
    }
    let [mut of_ours, mut of_bare] = [Duration::ZERO; 2];
    runtime.block_on(async {
        for _ in 0..CALLS / TURN {
            of_ours += spent(&ours).await;
            of_bare += spent(&bare).await;
        }
    });
    let per_call = |spent: Duration| [spent.as_secs_f64() * 1e6 / CALLS as f64];
    (per_call(of_ours), per_call(of_bare))
}

/// Calls per second with so many in flight.
fn calls_per_second<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    runtime: &Runtime,
    in_flight: usize,
    call: impl Fn() -> F,
) -> f64 {
    const EACH: usize = 20;
    let start = Instant::now();
    runtime.block_on(async {
        // Each task makes one call after the other: in flight are as many as there are tasks.
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..in_flight {
            let calls: Vec<F> = (0..EACH).map(|_| call()).collect();
            tasks.spawn(async move {
                for call in calls {
                    black_box(call.await);
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    });
    (in_flight * EACH) as f64 / start.elapsed().as_secs_f64()
}

fn main() {
    on_one_processor();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut criterion: Criterion<ThreadCpu> = ThreadCpu::criterion();
    // A list of many is read twice: once for refusals, once for its members.
    for (count, of_token) in [(1, 1.25), (100, 1.35)] {
        let server = serve(groups(count));
        let bare = bare::Client::new(server, &TOKEN);
        let (token, keys) = (ours(server, with_token()), ours(server, with_keys()));
        runtime.block_on(async {
            assert_eq!(token.groups().list().await.unwrap().len(), bare.groups().await.len())
        });
        let clients: [(&str, f64, &Client); 2] = [("token", of_token, &token), ("aksk", 1.35, &keys)];
        for (name, goal, ours) in clients {
            let name = format!("client/groups {count}, {name}, CPU");
            in_pairs([(&name, "us", Goal::AtMost(goal))], || {
                cpu_per_call(&runtime, || async { ours.groups().list().await.unwrap() }, || bare.groups())
            });
        }
        let mut group = criterion.benchmark_group(format!("client/groups {count}"));
        group.bench_function("bare", |b| {
            b.iter_custom(|calls| {
                let start = thread_cpu();
                runtime.block_on(async {
                    for _ in 0..calls {
                        black_box(bare.groups().await);
                    }
                });
                thread_cpu() - start
            });
        });
        for (name, _, ours) in clients {
            group.bench_function(name, |b| {
                b.iter_custom(|calls| {
                    let start = thread_cpu();
                    runtime.block_on(async {
                        for _ in 0..calls {
                            black_box(ours.groups().list().await.unwrap());
                        }
                    });
                    thread_cpu() - start
                });
            });
        }
        group.finish();
    }

    let server = serve(groups(1));
    let (ours, bare) = (ours(server, with_token()), Arc::new(bare::Client::new(server, &TOKEN)));
    ratio(
        "client/64 in flight, throughput",
        "calls/s",
        // What a call may cost, the other way round.
        Goal::AtLeast(1.0 / 1.25),
        || {
            calls_per_second(&runtime, 64, || {
                let ours = ours.clone();
                async move { ours.groups().list().await.unwrap() }
            })
        },
        || {
            calls_per_second(&runtime, 64, || {
                let bare = Arc::clone(&bare);
                async move { bare.groups().await }
            })
        },
    );
    criterion.final_summary();
}
