//! The behaviour of tags.

use std::collections::BTreeMap;

use huaweicloud_lts::Ttl;

use super::TestEnvironment;

/// Tags without those of the service.
fn own(tags: BTreeMap<String, String>) -> Vec<(String, String)> {
    tags.into_iter().filter(|(key, _)| !key.starts_with("_sys_")).collect()
}

fn tags(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

impl TestEnvironment<'_> {
    pub(super) async fn check_tags(&self) {
        let (lts, name) = (self.lts, self.name("tags"));
        let group = lts.groups().create(&name, Ttl::days(7)).tag("team", "shop").await.unwrap();
        let streams = lts.group(&group).streams();
        let stream = streams.create("nginx").tag("kind", "access").await.unwrap();
        let of_group = async || own(lts.groups().find(&name).await.unwrap().unwrap().tags);
        let of_stream = async || own(streams.find("nginx").await.unwrap().unwrap().tags);
        assert_eq!(of_group().await, tags(&[("team", "shop")]));
        assert_eq!(of_stream().await, tags(&[("kind", "access")]));

        lts.groups().update(&group).tag("team", "web").tag("empty", "").await.unwrap();
        assert_eq!(of_group().await, tags(&[("empty", ""), ("team", "web")]));
        assert_eq!(of_stream().await, tags(&[("kind", "access")]), "the group's tags are its own");
        lts.groups().update(&group).tag("shared", "1").tag_streams(true).await.unwrap();
        assert_eq!(of_stream().await, tags(&[("kind", "access"), ("shared", "1")]));
        lts.groups().update(&group).untag("team").untag("absent").tag("a", "b").await.unwrap();
        assert_eq!(of_group().await, tags(&[("a", "b"), ("empty", ""), ("shared", "1")]));

        streams.update(&stream).tag("kind", "error").untag("shared").await.unwrap();
        assert_eq!(of_stream().await, tags(&[("kind", "error")]));
        lts.groups().delete(&group).await.unwrap();
    }
}
