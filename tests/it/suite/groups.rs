//! The behaviour of log groups.

use huaweicloud_lts::Ttl;

use super::TestEnvironment;

impl TestEnvironment<'_> {
    pub(super) async fn check_group_lifecycle(&self) {
        let (lts, name) = (self.lts, self.name("groups"));
        let id = lts.groups().create(&name, Ttl::days(7)).await.unwrap();
        let group = lts.groups().list().await.unwrap().into_iter().find(|group| group.id == id).unwrap();
        assert_eq!((&group.name, group.ttl), (&name, Some(Ttl::days(7))));
        assert!(group.creation_time > Some(1_577_808_000_000), "milliseconds: {:?}", group.creation_time);

        assert_eq!(lts.groups().find(&name).await.unwrap().unwrap().id, id);
        assert_eq!(lts.groups().find(self.name("missing")).await.unwrap(), None);

        let error = lts.groups().create(&name, Ttl::days(7)).await.unwrap_err();
        assert!(error.is_already_exists() && error.status() == Some(400), "{error}");
        assert!(error.remedy().is_some() && error.request_id().is_some(), "{error:?}");

        lts.groups().update(&id).ttl(Ttl::days(30)).await.unwrap();
        assert_eq!(lts.groups().find(&name).await.unwrap().unwrap().ttl, Some(Ttl::days(30)));

        lts.groups().delete(&id).await.unwrap();
        assert!(lts.groups().list().await.unwrap().iter().all(|group| group.id != id));
        assert!(lts.groups().delete(&id).await.unwrap_err().is_not_found());
    }
}
