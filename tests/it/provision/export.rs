//! Exported manifests.

use huaweicloud_lts::{
    Emulator, Ttl,
    emulator::{Fault, Seed},
    manifest::{Group, Manifest},
    provision::{self, Action, Exported, parse},
    spec::Operation,
};
use proptest::prelude::*;

use super::{apply, client, group, manifest, runtime, sorted, validator, value};

#[tokio::test]
async fn export_leaves_out_and_names_what_no_manifest_can_declare() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let groups = |name: &str, ttl: u32| {
        serde_json::json!({ "log_groups": [{
            "log_group_id": "a".repeat(36), "log_group_name": name, "ttl_in_days": ttl, "creation_time": 0
        }] })
    };
    let streams = serde_json::json!({ "log_streams": [
        { "log_stream_id": "b".repeat(36), "log_stream_name": "x".repeat(65), "creation_time": 0 },
        { "log_stream_id": "c".repeat(36), "log_stream_name": "fine", "creation_time": 0 }
    ] });
    for (name, ttl, left) in
        [("日志", 7, "log_group_name"), ("app", 400, "ttl_in_days"), ("app", 7, "log_stream_name")]
    {
        emulator
            .fault(Fault::new().operation(Operation::ListLogGroups).status(200).body(groups(name, ttl)))
            .unwrap();
        emulator
            .fault(Fault::new().operation(Operation::ListLogStreams).status(200).body(streams.clone()))
            .unwrap();
        let exported = provision::export(&lts).await.unwrap();
        assert_eq!(exported.left_out.len(), 1);
        assert!(exported.left_out[0].contains(left), "{:?}", exported.left_out);
        let yaml = exported.to_yaml().unwrap();
        assert!(yaml.contains("\n# Left out: "), "{yaml}");
        assert_eq!(parse("export", yaml.as_bytes()).unwrap(), exported.manifest);
    }
}

#[test]
fn export_quotes_names_that_yaml_reads_as_other_types() {
    let odd = [
        "1e3",
        "null",
        "~",
        "true",
        "0x1f",
        "007",
        "1.5",
        "-",
        "- a",
        "a: b",
        "#c",
        "'q'",
        "\"",
        "*a",
        "&a",
        "!t",
        "%",
        "@",
        " ",
        "a\nb",
        "日志",
        "{",
        "[",
        "| x",
        ".inf",
        "=",
        "<<",
        "a\n- on\n  - on",
        "12:30 it's",
        "- name: on",
        "  - on",
    ];
    let manifest = manifest([group("1e3", &odd)]);
    let yaml = exported(&manifest).to_yaml().unwrap();
    assert_eq!(parse("export", yaml.as_bytes()).unwrap(), manifest, "{yaml}");
    // YAML 1.1 reads these as booleans, numbers, a time or a date.
    for word in ["on", "Off", "yes", "NO", "y", "n", "0777", "1_000", "2026-01-01", "12:30"] {
        let yaml = exported(&self::manifest([group(word, &[])])).to_yaml().unwrap();
        assert!(yaml.contains(&format!("{word:?}")), "{yaml}");
    }
}

/// An export with this manifest.
fn exported(manifest: &Manifest) -> Exported {
    let mut exported = Exported::default();
    exported.manifest = manifest.clone();
    exported
}

/// Any manifest without transfers, with names that YAML may read as other types.
fn any_manifest(largest: usize) -> impl Strategy<Value = Manifest> {
    let name = prop_oneof![
        "[A-Za-z0-9-][A-Za-z0-9_.-]{0,8}[A-Za-z0-9_-]",
        proptest::sample::select(vec!["on", "1e3", "null", "0x1f", "007", "1.5", "-", "true", "2026-01-01"])
            .prop_map(str::to_owned),
    ];
    let stream = prop_oneof![
        "[ -~]{1,64}",
        "[^\\p{C}]{1,64}",
        "[ \n:'\"#a-]{1,12}",
        proptest::sample::select(vec!["on", "1e3", "null", "~", "a: b", "# c", "- d", "{", "'", " "])
            .prop_map(str::to_owned),
    ];
    let streams = proptest::collection::btree_set(stream, 0..largest);
    proptest::collection::btree_map(name, (1..=365_u16, streams), 0..largest).prop_map(|groups| {
        manifest(groups.into_iter().map(|(name, (ttl, streams))| {
            let streams = streams.into_iter().collect();
            Group { name, ttl: Ttl::days(ttl), streams, transfers: Vec::new() }
        }))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn export_and_apply_round_trip(declared in any_manifest(6)) {
        let emulator = Emulator::start().unwrap();
        emulator.seed(&Seed::new().manifest(declared.clone())).unwrap();
        let lts = client(&emulator);
        runtime().block_on(async {
            let yaml = provision::export(&lts).await.unwrap().to_yaml().unwrap();
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
            assert_eq!(provision::export(&elsewhere).await.unwrap().to_yaml().unwrap(), yaml);
        });
    }
}
