//! `lts demo`: all operations against an emulator in this process.

use std::{collections::BTreeMap, fmt::Display, future::IntoFuture, time::Instant};

use huaweicloud_lts::{
    Client, Emulator, Error, GroupId, Login, StreamId, Ttl,
    api::lts::types::{
        ListLogContextRequestBody, ListLogHistogramRequestBody, ListLogsRequestBody, LogBatch, LogLabels,
        LogTimeNs, PutLogBatchesRequestBody, PutLogsRequestBody, PutTimedLogsRequestBody, TimedLog,
    },
    error::ServiceError,
    logs::LineTime,
    transfers::{Transfer, TransferInterval},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    context::Context,
    error::CliError,
    output::{plural, print, print_lines, stdout_width},
    wrap::wrap,
};

const GROUP: &str = "lts-demo";
const OTHER_GROUP: &str = "lts-demo-2";
const STREAM: &str = "nginx";
const OTHER_STREAM: &str = "worker";
/// The minimum length of a path segment that is shortened as an id.
const MIN_ID_LENGTH: usize = 30;
/// The width of the column with paths.
const PATH_WIDTH: usize = 27;

pub(crate) fn run(context: &Context) -> Result<(), CliError> {
    let emulator = Emulator::start()?;
    context.run(Demo { emulator }.run())
}

struct Demo {
    emulator: Emulator,
}

impl Demo {
    async fn run(self) -> Result<(), CliError> {
        let emulator = &self.emulator;
        print_lines(&format!("An emulator of LTS and IAM runs at {} during this demo.\n", emulator.url()))?;

        print("\nWith a token, after a login to IAM:\n")?;
        let login = Login::new(emulator.user(), emulator.password(), emulator.domain());
        let with_token = Client::builder()
            .endpoint(emulator.url())
            .iam_endpoint(emulator.url())
            .project_id(emulator.project_id())
            .credentials(login)
            .build()?;
        self.step(with_token.project_id(), |_| "a token".to_owned()).await?;
        self.all_operations(&with_token).await?;

        print("\nWith an access key, each request signed:\n")?;
        let with_key = huaweicloud_lts::ClientBuilder::from(emulator).build()?;
        self.all_operations(&with_key).await?;

        print("\nAn error response:\n")?;
        let group = self.step(with_key.groups().create(GROUP, Ttl::days(7)), short).await?;
        self.error_response(&with_key).await?;
        self.step(with_key.groups().delete(&group), deleted).await?;

        let left = (with_key.groups().list().await?.len(), emulator.transfers()?.len());
        if left != (0, 0) {
            return Err(CliError::Bug(format!("{} groups and {} transfers are left behind", left.0, left.1)));
        }
        print("\nEvery step succeeded; nothing is left behind.\n")
    }

    async fn all_operations(&self, lts: &Client) -> Result<(), CliError> {
        let (group, stream) = self.operations_of_the_reference(lts).await?;
        self.newer_operations(lts, &group, &stream).await?;
        self.write_logs(lts, &group, &stream).await?;
        self.search_logs(lts, &group, &stream).await?;
        self.step(lts.group(&group).streams().delete(&stream), deleted).await?;
        self.step(lts.groups().delete(&group), deleted).await
    }

    /// The seven operations of the reference of 2024-03. Returns a group and its stream, which has a transfer.
    async fn operations_of_the_reference(&self, lts: &Client) -> Result<(GroupId, StreamId), CliError> {
        let group = self.step(lts.groups().create(GROUP, Ttl::days(7)), short).await?;
        let other = self.step(lts.groups().create(OTHER_GROUP, Ttl::days(7)), short).await?;
        let groups = self.step(lts.groups().list(), |groups| plural(groups.len(), "group")).await?;
        expect(groups.iter().any(|found| found.id == group && found.name == GROUP), "the group is listed")?;

        let streams = lts.group(&group).streams();
        let stream = self.step(streams.create(STREAM), short).await?;
        let unused = self.step(streams.create(OTHER_STREAM), short).await?;
        let listed = self.step(streams.list(), |streams| plural(streams.len(), "stream")).await?;
        let is_listed = listed.iter().any(|found| found.id == stream && found.name == STREAM);
        expect(is_listed, "the stream is listed")?;

        let transfer =
            Transfer::to_obs(&group, [&stream], self.emulator.bucket(), TransferInterval::Minutes5);
        self.step(lts.transfers().create_log_dump(transfer), short).await?;
        self.step(streams.delete(&unused), deleted).await?;
        self.step(lts.groups().delete(&other), deleted).await?;
        Ok((group, stream))
    }

