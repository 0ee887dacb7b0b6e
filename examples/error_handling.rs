//! Distinguishes errors by what can be done about them.

use huaweicloud_lts::{
    ClientBuilder, Emulator, Error, GroupId, Ttl,
    transfers::{Transfer, TransferInterval},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = Emulator::start()?;
    let lts = ClientBuilder::from(&emulator).build()?;
    let group = lts.groups().create("app", Ttl::days(7)).await?;
    let stream = lts.group(&group).streams().create("nginx").await?;

    // Found before anything is sent: a name against the rules, an id that would change the URL.
    report(lts.groups().create(".hidden", Ttl::days(7)).await);
    report("../other".parse::<GroupId>().map_err(Error::from));

    // Refused by the service.
    report(lts.groups().create("app", Ttl::days(7)).await);
    let unknown: GroupId = "00000000-0000-4000-8000-000000000000".parse()?;
    report(lts.groups().delete(&unknown).await);
    let transfer = Transfer::to_obs(&group, [&stream], emulator.bucket(), TransferInterval::Hours1);
    lts.transfers().create_log_dump(transfer).await?;
    report(lts.groups().delete(&group).await);
    Ok(())
}

fn report<T>(result: Result<T, Error>) {
    let Err(error) = result else { panic!("this should have been refused") };
    let kind = match &error {
        Error::InvalidInput(input) => format!("fix {}", input.field()),
        error if error.is_already_exists() => "use the existing one".to_owned(),
        error if error.is_not_found() => "look for the right one".to_owned(),
        error if error.is_in_use() => "end its transfer first".to_owned(),
        error if error.is_retryable() => "try again later".to_owned(),
        _ => "ask a person".to_owned(),
    };
    // `{:#}` adds what to do, as the specification has it.
    println!("{kind}:\n  {error:#}\n");
}
