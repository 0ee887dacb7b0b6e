//! The behaviour of log transfers.

use huaweicloud_lts::{
    Ttl,
    transfers::{StorageFormat, Transfer, TransferInterval},
};

use super::TestEnvironment;

impl TestEnvironment<'_> {
    pub(super) async fn check_transfer_protects_its_stream(&self) {
        let group = self.lts.groups().create(self.name("transfer"), Ttl::days(7)).await.unwrap();
        let in_group = self.lts.group(&group);
        let stream = in_group.streams().create("nginx").await.unwrap();
        let transfers = self.lts.transfers();
        let plain = Transfer::to_obs(&group, [&stream], self.bucket, TransferInterval::Hours12);
        let other = plain.clone().prefix("p").dir("d").format(StorageFormat::Json).paused(true);
        let transfer = transfers.create_log_dump(other).await.unwrap();

        let again = transfers.create_log_dump(plain).await.unwrap_err();
        assert!(again.is_in_use() && again.status() == Some(200), "a refusal under 200: {again}");
        assert!(in_group.streams().delete(&stream).await.unwrap_err().is_in_use());
        assert!(self.lts.groups().delete(&group).await.unwrap_err().is_in_use());

        (self.delete_transfer)(&transfer);
        in_group.streams().delete(&stream).await.unwrap();
        self.lts.groups().delete(&group).await.unwrap();
    }
}
