//! Creates a group, a stream and a transfer, then deletes them.
//!
//! It runs against an embedded emulator. For the real service, replace the first two lines by
//! `let lts = Client::from_env()?;`.

use huaweicloud_lts::{
    ClientBuilder, Emulator, Ttl,
    transfers::{StorageFormat, Transfer, TransferInterval},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;
    let lts = ClientBuilder::from(&emulator).build()?;

    let group = lts.groups().create("app", Ttl::days(7)).await?;
    let in_group = lts.group(&group);
    let stream = in_group.streams().create("nginx").await?;
    println!("group {group}, stream {stream}");

    let transfer = Transfer::to_obs(&group, [&stream], emulator.bucket(), TransferInterval::Minutes5)
        .prefix("nginx")
        .format(StorageFormat::Json);
    let id = lts.transfers().create(transfer).await?;
    println!("transfer {id}");

    for group in lts.groups().list().await? {
        println!("{} {} was created at {:?}", group.id, group.name, group.created_at());
    }
    // A stream can't be deleted while it has a transfer.
    lts.transfers().delete(&id).await?;
    in_group.streams().delete(&stream).await?;
    lts.groups().delete(&group).await?;
    Ok(())
}
