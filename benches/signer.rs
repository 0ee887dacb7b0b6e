//! What a signature costs on top of the hashes that it consists of.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::hint::black_box;

use common::{Goal, PROJECT, ThreadCpu, ratio, thread_cpu};
use hmac::{Hmac, KeyInit, Mac};
use huaweicloud_lts::{AkSk, signing::SigningRequest};
use sha2::{Digest, Sha256};

const HOST: &str = "lts.cn-north-4.myhuaweicloud.com";
const SECRET_KEY: &str = "SecretKeyOfThatManyCharactersIsAsLong001";
const DATE: &str = "20240305T080910Z";

/// The CPU time of a call, in microseconds.
fn cost(calls: usize, mut call: impl FnMut()) -> f64 {
    let start = thread_cpu();
    (0..calls).for_each(|_| call());
    (thread_cpu() - start).as_secs_f64() * 1e6 / calls as f64
}

fn main() {
    let keys = AkSk::new("AKIDEXAMPLE000000001", SECRET_KEY);
    let target = format!("/v2/{PROJECT}/groups");
    let small = br#"{"log_group_name":"app","ttl_in_days":7}"#;
    let request = |body: &[u8]| {
        let request = SigningRequest::new("POST", HOST, &target);
        let request =
            request.header("content-type", "application/json;charset=UTF-8").header("x-project-id", PROJECT);
        request.date(DATE).unwrap().body(body).sign(&keys)
    };
    // The bare work: the body's hash, the canonical request's, and the HMAC of the string to sign.
    let signed = request(small);
    let (canonical, string) = (signed.canonical_request().to_owned(), signed.string_to_sign().to_owned());
    let bare = || {
        black_box(Sha256::digest(black_box(small)));
        black_box(Sha256::digest(black_box(canonical.as_bytes())));
        let mut mac = Hmac::<Sha256>::new_from_slice(black_box(SECRET_KEY.as_bytes())).unwrap();
        mac.update(black_box(string.as_bytes()));
        black_box(mac.finalize().into_bytes());
    };
    ratio(
        "signer/small request, CPU",
        "us",
        Goal::AtMost(2.0),
        || cost(5_000, || drop(black_box(request(black_box(small))))),
        || cost(5_000, bare),
    );

    let large = vec![b' '; 12_582_912];
    // Speeds, hence the inverse of the times.
    let speed = |call: &mut dyn FnMut()| large.len() as f64 / cost(2, call);
    ratio(
        "signer/12 MB body, speed",
        "MB/s",
        Goal::AtLeast(0.95),
        || speed(&mut || drop(black_box(request(black_box(&large))))),
        || {
            speed(&mut || {
                black_box(Sha256::digest(black_box(&large)));
            })
        },
    );

    let mut criterion = ThreadCpu::criterion();
    let mut group = criterion.benchmark_group("signer");
    group.bench_function("small request", |b| b.iter(|| request(black_box(small))));
    group.bench_function("small request, bare hashes", |b| b.iter(bare));
    group.finish();
    criterion.final_summary();
}
