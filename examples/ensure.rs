//! Ensures that groups and streams exist: existing ones stay, missing ones are created.

use huaweicloud_lts::{ClientBuilder, Emulator, Error, Ttl, emulator::Fault, spec::Operation};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;
    let lts = ClientBuilder::from(&emulator).build()?;

    // The group is created, and the response gets lost: ensuring it still returns its id.
    emulator.fault(Fault::new().operation(Operation::CreateLogGroup).drop_after())?;
    for round in 1..=2 {
        let group = lts.groups().ensure("app", Ttl::days(7)).await?;
        for name in ["nginx", "worker"] {
            let stream = lts.group(&group.id).streams().ensure(name).await?;
            let what = if stream.created { "created" } else { "was there" };
            println!("round {round}: {name} {what}");
        }
    }

    // `ensure` changes nothing that exists, so another ttl is a conflict. `update` changes it.
    match lts.groups().ensure("app", Ttl::days(30)).await {
        Err(Error::Conflict(conflict)) => println!("{conflict}"),
        other => panic!("expected a conflict, got {other:?}"),
    }
    let group = lts.groups().find("app").await?.ok_or("the group was just ensured")?;
    lts.groups().update(&group.id).ttl(Ttl::days(30)).await?;
    Ok(())
}
