//! Reads what exists: a list of groups, one of all streams, one of all transfers.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    client::Client,
    error::{Error, TransportFailure},
    ids::GroupId,
    model::{LogGroup, LogStream, LogTransfer},
    spec::codes,
};

/// The default number of calls that run at the same time.
pub const DEFAULT_CONCURRENCY: usize = 16;

/// The existing groups of interest, with their streams and transfers.
#[derive(Debug, Default)]
pub(super) struct Existing {
    pub(super) groups: Vec<LogGroup>,
    /// The number of groups of the project.
    pub(super) all_groups: usize,
    streams: HashMap<GroupId, Vec<LogStream>>,
    /// None if the cloud doesn't list transfers.
    transfers: Option<HashMap<GroupId, Vec<LogTransfer>>>,
}

impl Existing {
    /// Reads the groups that `is_wanted` chooses. Without any, one list suffices.
    pub(super) async fn read(
        client: &Client,
        concurrency: usize,
        is_wanted: impl Fn(&LogGroup) -> bool,
    ) -> Result<Self, Error> {
        let mut groups = list_groups(client).await?;
        let all_groups = groups.len();
        groups.retain(is_wanted);
        if groups.is_empty() {
            return Ok(Self { all_groups, transfers: Some(HashMap::new()), ..Self::default() });
        }
        // One after the other, since each takes much memory while it is decoded.
        let streams = list_streams(client, concurrency, &groups).await?;
        let transfers = list_transfers(client).await?;
        // A group without an entry was deleted in the meantime.
        groups.retain(|group| streams.contains_key(&group.id));
        Ok(Self { groups, all_groups, streams, transfers })
    }

    /// Whether the cloud lists transfers.
    pub(super) fn lists_transfers(&self) -> bool {
        self.transfers.is_some()
    }

    pub(super) fn take_streams(&mut self, group: &GroupId) -> Vec<LogStream> {
        self.streams.remove(group).unwrap_or_default()
    }

    pub(super) fn take_transfers(&mut self, group: &GroupId) -> Vec<LogTransfer> {
        self.transfers.as_mut().and_then(|transfers| transfers.remove(group)).unwrap_or_default()
    }
}

/// Lists the groups. Failures are retried until the deadline, except for a service that can't be reached at all: a wrong
/// endpoint is reported soon.
async fn list_groups(client: &Client) -> Result<Vec<LogGroup>, Error> {
    let is_unreachable =
        |error: &Error| matches!(error, Error::Transport(e) if e.failure() == TransportFailure::Connect);
    match client.groups().list().await {
        Err(error) if error.is_retryable() && !is_unreachable(&error) => {
            client.groups().list().persistent().await
        }
        result => result,
    }
}

/// The streams of the groups: those of the project or, where that doesn't tell their groups, a list for each group.
async fn list_streams(
    client: &Client,
    concurrency: usize,
    groups: &[LogGroup],
) -> Result<HashMap<GroupId, Vec<LogStream>>, Error> {
    let all = match client.streams().list().persistent().await {
        Err(error) if is_not_offered(&error) => {
            return list_streams_of_each(client, concurrency, groups).await;
        }
        all => all?,
    };
    if all.iter().any(|stream| stream.group.is_none()) {
        // It takes as much memory as the lists that follow.
        drop(all);
        return list_streams_of_each(client, concurrency, groups).await;
    }
    let mut streams: HashMap<_, _> = groups.iter().map(|group| (group.id.clone(), Vec::new())).collect();
    for stream in all {
        if let Some(of_group) = stream.group.as_ref().and_then(|group| streams.get_mut(group)) {
            of_group.push(stream);
        }
    }
    Ok(streams)
}

async fn list_streams_of_each(
    client: &Client,
    concurrency: usize,
    groups: &[LogGroup],
) -> Result<HashMap<GroupId, Vec<LogStream>>, Error> {
    let ids: Vec<GroupId> = groups.iter().map(|group| group.id.clone()).collect();
    let lists = stream::iter(ids).map(|id| async move {
        match client.group(&id).streams().list().persistent().await {
            Ok(streams) => Ok(Some((id, streams))),
            // The group was deleted in the meantime.
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    });
    lists.buffer_unordered(concurrency).try_filter_map(async |entry| Ok(entry)).try_collect().await
}

/// The transfers by their group; none if the cloud doesn't list them.
async fn list_transfers(client: &Client) -> Result<Option<HashMap<GroupId, Vec<LogTransfer>>>, Error> {
    let all = match client.transfers().list().persistent().await {
        Err(error) if is_not_offered(&error) => return Ok(None),
        all => all?,
    };
    let mut transfers: HashMap<_, Vec<_>> = HashMap::new();
    for transfer in all {
        transfers.entry(transfer.group.clone()).or_default().push(transfer);
    }
    Ok(Some(transfers))
}

/// Whether the cloud doesn't have the operation.
fn is_not_offered(error: &Error) -> bool {
    error.code() == Some(codes::APIGW_0101)
}
