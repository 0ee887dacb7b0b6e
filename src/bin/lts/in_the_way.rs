//! Transfers that keep a log group or log stream from being deleted.

use huaweicloud_lts::{Client, transfers::LogTransfer};

use crate::output::{eprint_line, quoted};

/// The transfers for which `is_of` holds. None where they can't be listed: some clouds have no operation for it.
pub(crate) async fn transfers(lts: &Client, is_of: impl Fn(&LogTransfer) -> bool) -> Vec<LogTransfer> {
    let transfers = lts.transfers().list().await.unwrap_or_default();
    transfers.into_iter().filter(is_of).collect()
}

/// A transfer with its streams and destination: `transfer ID of log stream "nginx" to bucket "logs"`.
pub(crate) fn described(transfer: &LogTransfer) -> String {
    format!("transfer {} {}", transfer.id, route(transfer))
}

/// From which streams a transfer goes where: `of log stream "nginx" in group "app" to bucket "logs"`.
pub(crate) fn route(transfer: &LogTransfer) -> String {
    let name = |(name, id): (&Option<String>, &str)| name.clone().unwrap_or_else(|| id.to_owned());
    let streams = transfer.streams.iter().map(|stream| name((&stream.name, stream.id.as_str())));
    let streams = quoted("log stream", &streams.collect::<Vec<_>>());
    let group = name((&transfer.group_name, transfer.group.as_str()));
    let member = |name: &str| transfer.info.detail.get(name)?.as_str();
    let target = match (member("obs_bucket_name"), member("dis_name"), member("kafka_topic")) {
        (Some(bucket), ..) => format!("bucket {bucket:?}"),
        (_, Some(stream), _) => format!("DIS stream {stream:?}"),
        (.., Some(topic)) => format!("Kafka topic {topic:?}"),
        _ => "an unknown destination".to_owned(),
    };
    format!("of {streams} in group {group:?} to {target}")
}

/// The transfers with the command that deletes them, to follow the advice about a resource in use.
pub(crate) fn advice(transfers: &[LogTransfer]) -> Option<String> {
    let verb = match transfers.len() {
        0 => return None,
        1 => "is",
        _ => "are",
    };
    let ids: Vec<&str> = transfers.iter().map(|transfer| transfer.id.as_str()).collect();
    let what: Vec<String> = transfers.iter().map(described).collect();
    Some(format!("In the way {verb} {}: `lts transfer delete {}`.", what.join(", "), ids.join(" ")))
}

/// Says before a question which transfers must be deleted first.
pub(crate) fn warn(transfers: &[LogTransfer]) {
    for transfer in transfers {
        let (what, id) = (described(transfer), &transfer.id);
        eprint_line(format_args!("note: {what} is in the way; delete it first: lts transfer delete {id}"));
    }
}
