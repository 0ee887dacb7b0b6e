//! What every command works with: the client that the options describe, the output, and a runtime that an
//! interrupt ends.

use std::{cell::OnceCell, io};

use huaweicloud_lts::{Client, ClientBuilder, RetryPolicy};
use tokio::runtime::Runtime;

use crate::{cli::ClientOptions, error::Failure, output::Output};

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context {
    options: ClientOptions,
    pub(crate) output: Output,
    client: OnceCell<Client>,
}

impl Context {
    pub(crate) fn new(options: ClientOptions) -> Self {
        let output = Output::new(options.output.unwrap_or_default(), options.quiet);
        Self { options, output, client: OnceCell::new() }
    }

    /// Whether more is to be told than usually.
    pub(crate) fn is_verbose(&self) -> bool {
        self.options.verbose > 0
    }

    /// The client, built when it is needed first: many commands need none.
    pub(crate) fn client(&self) -> Result<&Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = self.builder().build()?;
        Ok(self.client.get_or_init(|| client))
    }

    /// The client, if there was need of one.
    pub(crate) fn built_client(&self) -> Option<&Client> {
        self.client.get()
    }

    /// The settings of the client: the options, then what the library finds.
    pub(crate) fn builder(&self) -> ClientBuilder {
        let options = &self.options;
        let given =
            |value: &Option<String>, set: fn(ClientBuilder, String) -> ClientBuilder, builder| match value {
                Some(value) => set(builder, value.clone()),
                None => builder,
            };
        let mut builder =
            Client::builder().or_env().user_agent_suffix(concat!("lts/", env!("CARGO_PKG_VERSION")));
        builder = given(&options.profile, ClientBuilder::profile, builder);
        builder = given(&options.region, ClientBuilder::region, builder);
        builder = given(&options.cloud, ClientBuilder::cloud, builder);
        builder = given(&options.endpoint, ClientBuilder::endpoint, builder);
        builder = given(&options.project_id, ClientBuilder::project_id, builder);
        if let Some(time) = options.timeout {
            builder = builder.call_timeout(time);
        }
        if let Some(attempts) = options.max_attempts {
            builder = builder.retry(RetryPolicy::default().max_attempts(attempts));
        }
        builder
    }

    /// Works until it is done or interrupted, whichever comes first.
    pub(crate) fn run<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        self.run_to_end(async |interrupted| {
            tokio::select! {
                done = work => done,
                () = interrupted => Err(Failure::Interrupted),
            }
        })
    }

    /// Works until it is done. What an interrupt does is the work's own business: it is given a future that ends
    /// at the first one.
    pub(crate) fn run_to_end<T>(
        &self,
        work: impl AsyncFnOnce(Interrupted) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // One thread: a command waits for the network, and starts in a millisecond.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime: Runtime = runtime.map_err(|e| Failure::Bug(format!("no runtime: {e}")))?;
        let done = runtime.block_on(async { work(interrupted()?).await });
        // Whoever waits for a key to be pressed is not waited for.
        runtime.shutdown_background();
        done
    }
}

/// Ends when the user interrupts.
pub(crate) type Interrupted = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Ends at an interrupt, of which the program doesn't die any more.
fn interrupted() -> Result<Interrupted, Failure> {
    #[cfg(unix)]
    let interrupted = {
        use tokio::signal::unix::{SignalKind, signal};
        let mut signal = signal(SignalKind::interrupt()).map_err(failed)?;
        async move {
            signal.recv().await;
        }
    };
    #[cfg(not(unix))]
    let interrupted = {
        let mut signal = tokio::signal::windows::ctrl_c().map_err(failed)?;
        async move {
            signal.recv().await;
        }
    };
    Ok(Box::pin(interrupted))
}

fn failed(error: io::Error) -> Failure {
    Failure::Io("signal handlers".to_owned(), error)
}
