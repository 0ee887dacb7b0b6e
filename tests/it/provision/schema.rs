//! The JSON Schema of manifests.

use huaweicloud_lts::{manifest::Manifest, provision::parse};

use super::{validator, value};

#[test]
fn schema_and_parser_agree() {
    let validator = validator();
    let group = |rest: &str| format!("groups: [{{name: app, streams: [x, nginx]{rest}}}]");
    let transfer = |fields: &str| group(&format!(", transfers: [{{{fields}}}]"));
    let good = [
        "groups: []".to_owned(),
        "{}".to_owned(),
        "groups: [{name: '1e3'}]".to_owned(),
        group(", ttl: 365"),
        group(", transfers: []"),
        group(", tags: {}"),
        group(", tags: {team: shop, 'Größe 1': '', a: a/b}"),
        "groups: [{name: app, streams: [a, {name: b}, {name: c, ttl: 30}, {name: d, ttl: inherit, tags: {k: v}}]}]"
            .to_owned(),
        transfer("streams: [x], bucket: bbb, every: 5min, time_zone: Africa/Lagos"),
        transfer("streams: [x], bucket: bbb, every: 12hour"),
        transfer(
            "streams: [x, nginx], bucket: bbb, every: 5min, format: json, prefix: '', dir: ~, paused: true",
        ),
    ];
    for text in &good {
        parse("m", text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(validator.is_valid(&value(text)), "{text}: {:?}", validator.validate(&value(text)));
    }
    let bad = [
        "[]".to_owned(),
        "group: []".to_owned(),
        "groups:".to_owned(),
        "groups: {}".to_owned(),
        "groups: [{}]".to_owned(),
        "groups: [app]".to_owned(),
        "groups: [{name: 7}]".to_owned(),
        "groups: [{name: .a}]".to_owned(),
        "groups: [{name: ''}]".to_owned(),
        format!("groups: [{{name: {}}}]", "a".repeat(65)),
        group(", ttl: 0"),
        group(", ttl: 366"),
        group(", ttl: 1.5"),
        group(", ttl: '7'"),
        group(", tttl: 7"),
        group(", ttl: ~"),
        group(", ttl: inherit"),
        group(", tags: [team]"),
        group(", tags: {team: 7}"),
        group(", tags: {team: ~}"),
        group(&format!(", tags: {{{}: v}}", "k".repeat(129))),
        group(&format!(", tags: {{k: {}}}", "v".repeat(256))),
        group(&format!(", tags: {{{}}}", (0..21).map(|i| format!("k{i}: v")).collect::<Vec<_>>().join(", "))),
        "groups: [{name: a, streams: [{ttl: 7}]}]".to_owned(),
        "groups: [{name: a, streams: [{name: s, ttl: -1}]}]".to_owned(),
        "groups: [{name: a, streams: [{name: s, ttl: own}]}]".to_owned(),
        "groups: [{name: a, streams: [{name: s, tag: {}}]}]".to_owned(),
        "groups: [{name: a, streams: [[s]]}]".to_owned(),
        "groups: [{name: a, streams: x}]".to_owned(),
        "groups: [{name: a, streams: [x, x]}]".to_owned(),
        "groups: [{name: a, streams: [1]}]".to_owned(),
        "groups: [{name: a, streams: ['']}]".to_owned(),
        transfer("bucket: bbb, every: 5min"),
        transfer("streams: [], bucket: bbb, every: 5min"),
        transfer("streams: [x], every: 5min"),
        transfer("streams: [x], bucket: b, every: 5min"),
        transfer("streams: [x], bucket: bbb"),
        transfer("streams: [x], bucket: bbb, every: 1min"),
        transfer("streams: [x], bucket: bbb, every: 5min, format: RAW"),
        transfer("streams: [x], bucket: bbb, every: 5min, paused: 1"),
        transfer(&format!("streams: [x], bucket: bbb, every: 5min, prefix: {}", "p".repeat(65))),
        transfer("streams: [x], bucket: bbb, every: 5min, dirs: d"),
    ];
    for text in &bad {
        assert!(parse("m", text.as_bytes()).is_err(), "{text}");
        assert!(!validator.is_valid(&value(text)), "{text}");
    }
    // Rules that a schema cannot express.
    for text in [
        transfer("streams: [y], bucket: bbb, every: 5min"),
        transfer("streams: [x], bucket: bbb, every: 5min, time_zone: Africa/Nowhere"),
        "groups: [{name: a}, {name: a}]".to_owned(),
        "groups: [{name: a, streams: [s, {name: s}]}]".to_owned(),
        "groups: [{name: a, tags: {_sys_a: b}}]".to_owned(),
    ] {
        assert!(parse("m", text.as_bytes()).is_err() && validator.is_valid(&value(&text)), "{text}");
    }
}

#[test]
fn schema_describes_every_member() {
    let schema = schemars::schema_for!(Manifest).to_value();
    assert!(schema["title"].is_string() && schema["description"].is_string());
    let parts = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    let mut members = 0;
    for part in parts.filter(|part| part["type"] == "object") {
        assert_eq!(part["additionalProperties"], false, "{part}");
        for (name, member) in part["properties"].as_object().unwrap() {
            assert!(member["description"].is_string(), "{name} has no description");
            members += 1;
        }
    }
    assert_eq!(members, 1 + 5 + 3 + 8);
}
