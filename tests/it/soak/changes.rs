//! A lane that creates, updates and deletes groups, streams, tags and transfers, and compares what is listed with what
//! was acknowledged.

use std::{collections::BTreeMap, rc::Rc};

use huaweicloud_lts::{
    Client, GroupId, StreamId, Ttl,
    emulator::Options,
    streams::StreamTtl,
    transfers::{Transfer, TransferInterval},
};
use tokio::time::sleep;

use super::{Soak, count};

/// How many groups a lane keeps.
const KEPT: usize = 5;

#[derive(Debug, Clone, PartialEq)]
struct Group {
    ttl: Ttl,
    tags: BTreeMap<String, String>,
    streams: BTreeMap<String, Stream>,
}

#[derive(Debug, Clone, PartialEq)]
struct Stream {
    ttl: StreamTtl,
    tags: BTreeMap<String, String>,
    /// Whether its transfer is paused, if it has one.
    transfer: Option<bool>,
}

/// Tags without those of the service.
fn own(mut tags: BTreeMap<String, String>) -> BTreeMap<String, String> {
    tags.retain(|key, _| !key.starts_with("_sys_"));
    tags
}

/// The groups of a lane.
pub(super) struct Lane {
    client: Client,
    prefix: String,
    /// By name: the id, and what was acknowledged.
    groups: BTreeMap<String, (GroupId, Group)>,
}

pub(super) async fn run(soak: Rc<Soak>, client: Client, number: usize) -> Lane {
    let mut lane = Lane { client, prefix: format!("changes-{number}-"), groups: BTreeMap::new() };
    let mut generation = 0_u64;
    while !soak.is_over() {
        lane.make_group(&soak, generation).await;
        generation += 1;
        if lane.groups.len() > KEPT {
            lane.delete_oldest(&soak).await;
        }
    }
    lane
}

impl Lane {
    /// A change was acknowledged: what is listed must be what is expected.
    async fn changed(&self, soak: &Soak) {
        count(&soak.counts.changes, 1);
        self.verify(soak).await;
        sleep(soak.period / 1_000).await;
    }

    pub(super) async fn verify(&self, soak: &Soak) {
        let groups = soak.persist(async || self.client.groups().list().await).await;
        let transfers = soak.persist(async || self.client.transfers().list().await).await;
        let mut listed = BTreeMap::new();
        for group in groups.into_iter().filter(|group| group.name.starts_with(&self.prefix)) {
            let streams = self.client.group(&group.id).streams();
            let mut found = BTreeMap::new();
            for stream in soak.persist(async || streams.list().await).await {
                let transfer =
                    transfers.iter().find(|transfer| transfer.streams.iter().any(|one| one.id == stream.id));
                let transfer = transfer.map(|transfer| transfer.is_paused());
                let (ttl, tags) = (stream.ttl.unwrap(), own(stream.tags));
                found.insert(stream.name, Stream { ttl, tags, transfer });
            }
            let found = Group { ttl: group.ttl.unwrap(), tags: own(group.tags), streams: found };
            listed.insert(group.name, (group.id, found));
        }
        assert_eq!(listed, self.groups);
    }

    async fn make_group(&mut self, soak: &Soak, generation: u64) {
        let name = format!("{}{generation:06}", self.prefix);
        let client = self.client.clone();
        let groups = client.groups();
        let group = soak.persist(async || groups.ensure(&name, Ttl::days(7)).await).await.id;
        let made = Group { ttl: Ttl::days(7), tags: BTreeMap::new(), streams: BTreeMap::new() };
        self.groups.insert(name.clone(), (group.clone(), made));
        self.changed(soak).await;

        let update = async || groups.update(&group).ttl(Ttl::days(30)).tag("team", "shop").await;
        soak.persist(update).await;
        let expected = self.group(&name);
        expected.ttl = Ttl::days(30);
        expected.tags.insert("team".to_owned(), "shop".to_owned());
        self.changed(soak).await;

        let in_group = client.group(&group);
        let streams = in_group.streams();
        let mut ids: Vec<StreamId> = Vec::new();
        for stream in ["first", "second"] {
            ids.push(soak.persist(async || streams.ensure(stream).await).await.id);
            let made = Stream { ttl: Ttl::inherited(), tags: BTreeMap::new(), transfer: None };
            self.group(&name).streams.insert(stream.to_owned(), made);
            self.changed(soak).await;
        }
        let update = async || streams.update(&ids[0]).ttl(Ttl::days(14)).tag("kind", "access").await;
        soak.persist(update).await;
        let expected = self.stream(&name, "first");
        expected.ttl = Ttl::days(14).into();
        expected.tags.insert("kind".to_owned(), "access".to_owned());
        self.changed(soak).await;

        for stream in &ids {
            let bucket = Options::DEFAULT_BUCKET;
            let transfer = Transfer::to_obs(&group, [stream], bucket, TransferInterval::Minutes5);
            soak.persist(async || client.transfers().ensure(transfer.clone()).await).await;
            self.stream(&name, if *stream == ids[0] { "first" } else { "second" }).transfer = Some(false);
            self.changed(soak).await;
        }
        let transfer = soak.persist(async || client.transfers().find(&ids[0]).await).await.unwrap();
        soak.persist(async || client.transfers().update(&transfer).paused(true).await).await;
        self.stream(&name, "first").transfer = Some(true);
        self.changed(soak).await;

        soak.persist(async || streams.update(&ids[0]).untag("kind").await).await;
        self.stream(&name, "first").tags.clear();
        self.changed(soak).await;

        // Every other group keeps this stream and its transfer.
        if generation.is_multiple_of(2) {
            soak.delete(async || client.transfers().delete(&transfer.id).await).await;
            self.stream(&name, "first").transfer = None;
            self.changed(soak).await;
            soak.delete(async || streams.delete(&ids[0]).await).await;
            self.group(&name).streams.remove("first");
            self.changed(soak).await;
        }
    }

    async fn delete_oldest(&mut self, soak: &Soak) {
        let (_, (group, _)) = self.groups.pop_first().unwrap();
        let transfers = soak.persist(async || self.client.transfers().list().await).await;
        for transfer in transfers.iter().filter(|transfer| transfer.group == group) {
            soak.delete(async || self.client.transfers().delete(&transfer.id).await).await;
        }
        soak.delete(async || self.client.groups().delete(&group).await).await;
        self.changed(soak).await;
    }

    fn group(&mut self, name: &str) -> &mut Group {
        &mut self.groups.get_mut(name).unwrap().1
    }

    fn stream(&mut self, group: &str, name: &str) -> &mut Stream {
        self.group(group).streams.get_mut(name).unwrap()
    }
}
