//! Creates a group, a stream and a transfer, then deletes them.
//!
//! It runs against an embedded emulator. For the real service, replace the first two lines by
//! `let lts = Client::from_env()?;`.

use huaweicloud_lts::{ClientBuilder, Emulator, EnsuredTransfer, StorageFormat, TransferInterval, Ttl};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;
    let lts = ClientBuilder::from(&emulator).build()?;

    let group = lts.create_group("app", Ttl::days(7)).await?;
    let in_group = lts.group(&group);
    let stream = in_group.create_stream("nginx").await?;
    println!("group {group}, stream {stream}");

    let transfer = in_group
        .ensure_transfer(&stream, emulator.bucket(), TransferInterval::Minutes5)
        .prefix("nginx")
        .format(StorageFormat::Json)
        .await?;
    match transfer {
        EnsuredTransfer::Created(id) => {
            println!("transfer {id}");
            // The service has no operation for this: delete transfers in its console.
            emulator.delete_transfer(&id)?;
        }
        EnsuredTransfer::AlreadyThere => println!("the stream has a transfer already"),
    }

    for group in lts.groups().await? {
        println!("{} {} was created at {:?}", group.id, group.name, group.created_at());
    }
    in_group.delete_stream(&stream).await?;
    lts.delete_group(&group).await?;
    Ok(())
}
