//! Connections that fail: proxies and TLS.

use super::{Cli, failed, lts, stderr};
use crate::scripted_server::{Reply, ScriptedServer};

const AWAY: [&str; 6] = ["group", "list", "--endpoint", "https://lts.invalid", "--max-attempts", "1"];

#[test]
fn unusable_proxy_is_named_with_its_variable() {
    let cli = Cli::start();
    for (variable, url, shown, hint) in [
        ("HTTPS_PROXY", "http://user:hidden@127.0.0.1:1", "http://127.0.0.1:1 (HTTPS_PROXY)", "NO_PROXY"),
        ("https_proxy", "http://127.0.0.1:1", "http://127.0.0.1:1 (https_proxy)", "NO_PROXY"),
        ("ALL_PROXY", "http://127.0.0.1:1", "http://127.0.0.1:1 (ALL_PROXY)", "NO_PROXY"),
        ("HTTPS_PROXY", "socks5://127.0.0.1:1", "socks5://127.0.0.1:1 (HTTPS_PROXY)", "http or https proxy"),
    ] {
        let output = cli.lts(&AWAY).env(variable, url).output().unwrap();
        failed(&output, 8, &format!("through the proxy {shown}"));
        let text = stderr(&output);
        assert!(text.contains(hint) && !text.contains("hidden"), "{text}");
    }
    // Loopback and hosts in NO_PROXY are connected to directly.
    let mut here = cli.lts(&["group", "list"]);
    assert!(here.env("ALL_PROXY", "http://127.0.0.1:1").output().unwrap().status.success());
    let mut away = cli.lts(&AWAY);
    let away = away.env("HTTPS_PROXY", "http://127.0.0.1:1").env("NO_PROXY", "lts.invalid");
    let text = stderr(&away.output().unwrap());
    assert!(text.contains("could not connect") && !text.contains("proxy"), "{text}");
}

#[tokio::test]
async fn refusal_of_a_proxy_is_told_from_one_of_the_service() {
    let cli = Cli::start();
    for (status, why) in [(403, "the proxy refused"), (407, "the proxy wants a user name and password")] {
        let proxy = ScriptedServer::serve([Reply::with(status, &[], "no")]).await;
        let mut command = tokio::process::Command::from(cli.lts(&AWAY));
        let output = command.env("HTTPS_PROXY", &proxy.url).output().await.unwrap();
        failed(&output, 8, why);
        assert!(stderr(&output).contains(&format!("{} (HTTPS_PROXY)", proxy.url)), "{}", stderr(&output));
        assert!(proxy.requests()[0].starts_with("CONNECT lts.invalid:443 "));
    }
}

#[test]
fn malformed_proxy_variable_is_an_error_and_never_ignored() {
    let cli = Cli::start();
    for (variable, url) in [
        ("HTTPS_PROXY", "htpp://user:hidden@127.0.0.1:1"),
        ("HTTPS_PROXY", "ftp://127.0.0.1:1"),
        ("https_proxy", "http://"),
        ("ALL_PROXY", "http://127.0.0.1 :1"),
    ] {
        let output = cli.lts(&AWAY).env(variable, url).output().unwrap();
        failed(&output, 3, &format!("proxy: {variable} "));
        assert!(!stderr(&output).contains("hidden"), "{}", stderr(&output));
        // Loopback never uses a proxy.
        assert!(cli.lts(&["group", "list"]).env(variable, url).output().unwrap().status.success());
    }
    let ignored =
        cli.lts(&AWAY).env("HTTPS_PROXY", "ftp://x").env("NO_PROXY", "lts.invalid").output().unwrap();
    failed(&ignored, 8, "could not connect");
}

#[tokio::test]
async fn proxy_that_refuses_a_password_is_not_asked_to_be_given_one() {
    let cli = Cli::start();
    let proxy = ScriptedServer::serve([Reply::with(407, &[], "no")]).await;
    let url = proxy.url.replace("http://", "http://user:hidden@");
    let mut command = tokio::process::Command::from(cli.lts(&AWAY));
    let output = command.env("HTTPS_PROXY", url).output().await.unwrap();
    failed(&output, 8, "the proxy doesn't accept the user name and password of its URL");
    let text = stderr(&output);
    assert!(
        text.contains("Correct the user name and password in the URL") && !text.contains("hidden"),
        "{text}"
    );
}

