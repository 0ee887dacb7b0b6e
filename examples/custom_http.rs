//! Adjusts the HTTP client, times and retries.

use std::time::Duration;

use huaweicloud_lts::{ClientBuilder, Emulator, call::RetryPolicy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;

    let lts = ClientBuilder::from(&emulator)
        .connect_timeout(Duration::from_secs(2))
        .attempt_timeout(Duration::from_secs(5))
        .call_timeout(Duration::from_secs(20))
        .retry(RetryPolicy::default().max_attempts(5).longest_pause(Duration::from_secs(3)))
        .user_agent_suffix("my-service/1.0")
        // Applied first; redirects stay off, and retries are the client's own.
        .configure_http(|http| http.pool_max_idle_per_host(4).tcp_keepalive(Duration::from_secs(30)))
        .build()?;

    // A call can have its own deadline and policy.
    let groups = lts.groups().list().deadline(Duration::from_secs(3)).retry(RetryPolicy::off()).await?;
    println!("{} groups", groups.len());
    Ok(())
}
