//! The behaviour of log streams.

use huaweicloud_lts::Ttl;

use super::TestEnvironment;

impl TestEnvironment<'_> {
    pub(super) async fn check_stream_lifecycle(&self) {
        let group = self.lts.groups().create(self.name("streams"), Ttl::days(7)).await.unwrap();
        let in_group = self.lts.group(&group);
        assert!(in_group.streams().list().await.unwrap().is_empty());
        let id = in_group.streams().create("nginx").await.unwrap();
        let streams = in_group.streams().list().await.unwrap();
        assert_eq!(streams.len(), 1);
        assert_eq!((&streams[0].id, streams[0].name.as_str()), (&id, "nginx"));
        assert_eq!(in_group.streams().find("nginx").await.unwrap().unwrap().id, id);
        assert_eq!(in_group.streams().find("missing").await.unwrap(), None);
        assert!(in_group.streams().create("nginx").await.unwrap_err().is_already_exists());

        in_group.streams().delete(&id).await.unwrap();
        assert!(in_group.streams().delete(&id).await.unwrap_err().is_not_found());
        in_group.streams().create("left").await.unwrap();
        // Deleting the group deletes its streams.
        self.lts.groups().delete(&group).await.unwrap();
        assert!(in_group.streams().list().await.unwrap_err().is_not_found());
    }
}
