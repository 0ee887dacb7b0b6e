//! Signs requests with an access key, and shows the error for a wrong one.

use huaweicloud_lts::{AkSk, Client, Emulator};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;
    let settings = Client::builder().endpoint(emulator.url()).project_id(emulator.project_id());

    let keys = AkSk::new(emulator.access_key(), emulator.secret_key());
    let lts = settings.clone().credentials(keys).build()?;
    println!("{} groups", lts.groups().list().await?.len());

    let wrong = AkSk::new(emulator.access_key(), "not the secret key");
    match settings.credentials(wrong).build()?.groups().list().await {
        // Names the difference between the request that was signed and the one that arrived; here, the key.
        Err(refused) if refused.is_auth() => println!("{refused:#}"),
        other => panic!("expected a refusal, got {other:?}"),
    }
    Ok(())
}
