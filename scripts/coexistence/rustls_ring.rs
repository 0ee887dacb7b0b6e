//! A program whose rustls has ring, beside this crate's `tls`: it has to choose a provider, as docs/features.md says.
mod common;

use rustls::ClientConfig;

fn main() {
    common::block_on(async {
        common::lts_speaks_https().await;
        let warning = common::panic_of(ClientConfig::builder);
        assert!(warning.contains("CryptoProvider::install_default()"), "{warning}");
        rustls::crypto::ring::default_provider().install_default().unwrap();
        let _ = ClientConfig::builder();
        common::lts_speaks_https().await;
        common::reqwest_speaks_http(reqwest::Client::new()).await;
    });
}
