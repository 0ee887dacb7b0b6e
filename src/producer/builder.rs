//! Settings of a producer.

use std::{collections::BTreeMap, fmt, time::Duration};

use super::{
    Dropped, Options, Producer, WhenFull, batch::Limits, report::OnDropped, sender::Sender, worker::Settings,
};
use crate::{
    client::StreamHandle,
    error::{ConfigurationError, Error},
    model::check_labels,
};

/// A batch is sent when it has so many bytes or lines, as the vendor's producers do.
const LIMITS: Limits = Limits { bytes: 512 << 10, lines: 4_096 };
/// How many batches with different labels are sent at a time.
const MAX_IN_FLIGHT: usize = 4;
/// The smallest queue: a few of the longest lines.
const MIN_BUFFER: usize = 4 << 20;

/// Builds a [`Producer`]; [`StreamHandle::producer`] returns it.
#[must_use = "a builder does nothing until it is built"]
pub struct ProducerBuilder {
    stream: StreamHandle,
    labels: BTreeMap<String, String>,
    when_full: WhenFull,
    refuses_long_lines: bool,
    buffer: usize,
    linger: Duration,
    delivery_timeout: Duration,
    on_dropped: Option<OnDropped>,
}

impl StreamHandle {
    /// Returns a builder of a producer, which writes many lines to this stream.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let app = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&app).streams().create("nginx").await?;
    /// let producer = lts.group(&app).stream(&nginx).producer().label("app", "shop").build()?;
    /// for number in 0..1_000 {
    ///     producer.send(format!("GET /{number} 200")).await?;
    /// }
    /// assert_eq!(producer.flush().await.sent, 1_000);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn producer(&self) -> ProducerBuilder {
        ProducerBuilder {
            stream: self.clone(),
            labels: BTreeMap::new(),
            when_full: WhenFull::Wait,
            refuses_long_lines: false,
            buffer: 100 << 20,
            linger: Duration::from_secs(2),
            delivery_timeout: Duration::from_secs(5 * 60),
            on_dropped: None,
        }
    }
}

impl ProducerBuilder {
    /// Adds a label to all lines. A label that a line sets itself takes precedence.
    ///
    /// ```
    /// # fn doc(stream: huaweicloud_lts::streams::StreamHandle) -> Result<(), huaweicloud_lts::Error> {
    /// let producer = stream.producer().label("app", "shop").build()?;
    /// # Ok(()) }
    /// ```
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// Sets what happens to a line if the queue is full; [`WhenFull::Wait`] by default.
    ///
    /// ```
    /// # fn doc(stream: huaweicloud_lts::streams::StreamHandle) -> Result<(), huaweicloud_lts::Error> {
    /// use huaweicloud_lts::producer::WhenFull;
    ///
    /// let producer = stream.producer().when_full(WhenFull::DropOldest).build()?;
    /// # Ok(()) }
    /// ```
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Sets the size of the queue in bytes; 100 MiB by default, 4 MiB at least. Lines count until the service has accepted
    /// them, with 64 bytes each beside their text and labels.
    ///
    /// ```
    /// # fn doc(stream: huaweicloud_lts::streams::StreamHandle) -> Result<(), huaweicloud_lts::Error> {
    /// let producer = stream.producer().buffer(16 << 20).build()?;
    /// # Ok(()) }
    /// ```
    pub fn buffer(mut self, bytes: usize) -> Self {
        self.buffer = bytes;
        self
    }

    /// Sets how long a line waits for others, 2 s by default. A batch is sent earlier if it has 512 KiB or 4,096 lines.
    ///
    /// ```
    /// # fn doc(stream: huaweicloud_lts::streams::StreamHandle) -> Result<(), huaweicloud_lts::Error> {
    /// use std::time::Duration;
    ///
    /// let producer = stream.producer().linger(Duration::from_millis(200)).build()?;
    /// # Ok(()) }
    /// ```
    pub fn linger(mut self, time: Duration) -> Self {
        self.linger = time;
        self
    }

    /// Sets how long a batch is tried before its lines are lost, 5 minutes by default.
    ///
    /// ```
    /// # fn doc(stream: huaweicloud_lts::streams::StreamHandle) -> Result<(), huaweicloud_lts::Error> {
    /// use std::time::Duration;
    ///
    /// let producer = stream.producer().delivery_timeout(Duration::from_secs(60 * 60)).build()?;
    /// # Ok(()) }
    /// ```
    pub fn delivery_timeout(mut self, time: Duration) -> Self {
        self.delivery_timeout = time;
        self
    }

    /// Returns lines over 1 MiB with [`TooLong`](super::SendErrorKind::TooLong), instead of cutting them.
    ///
    /// ```
    /// # fn doc(stream: huaweicloud_lts::streams::StreamHandle) -> Result<(), huaweicloud_lts::Error> {
    /// let producer = stream.producer().refuse_long_lines().build()?;
    /// assert!(producer.try_send("x".repeat(2 << 20)).is_err());
    /// # Ok(()) }
    /// ```
    pub fn refuse_long_lines(mut self) -> Self {
        self.refuses_long_lines = true;
        self
    }

    /// Sets a function that is told about all lines that are lost. It runs on the thread that sends the line, or on that of
    /// the producer, which waits for it and records no events of `tracing`. Without such a function, only the reports of
    /// [`Producer::flush`] and [`Producer::shutdown`] count lost lines.
    ///
    /// ```
    /// # fn doc(stream: huaweicloud_lts::streams::StreamHandle) -> Result<(), huaweicloud_lts::Error> {
    /// let tell = |dropped: &huaweicloud_lts::producer::Dropped<'_>| {
    ///     eprintln!("{} lines lost ({:?})", dropped.lines.len(), dropped.reason);
    /// };
    /// let producer = stream.producer().on_dropped(tell).build()?;
    /// # Ok(()) }
    /// ```
    pub fn on_dropped(mut self, tell: impl Fn(&Dropped<'_>) + Send + Sync + 'static) -> Self {
        self.on_dropped = Some(Box::new(tell));
        self
    }

    /// Builds the producer, with a client of its own that has the settings of this one, and starts its thread. Nothing is
    /// sent yet.
    ///
    /// ```
    /// # fn doc(stream: huaweicloud_lts::streams::StreamHandle) -> Result<(), huaweicloud_lts::Error> {
    /// let producer = stream.producer().build()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for invalid labels; [`Error::Configuration`] if the queue is too small, no setting names the
    /// endpoint for writing logs, or the thread can't be started.
    pub fn build(self) -> Result<Producer, Error> {
        check_labels(&self.labels)?;
        if self.buffer < MIN_BUFFER {
            let message = format!("has {} bytes, and must have {MIN_BUFFER} at least", self.buffer);
            return Err(ConfigurationError::new("buffer", message).into());
        }
        let sender = Sender::new(&self.stream, self.labels.clone())?;
        let settings = Settings {
            limits: LIMITS,
            linger: self.linger,
            delivery_timeout: self.delivery_timeout,
            max_in_flight: MAX_IN_FLIGHT,
        };
        let options = Options {
            labels: self.labels,
            when_full: self.when_full,
            refuses_long_lines: self.refuses_long_lines,
        };
        Producer::start(sender, self.buffer, settings, options, self.on_dropped).map_err(|e| {
            ConfigurationError::new("producer", format!("its thread can't be started: {e}")).into()
        })
    }
}

impl fmt::Debug for ProducerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProducerBuilder").field("stream", &self.stream).finish_non_exhaustive()
    }
}
