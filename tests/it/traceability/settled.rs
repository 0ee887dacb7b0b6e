//! Differences between the reference and the spec that an erratum settles.

/// Where the spec differs from a printed fact: table (or section and status), member, fact, erratum, and the value in
/// the spec. An asterisk at the end of a table matches any suffix.
#[rustfmt::skip]
pub(super) const SETTLED: &[(&str, &str, &str, u64, &str)] = &[
    // Headers, as security schemes and media type.
    ("5-*", "X-Auth-Token", "mandatory", 1, r#"["TokenAuth","AkSkAuth"]"#),
    ("5-*", "X-Auth-Token", "minLength", 43, r#""1,000, in words""#),
    ("5-*", "X-Auth-Token", "maxLength", 43, r#""2,000, in words""#),
    ("5-*", "Content-Type", "enum", 4, r#"["application/json;charset=UTF-8"]"#),
    ("5-*", "Content-Type", "mandatory", 5, r#""in words""#),
    // Requests.
    ("4/request", "", "example", 6, r#"{"log_group_name":"test001","ttl_in_days":7}"#),
    ("4/201", "", "example", 6, r#"{"log_group_id":"b6b9332b-091f-4b22-b810-264318d2d664"}"#),
    ("5-3", "log_group_name", "enum", 9, "nothing"),
    ("5-3", "ttl_in_days", "minimum", 7, "1"),
    ("5-3", "ttl_in_days", "maximum", 7, "365"),
    ("5-25", "log_stream_name", "enum", 9, "nothing"),
    ("5-49", "storage_format", "mandatory", 23, r#""optional""#),
    ("5-49", "period", "enum", 24, "[1,2,3,5,6,12,30]"),
    ("5-49", "period_unit", "enum", 24, r#"["min","hour"]"#),
    ("5.3.1/request", "log_stream_ids", "example", 21, r#"["45e7f609-xxxx-4cd3-835b-xxxx4a124718"]"#),
    ("5.3.1/request", "switch_on", "example", 22, "true"),
    // Responses.
    ("5-4", "log_group_id", "mandatory", 45, r#""required""#),
    ("5-12", "log_groups", "mandatory", 45, r#""required""#),
    ("5-13", "creation_time", "mandatory", 45, r#""required""#),
    ("5-13", "log_group_name", "mandatory", 45, r#""required""#),
    ("5-13", "log_group_id", "mandatory", 45, r#""required""#),
    ("5-13", "ttl_in_days", "mandatory", 45, r#""required""#),
    ("5-13", "tag", "mandatory", 45, r#""optional""#),
    ("5-26", "log_stream_id", "mandatory", 45, r#""required""#),
    ("5-34", "log_streams", "mandatory", 45, r#""required""#),
    ("5-35", "creation_time", "mandatory", 45, r#""required""#),
    ("5-35", "log_stream_name", "mandatory", 45, r#""required""#),
    ("5-35", "log_stream_id", "mandatory", 45, r#""required""#),
    ("5-35", "filter_count", "mandatory", 45, r#""optional""#),
    ("5-35", "tag", "mandatory", 45, r#""optional""#),
    ("5-35", "is_favorite", "mandatory", 45, r#""optional""#),
    ("5-50", "log_dump_obe_id", "mandatory", 45, r#""optional""#),
    ("5-*", "error_code", "mandatory", 45, r#""optional""#),
    ("5-*", "error_msg", "mandatory", 45, r#""optional""#),
    ("5-35", "log_stream_name", "minLength", 10, "1"),
    ("5-35", "log_stream_name", "maxLength", 10, "64"),
    ("5-50", "log_dump_obe_id", "name", 20, r#""log_dump_obs_id""#),
    // Errors.
    ("5-*", "error_code", "enum", 8, "nothing"),
    ("5-*", "error_msg", "enum", 8, "nothing"),
    ("5-9", "", "media types", 15, r#"["application/json","text/plain"]"#),
    ("5-31", "", "media types", 15, r#"["application/json","text/plain"]"#),
    ("5-39", "", "media types", 15, r#"["application/json","text/plain"]"#),
    ("5-46", "", "media types", 15, r#"["application/json","text/plain"]"#),
    ("5-52", "error_code", "example", 26, r#"["LTS.0001","LTS.0011","LTS.0018"]"#),
    ("5-53", "error_code", "example", 26, r#"["LTS.0010","LTS.0202"]"#),
    ("5-53", "error_msg", "example", 26,
        r#"["Failed to create log stream","Failed to query lts struct log","Internal Server Error"]"#),
    ("5.1.2/500", "error_msg", "example", 37, r#""Internal Server Error""#),
    ("5.2.2/500", "error_msg", "example", 37, r#""Internal Server Error""#),
    ("5.3.1/200", "error_msg", "example", 25,
        r#""period+period_unit is not in the list [2min, 5min, 30min, 1hour, 3hour, 6hour, 12hour]""#),
    ("5.3.1/200", "error_msg", "example", 39,
        r#""Log stream id does not exist: 632b9bdc-5afd-4666-a5de-2579f8b80314""#),
    ("6-1", "201", "name", 40, r#""Created""#),
    ("6.2", "LTS.0002", "status", 29, "401"),
];

/// Top-level members without `x-lts-source`. `openapi/README.md` says where they come from.
pub(super) const WITHOUT_SOURCE: &[&str] = &["openapi", "externalDocs", "security", "x-lts-intervals"];
