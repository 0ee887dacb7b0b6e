//! The client's configuration: endpoints, profiles, timeouts, proxies, certificates.

use std::{fs, time::Duration};

use huaweicloud_lts::{AkSk, Client, Credentials, Error, Login};
use tempfile::TempDir;

use crate::scripted_server::{PROJECT, Reply, ScriptedServer};

/// A home directory with a credentials file.
pub(crate) fn home(profiles: &str) -> TempDir {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join(".huaweicloud")).unwrap();
    fs::write(home.path().join(".huaweicloud/credentials"), profiles).unwrap();
    home
}

/// An environment with a home directory.
pub(crate) fn with_home<'a>(home: &'a TempDir, variables: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
    let mut all = environment(variables);
    all.push(("HOME".to_owned(), home.path().to_str().unwrap().to_owned()));
    all
}

pub(crate) fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

pub(crate) fn configuration_error(result: Result<Client, Error>) -> (String, String) {
    match result {
        Err(Error::Configuration(error)) => (error.setting().to_owned(), error.to_string()),
        other => panic!("{other:?}"),
    }
}

/// The endpoint of a client, read from its `Debug` output.
pub(crate) fn endpoint(lts: &Client) -> String {
    let shown = format!("{lts:?}");
    shown.split('"').nth(1).unwrap().to_owned()
}

pub(crate) const KEYS: [(&str, &str); 2] =
    [("HUAWEICLOUD_SDK_AK", "env-ak"), ("HUAWEICLOUD_SDK_SK", "env-sk")];

#[test]
fn endpoint_sources_have_precedence() {
    let file = home(
        "[basic]\nendpoint=https://file\nregion=r-file\n[named]\nendpoint=https://named\n[region]\nregion=r-named\n",
    );
    let ours = ("HUAWEICLOUD_LTS_ENDPOINT", "https://ours");
    let official = ("HUAWEICLOUD_SDK_REGION_LTS_CN_NORTH_4", "https://official");
    let region = ("HUAWEICLOUD_LTS_REGION", "cn-north-4");
    let partner = ("HUAWEICLOUD_LTS_CLOUD", "otc.t-systems.com");
    let plain = Client::builder;
    let in_region = || plain().region("cn-north-4");
    let empty = TempDir::new().unwrap();
    for (home, builder, variables, expected) in [
        (&file, plain(), &[ours, official, region][..], "https://ours"),
        (&file, plain(), &[official, region], "https://official"),
        (&file, plain(), &[region], "https://file"),
        (&empty, plain(), &[region], "https://lts.cn-north-4.myhuaweicloud.com"),
        (&empty, plain(), &[region, partner], "https://lts.cn-north-4.otc.t-systems.com"),
        (&file, in_region(), &[ours], "https://lts.cn-north-4.myhuaweicloud.com"),
        (&file, in_region(), &[ours, official], "https://lts.cn-north-4.myhuaweicloud.com"),
        (&file, in_region().endpoint("https://own/base/"), &[ours, official], "https://own/base"),
        (&file, plain().profile("named"), &[ours, official, region], "https://named"),
        (&file, plain().profile("region"), &[ours, official], "https://lts.r-named.myhuaweicloud.com"),
        (&file, plain().profile("region"), &[], "https://lts.r-named.myhuaweicloud.com"),
        (&file, plain().profile("named").region("r"), &[], "https://lts.r.myhuaweicloud.com"),
    ] {
        let builder = builder.credentials(AkSk::new("a", "s")).project_id(PROJECT);
        let lts = builder.or_variables(with_home(home, variables)).build().unwrap();
        assert_eq!(endpoint(&lts).trim_end_matches('/'), expected, "{variables:?}");
    }
}

#[test]
fn login_requires_iam_endpoint_and_project_or_region() {
    let login = || Client::builder().credentials(Login::new("u", "p", "d")).endpoint("https://lts.example");
    let (setting, _) = configuration_error(login().project_id(PROJECT).build());
    assert_eq!(setting, "iam_endpoint");
    let (setting, _) = configuration_error(login().iam_endpoint("https://iam.example").build());
    assert_eq!(setting, "region");
    assert!(login().region("r").build().is_ok());
    assert!(login().iam_endpoint("https://iam.example").project_id(PROJECT).build().is_ok());
    for empty in [Login::new("", "p", "d"), Login::new("u", "", "d"), Login::new("u", "p", "")] {
        let (setting, _) = configuration_error(login().region("r").credentials(empty).build());
        assert_eq!(setting, "credentials");
    }
}

