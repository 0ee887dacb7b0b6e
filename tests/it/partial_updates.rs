//! Updates that take several requests, and clouds that do not offer an operation of a newer edition.

use huaweicloud_lts::{
    Client, ClientBuilder, Emulator, Error, GroupId, Login, StreamId, TransferId, Ttl,
    api::lts::types::{ListLogContextRequestBody, ListLogHistogramRequestBody, ListLogsRequestBody},
    emulator::{Fault, Seed},
    logs::{Line, LineTime},
    spec::{Operation, Service},
    transfers::{Transfer, TransferInterval},
};
use serde_json::json;

/// An emulator with a group, a stream and a transfer.
async fn environment() -> (Emulator, Client) {
    let emulator = Emulator::start().unwrap();
    let manifest = json!({"groups": [{
        "name": "app", "streams": ["nginx", "worker"],
        "transfers": [{"streams": ["nginx"], "bucket": "lts-test", "every": "5min"}],
    }]});
    emulator.seed(&Seed::new().manifest(serde_json::from_value(manifest).unwrap())).unwrap();
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    (emulator, lts)
}

#[tokio::test]
async fn failed_update_says_what_was_done_before() {
    let (emulator, lts) = environment().await;
    let app = lts.groups().find("app").await.unwrap().unwrap().id;
    let streams = lts.group(&app).streams();
    let nginx = streams.find("nginx").await.unwrap().unwrap().id;
    let update_group = || lts.groups().update(&app).ttl(Ttl::days(30)).tag("a", "b").untag("c");
    let update_stream = || streams.update(&nginx).ttl(Ttl::inherited()).tag("a", "b").untag("c");

    // The first request fails: nothing was done.
    for operation in [Operation::UpdateLogGroup, Operation::UpdateLogStream] {
        emulator.fault(Fault::new().operation(operation).code("LTS.0001").status(403)).unwrap();
    }
    for error in [update_group().await.unwrap_err(), update_stream().await.unwrap_err()] {
        assert!(matches!(error, Error::Service(_)), "{error:?}");
    }

    // A later one: the message says what was done, and the rest is as for the cause.
    let ttl = ["the ttl was set to 30 days", "the ttl of the group was set"];
    for passed in [0, 1] {
        for (of, expected) in ttl.iter().enumerate() {
            let tag_faults = Fault::new().operation(Operation::ChangeTags);
            if passed == 1 {
                // The real response, as the first match in order of arrival.
                emulator.fault(tag_faults.clone().delay(std::time::Duration::ZERO)).unwrap();
            }
            emulator.fault(tag_faults.code("LTS.0018").status(403)).unwrap();
            let error = match of {
                0 => update_group().await.unwrap_err(),
                _ => update_stream().await.unwrap_err(),
            };
            let Error::Incomplete(incomplete) = &error else { panic!("{error:?}") };
            let expected = match passed {
                0 => vec![*expected],
                _ => vec![*expected, "tags were set"],
            };
            assert_eq!(incomplete.done(), expected);
            let (cause, text) = (incomplete.cause(), error.to_string());
            assert_eq!((error.status(), error.code()), (Some(403), Some("LTS.0018")));
            assert_eq!((cause.status(), error.request_id()), (Some(403), cause.request_id()));
            assert!(text.contains("LTS.0018") && text.starts_with(&cause.to_string()), "{text}");
            assert!(text.ends_with(&format!("(done before: {})", expected.join(", "))), "{text}");
            assert_eq!(error.remedy(), cause.remedy());
            assert!(format!("{error:#}").contains("what to do"), "{error:#}");
        }
    }
    assert!(emulator.faults().is_empty());

    // Repeated, it is carried out: updates change nothing that is there already.
    update_group().await.unwrap();
    update_stream().await.unwrap();
    let group = lts.groups().find("app").await.unwrap().unwrap();
    assert_eq!((group.ttl, group.tags.get("a").map(String::as_str)), (Some(Ttl::days(30)), Some("b")));
}

#[tokio::test]
async fn update_without_a_change_sends_nothing() {
    let (emulator, lts) = environment().await;
    let app = lts.groups().find("app").await.unwrap().unwrap().id;
    let nginx = lts.group(&app).streams().find("nginx").await.unwrap().unwrap().id;
    let before = emulator.requests().len();
    lts.groups().update(&app).await.unwrap();
    lts.group(&app).streams().update(&nginx).await.unwrap();
    assert_eq!(emulator.requests().len(), before);
}

