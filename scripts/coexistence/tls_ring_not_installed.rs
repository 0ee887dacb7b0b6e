//! A program that uses this crate's `tls-ring` and doesn't do what docs/features.md says. This crate's client works all the
//! same; the program's own panics.
mod common;

fn main() {
    common::block_on(async {
        common::lts_speaks_http().await;
        common::lts_speaks_https().await;
        assert!(
            rustls::crypto::CryptoProvider::get_default().is_none(),
            "the crate has installed a provider"
        );
        let warning = common::panic_of(reqwest::Client::new);
        assert!(warning.contains("No rustls crypto provider is configured"), "{warning}");
        // rustls itself has only one provider to choose from.
        let _ = rustls::ClientConfig::builder();
    });
}
