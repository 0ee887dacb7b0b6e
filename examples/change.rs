//! Changes what exists: retention, tags and transfers.

use huaweicloud_lts::{
    ClientBuilder, Emulator, Ttl,
    transfers::{EnsuredTransfer, StorageFormat, Transfer, TransferInterval},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;
    let lts = ClientBuilder::from(&emulator).build()?;
    let group = lts.groups().create("app", Ttl::days(7)).tag("team", "shop").await?;
    let streams = lts.group(&group).streams();
    let nginx = streams.create("nginx").await?;

    lts.groups().update(&group).ttl(Ttl::days(30)).tag("production", "").await?;
    streams.update(&nginx).ttl(Ttl::days(14)).await?;
    for stream in lts.streams().list().group_name("app").await? {
        println!("{}: {:?}, tags {:?}", stream.name, stream.ttl, stream.tags);
    }

    // The first call creates the transfer, the second one changes its format.
    let transfer = Transfer::to_obs(&group, [&nginx], emulator.bucket(), TransferInterval::Hours1);
    let created = lts.transfers().ensure(transfer.clone()).await?;
    assert!(matches!(created, EnsuredTransfer::Created(_)));
    let updated = lts.transfers().ensure(transfer.format(StorageFormat::Json)).await?;
    assert!(matches!(updated, EnsuredTransfer::Updated(_)));

    let transfer = lts.transfers().find(&nginx).await?.ok_or("the transfer was just ensured")?;
    lts.transfers().update(&transfer).paused(true).await?;
    println!("transfer {} to {:?} is paused", transfer.id, transfer.obs().map(|obs| obs.bucket));

    // A stream can't be deleted while it has a transfer.
    lts.transfers().delete(&transfer.id).await?;
    lts.groups().delete(&group).await?;
    Ok(())
}
