//! The behaviour of LTS as a client sees it: one suite for the service, the emulator and other servers.
//!
//! It uses names with a prefix, and deletes everything that it creates.

mod groups;
mod streams;
mod tags;
mod transfers;

use huaweicloud_lts::{
    Client, Error, GroupId, StreamId, TransferId, Ttl,
    transfers::{Transfer, TransferInterval},
};

/// What the suite needs.
pub(crate) struct TestEnvironment<'a> {
    pub(crate) lts: &'a Client,
    /// The prefix of all names that the suite creates.
    pub(crate) prefix: &'a str,
    /// An existing bucket. [`run_without_transfers`](Self::run_without_transfers) ignores it.
    pub(crate) bucket: &'a str,
}

impl TestEnvironment<'_> {
    /// Runs the whole suite.
    pub(crate) async fn run(&self) {
        self.run_without_transfers().await;
        self.check_transfer_lifecycle().await;
        self.check_ensure_adapts_a_transfer().await;
        self.check_log_dump_is_a_transfer().await;
    }

    /// Runs the part that needs no bucket.
    pub(crate) async fn run_without_transfers(&self) {
        self.check_group_lifecycle().await;
        self.check_stream_lifecycle().await;
        self.check_project_streams_name_their_group().await;
        self.check_tags().await;
        self.check_ensure_creates_once().await;
        self.check_missing_resources_are_not_found().await;
    }

    fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    async fn check_ensure_creates_once(&self) {
        let (lts, name) = (self.lts, self.name("ensure"));
        let first = lts.groups().ensure(&name, Ttl::days(7)).await.unwrap();
        let second = lts.groups().ensure(&name, Ttl::days(7)).await.unwrap();
        assert_eq!((first.created, second.created, &first.id), (true, false, &second.id));
        let Error::Conflict(huaweicloud_lts::error::ConflictError::Ttl { wanted, found, .. }) =
            lts.groups().ensure(&name, Ttl::days(30)).await.unwrap_err()
        else {
            panic!("another ttl is a conflict")
        };
        assert_eq!((wanted, found), (Ttl::days(30), Ttl::days(7)));

        let in_group = lts.group(&first.id);
        let one = in_group.streams().ensure("s").await.unwrap();
        let two = in_group.streams().ensure("s").await.unwrap();
        assert_eq!((one.created, two.created, one.id), (true, false, two.id));
        lts.groups().delete(&first.id).await.unwrap();
    }

    async fn check_missing_resources_are_not_found(&self) {
        let group: GroupId = "00000000-0000-4000-8000-000000000000".parse().unwrap();
        let stream: StreamId = group.as_str().parse().unwrap();
        let in_group = self.lts.group(&group);
        assert!(in_group.streams().create("s").await.unwrap_err().is_not_found());
        assert!(in_group.streams().list().await.unwrap_err().is_not_found());
        assert!(in_group.streams().delete(&stream).await.unwrap_err().is_not_found());
        let transfer = Transfer::to_obs(&group, [&stream], self.bucket, TransferInterval::Minutes2);
        let error = self.lts.transfers().create_log_dump(transfer.clone()).await.unwrap_err();
        assert!(error.is_not_found() && error.status() == Some(200), "{error}");
        let error = self.lts.transfers().create(transfer).await.unwrap_err();
        assert!(error.is_not_found() && error.status() == Some(400), "{error}");
        let task: TransferId = group.as_str().parse().unwrap();
        assert!(self.lts.transfers().delete(&task).await.unwrap_err().is_not_found());
        assert!(self.lts.groups().update(&group).ttl(Ttl::days(7)).await.unwrap_err().is_not_found());
        assert!(self.lts.groups().update(&group).tag("a", "b").await.unwrap_err().is_not_found());
        assert!(in_group.streams().update(&stream).ttl(Ttl::days(7)).await.unwrap_err().is_not_found());
        assert!(in_group.streams().update(&stream).untag("a").await.unwrap_err().is_not_found());
    }
}
