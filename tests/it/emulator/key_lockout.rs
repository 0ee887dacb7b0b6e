//! Access keys that are locked after too many wrong signatures.

use std::time::Duration;

use huaweicloud_lts::{
    AkSk, Emulator,
    emulator::{Options, Seed},
    spec,
};

use super::{get, project_token, start, wire::Reply};

const AK: &str = Options::DEFAULT_ACCESS_KEY;

fn strict() -> Emulator {
    Emulator::builder().lock_keys(true).start().unwrap()
}

fn with(emulator: &Emulator, access_key: &str, secret_key: &str) -> Reply {
    get("/groups").signed_with(emulator, &AkSk::new(access_key, secret_key)).send(emulator)
}

fn right(emulator: &Emulator) -> Reply {
    with(emulator, AK, emulator.secret_key())
}

/// Sends so many wrong signatures, and asserts that each gets the error of a wrong signature.
fn fail(emulator: &Emulator, times: usize) {
    for i in 0..times {
        let (status, code, message) = with(emulator, AK, "wrong").error();
        assert_eq!((status, &*code), (401, "APIGW.0301"));
        assert!(message.contains("verify aksk signature fail"), "{i}: {message}");
    }
}

fn is_locked(reply: &Reply) -> bool {
    let variant = spec::GATEWAY_MESSAGE_VARIANTS.iter().find(|row| row.name == "locked_access_key").unwrap();
    let is = reply.status == 401 && reply.error().2 == variant.message;
    if is {
        assert_eq!(reply.error().1, "APIGW.0301");
        assert_eq!(reply.text("request_id"), reply.header("X-Request-Id").unwrap());
    }
    is
}

#[test]
fn more_than_five_wrong_signatures_lock_a_key_for_five_minutes() {
    let emulator = strict();
    fail(&emulator, 5);
    assert_eq!(right(&emulator).status, 200, "five failures don't lock a key");
    fail(&emulator, 6);
    assert!(is_locked(&right(&emulator)), "the right secret key doesn't help");
    assert!(is_locked(&with(&emulator, AK, "wrong")));
    // Tokens and other keys still work.
    let token = project_token(&emulator);
    assert_eq!(get("/groups").header("X-Auth-Token", token).send(&emulator).status, 200);
    emulator.seed(&Seed::new().key("OTHER", "secret")).unwrap();
    assert_eq!(with(&emulator, "OTHER", "secret").status, 200);

    // The lock follows the emulator's clock, and further attempts don't extend it.
    emulator.advance(Duration::from_secs(290));
    assert!(is_locked(&with(&emulator, AK, "wrong")));
    emulator.advance(Duration::from_secs(11));
    let late = get("/groups");
    let now = emulator_time(&emulator);
    let late = late.header("X-Sdk-Date", now).signed(&emulator).send(&emulator);
    assert_eq!(late.status, 200);
}

/// The emulator's time in the format of `X-Sdk-Date`.
fn emulator_time(emulator: &Emulator) -> String {
    let now = super::Request::new("GET", "/_emulator/clock").send(emulator).text("now");
    let digits: String = now.split('.').next().unwrap().chars().filter(|c| !"-:".contains(*c)).collect();
    format!("{digits}Z")
}

#[test]
fn valid_signature_restarts_the_count_and_reset_unlocks() {
    let emulator = strict();
    for _ in 0..3 {
        fail(&emulator, 5);
        assert_eq!(right(&emulator).status, 200);
    }
    fail(&emulator, 6);
    assert!(is_locked(&right(&emulator)));
    emulator.reset().unwrap();
    assert_eq!(right(&emulator).status, 200);
    fail(&emulator, 5);
    assert_eq!(right(&emulator).status, 200, "a reset restarts the count");
}

#[test]
fn only_wrong_signatures_count_towards_a_lock() {
    let emulator = strict();
    for _ in 0..10 {
        // An expired signature, an unknown key, and a malformed header.
        let old = get("/groups").header("X-Sdk-Date", "20200101T000000Z").signed(&emulator).send(&emulator);
        assert!(old.error().2.contains("signature expired"));
        assert!(with(&emulator, "UNKNOWN", "x").error().2.contains("ak not exist"));
        let odd = get("/groups").header("Authorization", format!("SDK-HMAC-SHA256 Access={AK}"));
        assert_eq!(odd.send(&emulator).status, 401);
    }
    assert_eq!(right(&emulator).status, 200);
}

#[test]
fn keys_are_locked_only_with_the_option() {
    let emulator = start();
    fail(&emulator, 20);
    assert_eq!(right(&emulator).status, 200);
}
