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

        // A stream has the retention of its group, or one of its own.
        let ttl = async || in_group.streams().find("nginx").await.unwrap().unwrap().ttl;
        assert_eq!(ttl().await, Some(Ttl::inherited()));
        in_group.streams().update(&id).ttl(Ttl::days(14)).await.unwrap();
        assert_eq!(ttl().await, Some(Ttl::days(14).into()));
        in_group.streams().update(&id).ttl(Ttl::inherited()).await.unwrap();
        assert_eq!(ttl().await, Some(Ttl::inherited()));
        let kept = in_group.streams().create("kept").ttl(Ttl::days(3)).await.unwrap();
        let kept = in_group.streams().list().await.unwrap().into_iter().find(|stream| stream.id == kept);
        assert_eq!(kept.unwrap().ttl, Some(Ttl::days(3).into()));

        in_group.streams().delete(&id).await.unwrap();
        assert!(in_group.streams().delete(&id).await.unwrap_err().is_not_found());
        in_group.streams().create("left").await.unwrap();
        // Deleting the group deletes its streams.
        self.lts.groups().delete(&group).await.unwrap();
        assert!(in_group.streams().list().await.unwrap_err().is_not_found());
    }

    pub(super) async fn check_project_streams_name_their_group(&self) {
        let lts = self.lts;
        let (first, second) = (self.name("list-a"), self.name("list-b"));
        let mut created = Vec::new();
        for name in [&first, &second] {
            let group = lts.groups().create(name, Ttl::days(7)).await.unwrap();
            let stream = lts.group(&group).streams().create(&first).await.unwrap();
            created.push((Some(group), stream));
        }
        let all = lts.streams().list().await.unwrap();
        let named = lts.streams().list().stream_name(&first).await.unwrap();
        let of_group = lts.streams().list().group_name(&second).await.unwrap();
        for (list, expected) in [(all, &created[..]), (named, &created[..]), (of_group, &created[1..])] {
            let list: Vec<_> = list.into_iter().map(|stream| (stream.group, stream.id)).collect();
            assert!(expected.iter().all(|stream| list.contains(stream)), "{list:?}");
        }
        // Names are whole names.
        assert_eq!(lts.streams().list().stream_name(self.name("list")).await.unwrap(), []);
        for (group, _) in created {
            lts.groups().delete(&group.unwrap()).await.unwrap();
        }
    }
}
