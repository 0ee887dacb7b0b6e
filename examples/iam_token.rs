//! Logs in to IAM with a user name and password. The token is cached, refreshed before it expires and shared by all calls.

use huaweicloud_lts::{Client, Emulator, Login};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;

    let lts = Client::builder()
        .endpoint(emulator.url())
        .iam_endpoint(emulator.url())
        // The token is for the project of this name; `project_id` would say which one directly.
        .region("cn-north-4")
        .credentials(Login::new(emulator.user(), emulator.password(), emulator.domain()))
        .build()?;

    let (one, two) = tokio::join!(lts.groups().list(), lts.groups().list());
    println!("{} and {} groups in project {}", one?.len(), two?.len(), lts.project_id().await?);
    let logins = emulator.requests().iter().filter(|r| r.path == "/v3/auth/tokens").count();
    println!("{logins} login for all of that");
    Ok(())
}
