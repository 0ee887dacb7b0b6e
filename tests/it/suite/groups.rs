//! The behaviour of log groups.

use huaweicloud_lts::Ttl;

use super::TestEnvironment;

impl TestEnvironment<'_> {
    pub(super) async fn check_group_lifecycle(&self) {
        let (lts, name) = (self.lts, self.name("groups"));
        let id = lts.create_group(&name, Ttl::days(7)).await.unwrap();
        let group = lts.groups().await.unwrap().into_iter().find(|group| group.id == id).unwrap();
        assert_eq!((&group.name, group.ttl), (&name, Some(Ttl::days(7))));
        assert!(group.creation_time > Some(1_577_808_000_000), "milliseconds: {:?}", group.creation_time);

        assert_eq!(lts.find_group(&name).await.unwrap().unwrap().id, id);
        assert_eq!(lts.find_group(self.name("missing")).await.unwrap(), None);

        let error = lts.create_group(&name, Ttl::days(7)).await.unwrap_err();
        assert!(error.is_already_exists() && error.status() == Some(400), "{error}");
        assert!(error.remedy().is_some() && error.request_id().is_some(), "{error:?}");

        lts.delete_group(&id).await.unwrap();
        assert!(lts.groups().await.unwrap().iter().all(|group| group.id != id));
        assert!(lts.delete_group(&id).await.unwrap_err().is_not_found());
    }
}
