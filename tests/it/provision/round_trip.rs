//! Any manifest: applied, exported and applied again, also with faults.

use std::collections::BTreeMap;

use huaweicloud_lts::{
    Emulator, Ttl,
    emulator::{Fault, Seed},
    manifest::{Group, Manifest, Stream, Transfer},
    provision::{self, Action, Outcome, parse},
    streams::StreamTtl,
    transfers::{ObsDestination, StorageFormat, TransferInterval},
};
use proptest::{collection, prelude::*, sample};

use super::{apply, assert_settled, client, existing, manifest, runtime, sorted, validator, value};

/// Some tags, with texts that YAML may read as other types.
fn any_tags() -> impl Strategy<Value = BTreeMap<String, String>> {
    let key =
        prop_oneof!["[a-zA-Z0-9.:=+@-]{1,12}", "[a-z] [0-9]", Just("on".to_owned()), Just("日志".to_owned())];
    let value = prop_oneof!["[a-zA-Z0-9 /_.:=+@-]{0,12}", Just("1e3".to_owned()), Just("~".to_owned())];
    // A tilde is not allowed.
    let value = value.prop_map(|text| text.replace('~', ""));
    collection::btree_map(key, value, 0..4)
}

/// Some streams with their transfers, by name.
fn any_streams(
    name: BoxedStrategy<String>,
    most: usize,
) -> impl Strategy<Value = (Vec<Stream>, Vec<Transfer>)> {
    let ttl =
        proptest::option::weighted(0.3, (1..=365_u16).prop_map(|days| StreamTtl::from(Ttl::days(days))));
    let every = sample::select(TransferInterval::ALL.to_vec());
    let part = || proptest::option::weighted(0.3, "[a-z0-9._-]{1,8}");
    let zone = proptest::option::weighted(0.3, sample::select(vec!["Africa/Lagos", "UTC", "Asia/Kolkata"]));
    let settings = (every, any::<bool>(), part(), part(), zone, any::<bool>());
    let transfer = settings.prop_map(|(every, json, prefix, dir, zone, paused)| Transfer {
        streams: Vec::new(),
        to: ObsDestination {
            prefix,
            dir,
            time_zone: zone.map(str::to_owned),
            ..ObsDestination::new("lts-test", every)
        },
        format: if json { StorageFormat::Json } else { StorageFormat::Raw },
        paused,
    });
    let stream = (ttl, any_tags(), proptest::option::weighted(0.5, transfer));
    collection::btree_map(name, stream, 0..most).prop_map(|streams| {
        let mut transfers = Vec::new();
        let streams = streams.into_iter().map(|(name, (ttl, tags, transfer))| {
            transfers.extend(transfer.map(|transfer| Transfer { streams: vec![name.clone()], ..transfer }));
            Stream { name, ttl, tags }
        });
        (streams.collect(), transfers)
    })
}

/// Any manifest with names from these.
fn any_manifest(
    group_name: BoxedStrategy<String>,
    stream_name: BoxedStrategy<String>,
    most: usize,
) -> impl Strategy<Value = Manifest> {
    let group = (1..=365_u16, any_tags(), any_streams(stream_name, most));
    collection::btree_map(group_name, group, 0..most).prop_map(|groups| {
        manifest(groups.into_iter().map(|(name, (ttl, tags, (streams, transfers)))| Group {
            name,
            ttl: Some(Ttl::days(ttl)),
            tags,
            streams,
            transfers,
        }))
    })
}

/// Names that YAML may read as other types, or has to escape.
fn odd_names() -> (BoxedStrategy<String>, BoxedStrategy<String>) {
    let texts = |texts: Vec<&'static str>| sample::select(texts).prop_map(str::to_owned);
    let group = prop_oneof![
        "[A-Za-z0-9-][A-Za-z0-9_.-]{0,8}[A-Za-z0-9_-]",
        texts(vec!["on", "1e3", "null", "0x1f", "007", "1.5", "-", "true", "2026-01-01"]),
    ];
    let stream = prop_oneof![
        "[ -~]{1,64}",
        "[^\\p{C}]{1,64}",
        "[ \n:'\"#a-]{1,12}",
        texts(vec!["on", "1e3", "null", "~", "a: b", "# c", "- d", "{", "'", " "]),
    ];
    (group.boxed(), stream.boxed())
}

/// A manifest with few names, so that two of them have some in common.
fn small_manifest() -> impl Strategy<Value = Manifest> {
    any_manifest("g[0-2]".boxed(), "s[0-3]".boxed(), 4)
}

