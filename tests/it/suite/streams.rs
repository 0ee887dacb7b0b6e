//! The behaviour of log streams.

use huaweicloud_lts::Ttl;

use super::TestEnvironment;

impl TestEnvironment<'_> {
    pub(super) async fn check_stream_lifecycle(&self) {
        let group = self.lts.create_group(self.name("streams"), Ttl::days(7)).await.unwrap();
        let in_group = self.lts.group(&group);
        assert!(in_group.streams().await.unwrap().is_empty());
        let id = in_group.create_stream("nginx").await.unwrap();
        let streams = in_group.streams().await.unwrap();
        assert_eq!(streams.len(), 1);
        assert_eq!((&streams[0].id, streams[0].name.as_str()), (&id, "nginx"));
        assert_eq!(in_group.find_stream("nginx").await.unwrap().unwrap().id, id);
        assert_eq!(in_group.find_stream("missing").await.unwrap(), None);
        assert!(in_group.create_stream("nginx").await.unwrap_err().is_already_exists());

        in_group.delete_stream(&id).await.unwrap();
        assert!(in_group.delete_stream(&id).await.unwrap_err().is_not_found());
        in_group.create_stream("left").await.unwrap();
        // Deleting the group deletes its streams.
        self.lts.delete_group(&group).await.unwrap();
        assert!(in_group.streams().await.unwrap_err().is_not_found());
    }
}
