//! Settings and usage.

use tempfile::TempDir;

use super::{
    super::{UNREACHABLE, lts},
    Differences, KEYS,
};

type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], i32, &'a str);

#[test]
fn settings_and_usage() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("profiles");
    std::fs::write(&file, "[basic]\nak = AK\nsk = SK\n[staging]\nak = AK\nsk = SK\n[half]\nak = AK\n")
        .unwrap();
    let file = file.to_str().unwrap();
    let profiles = [("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file)];
    let rows: &[Row<'_>] = &[
        (
            &[],
            &["group", "list"],
            3,
            r#"
error: a setting is missing
  why:        region: is not set; set HUAWEICLOUD_LTS_REGION or HUAWEICLOUD_LTS_ENDPOINT; credentials: none found: environment: HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_LTS_TOKEN, HUAWEICLOUD_LTS_USERNAME, HUAWEICLOUD_LTS_PASSWORD, HUAWEICLOUD_LTS_DOMAIN_NAME not set; profile /nonexistent/.huaweicloud/credentials: doesn't exist
  what to do: pass --region or --endpoint; without an account, start `lts emulator`, and in this shell run `eval "$(lts emulator --print-env)"`
"#,
        ),
        (
            &[],
            &["group", "list", "--endpoint", UNREACHABLE, "--project-id", "p"],
            3,
            r#"
error: could not list the log groups
  why:        credentials: none found: environment: HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_LTS_TOKEN, HUAWEICLOUD_LTS_USERNAME, HUAWEICLOUD_LTS_PASSWORD, HUAWEICLOUD_LTS_DOMAIN_NAME not set; profile /nonexistent/.huaweicloud/credentials: doesn't exist; ECS metadata (http://127.0.0.1:1): can't connect
  what to do: set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK; without an account, start `lts emulator`, and in this shell run `eval "$(lts emulator --print-env)"`
"#,
        ),
        (
            &KEYS[..1],
            &["group", "list", "--region", "r"],
            3,
            r#"
error: the settings are incomplete
  why:        credentials: environment: HUAWEICLOUD_SDK_AK set, but HUAWEICLOUD_SDK_SK not set
  what to do: set the missing variables, or unset the others
"#,
        ),
        (
            &[("HUAWEICLOUD_LTS_USERNAME", "u")],
            &["group", "list", "--region", "r"],
            3,
            r#"
error: the settings are incomplete
  why:        credentials: environment: HUAWEICLOUD_LTS_USERNAME set, but HUAWEICLOUD_LTS_PASSWORD, HUAWEICLOUD_LTS_DOMAIN_NAME not set
  what to do: set the missing variables, or unset the others
"#,
        ),
        (
            &[("HUAWEICLOUD_SDK_AK", "A\n"), ("HUAWEICLOUD_SDK_SK", "SK")],
            &["group", "list", "--region", "r"],
            3,
            r#"
error: a setting is invalid
  why:        credentials: HUAWEICLOUD_SDK_AK: contains a line end
  what to do: correct the value; lts config --help says where settings come from
"#,
        ),
        (
            &[("HUAWEICLOUD_LTS_REGION", "a b")],
            &["group", "list"],
            3,
            r#"
error: a setting is invalid
  why:        region: HUAWEICLOUD_LTS_REGION: can't be part of a host name
  what to do: correct the value; lts config --help says where settings come from
"#,
        ),
        (
            &KEYS,
            &["group", "list", "--region", "a b"],
            3,
            r#"
error: a setting is invalid
  why:        region: "a b": can't be part of a host name
  what to do: correct the value; lts config --help says where settings come from
"#,
        ),
        (
            &KEYS,
            &["group", "list", "--endpoint", UNREACHABLE],
            3,
            r#"
error: a setting is missing
  why:        project id: is not set; set HUAWEICLOUD_SDK_PROJECT_ID or HUAWEICLOUD_LTS_REGION
  what to do: pass --project-id, or --region to look it up
"#,
        ),
        (
            &KEYS,
            &["group", "list", "--endpoint", "http://lts.example"],
            3,
            r#"
error: a setting is invalid
  why:        endpoint: "http://lts.example": plain http is for loopback only, since everyone on the network can read it; use https, or allow it with HUAWEICLOUD_LTS_ALLOW_PLAIN_HTTP=true
  what to do: use https, or pass --allow-plain-http
"#,
        ),
        (
            &KEYS,
            &["group", "list", "--endpoint", "ftp://lts.example"],
            3,
            r#"
error: a setting is invalid
  why:        endpoint: "ftp://lts.example": the scheme must be https, or http for loopback: write https://lts.example
"#,
        ),
        (
            &[KEYS[0], KEYS[1], ("HUAWEICLOUD_LTS_ENDPOINT", "htp://u:hidden@lts.example/hidden")],
            &["group", "list"],
            3,
            r#"
error: a setting is invalid
  why:        endpoint: HUAWEICLOUD_LTS_ENDPOINT: the scheme must be https, or http for loopback: write https://HOST
"#,
        ),
        (
            &KEYS,
            &["group", "list", "--endpoint", "https://lts.example/v2/p/groups"],
            3,
            r#"
error: a setting is invalid
  why:        endpoint: "https://lts.example/v2/p/groups": must end before the path of an operation, /v2/…
"#,
        ),
        (
            &KEYS,
            &["group", "list", "--endpoint", "https://lts.example?token=hidden"],
            3,
            r#"
error: a setting is invalid
  why:        endpoint: "https://lts.example": must not have a query or a fragment
"#,
        ),
        (
            &KEYS,
            &["group", "list", "--region", "r", "--project-id", "a b"],
            3,
            r#"
error: a setting is invalid
  why:        project id: "a b": must be 1 to 256 of ASCII letters, digits and -._~!$&'()*+,;=:@, and neither '.' nor '..', since it is part of a URL's path
  what to do: correct the value; lts config --help says where settings come from
"#,
        ),
        (
            &KEYS,
            &["group", "list", "--region", "r", "--timeout", "99999999h"],
            2,
            r#"
error: invalid value '99999999h' for '--timeout <TIME>': must be at most 8760h

For more information, try '--help'.
"#,
        ),
        (
            &profiles,
            &["group", "list", "--profile", "stagin"],
            3,
            r#"
error: there is no profile "stagin"
  why:        profile FILE has no section [stagin]; it has [basic], [half], [staging]
  what to do: did you mean "staging"? `lts config profiles` shows the existing profiles
"#,
        ),
        (
            &profiles,
            &["group", "list", "--profile", "production"],
            3,
            r#"
error: there is no profile "production"
  why:        profile FILE has no section [production]; it has [basic], [half], [staging]
  what to do: `lts config profiles` shows the existing profiles
"#,
        ),
        (
            &profiles,
            &["group", "list", "--profile", "half", "--region", "r"],
            3,
            r#"
error: the settings are incomplete
  why:        profile FILE [half]: ak set, but sk not set
  what to do: complete the section of the profile file
"#,
        ),
        (
            &[],
            &["group", "list", "--profile", "staging"],
            3,
            r#"
error: there is no profile "staging"
  why:        profile /nonexistent/.huaweicloud/credentials doesn't exist
  what to do: create the profile file; `lts config profiles --help` shows an example
"#,
        ),
        (
            &[],
            &["group", "list", "--timeout", "5"],
            2,
            r#"
error: invalid value '5' for '--timeout <TIME>': write it with a unit, like 5s, 30s or 2m

For more information, try '--help'.
"#,
        ),
        (
            &[],
            &["group", "list", "--max-attempts", "0"],
            2,
            r#"
error: invalid value '0' for '--max-attempts <N>': must be a whole number of at least 1

For more information, try '--help'.
"#,
        ),
        (
            &[],
            &["group", "list", "--colums", "name"],
            2,
            r#"
error: unexpected argument '--colums' found

  tip: a similar argument exists: '--columns'

Usage: lts group list --columns <COLUMNS>

For more information, try '--help'.
"#,
        ),
        (
            &[],
            &["group", "delete", "app"],
            2,
            r#"
error: deleting log group "app" needs a confirmation, and there is no terminal to ask on
  what to do: pass --yes to skip the confirmation prompt
"#,
        ),
        (
            &[],
            &["group", "create", "a/b"],
            2,
            r#"
error: invalid value 'a/b' for '<NAME>...': must be 1 to 64 characters: letters, digits, '_', '-' and '.' only, not starting with '.' or '_', not ending with '.'

For more information, try '--help'.
"#,
        ),
        (
            &[],
            &["group", "create", "a", "--ttl", "0"],
            2,
            r#"
error: invalid value '0' for '--ttl <DAYS>': must be a number of days, 1 to 365

For more information, try '--help'.
"#,
        ),
        (
            &KEYS,
            &["api", "GET", "groups", "--endpoint", UNREACHABLE, "--project-id", "p"],
            2,
            r#"
error: could not call GET groups
  why:        invalid path "groups": must be a path that begins with / and has no fragment
  what to do: run the command with --help to see what it accepts
"#,
        ),
        (
            &[],
            &["sign", "h/p"],
            2,
            r#"
error: "h/p" is not a full URL with scheme, host and escaped path
  what to do: write it like https://lts.cn-north-4.myhuaweicloud.com/v2/PROJECT_ID/groups
"#,
        ),
        (
            &[],
            &["apply", "-f", "/nonexistent/manifest"],
            2,
            r#"
error: "/nonexistent/manifest": No such file or directory (os error 2)
"#,
        ),
        (
            &[],
            &["explain", "LTS.7777"],
            4,
            r#"
error: unknown error code "LTS.7777"
  what to do: `lts explain` lists the known codes; the service may send others
"#,
        ),
    ];
    let mut differences = Differences::default();
    for (variables, line, exit, expected) in rows {
        let mut command = lts(line);
        let output =
            command.envs(variables.iter().copied()).stdin(std::process::Stdio::null()).output().unwrap();
        differences.compare(line, &output, &[(file, "FILE")], (*exit, expected));
    }
    differences.assert_none(rows.len());
}
