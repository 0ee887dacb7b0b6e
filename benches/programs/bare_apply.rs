//! What `scripts/bench-apply` compares `lts apply` with: the same creations, sent by bare `reqwest`.
//!
//! ```text
//! bare-apply ADDRESS WORKERS GROUPS STREAMS TRANSFERS
//! ```
//!
//! Creates that many groups, with that many streams and transfers in each, over as many requests at a time as there are
//! workers, and prints the number of requests. A stream is created after its group, and a transfer after its stream.
#![allow(clippy::unwrap_used)]

use std::{env, sync::Arc};

use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet};

const PROJECT: &str = "0123456789abcdef0123456789abcdef";

struct Sender {
    http: reqwest::Client,
    url: String,
    workers: Semaphore,
}

impl Sender {
    /// Sends one request. Returns a member of the response.
    async fn create(&self, path: &str, body: Value, member: &str) -> String {
        let _worker = self.workers.acquire().await.unwrap();
        let request = self.http.post(format!("{}/v2/{PROJECT}{path}", self.url));
        let request = request.header("content-type", "application/json;charset=UTF-8");
        let request = request.header("x-auth-token", "token").body(body.to_string());
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{}", response.status());
        let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        body[member].as_str().unwrap().to_owned()
    }

    async fn group(self: Arc<Self>, g: usize, streams: usize, transfers: usize) -> usize {
        let tags = json!([{"key": "team", "value": "shop"}]);
        let body = json!({"log_group_name": format!("group-{g}"), "ttl_in_days": 7, "tags": tags});
        let group = self.create("/groups", body, "log_group_id").await;
        let mut made = JoinSet::new();
        for s in 0..streams {
            let (sender, group, tags) = (Arc::clone(&self), group.clone(), tags.clone());
            made.spawn(async move {
                let name = format!("stream-{g}-{s}");
                let body = json!({"log_stream_name": name, "ttl_in_days": 14, "tags": tags});
                let stream = sender.create(&format!("/groups/{group}/streams"), body, "log_stream_id").await;
                if s >= transfers {
                    return;
                }
                let detail =
                    json!({"obs_period": 5, "obs_period_unit": "min", "obs_bucket_name": "lts-test"});
                let info = json!({
                    "log_transfer_type": "OBS", "log_transfer_mode": "cycle", "log_storage_format": "RAW",
                    "log_transfer_status": "ENABLE", "log_transfer_detail": detail,
                });
                let streams = json!([{"log_stream_id": stream}]);
                let body = json!({"log_group_id": group, "log_streams": streams, "log_transfer_info": info});
                sender.create("/transfers", body, "log_transfer_id").await;
            });
        }
        made.join_all().await;
        1 + streams + transfers
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, numbers @ ..] = arguments.as_slice() else {
        panic!("usage: see the top of this program's source")
    };
    let numbers: Vec<usize> = numbers.iter().map(|number| number.parse().unwrap()).collect();
    let [workers, groups, streams, transfers] = *numbers else {
        panic!("usage: see the top of this program's source")
    };
    let sender = Arc::new(Sender {
        http: reqwest::Client::new(),
        url: address.clone(),
        workers: Semaphore::new(workers),
    });
    let mut made = JoinSet::new();
    for g in 0..groups {
        made.spawn(Arc::clone(&sender).group(g, streams, transfers));
    }
    println!("{}", made.join_all().await.into_iter().sum::<usize>());
}
