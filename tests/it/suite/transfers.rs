//! The behaviour of log transfers.

use huaweicloud_lts::{StorageFormat, TransferInterval, Ttl};

use super::TestEnvironment;

impl TestEnvironment<'_> {
    pub(super) async fn check_transfer_protects_its_stream(&self) {
        let group = self.lts.create_group(self.name("transfer"), Ttl::days(7)).await.unwrap();
        let in_group = self.lts.group(&group);
        let stream = in_group.create_stream("nginx").await.unwrap();
        let create = || in_group.transfer_to_obs([&stream], self.bucket, TransferInterval::Hours12);
        let transfer = create().prefix("p").dir("d").format(StorageFormat::Json).paused().await.unwrap();

        let again = create().await.unwrap_err();
        assert!(again.is_in_use() && again.status() == Some(200), "a refusal under 200: {again}");
        assert!(in_group.delete_stream(&stream).await.unwrap_err().is_in_use());
        assert!(self.lts.delete_group(&group).await.unwrap_err().is_in_use());

        (self.delete_transfer)(&transfer);
        in_group.delete_stream(&stream).await.unwrap();
        self.lts.delete_group(&group).await.unwrap();
    }
}