#[tokio::test]
async fn plain_http_refusal_of_a_proxy_names_the_proxy() {
    let cli = Cli::start();
    let list =
        ["group", "list", "--endpoint", "http://lts.invalid", "--allow-plain-http", "--max-attempts", "1"];
    for status in [403, 407, 502, 503] {
        let proxy = ScriptedServer::serve([Reply::with(status, &[], "no")]).await;
        let mut command = tokio::process::Command::from(cli.lts(&list));
        let output = command.env("HTTP_PROXY", &proxy.url).output().await.unwrap();
        let text = stderr(&output);
        assert!(text.contains(&format!("the proxy {} (HTTP_PROXY)", proxy.url)), "{text}");
    }
}

#[test]
fn https_to_a_plain_http_port_asks_for_http() {
    let cli = Cli::start();
    let address = cli.emulator.url().strip_prefix("http://").unwrap();
    let output = cli.run(&["group", "list", "--endpoint", address, "--max-attempts", "1"]);
    failed(&output, 8, "the server doesn't speak TLS");
    assert!(stderr(&output).contains("write the endpoint with http://"), "{}", stderr(&output));
}

#[test]
fn unknown_host_of_a_region_names_the_region_and_its_source() {
    let keys = [("HUAWEICLOUD_SDK_AK", "AK"), ("HUAWEICLOUD_SDK_SK", "SK")];
    let options = ["--cloud", "invalid", "--max-attempts", "1"];
    let fails = |variables: &[(&str, &str)], line: &[&str]| {
        let mut command = lts(&[&["group", "list"], &options[..], line].concat());
        let output = command.envs(keys).envs(variables.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(8), "{}", stderr(&output));
        stderr(&output)
    };
    let project = ["--project-id", "p"];
    let region = ("HUAWEICLOUD_LTS_REGION", "cn-noth-4");
    let text = fails(&[region], &project);
    let advice = "what to do: check the region cn-noth-4 (from HUAWEICLOUD_LTS_REGION) and the cloud invalid (from \
                  --cloud), which https://lts.cn-noth-4.invalid is made of";
    assert!(text.contains(advice), "{text}");
    let text = fails(&[], &[&project[..], &["--region", "cn-noth-4"]].concat());
    assert!(text.contains("check the region cn-noth-4 (from --region)"), "{text}");
    // The endpoint of IAM is the first one that is called without a project id.
    let text = fails(&[region], &[]);
    assert!(text.contains("which https://iam.cn-noth-4.invalid is made of"), "{text}");
    // An endpoint that is set has nothing to do with the region.
    let text = fails(&[region, ("HUAWEICLOUD_LTS_ENDPOINT", "https://lts.invalid")], &project);
    assert!(text.contains("check https://lts.invalid and the network connection"), "{text}");
}

#[tokio::test]
async fn server_that_closes_during_the_handshake_is_explained() {
    let cli = Cli::start();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 4096];
        tokio::io::AsyncReadExt::read(&mut stream, &mut hello).await.unwrap();
    });
    let list = ["group", "list", "--endpoint", &endpoint, "--max-attempts", "1"];
    let output = tokio::process::Command::from(cli.lts(&list)).output().await.unwrap();
    server.await.unwrap();
    failed(&output, 8, "the server closed the connection during the TLS handshake");
    assert!(stderr(&output).contains("write the endpoint with http://"), "{}", stderr(&output));
}

/// A server that offers nothing newer than TLS 1.1 refuses the client's versions.
#[tokio::test]
async fn server_without_tls_1_2_is_explained() {
    let cli = Cli::start();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 4096];
        tokio::io::AsyncReadExt::read(&mut stream, &mut hello).await.unwrap();
        // A fatal alert: protocol_version.
        tokio::io::AsyncWriteExt::write_all(&mut stream, &[21, 3, 1, 0, 2, 2, 70]).await.unwrap();
    });
    let list = ["group", "list", "--endpoint", &endpoint, "--max-attempts", "1"];
    let output = tokio::process::Command::from(cli.lts(&list)).output().await.unwrap();
    server.await.unwrap();
    failed(&output, 8, "the server doesn't speak TLS 1.2 or 1.3");
}
