//! A program that uses reqwest with native-tls, which then is the default of all its clients.
mod common;

fn main() {
    common::block_on(async {
        common::reqwest_speaks_http(reqwest::Client::new()).await;
        common::lts_speaks_http().await;
        common::lts_speaks_https().await;
    });
}
