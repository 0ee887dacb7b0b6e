//! Sets up groups and streams again and again: what is there stays, what is missing is created.

use huaweicloud_lts::{ClientBuilder, Emulator, Error, Ttl};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;
    let lts = ClientBuilder::from(&emulator).build()?;

    for round in 1..=2 {
        let group = lts.ensure_group("app", Ttl::days(7)).await?;
        for name in ["nginx", "worker"] {
            let stream = lts.group(&group.id).ensure_stream(name).await?;
            let what = if stream.created { "created" } else { "was there" };
            println!("round {round}: {name} {what}");
        }
    }

    // Nothing can change the ttl of a group, so another one is an error and not silently something else.
    match lts.ensure_group("app", Ttl::days(30)).await {
        Err(Error::Conflict(conflict)) => println!("{conflict}"),
        other => panic!("expected a conflict, got {other:?}"),
    }
    Ok(())
}
