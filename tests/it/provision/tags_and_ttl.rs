//! Retention and tags of groups and streams: created with them, updated where they differ.

use huaweicloud_lts::{
    Client, Emulator, Ttl,
    emulator::{Fault, Options},
    manifest::{Group, Manifest, Stream},
    provision::{self, Action},
    spec::Operation,
};

use super::{apply, assert_settled, client, existing, group, manifest, names, reason};

/// An element of a map of tags.
fn tag(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

/// A group `app` with a stream `nginx`, both with their retention and tags.
fn tagged(ttl: u16, group_tags: &[(&str, &str)], stream_tags: &[(&str, &str)]) -> Manifest {
    let tags = |tags: &[(&str, &str)]| tags.iter().map(|(key, value)| tag(key, value)).collect();
    let ttl = Ttl::days(ttl);
    let stream = Stream { name: "nginx".to_owned(), ttl: Some(ttl.into()), tags: tags(stream_tags) };
    manifest([Group { ttl: Some(ttl), tags: tags(group_tags), streams: vec![stream], ..group("app", &[]) }])
}

/// `action kind: reason` of each step that changes something.
async fn changes(lts: &Client, declared: &Manifest, prune: bool) -> Vec<String> {
    let plan = provision::plan(lts, declared).prune(prune).await.unwrap();
    let steps = plan.steps().filter(|step| step.action != Action::Keep);
    steps.map(|step| format!("{} {}: {}", step.action, step.kind, step.reason.unwrap_or_default())).collect()
}

#[tokio::test]
async fn tags_and_ttl_are_sent_with_the_creation() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = tagged(30, &[("team", "shop"), ("empty", "")], &[("role", "web")]);
    assert_eq!(apply(&lts, &declared).await.created.len(), 2);
    let operations: Vec<_> = emulator.requests().iter().filter_map(|request| request.operation).collect();
    let expected = [Operation::ListLogGroups, Operation::CreateLogGroup, Operation::CreateLogStream];
    assert_eq!(operations, expected);
    assert_eq!(existing(&lts).await, declared);
    assert_settled(&lts, &declared, true).await;
}

#[tokio::test]
async fn tags_with_blanks_are_quoted() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    apply(&lts, &tagged(7, &[("team", "web shop"), ("x", "none")], &[])).await;
    let declared = tagged(7, &[("team", "none of these"), ("two words", "a"), ("x", "y")], &[]);
    let differences = r#"tag team "web shop" → "none of these", tag "two words" none → a, tag x "none" → y"#;
    assert_eq!(changes(&lts, &declared, false).await, [format!("update group: {differences}")]);
}

#[tokio::test]
async fn differing_ttl_and_tags_are_updated() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    apply(&lts, &tagged(7, &[("team", "shop"), ("old", "1")], &[("role", "web")])).await;
    let declared = tagged(30, &[("team", "web"), ("new", "")], &[("role", "web"), ("x", "y")]);
    assert_eq!(
        changes(&lts, &declared, false).await,
        [
            "update group: ttl 7 → 30, tag new none → \"\", tag team shop → web",
            "update stream: ttl 7 → 30, tag x none → y",
        ]
    );
    let outcome = apply(&lts, &declared).await;
    assert_eq!(names(&outcome.updated), ["group app/app", "stream app/nginx"]);
    assert!(reason(&outcome.updated[0]).starts_with("ttl 7 → 30, tag new"), "{outcome:?}");
    assert!(outcome.updated.iter().all(|item| item.id.is_some()) && outcome.is_complete());
    assert_settled(&lts, &declared, false).await;
    // A tag that is not named stays until it is pruned.
    assert_eq!(existing(&lts).await.groups[0].tags["old"], "1");
    assert_eq!(changes(&lts, &declared, true).await, ["update group: tag old 1 → none"]);
    let pruned = provision::plan(&lts, &declared).prune(true).await.unwrap().apply(&lts).await;
    assert_eq!((names(&pruned.updated), pruned.deleted.len()), (vec!["group app/app".to_owned()], 0));
    assert_eq!(existing(&lts).await, declared);
}

