//! The spans and events of the client, and the tables of them on the front page of the documentation.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use huaweicloud_lts::{
    ClientBuilder, Emulator, Login, Secret, Ttl, call::RetryPolicy, credentials::ResolvedCredentials,
    emulator::Fault, spec::Operation,
};
use tokio::{sync::mpsc, time::timeout};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    instrument::WithSubscriber,
    span,
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt, registry::LookupSpan};

use crate::isolated_process::in_isolated_process;

/// A span or an event with the fields that were filled in.
#[derive(Debug, Clone)]
struct Record {
    target: &'static str,
    level: String,
    fields: BTreeMap<&'static str, String>,
}

impl Record {
    fn new(metadata: &'static Metadata<'static>) -> Self {
        Self { target: metadata.target(), level: metadata.level().to_string(), fields: BTreeMap::new() }
    }

    /// The fields as `name=value`, without those that differ with each run.
    fn stable_fields(&self) -> Vec<String> {
        let fields = self.fields.iter().filter(|(name, _)| **name != "lts.request_id");
        fields.map(|(name, value)| format!("{name}={value}")).collect()
    }
}

impl Visit for Record {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

/// Sends closed spans and events of this crate.
struct Recorder(mpsc::UnboundedSender<Record>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, cx: Context<'_, S>) {
        let mut record = Record::new(attributes.metadata());
        attributes.record(&mut record);
        cx.span(id).unwrap().extensions_mut().insert(record);
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, cx: Context<'_, S>) {
        values.record(cx.span(id).unwrap().extensions_mut().get_mut::<Record>().unwrap());
    }

    fn on_close(&self, id: span::Id, cx: Context<'_, S>) {
        self.send(cx.span(&id).unwrap().extensions().get::<Record>().unwrap().clone());
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut record = Record::new(event.metadata());
        event.record(&mut record);
        self.send(record);
    }
}

impl Recorder {
    fn send(&self, record: Record) {
        if record.target.starts_with("huaweicloud_lts") {
            self.0.send(record).unwrap();
        }
    }
}

/// What was recorded.
struct Records {
    incoming: mpsc::UnboundedReceiver<Record>,
    all: Vec<Record>,
}

impl Records {
    /// Waits for a record of this target.
    async fn next(&mut self, target: &str) -> Record {
        loop {
            let record = timeout(Duration::from_secs(30), self.incoming.recv()).await;
            let record = record.unwrap_or_else(|_| panic!("nothing of {target} was recorded")).unwrap();
            self.all.push(record.clone());
            if record.target == target {
                return record;
            }
        }
    }

    /// Waits for the span of a call, and asserts its fields except for the request id.
    #[track_caller]
    fn span(&mut self, expected: &[&str]) -> impl Future<Output = Record> {
        let caller = std::panic::Location::caller();
        async move {
            let span = self.next(CALL).await;
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(span.stable_fields(), expected, "{caller}");
            span
        }
    }
}

const CALL: &str = "huaweicloud_lts::call";
const RETRY: &str = "huaweicloud_lts::retry";
const CREDENTIALS: &str = "huaweicloud_lts::credentials";

/// The fields of every span of `listLogGroups`.
const LIST: [&str; 5] = [
    "otel.name=GET /v2/{project_id}/groups",
    "otel.kind=client",
    "http.request.method=GET",
    "url.template=/v2/{project_id}/groups",
    "lts.operation=listLogGroups",
];

#[tokio::test]
async fn spans_and_events_have_the_documented_fields() {
    if !in_isolated_process("spans::spans_and_events_have_the_documented_fields") {
        return;
    }
    let (sender, incoming) = mpsc::unbounded_channel();
    let mut records = Records { incoming, all: Vec::new() };
    let emulator = Emulator::start().unwrap();
    let calls = make_calls(&emulator, &mut records);
    let token = calls.with_subscriber(tracing_subscriber::registry().with(Recorder(sender))).await;
    while let Ok(record) = records.incoming.try_recv() {
        records.all.push(record);
    }

    let mut seen = Table::new();
    for record in &records.all {
        let names = record.fields.keys().filter(|name| **name != "message").map(|name| (*name).to_owned());
        let key = (record.target.to_owned(), record.level.clone());
        seen.entry(key).or_default().extend(names);
    }
    assert_eq!(seen, documented(), "seen and documented");

    let shown = format!("{:?}", records.all);
    for secret in [emulator.secret_key(), emulator.password(), "of-the-gateway", token.expose()] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
}

