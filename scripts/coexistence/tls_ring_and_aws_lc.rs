//! A program that uses this crate's `tls-ring`, and rustls with aws-lc-rs: it has to choose a provider, as docs/features.md
//! says.
mod common;

use rustls::ClientConfig;

fn main() {
    common::block_on(async {
        common::lts_speaks_https().await;
        let warning = common::panic_of(ClientConfig::builder);
        assert!(warning.contains("CryptoProvider::install_default()"), "{warning}");
        rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap();
        let _ = ClientConfig::builder();
        common::reqwest_speaks_http(reqwest::Client::new()).await;
        common::lts_speaks_https().await;
    });
}
