//! Which endpoints a client calls, by the sources of its settings.

use huaweicloud_lts::{AkSk, Client, ClientBuilder, Login, config::ClientInfo};

use crate::{
    configuration::{KEYS, configuration_error, home, with_home},
    scripted_server::{PROJECT, Reply, ScriptedServer},
};

const FILE: &str = "\
[basic]
endpoint = https://lts.file
access_endpoint = https://access.file
iam_endpoint = https://iam.file
[prod]
ak = prod-ak
sk = prod-sk
region = prod-1
[local]
ak = local-ak
sk = local-sk
endpoint = http://127.0.0.1:1/
project_id = local-project
";

const WORLD: [(&str, &str); 6] = [
    ("HUAWEICLOUD_SDK_PROJECT_ID", "env-project"),
    ("HUAWEICLOUD_LTS_ENDPOINT", "http://127.0.0.1:8086"),
    ("HUAWEICLOUD_LTS_ACCESS_ENDPOINT", "http://127.0.0.1:8087"),
    ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "http://127.0.0.1:8088"),
    ("HUAWEICLOUD_SDK_AK", "env-ak"),
    ("HUAWEICLOUD_SDK_SK", "env-sk"),
];

fn info(builder: ClientBuilder, variables: &[(&str, &str)]) -> ClientInfo {
    let home = home(FILE);
    builder.or_variables(with_home(&home, variables)).build().unwrap().info().clone()
}

/// The endpoints of LTS, for writing logs, and of IAM.
fn endpoints(info: &ClientInfo) -> [&str; 3] {
    [
        info.endpoint.as_str(),
        info.access_endpoint.as_deref().unwrap_or_default(),
        info.iam_endpoint.as_deref().unwrap_or_default(),
    ]
}

fn of_region(region: &str) -> [String; 3] {
    [
        format!("https://lts.{region}.myhuaweicloud.com"),
        format!("https://lts-access.{region}.myhuaweicloud.com:8102"),
        format!("https://iam.{region}.myhuaweicloud.com"),
    ]
}

#[test]
fn explicit_region_ignores_every_endpoint_of_the_sources() {
    let official = ("HUAWEICLOUD_SDK_REGION_LTS_CN_NORTH_4", "https://official");
    let found = info(Client::builder().region("cn-north-4"), &[&WORLD[..], &[official]].concat());
    assert_eq!(endpoints(&found), of_region("cn-north-4"));
    assert_eq!(found.project_id.unwrap().as_str(), "env-project", "the project keeps its order of sources");
    assert_eq!((found.region_from.as_deref(), &*found.endpoint_from), (Some("code"), "region"));
}

#[test]
fn explicit_endpoint_ignores_the_other_endpoints_of_the_sources() {
    let region = ("HUAWEICLOUD_LTS_REGION", "r");
    let variables = [&WORLD[..], &[region]].concat();
    let found = info(Client::builder().endpoint("https://lts.own"), &variables);
    assert_eq!(found.endpoint, "https://lts.own");
    assert_eq!(endpoints(&found)[1..], of_region("r")[1..]);
    // On loopback, it serves for all, whatever the region.
    let found = info(Client::builder().endpoint("http://localhost:1").region("x"), &variables);
    assert_eq!(endpoints(&found), ["http://localhost:1"; 3]);
    assert_eq!(found.iam_endpoint_from.as_deref(), Some("endpoint"));
    let builder = Client::builder().endpoint("http://localhost:1").access_endpoint("https://a");
    let found = info(builder.iam_endpoint("https://i/v3/"), &variables);
    assert_eq!(endpoints(&found), ["http://localhost:1", "https://a", "https://i"]);
    // Off loopback and without a region, the others are unknown.
    let found = info(Client::builder().endpoint("https://lts.own"), &WORLD);
    assert_eq!(endpoints(&found), ["https://lts.own", "", ""]);
}