/// What exists of the groups of `declared` after it was applied with pruning to `state`.
fn expected(declared: &Manifest, state: &Manifest) -> Manifest {
    let mut expected = sorted(declared.clone());
    for group in &mut expected.groups {
        let Some(before) = state.groups.iter().find(|before| before.name == group.name) else { continue };
        // A retention that is not declared stays.
        for stream in group.streams.iter_mut().filter(|stream| stream.ttl.is_none()) {
            let before = before.streams.iter().find(|before| before.name == stream.name);
            stream.ttl = before.and_then(|before| before.ttl);
        }
    }
    expected
}

/// All items of an outcome.
fn listed(outcome: &Outcome) -> usize {
    let Outcome { created, updated, deleted, unchanged, conflicts, failed, not_done, .. } = outcome;
    [created, updated, deleted, unchanged, conflicts, failed, not_done].iter().map(|list| list.len()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn export_and_apply_round_trip(declared in { let (group, stream) = odd_names(); any_manifest(group, stream, 6) }) {
        let emulator = Emulator::start().unwrap();
        emulator.seed(&Seed::new().manifest(declared.clone())).unwrap();
        let lts = client(&emulator);
        runtime().block_on(async {
            let yaml = provision::export(&lts).await.unwrap().into_yaml().unwrap();
            assert!(validator().is_valid(&value(&yaml)), "{yaml}");
            let read = parse("export", yaml.as_bytes()).unwrap();
            assert_eq!(read, sorted(declared));
            // It changes nothing where it was exported, with pruning too, and creates the same items elsewhere.
            let plan = provision::plan(&lts, &read).prune(true).await.unwrap();
            assert!(plan.steps().all(|step| step.action == Action::Keep));
            let before = emulator.requests().len();
            assert!(plan.apply(&lts).await.is_complete());
            assert_eq!(emulator.requests().len(), before);
            let other = Emulator::start().unwrap();
            let elsewhere = client(&other);
            assert!(apply(&elsewhere, &read).await.is_complete());
            assert_eq!(provision::export(&elsewhere).await.unwrap().into_yaml().unwrap(), yaml);
        });
    }

    #[test]
    fn any_manifest_follows_any_other(state in small_manifest(), declared in small_manifest(), prune: bool) {
        let emulator = Emulator::start().unwrap();
        let lts = client(&emulator);
        runtime().block_on(async {
            assert!(apply(&lts, &state).await.is_complete());
            let plan = provision::plan(&lts, &declared).prune(prune).await.unwrap();
            let outcome = plan.apply(&lts).await;
            assert!(outcome.is_complete(), "{outcome:?}");
            assert_settled(&lts, &declared, prune).await;
            if prune {
                let mut found = existing(&lts).await;
                found.groups.retain(|group| declared.groups.iter().any(|other| other.name == group.name));
                assert_eq!(found, expected(&declared, &state));
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn manifest_is_applied_once_although_a_third_of_the_calls_fail(
        state in small_manifest(), declared in small_manifest(), seed: u64,
    ) {
        let emulator = Emulator::start().unwrap();
        let lts = client(&emulator);
        runtime().block_on(async {
            assert!(apply(&lts, &state).await.is_complete());
            let faults = [
                Fault::new().drop_before(),
                Fault::new().drop_after(),
                Fault::new().status(429),
                Fault::new().status(500),
                Fault::new().status(503),
                Fault::new().cut_after_bytes(9),
            ];
            for (i, fault) in faults.into_iter().enumerate() {
                // 30 % in all.
                let fault = fault.times(0).probability(0.0577).seed(seed.wrapping_add(i as u64));
                emulator.fault(fault).unwrap();
            }
            let plan = provision::plan(&lts, &declared).prune(true).await.unwrap();
            let outcome = plan.apply(&lts).await;
            assert_eq!(listed(&outcome), plan.steps().count());
            assert!(outcome.is_complete(), "{outcome:?}");
            emulator.clear_faults();
            let mut found = existing(&lts).await;
            found.groups.retain(|group| declared.groups.iter().any(|other| other.name == group.name));
            assert_eq!(found, expected(&declared, &state));
            assert_settled(&lts, &declared, true).await;
            let transfers = declared.groups.iter().flat_map(|group| &group.transfers).count();
            let tasks = lts.transfers().list().await.unwrap();
            let of_declared = |name: &Option<String>| declared.groups.iter().any(|group| Some(&group.name) == name.as_ref());
            assert_eq!(tasks.iter().filter(|task| of_declared(&task.group_name)).count(), transfers);
        });
    }
}
