//! `lts demo`: the main job, end to end, against an emulator in this process.

use std::{fmt::Display, future::IntoFuture, time::Instant};

use huaweicloud_lts::{Client, Emulator, Error, Login, ServiceError, TransferInterval, Ttl};

use crate::{context::Context, error::Failure, output};

/// The names that the demo uses.
const GROUP: &str = "lts-demo";
const STREAM: &str = "nginx";
/// A segment of a path of so many bytes is an id.
const LONG: usize = 30;

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let emulator = Emulator::start()?;
    context.run(Demo { emulator }.all())
}

struct Demo {
    emulator: Emulator,
}

impl Demo {
    async fn all(self) -> Result<(), Failure> {
        let emulator = &self.emulator;
        output::text(&format!(
            "An emulator of LTS and IAM is at {} for as long as this runs.\n",
            emulator.url()
        ))?;

        output::text("\nWith a token, after a login to IAM:\n")?;
        let login = Login::new(emulator.user(), emulator.password(), emulator.domain());
        let by_token = Client::builder()
            .endpoint(emulator.url())
            .iam_endpoint(emulator.url())
            .project_id(emulator.project_id())
            .credentials(login)
            .build()?;
        self.step(by_token.project_id(), |_| "a token".to_owned()).await?;
        self.seven_operations(&by_token).await?;

        output::text("\nWith an access key, each request signed:\n")?;
        let signing = huaweicloud_lts::ClientBuilder::from(emulator).build()?;
        self.seven_operations(&signing).await?;

        output::text("\nA refusal:\n")?;
        let group = self.step(signing.create_group(GROUP, Ttl::days(7)), short).await?;
        self.refusal(&signing).await?;
        self.step(signing.delete_group(&group), |()| "deleted".to_owned()).await?;

        let left = (signing.groups().await?.len(), emulator.transfers()?.len());
        if left != (0, 0) {
            return Err(Failure::Bug(format!("{} groups and {} transfers are left behind", left.0, left.1)));
        }
        output::text("\nAll as expected; nothing is left behind.\n")
    }

    async fn seven_operations(&self, lts: &Client) -> Result<(), Failure> {
        let group = self.step(lts.create_group(GROUP, Ttl::days(7)), short).await?;
        let groups = self.step(lts.groups(), |groups| count(groups.len(), "group")).await?;
        expect(groups.iter().any(|found| found.id == group && found.name == GROUP), "the group is listed")?;

        let in_group = lts.group(&group);
        let stream = self.step(in_group.create_stream(STREAM), short).await?;
        let streams = self.step(in_group.streams(), |streams| count(streams.len(), "stream")).await?;
        expect(
            streams.iter().any(|found| found.id == stream && found.name == STREAM),
            "the stream is listed",
        )?;

        let bucket = self.emulator.bucket();
        let transfer = in_group.transfer_to_obs([&stream], bucket, TransferInterval::Minutes5);
        let transfer = self.step(transfer, short).await?;
        // The service has no operation for this, and refuses to delete a stream that has a transfer.
        expect(self.emulator.delete_transfer(&transfer)?, "the emulator's control knows the transfer")?;
        output::text("  (the emulator's own control ends the transfer: LTS has no operation for that)\n")?;

        self.step(in_group.delete_stream(&stream), |()| "deleted".to_owned()).await?;
        self.step(lts.delete_group(&group), |()| "deleted".to_owned()).await
    }

    /// Makes a call and prints a line about it.
    async fn step<T>(
        &self,
        call: impl IntoFuture<Output = Result<T, Error>>,
        result: impl FnOnce(&T) -> String,
    ) -> Result<T, Failure> {
        let start = Instant::now();
        let value = call.await?;
        self.line(&result(&value), start)?;
        Ok(value)
    }

    /// Creates the group once more, which must be refused.
    async fn refusal(&self, lts: &Client) -> Result<(), Failure> {
        let start = Instant::now();
        let error = match lts.create_group(GROUP, Ttl::days(7)).await {
            Err(error) if error.is_already_exists() => error,
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(Failure::Bug("a second group of the same name was created".to_owned())),
        };
        self.line(error.code().unwrap_or_default(), start)?;
        let message = error.as_service().map(ServiceError::message).unwrap_or_default();
        output::text(&format!("  what it says: {message}\n"))?;
        output::text(&format!("  what to do:   {}\n", error.remedy().unwrap_or_default()))
    }

    /// Operation, method and path, status, result and time of the last request, as the emulator saw it.
    fn line(&self, result: &str, start: Instant) -> Result<(), Failure> {
        let time = start.elapsed().as_secs_f64() * 1_000.0;
        let requests = self.emulator.requests();
        let last = requests.last().ok_or_else(|| Failure::Bug("no request was made".to_owned()))?;
        let operation = last.operation.map(|operation| operation.id()).unwrap_or_default();
        let status = last.status.map(|status| status.to_string()).unwrap_or_default();
        let (method, path) = (&last.method, shortened(&last.path));
        output::text(&format!("{operation:<16} {method:<6} {path:<33} {status} {result:<9} {time:>5.1} ms\n"))
    }
}

/// An id by its first characters.
fn short(id: &impl Display) -> String {
    shortened(&id.to_string())
}

/// A path with its ids cut, so that a line fits a terminal.
fn shortened(path: &str) -> String {
    let cut = |segment: &str| match segment.len() {
        LONG.. => format!("{}…", segment.chars().take(3).collect::<String>()),
        _ => segment.to_owned(),
    };
    path.split('/').map(cut).collect::<Vec<_>>().join("/")
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn expect(met: bool, what: &str) -> Result<(), Failure> {
    if met { Ok(()) } else { Err(Failure::Bug(format!("it was expected that {what}"))) }
}