    /// The operations of newer editions.
    async fn newer_operations(
        &self,
        lts: &Client,
        group: &GroupId,
        stream: &StreamId,
    ) -> Result<(), CliError> {
        self.step(lts.groups().update(group).ttl(Ttl::days(30)), |()| "30 days".to_owned()).await?;
        let streams = lts.group(group).streams();
        self.step(streams.update(stream).ttl(Ttl::days(14)), |()| "14 days".to_owned()).await?;
        self.step(streams.update(stream).tag("team", "shop"), |()| "1 tag".to_owned()).await?;
        let listed = self.step(lts.streams().list(), |streams| plural(streams.len(), "stream")).await?;
        let is_changed = listed.iter().any(|found| {
            found.id == *stream && found.ttl == Some(Ttl::days(14).into()) && found.tags["team"] == "shop"
        });
        expect(is_changed, "the stream has the new ttl and the tag")?;

        let transfers = lts.transfers();
        let listed = self.step(transfers.list(), |transfers| plural(transfers.len(), "transfer")).await?;
        let [dump] = listed.as_slice() else {
            return Err(CliError::Bug(format!("expected one transfer, found {}", listed.len())));
        };
        self.step(transfers.update(dump).paused(true), |()| "paused".to_owned()).await?;
        self.step(transfers.delete(&dump.id), deleted).await?;
        let bucket = self.emulator.bucket();
        let transfer = Transfer::to_obs(group, [stream], bucket, TransferInterval::Hours1);
        let transfer = self.step(transfers.create(transfer), short).await?;
        self.step(transfers.delete(&transfer), deleted).await
    }

    /// The operations that write logs. The client picks one of them by its credentials; here each is run.
    async fn write_logs(&self, lts: &Client, group: &GroupId, stream: &StreamId) -> Result<(), CliError> {
        let (api, project) = (lts.access_api()?, lts.project_id().await?);
        let (time, labels) = (LineTime::now().as_nanoseconds(), LogLabels(BTreeMap::new()));
        let line = |log: &str| TimedLog { log: log.into(), log_time_ns: LogTimeNs(time) };
        let written = |what: &'static str| move |_: &_| what.to_owned();

        let contents = ["GET /a 200", "GET /b 500"].map(Into::into).into();
        let log_time_ns = LogTimeNs(time);
        let body =
            PutLogsRequestBody { contents, labels: labels.clone(), log_time_ns, tenant_project_id: None };
        let call = api.put_logs().project_id(&project).log_group_id(group).log_stream_id(stream).body(body);
        self.step(async { call.send().await.map_err(Error::from_api) }, written("2 lines")).await?;

        let body =
            PutTimedLogsRequestBody { contents: vec![line("started")], labels, tenant_project_id: None };
        let call = api.put_timed_logs().project_id(&project).log_group_id(group).log_stream_id(stream);
        self.step(async { call.body(body).send().await.map_err(Error::from_api) }, written("1 line")).await?;

        let labels = r#"{"app":"shop"}"#.to_owned();
        let batch = LogBatch { contents: vec![line("stopped")], labels, tenant_project_id: None };
        let body = PutLogBatchesRequestBody { log_items: vec![batch] };
        let call = api.put_log_batches().project_id(&project).log_group_id(group).log_stream_id(stream);
        self.step(async { call.body(body).send().await.map_err(Error::from_api) }, written("1 line")).await?;
        Ok(())
    }

    /// The operations that search logs. They find the four lines written before.
    async fn search_logs(&self, lts: &Client, group: &GroupId, stream: &StreamId) -> Result<(), CliError> {
        const STEP: i64 = 60_000;
        let (api, project) = (lts.api(), lts.project_id().await?);
        let now = LineTime::now().as_nanoseconds() / 1_000_000;
        let (start, end) = (now - STEP, now + STEP);

        let body = json!({
            "start_time": start.to_string(), "end_time": end.to_string(), "keywords": "GET OR st*", "highlight": false,
        });
        let body: ListLogsRequestBody = body_of(body)?;
        let call = api.list_logs().project_id(&project).log_group_id(group).log_stream_id(stream).body(body);
        let call = async { call.send().await.map_err(Error::from_api) };
        let found = self.step(call, |page| plural(page.logs.iter().flatten().count(), "line")).await?;
        let lines: Vec<_> = found.into_inner().logs.into_iter().flatten().flatten().collect();
        let contents: Vec<_> = lines.iter().filter_map(|line| line.content.0.as_deref()).collect();
        expect(contents == ["GET /a 200", "GET /b 500", "started", "stopped"], "the lines are found")?;

        let body: ListLogContextRequestBody =
            body_of(json!({"line_num": lines[1].line_num, "backwards_size": 1}))?;
        let call = api.list_log_context().project_id(&project).log_group_id(group).log_stream_id(stream);
        let call = async { call.body(body).send().await.map_err(Error::from_api) };
        let context =
            self.step(call, |context| plural(context.logs.iter().flatten().count(), "line")).await?;
        expect(context.total_count.0 == Some(4), "the line is found with its neighbours")?;

        let body: ListLogHistogramRequestBody = body_of(json!({
            "start_time": start.to_string(), "end_time": end.to_string(), "step_interval": STEP,
            "group_id": group, "stream_id": stream, "key_word": "get",
        }))?;
        let call = api.list_log_histogram().project_id(&project).body(body);
        let call = async { call.send().await.map_err(Error::from_api) };
        let counts =
            self.step(call, |counts| plural(counts.histogram.iter().flatten().count(), "step")).await?;
        expect(counts.count.0 == Some(2), "two lines have the word")
    }

