//! How LTS behaves, as a client sees it: one suite for whatever answers like the service.
//!
//! It takes names of its own, and leaves nothing behind but what the service can't delete.

use huaweicloud_lts::{Client, Error, GroupId, StorageFormat, StreamId, TransferId, TransferInterval, Ttl};

/// What the suite can use.
pub(crate) struct Surroundings<'a> {
    pub(crate) lts: &'a Client,
    /// What its names start with.
    pub(crate) prefix: &'a str,
    /// A bucket that exists; of no account to [`behave_without_transfers`](Self::behave_without_transfers).
    pub(crate) bucket: &'a str,
    /// Ends a transfer, which the service has no operation for.
    pub(crate) end_transfer: &'a dyn Fn(&TransferId),
}

impl Surroundings<'_> {
    /// The whole suite.
    pub(crate) async fn behave(&self) {
        self.behave_without_transfers().await;
        self.a_transfer_guards_its_stream().await;
    }

    /// All of it that creates no transfer: nothing but a console can delete one.
    pub(crate) async fn behave_without_transfers(&self) {
        self.groups_are_created_listed_and_deleted().await;
        self.streams_are_created_listed_and_deleted().await;
        self.ensuring_creates_once().await;
        self.what_is_not_there_is_not_found().await;
    }

    fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    async fn groups_are_created_listed_and_deleted(&self) {
        let (lts, name) = (self.lts, self.name("groups"));
        let id = lts.create_group(&name, Ttl::days(7)).await.unwrap();
        let group = lts.groups().await.unwrap().into_iter().find(|group| group.id == id).unwrap();
        assert_eq!((&group.name, group.ttl), (&name, Some(Ttl::days(7))));
        assert!(group.creation_time > Some(1_577_808_000_000), "milliseconds: {:?}", group.creation_time);

        assert_eq!(lts.find_group(&name).await.unwrap().unwrap().id, id);
        assert_eq!(lts.find_group(self.name("nobody")).await.unwrap(), None);

        let error = lts.create_group(&name, Ttl::days(7)).await.unwrap_err();
        assert!(error.is_already_exists() && error.status() == Some(400), "{error}");
        assert!(error.remedy().is_some() && error.request_id().is_some(), "{error:?}");

        lts.delete_group(&id).await.unwrap();
        assert!(lts.groups().await.unwrap().iter().all(|group| group.id != id));
        assert!(lts.delete_group(&id).await.unwrap_err().is_not_found());
    }

    async fn streams_are_created_listed_and_deleted(&self) {
        let group = self.lts.create_group(self.name("streams"), Ttl::days(7)).await.unwrap();
        let in_group = self.lts.group(&group);
        assert!(in_group.streams().await.unwrap().is_empty());
        let id = in_group.create_stream("nginx").await.unwrap();
        let streams = in_group.streams().await.unwrap();
        assert_eq!(streams.len(), 1);
        assert_eq!((&streams[0].id, streams[0].name.as_str()), (&id, "nginx"));
        assert_eq!(in_group.find_stream("nginx").await.unwrap().unwrap().id, id);
        assert_eq!(in_group.find_stream("nobody").await.unwrap(), None);
        assert!(in_group.create_stream("nginx").await.unwrap_err().is_already_exists());

        in_group.delete_stream(&id).await.unwrap();
        assert!(in_group.delete_stream(&id).await.unwrap_err().is_not_found());
        in_group.create_stream("left").await.unwrap();
        // The group takes its streams along.
        self.lts.delete_group(&group).await.unwrap();
        assert!(in_group.streams().await.unwrap_err().is_not_found());
    }

    async fn a_transfer_guards_its_stream(&self) {
        let group = self.lts.create_group(self.name("transfer"), Ttl::days(7)).await.unwrap();
        let in_group = self.lts.group(&group);
        let stream = in_group.create_stream("nginx").await.unwrap();
        let create = || in_group.transfer_to_obs([&stream], self.bucket, TransferInterval::Hours12);
        let transfer = create().prefix("p").dir("d").format(StorageFormat::Json).paused().await.unwrap();

        let again = create().await.unwrap_err();
        assert!(again.is_in_use() && again.status() == Some(200), "a refusal under 200: {again}");
        assert!(in_group.delete_stream(&stream).await.unwrap_err().is_in_use());
        assert!(self.lts.delete_group(&group).await.unwrap_err().is_in_use());

        (self.end_transfer)(&transfer);
        in_group.delete_stream(&stream).await.unwrap();
        self.lts.delete_group(&group).await.unwrap();
    }

    async fn ensuring_creates_once(&self) {
        let (lts, name) = (self.lts, self.name("ensure"));
        let first = lts.ensure_group(&name, Ttl::days(7)).await.unwrap();
        let second = lts.ensure_group(&name, Ttl::days(7)).await.unwrap();
        assert_eq!((first.created, second.created, &first.id), (true, false, &second.id));
        let Error::Conflict(conflict) = lts.ensure_group(&name, Ttl::days(30)).await.unwrap_err() else {
            panic!("another ttl is a conflict")
        };
        assert_eq!((conflict.wanted(), conflict.found()), (Ttl::days(30), Ttl::days(7)));

        let in_group = lts.group(&first.id);
        let one = in_group.ensure_stream("s").await.unwrap();
        let two = in_group.ensure_stream("s").await.unwrap();
        assert_eq!((one.created, two.created, one.id), (true, false, two.id));
        lts.delete_group(&first.id).await.unwrap();
    }

    async fn what_is_not_there_is_not_found(&self) {
        let group: GroupId = "00000000-0000-4000-8000-000000000000".parse().unwrap();
        let stream: StreamId = group.as_str().parse().unwrap();
        let in_group = self.lts.group(&group);
        assert!(in_group.create_stream("s").await.unwrap_err().is_not_found());
        assert!(in_group.streams().await.unwrap_err().is_not_found());
        assert!(in_group.delete_stream(&stream).await.unwrap_err().is_not_found());
        let transfer = in_group.transfer_to_obs([&stream], self.bucket, TransferInterval::Minutes2);
        let error = transfer.await.unwrap_err();
        assert!(error.is_not_found() && error.status() == Some(200), "{error}");
    }
}