#[tokio::test]
async fn undeclared_ttl_is_left_alone() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    apply(&lts, &tagged(30, &[], &[])).await;
    let declared = manifest([Group { ttl: None, ..group("app", &["nginx"]) }]);
    assert_settled(&lts, &declared, true).await;
    let new = manifest([Group { ttl: None, ..group("new", &["s"]) }]);
    apply(&lts, &new).await;
    assert_eq!(existing(&lts).await.groups[1], group("new", &["s"]), "7 days, and its stream inherits them");
    let mut inherit = declared.clone();
    inherit.groups[0].streams[0].ttl = Some(Ttl::inherited());
    assert_eq!(changes(&lts, &inherit, false).await, ["update stream: ttl 30 → inherit"]);
    assert!(apply(&lts, &inherit).await.is_complete());
    assert_settled(&lts, &inherit, true).await;
}

#[tokio::test]
async fn all_tags_can_be_replaced_although_old_and_new_ones_are_too_many() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let twenty = |prefix: &str| -> Manifest {
        let mut declared = manifest([group("app", &["nginx"])]);
        let tags = (0..20).map(|i| tag(&format!("{prefix}{i}"), "v")).collect();
        declared.groups[0].streams[0].tags.clone_from(&tags);
        declared.groups[0].tags = tags;
        declared
    };
    assert!(apply(&lts, &twenty("a")).await.is_complete());
    let outcome = provision::plan(&lts, &twenty("b")).prune(true).await.unwrap().apply(&lts).await;
    assert_eq!((outcome.updated.len(), outcome.is_complete()), (2, true), "{outcome:?}");
    assert_eq!(existing(&lts).await, twenty("b"));
}

#[tokio::test]
async fn tags_of_the_service_are_neither_pruned_nor_exported() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = manifest([group("app", &["nginx"])]);
    apply(&lts, &declared).await;
    let of_service = |key: &String| key.starts_with("_sys_");
    assert!(lts.groups().list().await.unwrap()[0].tags.keys().any(of_service));
    assert_settled(&lts, &declared, true).await;
    assert_eq!(existing(&lts).await, declared);
}

#[tokio::test]
async fn failed_update_of_a_group_does_not_keep_its_streams_from_being_created() {
    let emulator = Options::default().ttl_must_be_7(true).start().unwrap();
    let lts = client(&emulator);
    apply(&lts, &manifest([group("app", &[])])).await;
    let declared = manifest([Group { ttl: Some(Ttl::days(30)), ..group("app", &["nginx"]) }]);
    let outcome = apply(&lts, &declared).await;
    assert_eq!(
        (names(&outcome.failed), names(&outcome.created)),
        (vec!["group app/app".to_owned()], vec!["stream app/nginx".to_owned()])
    );
    assert!(reason(&outcome.failed[0]).contains("LTS.0106") && outcome.failed[0].id.is_some());
}

#[tokio::test]
async fn update_that_fails_halfway_says_what_was_done_and_is_completed_later() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    apply(&lts, &tagged(7, &[], &[])).await;
    let declared = tagged(30, &[("team", "shop")], &[]);
    emulator.fault(Fault::new().operation(Operation::ChangeTags).status(400)).unwrap();
    let outcome = apply(&lts, &declared).await;
    assert_eq!((names(&outcome.failed), outcome.updated.len()), (vec!["group app/app".to_owned()], 1));
    assert!(reason(&outcome.failed[0]).contains("the ttl was set to 30 days"), "{outcome:?}");
    assert_eq!(changes(&lts, &declared, false).await, ["update group: tag team none → shop"]);
    assert!(apply(&lts, &declared).await.is_complete());
    assert_settled(&lts, &declared, true).await;
}
