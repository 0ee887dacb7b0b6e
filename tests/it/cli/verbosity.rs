//! `-v` and `-vv`.

use huaweicloud_lts::{emulator::Fault, spec::Operation};

use super::{Cli, stderr, stdout};

#[test]
fn v_shows_failed_attempts() {
    let cli = Cli::start();
    cli.emulator
        .fault(Fault::new().operation(Operation::ListLogGroups).code("LTS.0010").status(500))
        .unwrap();
    let output = cli.run(&["group", "list", "-v", "-o", "json"]);
    assert_eq!(stdout(&output), "[]\n");
    let text = stderr(&output);
    assert!(
        text.contains("attempt 1") && text.contains("LTS.0010") && !text.contains("authorization"),
        "{text}"
    );
    assert_eq!(stderr(&cli.run(&["group", "list", "-v", "-o", "json"])), "");
}

#[test]
fn vv_shows_requests_without_secrets() {
    let cli = Cli::start();
    let secrets = [cli.emulator.secret_key().to_owned(), cli.emulator.password().to_owned()];
    let token = stdout(&cli.by_login(&["auth", "token"]).output().unwrap()).trim_end().to_owned();
    let mut by_token = cli.lts(&["-vv", "group", "list"]);
    by_token.env_remove("HUAWEICLOUD_SDK_AK").env_remove("HUAWEICLOUD_SDK_SK");
    by_token.env("HUAWEICLOUD_LTS_TOKEN", &token);
    let mut temporary = cli.lts(&["-vv", "group", "list"]);
    temporary.env("HUAWEICLOUD_SDK_SECURITY_TOKEN", "temporary-secret");
    for (mut command, shown) in [
        (cli.lts(&["-vv", "group", "create", "app"]), r#"{"log_group_name":"app","ttl_in_days":7}"#),
        (cli.by_login(&["-vv", "group", "list"]), "/v3/auth/tokens"),
        (by_token, "x-auth-token: [redacted]"),
        (temporary, "x-security-token: [redacted]"),
    ] {
        let output = command.output().unwrap();
        let text = stderr(&output);
        assert!(text.contains(shown) && text.contains("response "), "{text}");
        assert!(!text.contains("Signature=") && !text.contains("MII"), "{text}");
        for secret in secrets.iter().map(String::as_str).chain([token.as_str(), "temporary-secret"]) {
            assert!(!text.contains(secret) && !stdout(&output).contains(secret), "{text}");
        }
    }
}