/// Makes calls of every outcome, and asserts the fields of their spans. Returns a token that was used.
async fn make_calls(emulator: &Emulator, records: &mut Records) -> Secret {
    let lts = ClientBuilder::from(emulator).sensitive_header("X-Gateway-Key", "of-the-gateway");
    let lts = lts.retry(RetryPolicy::default().first_pause(Duration::ZERO)).build().unwrap();

    lts.groups().list().await.unwrap();
    let span = records.span(&with(&LIST, &["http.response.status_code=200"])).await;
    let request_id = emulator.requests()[0].request_id.clone();
    assert_eq!(span.fields["lts.request_id"], request_id);

    lts.request("PATCH", "/v2/{project_id}/unknown?a=b").await.unwrap();
    let unknown = [
        "otel.name=PATCH /v2/{project_id}/unknown",
        "otel.kind=client",
        "http.request.method=PATCH",
        "url.template=/v2/{project_id}/unknown",
        "http.response.status_code=404",
        "error.type=APIGW.0101",
    ];
    assert!(records.span(&unknown).await.fields.contains_key("lts.request_id"));

    emulator.fault(Fault::new().status(503).times(2)).unwrap();
    lts.groups().list().await.unwrap();
    for attempt in ["1", "2"] {
        let retry = records.next(RETRY).await;
        assert_eq!(
            (retry.fields["attempt"].as_str(), retry.fields["error.type"].as_str()),
            (attempt, "service")
        );
    }
    let retried = ["http.response.status_code=200", "http.request.resend_count=2"];
    records.span(&with(&LIST, &retried)).await;

    lts.groups().create("app", Ttl::days(7)).await.unwrap();
    let create = [
        "otel.name=POST /v2/{project_id}/groups",
        "otel.kind=client",
        "http.request.method=POST",
        "url.template=/v2/{project_id}/groups",
        "lts.operation=createLogGroup",
    ];
    records.span(&with(&create, &["http.response.status_code=201"])).await;
    lts.groups().create("app", Ttl::days(7)).await.unwrap_err();
    let refused = ["http.response.status_code=400", "error.type=LTS.0101"];
    assert!(records.span(&with(&create, &refused)).await.fields.contains_key("lts.request_id"));

    emulator.fault(Fault::new().drop_before()).unwrap();
    lts.groups().list().retry(RetryPolicy::off()).await.unwrap_err();
    let failed = records.span(&with(&LIST, &["error.type=transport"])).await;
    assert!(!failed.fields.contains_key("lts.request_id"));

    refresh_a_token(emulator, records).await
}

/// Fails to refresh the token of a login before it expires. Returns the token.
async fn refresh_a_token(emulator: &Emulator, records: &mut Records) -> Secret {
    let minutes_passed = Arc::new(AtomicU64::new(0));
    let minutes = Arc::clone(&minutes_passed);
    let login = Login::new(emulator.user(), emulator.password(), emulator.domain());
    let lts = ClientBuilder::from(emulator)
        .credentials(login)
        .retry(RetryPolicy::off())
        .clock(move || SystemTime::now() + Duration::from_secs(minutes.load(Relaxed) * 60))
        .build()
        .unwrap();
    let ResolvedCredentials::Token { token, .. } = lts.credentials().await.unwrap() else {
        panic!("a login gives a token");
    };
    assert_eq!(records.next(CALL).await.fields["lts.operation"], "createToken");

    // The token lives for a day, and is refreshed half an hour before its end.
    emulator.fault(Fault::new().operation(Operation::CreateToken).status(500)).unwrap();
    minutes_passed.store(24 * 60 - 15, Relaxed);
    lts.groups().list().await.unwrap();
    let warning = records.next(CREDENTIALS).await;
    assert!(warning.fields["message"].starts_with("the IAM token can't be renewed"), "{warning:?}");
    token
}

fn with<'a>(fields: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [fields, more].concat()
}

/// The names of fields, by target and level.
type Table = BTreeMap<(String, String), BTreeSet<String>>;

/// The tables on the front page: one of the targets, and one of the span's fields.
fn documented() -> Table {
    let code = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut table = Table::new();
    let mut header = "";
    for line in include_str!("../../src/lib.rs").lines() {
        let Some(row) = line.strip_prefix("//! | ") else { continue };
        if !row.starts_with('`') {
            // The line below the header has only dashes.
            header = if row.starts_with("---") { header } else { row };
            continue;
        }
        let cells: Vec<_> = row.split(" | ").collect();
        if header.starts_with("target |") {
            let key = (code(cells[0])[0].clone(), code(cells[1])[0].clone());
            table.entry(key).or_default().extend(code(cells[3]));
        } else if header.starts_with("field of the span |") {
            table.entry((CALL.to_owned(), "DEBUG".to_owned())).or_default().extend(code(cells[0]));
        }
    }
    table
}