/// Calls an operation that searches logs.
async fn search(lts: &Client, operation: Operation, group: &GroupId, stream: &StreamId) -> Error {
    let (api, project) = (lts.api(), lts.project_id().await.unwrap());
    let example = operation.request().unwrap().examples[0].value;
    let error = match operation {
        Operation::ListLogs => {
            let call = api.list_logs().project_id(&project).log_group_id(group).log_stream_id(stream);
            let body: ListLogsRequestBody = serde_json::from_str(example).unwrap();
            call.body(body).send().await.map(drop)
        }
        Operation::ListLogContext => {
            let call = api.list_log_context().project_id(&project).log_group_id(group).log_stream_id(stream);
            let body: ListLogContextRequestBody = serde_json::from_str(example).unwrap();
            call.body(body).send().await.map(drop)
        }
        _ => {
            let body: ListLogHistogramRequestBody = serde_json::from_str(example).unwrap();
            api.list_log_histogram().project_id(&project).body(body).send().await.map(drop)
        }
    };
    Error::from_api(error.unwrap_err())
}

/// Calls an operation of a newer edition.
async fn call(emulator: &Emulator, lts: &Client, operation: Operation) -> Error {
    let group: GroupId = "b6b9332b-091f-4b22-b810-264318d2d664".parse().unwrap();
    let stream: StreamId = group.as_str().parse().unwrap();
    let task: TransferId = group.as_str().parse().unwrap();
    let (streams, transfers) = (lts.group(&group).streams(), lts.transfers());
    match operation {
        Operation::UpdateLogGroup => lts.groups().update(&group).ttl(Ttl::days(1)).await.unwrap_err(),
        Operation::UpdateLogStream => streams.update(&stream).ttl(Ttl::days(1)).await.unwrap_err(),
        Operation::ListProjectLogStreams => lts.streams().list().await.unwrap_err(),
        Operation::ChangeTags => streams.update(&stream).tag("a", "b").await.unwrap_err(),
        Operation::CreateTransfer => {
            let transfer = Transfer::to_obs(&group, [&stream], "bucket", TransferInterval::Hours1);
            transfers.create(transfer).await.unwrap_err()
        }
        Operation::ListTransfers => transfers.list().await.unwrap_err(),
        Operation::UpdateTransfer => {
            let listed = transfers.list().await.unwrap().pop().unwrap();
            transfers.update(&listed).paused(true).await.unwrap_err()
        }
        Operation::DeleteTransfer => transfers.delete(&task).await.unwrap_err(),
        Operation::PutLogBatches => lts.group(&group).stream(&stream).logs().put(["a"]).await.unwrap_err(),
        Operation::PutLogs | Operation::PutTimedLogs => {
            let login = Login::new(emulator.user(), emulator.password(), emulator.domain());
            let lts = ClientBuilder::from(emulator).credentials(login).build().unwrap();
            let line = match operation {
                Operation::PutLogs => Line::new("a"),
                _ => Line::new("a").at(LineTime::now()),
            };
            lts.group(&group).stream(&stream).logs().put([line]).await.unwrap_err()
        }
        Operation::ListLogs | Operation::ListLogContext | Operation::ListLogHistogram => {
            search(lts, operation, &group, &stream).await
        }
        other => panic!("add a call for {other:?}"),
    }
}

#[tokio::test]
async fn operation_that_a_cloud_does_not_offer_is_named_with_the_alternative() {
    let (emulator, lts) = environment().await;
    let newer = Operation::ALL.iter().copied().filter(|operation| operation.is_newer());
    let mut remedies = Vec::new();
    for operation in newer.filter(|operation| operation.service() == Service::Lts) {
        emulator.fault(Fault::new().operation(operation).code("APIGW.0101")).unwrap();
        let error = call(&emulator, &lts, operation).await;
        assert_eq!((error.status(), error.code()), (Some(404), Some("APIGW.0101")), "{operation}");
        assert!(!error.is_not_found() && !error.outcome_unknown(), "{operation}: no resource is missing");
        let remedy = error.remedy().unwrap().into_owned();
        let start = format!("This cloud does not offer {operation}. ");
        assert!(remedy.starts_with(&start) && remedy.len() > start.len() + 10, "{remedy}");
        assert!(format!("{error:#}").contains(&remedy), "{error:#}");
        assert!(emulator.faults().is_empty(), "{operation} was called once");
        remedies.push(remedy);
    }
    assert!(remedies.len() >= 8, "{remedies:?}");
    assert!(remedies.iter().any(|remedy| remedy.contains("log-dump") || remedy.contains("createLogDumpObs")));
    // The same code for an operation of the older edition is about the path or the region.
    emulator.fault(Fault::new().operation(Operation::ListLogGroups).code("APIGW.0101")).unwrap();
    let error = lts.groups().list().await.unwrap_err();
    assert!(!error.remedy().unwrap().contains("does not offer"), "{error:#}");
}
