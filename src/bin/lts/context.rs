//! What every command works with: the client that the options describe, the output, and a runtime that an
//! interrupt ends.

use std::{cell::OnceCell, io, pin::Pin};

use huaweicloud_lts::{Client, ClientBuilder, call::RetryPolicy};
use tokio::runtime::Runtime;

use crate::{
    error::{CliError, INTERRUPTED},
    options::ClientOptions,
    output::{Output, eprint_line},
};

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

    pub(crate) fn options(&self) -> &ClientOptions {
        &self.options
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.options.verbose > 0
    }

    /// The client, built on first use: many commands need none.
    pub(crate) fn client(&self) -> Result<&Client, CliError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = self.client_builder().build()?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Writes an error to standard error and returns its exit code.
    pub(crate) fn report(&self, error: &CliError) -> u8 {
        error.report(self.client.get().map(Client::info), self.options.profile.as_deref())
    }

    /// A builder with the options set; the rest comes from the environment and the profile.
    pub(crate) fn client_builder(&self) -> ClientBuilder {
        type Setter = fn(ClientBuilder, String) -> ClientBuilder;
        let options = &self.options;
        let settings: [(&Option<String>, Setter); 6] = [
            (&options.profile, ClientBuilder::profile),
            (&options.region, ClientBuilder::region),
            (&options.cloud, ClientBuilder::cloud),
            (&options.endpoint, ClientBuilder::endpoint),
            (&options.access_endpoint, ClientBuilder::access_endpoint),
            (&options.project_id, ClientBuilder::project_id),
        ];
        let mut builder =
            Client::builder().or_env().user_agent_suffix(concat!("lts/", env!("CARGO_PKG_VERSION")));
        for (value, set) in settings {
            if let Some(value) = value {
                builder = set(builder, value.clone());
            }
        }
        if options.allow_plain_http {
            builder = builder.allow_plain_http();
        }
        if let Some(timeout) = options.timeout {
            builder = builder.call_timeout(timeout);
        }
        if let Some(attempts) = options.max_attempts {
            builder = builder.retry(RetryPolicy::default().max_attempts(attempts));
        }
        builder
    }

    /// Runs a future until it is done or the user interrupts.
    pub(crate) fn run<T>(&self, work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
        self.run_with_interrupt(async |interrupt| {
            tokio::select! {
                result = work => result,
                () = interrupt => Err(CliError::Interrupted),
            }
        })
    }

    /// Runs a future to its end. It is given another one, which ends at the first interrupt, and decides itself
    /// what to do then.
    pub(crate) fn run_with_interrupt<T>(
        &self,
        work: impl AsyncFnOnce(Interrupt) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        // A command mostly waits for the network; one thread is enough, and starts faster.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime: Runtime =
            runtime.map_err(|e| CliError::Bug(format!("the runtime can't be started: {e}")))?;
        let result = runtime.block_on(async { work(interrupt()?).await });
        // Don't wait for a thread that reads from the terminal.
        runtime.shutdown_background();
        result
    }
}

/// A future that ends when the user interrupts.
pub(crate) type Interrupt = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Says that the command ends later, and makes the next interrupt end the process. `work` is what is waited for.
pub(crate) fn announce_interrupt(work: &str) {
    eprint_line(format_args!("interrupted: {work}; interrupt again to exit at once"));
    tokio::spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(INTERRUPTED.into());
        }
    });
}

/// Installs a handler: from here on, an interrupt doesn't end the process.
fn interrupt() -> Result<Interrupt, CliError> {
    #[cfg(unix)]
    let interrupt = {
        use tokio::signal::unix::{SignalKind, signal};
        let mut signal = signal(SignalKind::interrupt()).map_err(handler_error)?;
        async move {
            signal.recv().await;
        }
    };
    #[cfg(not(unix))]
    let interrupt = {
        let mut signal = tokio::signal::windows::ctrl_c().map_err(handler_error)?;
        async move {
            signal.recv().await;
        }
    };
    Ok(Box::pin(interrupt))
}

fn handler_error(error: io::Error) -> CliError {
    CliError::Io("signal handlers".to_owned(), error)
}
