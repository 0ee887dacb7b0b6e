//! A program that uses reqwest without a TLS feature.
mod common;

fn main() {
    common::block_on(async {
        common::reqwest_speaks_http(reqwest::Client::new()).await;
        common::lts_speaks_http().await;
        common::lts_speaks_https().await;
        common::reqwest_speaks_http(reqwest::Client::new()).await;
    });
}