#[test]
fn profile_errors_name_the_place_and_hide_values() {
    let home = home(
        "[basic]\nak=a\nsk=s\n[half]\nsk=hidden\n[odd]\nak=a\nsk=s\nendpoint=ftp://hidden\n[id]\nak=a\nsk=s\nregion=r\nproject_id=hidden/\n[r]\nak=a\nsk=s\nregion=hidden hidden\n",
    );
    for (profile, setting, part) in [
        ("none", "profile", "has no section [none]"),
        ("half", "profile", "[half]: sk set, but ak not set"),
        ("odd", "endpoint", "[odd] endpoint: the scheme"),
        ("id", "project_id", "[id] project_id: must be"),
        ("r", "region", "[r] region: can't be part of a host name"),
    ] {
        let builder = Client::builder().profile(profile).or_variables(with_home(&home, &[]));
        let (found, text) = configuration_error(builder.build());
        assert_eq!(found, setting);
        assert!(text.contains(part) && text.contains("credentials") && !text.contains("hidden"), "{text}");
    }
    let file = home.path().join("broken");
    fs::write(&file, "[basic]\nak = hidden\n[hidden").unwrap();
    let broken =
        [("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.to_str().unwrap()), ("HUAWEICLOUD_LTS_REGION", "r")];
    let (setting, text) = configuration_error(Client::builder().or_variables(environment(&broken)).build());
    assert!(setting == "profile" && text.contains("broken: line 3") && !text.contains("hidden"), "{text}");
    // With credentials from another source, the file is not read.
    let variables = [&broken[..], &KEYS].concat();
    assert!(Client::builder().or_variables(environment(&variables)).build().is_ok());
    let missing = [("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/no/such/file")];
    let (_, text) =
        configuration_error(Client::builder().profile("p").or_variables(environment(&missing)).build());
    assert!(text.contains("/no/such/file") && text.contains("doesn't exist"), "{text}");
}

#[test]
fn invalid_settings_are_rejected_by_name() {
    let token = || Client::builder().credentials(Credentials::token("t")).project_id("p");
    for (setting, builder) in [
        ("region", token()),
        ("region", token().region("no such/region")),
        ("cloud", token().region("r").cloud("")),
        ("endpoint", token().endpoint("http://lts.example")),
        ("endpoint", token().endpoint("not a url")),
        ("iam_endpoint", token().region("r").iam_endpoint("ftp://iam")),
        ("credentials", Client::builder().region("r").project_id("p")),
        ("credentials", token().region("r").credentials(Credentials::token("line\nbreak"))),
        ("credentials", token().region("r").credentials(huaweicloud_lts::AkSk::new("", "sk"))),
        ("project_id", token().region("r").project_id("a/b")),
        ("project_id", Client::builder().endpoint("https://x").credentials(Credentials::token("t"))),
        ("user_agent_suffix", token().region("r").user_agent_suffix("a\nb")),
    ] {
        match builder.build() {
            Err(Error::Configuration(error)) => assert_eq!(error.setting(), setting, "{error}"),
            other => panic!("{setting}: {other:?}"),
        }
    }
}

#[test]
fn contradictory_timeouts_are_rejected_by_name() {
    let builder = || Client::builder().region("r").project_id(PROJECT).credentials(Credentials::token("t"));
    let second = Duration::from_secs(1);
    for (setting, builder) in [
        ("connect_timeout", builder().connect_timeout(Duration::ZERO)),
        ("attempt_timeout", builder().attempt_timeout(Duration::ZERO)),
        ("call_timeout", builder().call_timeout(Duration::ZERO)),
        ("attempt_timeout", builder().attempt_timeout(3 * second).call_timeout(2 * second)),
        ("connect_timeout", builder().connect_timeout(3 * second).attempt_timeout(2 * second)),
    ] {
        assert_eq!(configuration_error(builder.build()).0, setting);
    }
    assert!(builder().call_timeout(second).build().is_ok(), "the defaults give way");
}

#[tokio::test]
async fn proxy_is_bypassed_for_loopback() {
    let proxy = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    let away = Client::builder().endpoint("http://lts.invalid").allow_plain_http().project_id(PROJECT);
    let away = away.credentials(Credentials::token("t")).proxy(proxy.url.as_str());
    away.clone().build().unwrap().groups().list().await.unwrap();
    assert!(proxy.requests()[0].starts_with(&format!("GET http://lts.invalid/v2/{PROJECT}/groups ")));

    let here = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    here.with_token().proxy(proxy.url.as_str()).build().unwrap().groups().list().await.unwrap();
    assert_eq!((here.requests().len(), proxy.requests().len()), (1, 1));

    for bad in ["", "no url", "ftp://p", "http://", "socks5://u:hidden@p"] {
        let (setting, text) = configuration_error(away.clone().proxy(bad).build());
        assert!(setting == "proxy" && !text.contains("hidden"), "{text}");
    }
    assert!(!format!("{:?}", away.proxy("http://u:hidden@p")).contains("hidden"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn ca_certificates_are_required_only_for_https() {
    let none = [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];
    if !crate::isolated_process::in_isolated_process_with(
        "configuration::ca_certificates_are_required_only_for_https",
        &none,
    ) {
        return;
    }
    let here = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    here.with_token().build().unwrap().groups().list().await.unwrap();

    let login = || here.with_token().credentials(Login::new("u", "p", "d"));
    let plain = Client::builder().endpoint("http://lts.invalid").allow_plain_http().project_id(PROJECT);
    let plain = plain.credentials(Credentials::token("t"));
    assert!(plain.clone().proxy("http://proxy.invalid").build().is_ok());
    for (builder, needed_for) in [
        (here.with_token().endpoint("https://lts.invalid"), "endpoint"),
        (login().iam_endpoint("https://iam.invalid"), "iam_endpoint"),
        // Both are on this machine, but only one uses https.
        (login().iam_endpoint("https://localhost"), "iam_endpoint"),
        (plain.proxy("https://proxy.invalid"), "proxy"),
    ] {
        let (setting, text) = configuration_error(builder.build());
        assert_eq!(setting, needed_for, "{text}");
        assert!(text.contains("No CA certificates") && text.contains("SSL_CERT_FILE"), "{text}");
    }
}
