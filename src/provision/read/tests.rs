use proptest::prelude::*;

use super::*;

fn error(text: &str) -> String {
    parse("m.yaml", text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn parser_and_serde_read_the_same_manifest() {
    let text = "groups:\n  - name: app\n    ttl: 30\n    tags: {team: shop, 'a b': ''}\n    \
        streams: [nginx, {name: worker, ttl: inherit, tags: {k: v}}, {name: idle, ttl: 1}, {name: plain}]\n    transfers:\n      \
        - { streams: [nginx], bucket: my-bucket, every: 5min, format: json, prefix: nginx, dir: edge, time_zone: UTC, paused: true }\n  \
        - name: least\n";
    let manifest = parse("m.yaml", text.as_bytes()).unwrap();
    assert_eq!(manifest, serde_yaml::from_str(text).unwrap());
    assert_eq!(manifest.groups[0].transfers[0].to.dir.as_deref(), Some("edge"));
    let json = serde_json::to_vec_pretty(&manifest).unwrap();
    assert_eq!(parse("m.json", &json).unwrap(), manifest);
    let marked = format!("\u{feff}{text}");
    assert_eq!(parse("m.yaml", marked.as_bytes()).unwrap(), manifest);
}

#[test]
fn known_keys_are_those_of_the_types() {
    let transfer = Transfer {
        streams: vec!["s".to_owned()],
        to: ObsDestination {
            prefix: Some("p".to_owned()),
            dir: Some("d".to_owned()),
            time_zone: Some("UTC".to_owned()),
            ..ObsDestination::new("bucket", TransferInterval::Minutes5)
        },
        format: StorageFormat::Json,
        paused: true,
    };
    let tags = BTreeMap::from([("k".to_owned(), "v".to_owned())]);
    let stream = Stream { name: "s".to_owned(), ttl: Some(Ttl::inherited()), tags: tags.clone() };
    let group = Group {
        name: "g".to_owned(),
        ttl: Some(Ttl::days(7)),
        tags,
        streams: vec![stream.clone()],
        transfers: vec![transfer.clone()],
    };
    let keys = |value: serde_json::Value| {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let sorted = |known: &[&str]| {
        let mut known: Vec<String> = known.iter().map(|key| (*key).to_owned()).collect();
        known.sort();
        known
    };
    assert_eq!(keys(serde_json::to_value(&transfer).unwrap()), sorted(TRANSFER.keys));
    assert_eq!(keys(serde_json::to_value(&stream).unwrap()), sorted(STREAM.keys));
    assert_eq!(keys(serde_json::to_value(&group).unwrap()), sorted(GROUP.keys));
    let manifest = Manifest { groups: vec![group] };
    assert_eq!(keys(serde_json::to_value(&manifest).unwrap()), sorted(MANIFEST.keys));
}

#[test]
fn mistakes_have_positions_and_suggestions() {
    for (text, wanted) in [
        ("group: []\n", "m.yaml:1:1: unknown key \"group\" in a manifest; did you mean \"groups\"?"),
        ("groups:\n", "m.yaml:1:8: \"groups\" has no value: write a list of groups, or [] for none"),
        ("groups: {a: 1}", "m.yaml:1:9: \"groups\" must be a list of groups, but this is keys with values"),
        ("[]", "m.yaml:1:1: a manifest has the keys groups, but this is a list"),
        (
            "groups: [app]",
            "m.yaml:1:10: a group has the keys name, ttl, tags, streams, transfers, but this is the text \"app\"",
        ),
        ("groups: [{ttl: 7}]", "m.yaml:1:10: a group needs the key \"name\""),
        ("groups: [{}]", "m.yaml:1:10: a group needs the key \"name\""),
        (
            "groups: [{name: a, zebra: 1}]",
            "m.yaml:1:20: unknown key \"zebra\" in a group; known: name, ttl, tags, streams, transfers",
        ),
        (
            "groups: [{name: a, 7: 1}]",
            "m.yaml:1:20: a group has the keys name, ttl, tags, streams, transfers, but this is a number",
        ),
        (
            "groups: [{name: a, name: b}]",
            "m.yaml:1:20: key \"name\" is declared twice in a group; the first one is on line 1",
        ),
        ("groups:\n- name: 7", "m.yaml:2:9: YAML takes this for a number; put it in quotes"),
        ("groups:\n- name: true", "m.yaml:2:9: YAML takes this for true or false; put it in quotes"),
        (
            "groups:\n- name: ~",
            "m.yaml:2:9: this must be text, but there is nothing; put null in quotes if it is meant",
        ),
        (
            "groups:\n- name: .a",
            "m.yaml:2:9: invalid name \".a\": must be 1 to 64 characters: letters, digits, '_', '-' and '.' only, not starting with '.' or '_', not ending with '.'",
        ),
        (
            "groups: [{name: a, ttl: 7d}]",
            "m.yaml:1:25: ttl is a whole number of days, 1 to 365, but this is the text \"7d\"",
        ),
        ("groups: [{name: a, ttl: 366}]", "m.yaml:1:25: invalid ttl \"366\": must be 1 to 365"),
        ("groups: [{name: a, ttl: -1}]", "m.yaml:1:25: invalid ttl -1: must be 1 to 365"),
        (
            "groups: [{name: a, ttl: 99999999999999999999}]",
            "m.yaml:1:25: ttl is a whole number of days, 1 to 365, but this is a number",
        ),
        (
            "groups: [{name: a, streams: nginx}]",
            "m.yaml:1:29: \"streams\" must be a list of names, but this is the text \"nginx\"",
        ),
        (
            "groups: [{name: a, streams: [x, 1e3]}]",
            "m.yaml:1:33: YAML takes this for a number; put it in quotes",
        ),
        (
            "groups:\n- name: a\n  streams:\n  - x\n  - y\n  - x\n",
            "m.yaml:6:5: stream \"x\" is declared twice in group \"a\"; the first one is on line 4",
        ),
        (
            "groups:\n- name: a\n  streams:\n  - x\n  - {ttl: 7, name: x}\n",
            "m.yaml:5:20: stream \"x\" is declared twice in group \"a\"; the first one is on line 4",
        ),
        ("groups: [{name: a, streams: [{ttl: 7}]}]", "m.yaml:1:30: a stream needs the key \"name\""),
        (
            "groups: [{name: a, streams: [{name: x, tll: 7}]}]",
            "m.yaml:1:40: unknown key \"tll\" in a stream; did you mean \"ttl\"?",
        ),
        ("groups: [{name: a, streams: [[x]]}]", "m.yaml:1:30: this must be text, but it is a list"),
        (
            "groups: [{name: a, streams: [{name: x, ttl: own}]}]",
            "m.yaml:1:45: ttl is a whole number of days, 1 to 365, or inherit, but this is the text \"own\"",
        ),
        (
            "groups: [{name: a, streams: [{name: x, ttl: 0}]}]",
            "m.yaml:1:45: invalid ttl \"0\": must be 1 to 365",
        ),
        (
            "groups: [{name: a, tags: [team]}]",
            "m.yaml:1:26: \"tags\" must be keys with values, but this is a list",
        ),
        (
            "groups: [{name: a, tags: {k: v, k: w}}]",
            "m.yaml:1:33: tag \"k\" is declared twice; the first one is on line 1",
        ),
        ("groups: [{name: a, tags: {k: 7}}]", "m.yaml:1:30: YAML takes this for a number; put it in quotes"),
        ("groups: [{name: a, tags: {7: v}}]", "m.yaml:1:27: YAML takes this for a number; put it in quotes"),
        (
            "groups: [{name: a, tags: {_sys_k: v}}]",
            "m.yaml:1:35: invalid key \"_sys_k\": must be a key that does not start with _sys_, which are the service's",
        ),
        (
            "groups:\n- name: a\n- name: a\n",
            "m.yaml:3:9: group \"a\" is declared twice; the first one is on line 2",
        ),
    ] {
        assert_eq!(error(text), wanted, "{text}");
    }
}

#[test]
fn mistakes_in_transfers_have_positions_and_suggestions() {
    for (transfer, wanted) in [
        (
            "{streams: [x], bucket: bbb, every: 1min}",
            "4:40: unknown interval \"1min\": must be one of 2min, 5min, 30min, 1hour, 3hour, 6hour, 12hour",
        ),
        (
            "{streams: [x], bucket: bbb, every: 5}",
            "4:40: this must be one of 2min, 5min, 30min, 1hour, 3hour, 6hour, 12hour, but it is a number",
        ),
        ("{streams: [x], bucket: bbb}", "4:5: a transfer needs the key \"every\""),
        ("{streams: [x], every: 5min}", "4:5: a transfer needs the key \"bucket\""),
        ("{bucket: bbb, every: 5min}", "4:5: a transfer needs the key \"streams\""),
        (
            "{streams: [], bucket: bbb, every: 5min}",
            "4:15: a transfer needs at least one stream; leave it out if there is none",
        ),
        (
            "{streams: [nginxx], bucket: bbb, every: 5min}",
            "4:16: stream \"nginxx\" is not among the group's streams; did you mean \"nginx\"?",
        ),
        (
            "{streams: [x, x], bucket: bbb, every: 5min}",
            "4:19: stream \"x\" already has a transfer, and a stream can have only one; it is named on line 4",
        ),
        ("{streams: [x], bucket: b, every: 5min}", "4:28: invalid bucket \"b\": must be 3 to 63 characters"),
        (
            "{streams: [x], bucket: bbb, every: 5min, format: RAW}",
            "4:54: a format is raw or json, but this is the text \"RAW\"",
        ),
        (
            "{streams: [x], bucket: bbb, every: 5min, paused: yes}",
            "4:54: this must be true or false, but it is the text \"yes\"",
        ),
        (
            "{streams: [x], bucket: bbb, every: 5min, prefix: 5}",
            "4:54: YAML takes this for a number; put it in quotes",
        ),
    ] {
        let text = format!("groups:\n- {{name: a, streams: [x, nginx], transfers: [\n\n    {transfer}]}}\n");
        assert_eq!(error(&text), format!("m.yaml:{wanted}"), "{transfer}");
    }
    let nothing = "groups: [{name: a, streams: [x], transfers: [{streams: [x], bucket: bbb, every: 5min, prefix: , dir: ~}]}]";
    let manifest = parse("m.yaml", nothing.as_bytes()).unwrap();
    assert_eq!(manifest.groups[0].transfers[0].to.prefix, None);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let error = error("groups:\n  - nam: app\n    ttl: week\n  - name: 5\n");
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 4, "{error}");
    assert!(lines[0].starts_with("m.yaml:2:5: ") && lines[3].starts_with("m.yaml:4:11: "), "{error}");
    let many: String = "groups:\n".to_owned() + &"- name: .x\n  ttl: 0\n".repeat(30);
    let error = parse("m.yaml", many.as_bytes()).unwrap_err();
    assert_eq!(error.mistakes().len(), 20);
    // Two for each, and 29 times the same name.
    assert!(error.to_string().ends_with("\nand 69 more"), "{error}");
}

#[test]
fn files_make_one_manifest_with_each_group_in_one_of_them() {
    let one: &[u8] = b"groups: [{name: a}]";
    let all = parse_all([("a.yaml", one), ("b.yaml", b"groups: [{name: b}]")]).unwrap();
    assert_eq!(all.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let error = parse_all([("a.yaml", one), ("b.yaml", b"groups: [{nam: b}]"), ("c.yaml", one)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "b.yaml:1:10: a group needs the key \"name\"\n\
         b.yaml:1:11: unknown key \"nam\" in a group; did you mean \"name\"?\n\
         c.yaml:1:17: group \"a\" is declared twice; the first one is in a.yaml on line 1"
    );
    assert_eq!(error.mistakes()[2].file, "c.yaml");
}

#[test]
fn text_without_one_manifest_is_refused() {
    assert!(error("").contains("there is no manifest in it"));
    assert!(error("# nothing\n---\n").contains("there is no manifest in it"));
    assert!(error("groups: []\n---\ngroups: []\n").starts_with("m.yaml:3:1: a second document begins here"));
    assert_eq!(error("groups: [\n"), "m.yaml:1:9: unclosed bracket '['");
    let error = parse("m.yaml", b"groups:\n- name: \xff\n").unwrap_err().to_string();
    assert_eq!(error, "m.yaml: not UTF-8 on line 2");
    let large = vec![b' '; LARGEST_DOCUMENT + 1];
    assert!(parse("m.yaml", &large).unwrap_err().to_string().contains("are too much"));
}

#[test]
fn long_text_is_shortened_in_messages() {
    let error = error(&format!("groups: [{{name: a, {}: 1}}]", "k".repeat(900)));
    assert!(error.len() < 200, "{error}");
}

proptest! {
    #[test]
    fn parser_accepts_arbitrary_text(text in "[-a-z0-9:{}\\[\\],\"'&*!#|>%@~ \n]{0,200}") {
        let _ = parse("m.yaml", text.as_bytes());
    }

    /// With the reader's and serde's rules for one thing, they would come apart one day.
    #[test]
    fn parser_and_serde_agree_on_types(
        name in prop_oneof![Just("app"), Just("7"), Just("true"), Just("~"), Just("on"), Just("1e3")],
        ttl in prop_oneof![Just("7"), Just("365"), Just("seven"), Just("1.5"), Just("[]")],
        every in prop_oneof![Just("5min"), Just("7min"), Just("5"), Just("12hour")],
        format in prop_oneof![Just("raw"), Just("json"), Just("RAW"), Just("0")],
        paused in prop_oneof![Just("true"), Just("no"), Just("0")],
        key in prop_oneof![Just("dir"), Just("dirs")],
    ) {
        let text = format!(
            "groups: [{{name: {name}, ttl: {ttl}, streams: [s], transfers: [{{streams: [s], bucket: bbb, \
             every: {every}, format: {format}, paused: {paused}, {key}: d}}]}}]"
        );
        // By way of a value: from a text, serde_yaml would take a bare 7 for a name.
        let value: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        let by_serde: Option<Manifest> = serde_yaml::from_value(value).ok();
        prop_assert_eq!(parse("m.yaml", text.as_bytes()).ok(), by_serde);
    }
}
