//! Manifests against the emulator: planned, applied, exported.

mod apply;
mod command;
mod concurrency;
mod export;
mod partition;
mod plan;
mod schema;

use huaweicloud_lts::{
    Client, ClientBuilder, Emulator, Ttl,
    call::RetryPolicy,
    manifest::{Group, Manifest, Transfer},
    provision::{self, Item, Outcome},
    transfers::{ObsDestination, StorageFormat, TransferInterval},
};

fn group(name: &str, streams: &[&str]) -> Group {
    let streams = streams.iter().map(|name| (*name).to_owned()).collect();
    Group { name: name.to_owned(), ttl: Ttl::days(7), streams, transfers: Vec::new() }
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

/// The existing groups and streams, as a manifest without transfers.
async fn existing(lts: &Client) -> Manifest {
    provision::export(lts).await.unwrap().manifest
}

/// A manifest in the order of an export, and without transfers.
fn sorted(mut manifest: Manifest) -> Manifest {
    manifest.groups.sort_by(|a, b| a.name.cmp(&b.name));
    for group in &mut manifest.groups {
        group.streams.sort();
        group.transfers.clear();
    }
    manifest
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