#[test]
fn endpoint_on_loopback_serves_for_all_where_its_source_sets_no_other() {
    let all = ["http://127.0.0.1:8086", "http://127.0.0.1:8087", "http://127.0.0.1:8088"];
    assert_eq!(endpoints(&info(Client::builder(), &WORLD)), all);
    // The profile has the others, but of another world.
    let without_others = [WORLD[0], WORLD[1], WORLD[4], WORLD[5]];
    let found = info(Client::builder(), &without_others);
    assert_eq!(endpoints(&found), [all[0]; 3]);
    assert_eq!(found.access_endpoint_from.as_deref(), Some("endpoint"));
    // The environment takes precedence over the profile, endpoint by endpoint.
    let only_iam = [&KEYS[..], &[WORLD[0], WORLD[3]]].concat();
    let found = info(Client::builder(), &only_iam);
    assert_eq!(endpoints(&found), ["https://lts.file", "https://access.file", all[2]]);
    assert_eq!(found.iam_endpoint_from.as_deref(), Some("HUAWEICLOUD_SDK_IAM_ENDPOINT"));
}

#[test]
fn chosen_profile_stands_for_itself() {
    let variables =
        [&WORLD[..], &[("HUAWEICLOUD_LTS_REGION", "env-1"), ("HUAWEICLOUD_LTS_CLOUD", "c")]].concat();
    let found = info(Client::builder().profile("prod"), &variables);
    assert_eq!(endpoints(&found), of_region("prod-1"));
    assert_eq!((found.project_id, found.access_key.as_deref()), (None, Some("prod-ak")));
    let found = info(Client::builder().profile("local"), &variables);
    assert_eq!(endpoints(&found), ["http://127.0.0.1:1"; 3]);
    assert_eq!(found.project_id.unwrap().as_str(), "local-project");
    // What is set explicitly still takes precedence.
    let found = info(Client::builder().profile("local").region("own-1").project_id("own"), &variables);
    assert_eq!(endpoints(&found), of_region("own-1"));
    assert_eq!(found.project_id.unwrap().as_str(), "own");

    // A profile without keys doesn't take those of the environment.
    let home = home(FILE);
    let builder = Client::builder().profile("basic").or_variables(with_home(&home, &variables));
    let (setting, text) = configuration_error(builder.build());
    assert!(setting == "credentials" && text.contains("[basic]: ak, sk not set"), "{text}");
}

#[test]
fn login_off_loopback_requires_region_or_iam_endpoint() {
    let login = || Client::builder().credentials(Login::new("u", "p", "d")).project_id(PROJECT);
    let (setting, _) = configuration_error(login().endpoint("https://lts.example").build());
    assert_eq!(setting, "iam_endpoint");
    for builder in [
        login().endpoint("http://127.0.0.1:1"),
        login().endpoint("https://lts.example").region("r"),
        login().endpoint("https://lts.example").iam_endpoint("https://iam.example"),
    ] {
        builder.build().unwrap();
    }
}

#[test]
fn missing_region_error_names_what_to_set() {
    let home = home("[basic]\nak=a\nsk=s\n");
    let builder = || Client::builder().credentials(AkSk::new("a", "s"));
    for (builder, expected) in [
        (builder(), "set region or endpoint"),
        (
            builder().or_variables(with_home(&home, &[])),
            "set HUAWEICLOUD_LTS_REGION or HUAWEICLOUD_LTS_ENDPOINT",
        ),
        (
            builder().profile("basic").or_variables(with_home(&home, &[])),
            "set region or endpoint in profile ",
        ),
    ] {
        let (setting, text) = configuration_error(builder.build());
        assert!(setting == "region" && text.contains(expected), "{text}");
    }
}

#[test]
fn plain_http_is_allowed_by_a_variable() {
    let variables = |allow| [&KEYS[..], &[("HUAWEICLOUD_LTS_ALLOW_PLAIN_HTTP", allow)]].concat();
    let builder = || Client::builder().endpoint("http://emulator:8086").project_id(PROJECT);
    assert_eq!(info(builder(), &variables("true")).endpoint, "http://emulator:8086");
    let home = home(FILE);
    for (allow, setting) in [("false", "endpoint"), ("", "endpoint"), ("1", "allow_plain_http")] {
        let builder = builder().or_variables(with_home(&home, &variables(allow)));
        assert_eq!(configuration_error(builder.build()).0, setting);
    }
}

#[tokio::test]
async fn names_of_loopback_are_reached_without_a_resolver() {
    for host in ["localhost", "localhost.", "lts.localhost", "[::ffff:127.0.0.1]"] {
        let script = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
        let url = script.url.replace("127.0.0.1", host);
        script.with_token().endpoint(url).build().unwrap().groups().list().await.unwrap();
    }
}

