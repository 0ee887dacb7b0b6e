//! A program that uses this crate's `tls-ring`, and does what docs/features.md says before it builds its own clients.
mod common;

fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    common::block_on(async {
        common::reqwest_speaks_http(reqwest::Client::new()).await;
        common::lts_speaks_http().await;
        common::lts_speaks_https().await;
    });
}
