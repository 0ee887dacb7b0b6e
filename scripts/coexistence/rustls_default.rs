//! A program that uses rustls with its default features (aws-lc-rs), and installs no provider.
mod common;

use rustls::{ClientConfig, ClientConnection, RootCertStore, crypto::CryptoProvider};

fn main() {
    common::block_on(async {
        common::lts_speaks_http().await;
        common::lts_speaks_https().await;
        assert!(CryptoProvider::get_default().is_none(), "the crate has installed a provider");
        let config = ClientConfig::builder();
        let config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
        ClientConnection::new(config.into(), "localhost".try_into().unwrap()).unwrap();
        common::lts_speaks_https().await;
    });
}
