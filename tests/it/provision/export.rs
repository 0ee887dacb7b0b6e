//! Exported manifests.

use huaweicloud_lts::{
    Emulator,
    emulator::Fault,
    manifest::Manifest,
    provision::{self, Exported, parse},
    spec::Operation,
};

use super::{client, group, manifest};

#[tokio::test]
async fn comments_about_what_is_left_out_stay_on_their_lines() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let group = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await.unwrap();
    let odd = "old\u{1b}[2K\r\u{85}groups: []\u{2028}\u{9b}J";
    let transfers = serde_json::json!({ "log_transfers": [{
        "log_group_id": group, "log_group_name": "app", "log_transfer_id": "t".repeat(36),
        "log_streams": [{ "log_stream_id": "s".repeat(36), "log_stream_name": odd }],
        "log_transfer_info": {
            "log_transfer_type": odd, "log_transfer_mode": "cycle", "log_storage_format": "RAW",
            "log_transfer_status": "ENABLE", "log_transfer_detail": {}
        }
    }] });
    emulator.fault(Fault::new().operation(Operation::ListTransfers).status(200).body(transfers)).unwrap();
    let exported = provision::export(&lts).await.unwrap();
    assert_eq!(exported.left_out.len(), 1, "{:?}", exported.left_out);
    let yaml = exported.into_yaml().unwrap();
    let is_harmless = |c: char| c == '\n' || !huaweicloud_lts::escape::is_unsafe(c);
    assert!(yaml.contains("# Left out: ") && yaml.chars().all(is_harmless), "{yaml:?}");
}

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
        { "log_stream_id": "b".repeat(36), "log_group_id": "a".repeat(36), "log_stream_name": "x".repeat(65) },
        { "log_stream_id": "c".repeat(36), "log_group_id": "a".repeat(36), "log_stream_name": "fine" }
    ] });
    for (name, ttl, left) in
        [("日志", 7, "invalid name \"日志\""), ("app", 400, "invalid ttl"), ("app", 7, "stream")]
    {
        emulator
            .fault(Fault::new().operation(Operation::ListLogGroups).status(200).body(groups(name, ttl)))
            .unwrap();
        emulator
            .fault(Fault::new().operation(Operation::ListProjectLogStreams).status(200).body(streams.clone()))
            .unwrap();
        let exported = provision::export(&lts).await.unwrap();
        assert_eq!(exported.left_out.len(), 1);
        assert!(exported.left_out[0].contains(left), "{:?}", exported.left_out);
        let yaml = exported.clone().into_yaml().unwrap();
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
    let yaml = exported(&manifest).into_yaml().unwrap();
    assert_eq!(parse("export", yaml.as_bytes()).unwrap(), manifest, "{yaml}");
    // YAML 1.1 reads these as booleans, numbers, a time or a date.
    for word in ["on", "Off", "yes", "NO", "y", "n", "0777", "1_000", "2026-01-01", "12:30"] {
        let yaml = exported(&self::manifest([group(word, &[])])).into_yaml().unwrap();
        assert!(yaml.contains(&format!("{word:?}")), "{yaml}");
    }
}

/// An export with this manifest.
fn exported(manifest: &Manifest) -> Exported {
    let mut exported = Exported::default();
    exported.manifest = manifest.clone();
    exported
}
