//! Manifests against the emulator: planned, applied, exported.

mod apply;
mod command;
mod concurrency;
mod diff;
mod export;
mod older_clouds;
mod partition;
mod plan;
mod round_trip;
mod schema;
mod tags_and_ttl;
mod transfers;

use huaweicloud_lts::{
    Client, ClientBuilder, Emulator, Ttl,
    call::RetryPolicy,
    manifest::{Group, Manifest, Transfer},
    provision::{self, Action, Item, Outcome},
    transfers::{ObsDestination, StorageFormat, TransferInterval},
};

fn group(name: &str, streams: &[&str]) -> Group {
    let streams = streams.iter().map(|name| (*name).into()).collect();
    Group { name: name.to_owned(), ttl: Some(Ttl::days(7)), streams, ..Group::default() }
}

fn transfer(emulator: &Emulator, streams: &[&str]) -> Transfer {
    Transfer {
        streams: streams.iter().map(|name| (*name).to_owned()).collect(),
        to: ObsDestination {
            prefix: Some("p".to_owned()),
            ..ObsDestination::new(emulator.bucket(), TransferInterval::Minutes5)
        },
        format: StorageFormat::Json,
        paused: true,
    }
}

fn manifest(groups: impl IntoIterator<Item = Group>) -> Manifest {
    Manifest { groups: groups.into_iter().collect() }
}

/// A manifest with this many groups of this many streams.
fn many(groups: usize, streams: usize) -> Manifest {
    manifest((0..groups).map(|g| {
        let streams: Vec<String> = (0..streams).map(|s| format!("s-{s}")).collect();
        group(&format!("g-{g}"), &streams.iter().map(String::as_str).collect::<Vec<_>>())
    }))
}

fn client(emulator: &Emulator) -> Client {
    ClientBuilder::from(emulator).build().unwrap()
}

/// A client without retries, so that each fault is a failure.
fn client_without_retries(emulator: &Emulator) -> Client {
    ClientBuilder::from(emulator).retry(RetryPolicy::off()).build().unwrap()
}

async fn apply(lts: &Client, manifest: &Manifest) -> Outcome {
    provision::plan(lts, manifest).await.unwrap().apply(lts).await
}

/// What exists, as a manifest.
async fn existing(lts: &Client) -> Manifest {
    provision::export(lts).await.unwrap().manifest
}

/// A manifest as it is exported: in order, with transfers of the same settings as one.
fn sorted(mut manifest: Manifest) -> Manifest {
    manifest.groups.sort_by(|a, b| a.name.cmp(&b.name));
    for group in &mut manifest.groups {
        group.streams.sort_by(|a, b| a.name.cmp(&b.name));
        let mut transfers: Vec<Transfer> = Vec::new();
        for transfer in group.transfers.drain(..) {
            let is_same = |other: &&mut Transfer| {
                (&other.to, other.format, other.paused) == (&transfer.to, transfer.format, transfer.paused)
            };
            match transfers.iter_mut().find(is_same) {
                Some(same) => same.streams.extend(transfer.streams),
                None => transfers.push(transfer),
            }
        }
        transfers.iter_mut().for_each(|transfer| transfer.streams.sort());
        transfers.sort_by(|a, b| a.streams.cmp(&b.streams));
        group.transfers = transfers;
    }
    manifest
}

/// Asserts that applying a manifest again changes nothing.
async fn assert_settled(lts: &Client, manifest: &Manifest, prune: bool) {
    let plan = provision::plan(lts, manifest).prune(prune).await.unwrap();
    let changes: Vec<_> = plan.steps().filter(|step| step.action != Action::Keep).collect();
    assert!(changes.is_empty(), "{changes:?}");
}

/// `kind group/name` of each item.
fn names(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| format!("{} {}/{}", item.kind, item.group, item.name)).collect()
}

fn reason(item: &Item) -> &str {
    item.reason.as_deref().unwrap_or_default()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Clears all faults, and returns a client that sees the state.
fn client_after_clearing_faults(emulator: &Emulator) -> Client {
    emulator.clear_faults();
    client_without_retries(emulator)
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&schemars::schema_for!(Manifest).to_value()).unwrap()
}

/// A YAML document as the JSON value that the schema validates.
fn value(yaml: &str) -> serde_json::Value {
    serde_yaml::from_str(yaml).unwrap()
}
