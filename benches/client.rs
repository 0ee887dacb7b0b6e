//! What a call costs on top of a bare `reqwest` call whose answer `serde_json` decodes.
//!
//! Both are driven by a runtime on this thread, whose CPU time counts; the server has threads of its own.
//! The bare client is what a careful person writes by hand: the same HTTP settings, one header with the token,
//! the status checked, the body decoded into plain structs.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{hint::black_box, net::SocketAddr, time::Instant};

use common::{Goal, PROJECT, ThreadCpu, groups, ratio, serve, thread_cpu};
use criterion::Criterion;
use huaweicloud_lts::{AkSk, Client, Credentials, Secret};
use serde::Deserialize;
use tokio::runtime::Runtime;

/// Calls in a round.
const CALLS: usize = 300;

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

/// A bare client: nothing but `reqwest` and `serde_json`.
struct Bare {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Bare {
    fn new(server: SocketAddr, token: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let url = format!("http://{server}/v2/{PROJECT}/groups");
        Self { http: http.build().unwrap(), url, token: token.to_owned() }
    }

    async fn groups(&self) -> Vec<Group> {
        let answer = self.http.get(&self.url).header("x-auth-token", &self.token).send().await.unwrap();
        let answer = answer.error_for_status().unwrap();
        serde_json::from_slice::<Groups>(&answer.bytes().await.unwrap()).unwrap().log_groups
    }
}

fn ours(server: SocketAddr, credentials: Credentials) -> Client {
    let builder = Client::builder().endpoint(format!("http://{server}")).project_id(PROJECT);
    builder.credentials(credentials).build().unwrap()
}

/// The CPU time of a call on this thread, in microseconds.
fn cpu_per_call<T>(runtime: &Runtime, call: impl AsyncFn() -> T) -> f64 {
    let start = thread_cpu();
    runtime.block_on(async {
        for _ in 0..CALLS {
            black_box(call().await);
        }
    });
    (thread_cpu() - start).as_secs_f64() * 1e6 / CALLS as f64
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
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // As long as a real one.
    let token = "MIIF".repeat(300);
    let with_token = || Credentials::Token(Secret::new(token.clone()));
    let with_keys =
        || Credentials::AkSk(AkSk::new("AKIDEXAMPLE000000001", "SecretKeyOfThatManyCharactersIsAsLong001"));
    let mut criterion: Criterion<ThreadCpu> = ThreadCpu::criterion();
    for count in [1, 100] {
        let server = serve(groups(count));
        let bare = Bare::new(server, &token);
        let (token, keys) = (ours(server, with_token()), ours(server, with_keys()));
        runtime
            .block_on(async { assert_eq!(token.groups().await.unwrap().len(), bare.groups().await.len()) });
        let clients: [(&str, f64, &Client); 2] = [("token", 1.10, &token), ("aksk", 1.15, &keys)];
        for (name, goal, ours) in clients {
            ratio(
                &format!("client/groups {count}, {name}, CPU"),
                "us",
                Goal::AtMost(goal),
                || cpu_per_call(&runtime, || async { ours.groups().await.unwrap() }),
                || cpu_per_call(&runtime, || bare.groups()),
            );
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
                            black_box(ours.groups().await.unwrap());
                        }
                    });
                    thread_cpu() - start
                });
            });
        }
        group.finish();
    }

    let server = serve(groups(1));
    let (ours, bare) = (ours(server, with_token()), std::sync::Arc::new(Bare::new(server, &token)));
    ratio(
        "client/64 in flight, throughput",
        "calls/s",
        Goal::AtLeast(0.9),
        || {
            calls_per_second(&runtime, 64, || {
                let ours = ours.clone();
                async move { ours.groups().await.unwrap() }
            })
        },
        || {
            calls_per_second(&runtime, 64, || {
                let bare = std::sync::Arc::clone(&bare);
                async move { bare.groups().await }
            })
        },
    );
    criterion.final_summary();
}