    /// Makes a call and prints a line about its request.
    async fn step<T>(
        &self,
        call: impl IntoFuture<Output = Result<T, Error>>,
        result: impl FnOnce(&T) -> String,
    ) -> Result<T, CliError> {
        let start = Instant::now();
        let value = call.await?;
        self.print_line(&result(&value), start)?;
        Ok(value)
    }

    /// Creates the group a second time, which must fail.
    async fn error_response(&self, lts: &Client) -> Result<(), CliError> {
        let start = Instant::now();
        let error = match lts.groups().create(GROUP, Ttl::days(7)).await {
            Err(error) if error.is_already_exists() => error,
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(CliError::Bug("a second group with the same name was created".to_owned())),
        };
        self.print_line(error.code().unwrap_or_default(), start)?;
        let message = error.as_service().map(ServiceError::message).unwrap_or_default();
        print_lines(&format!("  message:      {message}\n"))?;
        let remedy = error.remedy().unwrap_or_default();
        const LABEL: &str = "  what to do:   ";
        let remedy = match stdout_width() {
            Some(width) => {
                let lines = wrap(&remedy, width.saturating_sub(LABEL.len()));
                lines.join(&format!("\n{}", " ".repeat(LABEL.len())))
            }
            None => remedy.into(),
        };
        print_lines(&format!("{LABEL}{remedy}\n"))
    }

    /// Prints operation, method, path, status, result and time of the last request in the emulator's journal.
    fn print_line(&self, result: &str, start: Instant) -> Result<(), CliError> {
        let time = start.elapsed().as_secs_f64() * 1_000.0;
        let requests = self.emulator.requests();
        let last =
            requests.last().ok_or_else(|| CliError::Bug("the emulator has seen no request".to_owned()))?;
        let operation = last.operation.map(|operation| operation.id()).unwrap_or_default();
        let status = last.status.map(|status| status.to_string()).unwrap_or_default();
        let (method, path) = (&last.method, shortened(&last.path));
        print_lines(&format!(
            "{operation:<21} {method:<6} {path:<PATH_WIDTH$} {status} {result:<10} {time:>5.1} ms\n"
        ))
    }
}

/// A request body from its JSON.
fn body_of<T: DeserializeOwned>(body: Value) -> Result<T, CliError> {
    serde_json::from_value(body).map_err(|error| CliError::Bug(error.to_string()))
}

/// What a line says about a deletion.
fn deleted(_: &()) -> String {
    "deleted".to_owned()
}

/// The first characters of an id.
fn short(id: &impl Display) -> String {
    shortened(&id.to_string())
}

/// A path with its ids shortened, and without its middle if it is still too long for a line of the terminal.
fn shortened(path: &str) -> String {
    let shorten = |segment: &str| match segment.len() {
        MIN_ID_LENGTH.. => format!("{}…", segment.chars().take(3).collect::<String>()),
        _ => segment.to_owned(),
    };
    let segments: Vec<_> = path.split('/').map(shorten).collect();
    let whole = segments.join("/");
    let [start @ .., one, two] = segments.as_slice() else { return whole };
    let with_start = |kept: usize| format!("{}/…/{one}/{two}", start[..kept.min(start.len())].join("/"));
    // With the version and the project if there is room.
    let shorter = [whole, with_start(3), with_start(1)];
    let fits = |path: &&String| path.chars().count() <= PATH_WIDTH;
    shorter.iter().find(fits).or(shorter.last()).cloned().unwrap_or_default()
}

fn expect(holds: bool, what: &str) -> Result<(), CliError> {
    if holds { Ok(()) } else { Err(CliError::Bug(format!("expected that {what}"))) }
}
