//! The behaviour suite against the real service, which needs an account:
//!
//! ```sh
//! HUAWEICLOUD_LTS_TEST_LIVE=1 cargo test --all-features --test it live:: -- --nocapture
//! ```
//!
//! [`Client::from_env`] reads settings and credentials from the environment. Without the variable, the same code runs
//! against an emulator.
//!
//! It creates log groups whose names start with `lts-test-` and a unique number, and deletes them and their transfers
//! even if it fails. It creates transfers only if `HUAWEICLOUD_LTS_TEST_BUCKET` names a bucket.

use huaweicloud_lts::{
    Client, ClientBuilder, Emulator, GroupId, Ttl,
    emulator::{Fault, Options},
    spec::Operation,
    transfers::{Transfer, TransferInterval},
};

use tokio::task::{JoinError, LocalSet, spawn_local};

use crate::suite::TestEnvironment;

/// The suite runs against the real service if this is `1`.
const LIVE: &str = "HUAWEICLOUD_LTS_TEST_LIVE";
/// A bucket of the account.
const BUCKET: &str = "HUAWEICLOUD_LTS_TEST_BUCKET";

/// The prefix of all names of one run.
fn prefix() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("lts-test-{}-{:04x}", now.as_secs(), fastrand::u16(..))
}

/// Runs the future and cleans up even if it panics. Returns both results.
async fn run_and_clean_up(
    lts: &Client,
    prefix: &str,
    run: impl Future<Output = ()> + 'static,
) -> (Result<(), JoinError>, Result<String, String>) {
    let here = LocalSet::new();
    let outcome = here.run_until(async { spawn_local(run).await }).await;
    (outcome, clean_up(lts, prefix).await)
}

/// Prints the result of the cleanup and asserts that the run and the cleanup succeeded.
fn assert_succeeded((outcome, left): (Result<(), JoinError>, Result<String, String>)) {
    println!("{}", left.as_ref().unwrap_or_else(|left| left));
    if let Err(failed) = outcome {
        std::panic::resume_unwind(failed.into_panic());
    }
    assert!(left.is_ok(), "the cleanup left something");
}

/// Deletes every group of this run with its transfers, and returns what was deleted or what failed.
async fn clean_up(lts: &Client, prefix: &str) -> Result<String, String> {
    let groups =
        lts.groups().list().await.map_err(|error| format!("nothing could be cleaned up: {error:#}"))?;
    let groups: Vec<_> = groups.into_iter().filter(|group| group.name.starts_with(prefix)).collect();
    let mut failed = Vec::new();
    if !groups.is_empty() {
        match lts.transfers().list().await {
            Err(error) => failed.push(format!("the transfers could not be listed: {error:#}")),
            Ok(transfers) => {
                let is_ours = |group: &GroupId| groups.iter().any(|ours| ours.id == *group);
                for transfer in transfers.iter().filter(|transfer| is_ours(&transfer.group)) {
                    if let Err(error) = lts.transfers().delete(&transfer.id).await
                        && !error.is_not_found()
                    {
                        failed.push(format!("log transfer {} is left: {error:#}", transfer.id));
                    }
                }
            }
        }
    }
    let mut deleted = 0;
    for group in groups {
        match lts.groups().delete(&group.id).await {
            Ok(()) => deleted += 1,
            Err(error) if error.is_not_found() => {}
            Err(error) => failed.push(format!("log group {} ({}) is left: {error:#}", group.name, group.id)),
        }
    }
    if failed.is_empty() { Ok(format!("{deleted} log groups cleaned up")) } else { Err(failed.join("\n")) }
}

#[tokio::test]
async fn suite_deletes_everything_it_created() {
    let prefix = prefix();
    if std::env::var(LIVE).is_ok_and(|live| live == "1") {
        let lts = Client::from_env().unwrap_or_else(|error| panic!("{error:#}"));
        let bucket = std::env::var(BUCKET).ok();
        let before = lts.groups().list().await.unwrap_or_else(|error| panic!("{error:#}")).len();
        let (with, names) = (lts.clone(), prefix.clone());
        let run = async move {
            run_suite(&with, &names, bucket.as_deref()).await;
        };
        assert_succeeded(run_and_clean_up(&lts, &prefix, run).await);
        let after = lts.groups().list().await.unwrap();
        assert!(after.iter().all(|group| !group.name.starts_with(&prefix)));
        println!("{before} log groups before, {} after", after.len());
        return;
    }
    let emulator = Emulator::start().unwrap();
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    let (with, names) = (lts.clone(), prefix.clone());
    let run = async move { run_suite(&with, &names, Some(Options::DEFAULT_BUCKET)).await };
    assert_succeeded(run_and_clean_up(&lts, &prefix, run).await);
    assert!(lts.groups().list().await.unwrap().is_empty() && emulator.transfers().unwrap().is_empty());
    assert!(emulator.requests().len() > 100);
}

/// Runs the whole suite if there is a bucket, or else the part without transfers.
async fn run_suite(lts: &Client, prefix: &str, bucket: Option<&str>) {
    let with = |bucket| TestEnvironment { lts, prefix, bucket };
    match bucket {
        Some(bucket) => with(bucket).run().await,
        None => with("lts-test").run_without_transfers().await,
    }
}

#[tokio::test]
async fn failed_run_is_cleaned_up() {
    let emulator = Emulator::start().unwrap();
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    let others = lts.groups().create("of-another-user", Ttl::days(7)).await.unwrap();
    let prefix = prefix();
    let (with, name) = (lts.clone(), format!("{prefix}-left"));
    let run = async move {
        let group = with.groups().create(&name, Ttl::days(7)).await.unwrap();
        let stream = with.group(&group).streams().create("s").await.unwrap();
        let transfer = Transfer::to_obs(&group, [&stream], Options::DEFAULT_BUCKET, TransferInterval::Hours1);
        with.transfers().create(transfer).await.unwrap();
        panic!("as a failed assertion would");
    };
    let (outcome, left) = run_and_clean_up(&lts, &prefix, run).await;
    assert!(outcome.unwrap_err().is_panic(), "the run still fails");
    assert_eq!(left.as_deref(), Ok("1 log groups cleaned up"));
    let left: Vec<_> = lts.groups().list().await.unwrap().into_iter().map(|group| group.id).collect();
    assert_eq!(left, [others]);
    assert!(lts.transfers().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn cleanup_reports_groups_it_cannot_delete() {
    let emulator = Emulator::start().unwrap();
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    let prefix = prefix();
    let name = format!("{prefix}-kept");
    let group = lts.groups().create(&name, Ttl::days(7)).await.unwrap();
    let stream = lts.group(&group).streams().create("s").await.unwrap();
    let transfer = Transfer::to_obs(&group, [&stream], emulator.bucket(), TransferInterval::Minutes5);
    let transfer = lts.transfers().create(transfer).await.unwrap();
    let refused = Fault::new().operation(Operation::DeleteTransfer).code("LTS.0010").status(500);
    emulator.fault(refused.times(0)).unwrap();
    let left = clean_up(&lts, &prefix).await.unwrap_err();
    for expected in [&*name, transfer.as_str(), "log transfer", "log group", "what to do"] {
        assert!(left.contains(expected), "{left}");
    }
    emulator.clear_faults();
    assert_eq!(clean_up(&lts, &prefix).await.as_deref(), Ok("1 log groups cleaned up"));
}
