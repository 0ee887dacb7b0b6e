//! Every item of a plan is in exactly one list of its outcome.

use std::collections::BTreeSet;

use huaweicloud_lts::{
    Emulator, Ttl,
    emulator::{Fault, Options},
    manifest::{Group, Manifest},
    provision::{self, Item, Outcome},
};
use proptest::{collection::btree_set, prelude::*};

use super::{client, client_without_retries, group, manifest, names, runtime, transfer};

/// Which group, with which retention, streams, and streams with a transfer.
type Drawn = (BTreeSet<u8>, Vec<(u16, BTreeSet<u8>, BTreeSet<u8>)>);

fn drawn() -> impl Strategy<Value = Drawn> {
    let streams = || btree_set(0_u8..4, 0..4);
    let details = (prop_oneof![3 => Just(7_u16), 1 => Just(30)], streams(), streams());
    (btree_set(0_u8..4, 0..4), proptest::collection::vec(details, 4))
}

fn manifest_of(emulator: &Emulator, (groups, details): &Drawn) -> Manifest {
    let declared = |(g, (ttl, streams, transfers)): (&u8, &(u16, BTreeSet<u8>, BTreeSet<u8>))| {
        let name = |s: &u8| format!("s-{s}");
        let all: Vec<String> = streams.iter().map(name).collect();
        let with_transfer: Vec<String> = streams.intersection(transfers).map(name).collect();
        let texts = |names: &[String]| names.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let mut declared = group(&format!("g-{g}"), &all);
        declared.ttl = Some(Ttl::days(*ttl));
        if !with_transfer.is_empty() {
            let streams = texts(&with_transfer);
            declared.transfers = vec![transfer(emulator, &streams.split(' ').collect::<Vec<_>>())];
        }
        declared
    };
    manifest(groups.iter().zip(details).map(declared))
}

/// The items that a manifest declares, and with `prune` the others of its groups that exist.
fn items(declared: &Manifest, existing: &Manifest, prune: bool) -> Vec<String> {
    let mut items = Vec::new();
    for Group { name, streams, transfers, .. } in &declared.groups {
        items.push(format!("group {name}/{name}"));
        let found = existing.groups.iter().find(|group| prune && group.name == *name);
        let found = found.cloned().unwrap_or_default();
        let all = streams.iter().chain(&found.streams);
        items.extend(all.map(|stream| format!("stream {name}/{}", stream.name)));
        let all = transfers.iter().chain(&found.transfers).flat_map(|transfer| &transfer.streams);
        items.extend(all.map(|stream| format!("transfer {name}/{stream}")));
    }
    items.sort();
    items.dedup();
    items
}

fn listed(outcome: &Outcome) -> Vec<String> {
    let Outcome { created, updated, deleted, unchanged, conflicts, failed, not_done, .. } = outcome;
    let lists = [created, updated, deleted, unchanged, conflicts, failed, not_done];
    let all: Vec<Item> = lists.into_iter().flatten().cloned().collect();
    let mut all = names(&all);
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn lists_of_an_outcome_partition_the_items(
        state in drawn(), declared in drawn(), prune: bool, faults in 0.0..0.5, seed: u64, quota in 1_u64..8,
    ) {
        let emulator = Options::default().quota_streams(quota).start().unwrap();
        let declared = manifest_of(&emulator, &declared);
        let state = manifest_of(&emulator, &state);
        runtime().block_on(async {
            let lts = client(&emulator);
            provision::plan(&lts, &state).await.unwrap().apply(&lts).await;
            let existing = super::existing(&lts).await;
            let plan = provision::plan(&lts, &declared).prune(prune).await.unwrap();
            let expected = items(&declared, &existing, prune);
            assert_eq!(listed(&plan.outcome()), expected);
            emulator.fault(Fault::new().status(400).times(0).probability(faults).seed(seed)).unwrap();
            let outcome = plan.apply(&client_without_retries(&emulator)).await;
            assert_eq!(listed(&outcome), expected);
            if plan.has_conflicts() {
                assert!(outcome.created.is_empty() && outcome.deleted.is_empty(), "{outcome:?}");
            }
            for item in outcome.conflicts.iter().chain(&outcome.failed).chain(&outcome.not_done) {
                assert!(item.reason.is_some(), "{item:?}");
            }
        });
    }
}
