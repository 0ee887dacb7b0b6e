//! Sends the events of `tracing` to a log stream, here to an emulator.
//!
//! Run it with `cargo run --example tracing --features emulator,tracing`.

use std::time::Duration;

use huaweicloud_lts::{ClientBuilder, Emulator, Ttl, producer};
use tracing_subscriber::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;
    // Against the service: `Client::from_env()?`.
    let lts = ClientBuilder::from(&emulator).build()?;
    let app = lts.groups().ensure("app", Ttl::days(7)).await?.id;
    let shop = lts.group(&app).streams().ensure("shop").await?.id;

    let producer = lts
        .group(&app)
        .stream(&shop)
        .producer()
        .label("host", "shop-1")
        .on_dropped(|dropped| eprintln!("{} lines lost: {:?}", dropped.lines.len(), dropped.reason))
        .build()?;
    // Sends what is left at the end of `main`, for up to five seconds; the hook does so after a panic.
    let _guard = producer.guard(Duration::from_secs(5));
    producer::install_panic_hook(&producer);
    tracing_subscriber::registry().with(producer.layer().with_level_label("level")).init();

    let cart = tracing::info_span!("cart", user = 7);
    cart.in_scope(|| {
        tracing::info!(amount = 12.5, "paid");
        tracing::warn!("the stock is low");
    });

    let report = producer.flush().await;
    println!("{} lines sent, {} lost", report.sent, report.dropped);
    Ok(())
}