#[test]
fn version_at_the_end_of_an_endpoint_is_taken_off() {
    for (given, base) in [
        ("https://lts.example/v2", "https://lts.example"),
        ("https://lts.example/v2/", "https://lts.example"),
        ("https://lts.example/v1", "https://lts.example"),
        ("https://lts.example/v1.0/", "https://lts.example"),
        ("https://lts.example/v3", "https://lts.example"),
        ("https://gateway.example/lts/v2", "https://gateway.example/lts"),
        // A gateway's own path.
        ("https://gateway.example/api/v1", "https://gateway.example/api/v1"),
        ("https://gateway.example/v1/lts", "https://gateway.example/v1/lts"),
        ("https://gateway.example/ltsv2", "https://gateway.example/ltsv2"),
        ("https://gateway.example/version", "https://gateway.example/version"),
    ] {
        let variables = [&KEYS[..], &[("HUAWEICLOUD_LTS_ENDPOINT", given)]].concat();
        let found = info(Client::builder().access_endpoint(given).project_id(PROJECT), &variables);
        assert_eq!(endpoints(&found)[..2], [base; 2], "{given}");
    }
    let found = info(Client::builder().iam_endpoint("https://iam.example/v3.0").region("r"), &KEYS);
    assert_eq!(found.iam_endpoint.as_deref(), Some("https://iam.example"));
    for given in ["https://lts.example/v2/", "https://lts.example/v2/v2", "https://lts.example/lts/v2/"] {
        let given = format!("{given}/0123456789abcdef0123456789abcdef/groups");
        let keys = AkSk::new("a", "s");
        let builder = || Client::builder().credentials(keys.clone()).project_id(PROJECT);
        let (setting, text) = configuration_error(builder().endpoint(&given).build());
        assert!(setting == "endpoint" && text.contains("must end before the path"), "{text}");
        let (setting, text) = configuration_error(builder().region("r").access_endpoint(&given).build());
        assert!(setting == "access_endpoint" && text.contains("must end before the path"), "{text}");
    }
}

#[test]
fn wrong_scheme_error_shows_the_corrected_value() {
    let build = |url: &str| Client::builder().credentials(AkSk::new("a", "s")).endpoint(url).build();
    for (given, corrected) in [
        ("ftp://lts.example/base", "https://lts.example/base"),
        ("htp://lts.example", "https://lts.example"),
        ("htttps://lts.example:8443", "https://lts.example:8443"),
        ("https:/lts.example", "https://lts.example"),
        ("https:lts.example", "https://lts.example"),
        ("https//lts.example", "https://lts.example"),
        ("//lts.example", "https://lts.example"),
        ("://lts.example", "https://lts.example"),
        ("http//127.0.0.1:8086", "http://127.0.0.1:8086"),
        ("ftp://[::1]:8086", "http://[::1]:8086"),
        ("ftp://localhost", "http://localhost"),
        ("ftp://u:hidden@lts.example", "https://lts.example"),
        ("ftp://lts.example?hidden#hidden", "https://lts.example"),
        ("ftp://", "https://HOST"),
    ] {
        let (setting, text) = configuration_error(build(given));
        let expected = format!("the scheme must be https, or http for loopback: write {corrected}");
        assert!(setting == "endpoint" && text.ends_with(&expected), "{text}");
        assert!(!text.contains("hidden"), "{text}");
    }
}

#[test]
fn secrets_in_an_endpoint_are_never_shown() {
    for url in [
        "https://u:hidden@lts.example",
        "https://hidden@lts.example/base",
        "u:hidden@lts.example",
        "https://u:hid/hidden@lts.example",
        "https://u:hid#hidden@lts.example",
        "https://u:hid?hidden@lts.example",
        "https://lts.example?ak=hidden",
        "https://lts.example#hidden",
        "https://lts.example/v2/?token=hidden",
        "https://lts.example?x=u@hidden",
    ] {
        for builder in [
            Client::builder().endpoint(url).region("r"),
            Client::builder().region("r").access_endpoint(url),
            Client::builder().region("r").iam_endpoint(url),
        ] {
            let builder = builder.credentials(AkSk::new("a", "s"));
            let shown = format!("{builder:?}");
            assert!(!shown.contains("hidden"), "{shown}");
            let (_, text) = configuration_error(builder.build());
            assert!(!text.contains("hidden"), "{text}");
        }
    }
}
