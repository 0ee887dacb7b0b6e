//! The behaviour of log transfers.

use huaweicloud_lts::{
    GroupId, StreamId, Ttl,
    transfers::{EnsuredTransfer, StorageFormat, Transfer, TransferInterval},
};

use super::TestEnvironment;

impl TestEnvironment<'_> {
    /// A group with two streams.
    async fn group_with_streams(&self, name: &str) -> (GroupId, StreamId, StreamId) {
        let group = self.lts.groups().create(self.name(name), Ttl::days(7)).await.unwrap();
        let in_group = self.lts.group(&group);
        let one = in_group.streams().create("nginx").await.unwrap();
        (group, one, in_group.streams().create("worker").await.unwrap())
    }

    pub(super) async fn check_transfer_lifecycle(&self) {
        let (group, nginx, worker) = self.group_with_streams("transfer").await;
        let (in_group, transfers) = (self.lts.group(&group), self.lts.transfers());
        let plain = Transfer::to_obs(&group, [&nginx, &worker], self.bucket, TransferInterval::Hours12);
        let paused = plain.clone().prefix("p").dir("d").format(StorageFormat::Json).paused(true);
        let id = transfers.create(paused).await.unwrap();
        let task = transfers.find(&worker).await.unwrap().unwrap();
        assert_eq!((&task.id, &task.group), (&id, &group));
        assert_eq!(transfers.find(&nginx).await.unwrap().unwrap(), task);
        let obs = task.obs().unwrap();
        assert_eq!((obs.bucket.as_str(), obs.every), (self.bucket, TransferInterval::Hours12));
        assert_eq!((obs.prefix.as_deref(), obs.dir.as_deref()), (Some("p"), Some("d")));
        assert_eq!((task.format(), task.is_paused()), (Some(StorageFormat::Json), true));

        let again = transfers.create(plain).await.unwrap_err();
        assert!(again.is_in_use(), "{again}");
        assert!(in_group.streams().delete(&nginx).await.unwrap_err().is_in_use());
        assert!(self.lts.groups().delete(&group).await.unwrap_err().is_in_use());
        // The retention and the tags of its streams can change.
        in_group.streams().update(&nginx).ttl(Ttl::days(2)).tag("a", "b").await.unwrap();

        let update =
            transfers.update(&task).every(TransferInterval::Minutes5).paused(false).streams([&worker]);
        update.await.unwrap();
        let changed = transfers.find(&worker).await.unwrap().unwrap();
        let obs = changed.obs().unwrap();
        assert_eq!((obs.every, obs.prefix.as_deref()), (TransferInterval::Minutes5, Some("p")));
        assert!(changed.id == id && !changed.is_paused());
        assert_eq!(transfers.find(&nginx).await.unwrap(), None);
        in_group.streams().delete(&nginx).await.unwrap();

        transfers.delete(&id).await.unwrap();
        assert!(transfers.delete(&id).await.unwrap_err().is_not_found());
        assert_eq!(transfers.find(&worker).await.unwrap(), None);
        in_group.streams().delete(&worker).await.unwrap();
        self.lts.groups().delete(&group).await.unwrap();
    }

    pub(super) async fn check_ensure_adapts_a_transfer(&self) {
        let (group, nginx, _) = self.group_with_streams("ensure-transfer").await;
        let transfers = self.lts.transfers();
        let transfer = Transfer::to_obs(&group, [&nginx], self.bucket, TransferInterval::Minutes30);
        let EnsuredTransfer::Created(id) = transfers.ensure(transfer.clone()).await.unwrap() else {
            panic!("there was none");
        };
        let ensured = transfers.ensure(transfer.clone()).await.unwrap();
        assert_eq!(ensured, EnsuredTransfer::Unchanged(id.clone()));
        let other = transfer.prefix("p").format(StorageFormat::Json);
        let ensured = transfers.ensure(other.clone()).await.unwrap();
        assert_eq!(ensured, EnsuredTransfer::Updated(id.clone()));
        assert_eq!(transfers.ensure(other).await.unwrap(), EnsuredTransfer::Unchanged(id.clone()));
        transfers.delete(&id).await.unwrap();
        self.lts.groups().delete(&group).await.unwrap();
    }

    pub(super) async fn check_log_dump_is_a_transfer(&self) {
        let (group, nginx, worker) = self.group_with_streams("log-dump").await;
        let transfers = self.lts.transfers();
        let transfer = |stream| Transfer::to_obs(&group, [stream], self.bucket, TransferInterval::Hours12);
        let id = transfers.create_log_dump(transfer(&nginx)).await.unwrap();
        let again = transfers.create_log_dump(transfer(&nginx)).await.unwrap_err();
        assert!(again.is_in_use() && again.status() == Some(200), "a refusal under 200: {again}");
        assert!(self.lts.group(&group).streams().delete(&nginx).await.unwrap_err().is_in_use());
        // It can be listed, changed and deleted like others.
        let task = transfers.find(&nginx).await.unwrap().unwrap();
        assert_eq!((&task.id, task.is_paused()), (&id, false));
        transfers.update(&task).paused(true).await.unwrap();
        assert!(transfers.find(&nginx).await.unwrap().unwrap().is_paused());
        let second = transfers.create(transfer(&worker)).await.unwrap();
        for id in [id, second] {
            transfers.delete(&id).await.unwrap();
        }
        self.lts.groups().delete(&group).await.unwrap();
    }
}
