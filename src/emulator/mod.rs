//! An emulator of Log Tank Service, and of the part of IAM that its clients need, for tests and for work without an
//! account.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use huaweicloud_lts::{ClientBuilder, Emulator, Ttl};
//!
//! let emulator = Emulator::start()?;
//! let lts = ClientBuilder::from(&emulator).build()?;
//! let group = lts.groups().create("app", Ttl::days(7)).await?;
//! assert_eq!(lts.groups().list().await?[0].id, group);
//! assert_eq!(emulator.requests().len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! It listens on a real socket, checks real signatures and tokens, and refuses what the service refuses, with the
//! service's texts: routes, rules and texts are those of the spec (`openapi/lts.yaml`).
//!
//! The [guide](crate::guides::emulator) shows how to use it in tests, with other clients and with its console, and lists
//! the differences from the service.

// `server` accepts connections, and `router` takes each request through its checks to the handler of its operation.
// `wire` has connections, requests and responses; `auth` checks credentials; `validate` checks bodies and queries. The
// handlers are in `lts` and `iam`, the data is in `store`, and `errors` has the texts. `search` is the keyword language
// of searches. `faults` replace or spoil responses. `admin` is the admin API with its console, and `log` writes to
// standard error. This file has the handle, the only part that knows the crate's client.

mod account;
mod admin;
mod auth;
mod clock;
mod errors;
mod faults;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod iam;
mod journal;
mod log;
mod log_dump;
mod lts;
mod options;
mod random;
mod router;
mod search;
mod seed;
mod server;
mod state;
mod store;
mod validate;
mod wire;

use std::{
    error::Error,
    fmt, future, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use tokio::sync::oneshot;

pub use faults::{DropWhen, Fault};
pub use journal::JournalEntry;
pub use options::{Admin, Options};
pub use search::QueryError;
pub use seed::Seed;
pub use server::Server;

use crate::{AkSk, TransferId, config::ClientBuilder};
use state::State;

/// Checks a search expression by the rules of the emulator, which are those that the service documents. The service's own
/// error doesn't say where a mistake is.
///
/// # Errors
/// [`QueryError`] with the place of the first mistake.
///
/// ```
/// use huaweicloud_lts::emulator::check_query;
///
/// assert!(check_query("error AND (timeout OR refused)").is_ok());
/// let mistake = check_query("error AND").unwrap_err();
/// assert_eq!(mistake.to_string(), "column 10: expected a word or `(`, found the end");
/// ```
pub fn check_query(query: &str) -> Result<(), QueryError> {
    search::Query::parse(query).map(|_| ())
}

/// A running emulator. It stops when it is dropped.
///
/// It runs on its own thread with its own runtime: it works in tests with and without async, and a test that pauses the
/// clock of its runtime doesn't pause the emulator.
pub struct Emulator {
    state: Arc<State>,
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts an emulator with the default options, on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`EmulatorError`] if there is no port, thread or memory.
    pub fn start() -> Result<Self, EmulatorError> {
        Self::builder().start()
    }

    /// The default options.
    pub fn builder() -> Options {
        Options::default()
    }

    /// The base URL, `http://127.0.0.1:<port>`, for both LTS and IAM.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The id of the first project.
    pub fn project_id(&self) -> &str {
        first(&self.state.options.account.projects, |project| &project.id)
    }

    /// The access key of the first key pair.
    pub fn access_key(&self) -> &str {
        first(&self.state.options.account.keys, |key| &key.access_key)
    }

    /// The secret key of the first key pair.
    pub fn secret_key(&self) -> &str {
        first(&self.state.options.account.keys, |key| &key.secret_key)
    }

    /// The first user's name.
    pub fn user(&self) -> &str {
        first(&self.state.options.account.users, |user| &user.name)
    }

    /// The first user's password.
    pub fn password(&self) -> &str {
        first(&self.state.options.account.users, |user| &user.password)
    }

    /// The first user's domain (account).
    pub fn domain(&self) -> &str {
        first(&self.state.options.account.users, |user| &user.domain)
    }

    /// The first OBS bucket.
    pub fn bucket(&self) -> &str {
        first(&self.state.options.account.buckets, |bucket| bucket)
    }

    /// All transfers: each request's body, with its `log_dump_obs_id` and `project_id`.
    ///
    /// # Errors
    /// [`EmulatorError`] if there is no memory left.
    pub fn transfers(&self) -> Result<Vec<serde_json::Value>, EmulatorError> {
        Ok(self.state.store.transfers()?)
    }

    /// Deletes a transfer, as the console of a cloud does that has no operation for it. Returns whether it existed.
    ///
    /// # Errors
    /// [`EmulatorError`] if there is no memory left, or the data file can't be written.
    pub fn delete_transfer(&self, id: &TransferId) -> Result<bool, EmulatorError> {
        Ok(store::block_on(self.state.store.remove_transfer(id.as_str()))?)
    }

    /// Adds all of a seed, or nothing.
    ///
    /// # Errors
    /// [`EmulatorError::Invalid`] if an item violates a rule, exists already, or names something that doesn't exist;
    /// another [`EmulatorError`] if there is no memory left, or the data file can't be written.
    pub fn seed(&self, seed: &Seed) -> Result<(), EmulatorError> {
        Ok(store::block_on(self.state.seed(seed))?)
    }

    /// Moves the emulator's clock forward. Dates, signatures, tokens and creation times follow it; delays don't. It
    /// stops at the end of the year 9999.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use huaweicloud_lts::Emulator;
    ///
    /// let emulator = Emulator::start()?;
    /// // Every token has expired.
    /// emulator.advance(Duration::from_secs(25 * 60 * 60));
    /// # Ok(())
    /// # }
    /// ```
    pub fn advance(&self, by: Duration) {
        self.state.clock.advance(by);
    }

    /// Sets the emulator's clock, which keeps running; not before 1970 and not after the year 9999.
    pub fn set_clock(&self, time: SystemTime) {
        self.state.clock.set(clock::timestamp(time));
    }

    /// The last 1,000 requests with their outcomes, newest last, without those to the admin API.
    pub fn requests(&self) -> Vec<JournalEntry> {
        self.state.journal.entries()
    }

    /// Adds a fault behind those that are pending.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use huaweicloud_lts::{ClientBuilder, Emulator, emulator::Fault, spec::Operation};
    ///
    /// let emulator = Emulator::start()?;
    /// let lts = ClientBuilder::from(&emulator).build()?;
    /// emulator.fault(Fault::new().operation(Operation::ListLogGroups).status(418))?;
    /// assert_eq!(lts.groups().list().await.unwrap_err().status(), Some(418));
    /// assert!(lts.groups().list().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`EmulatorError::Invalid`] if the fault contradicts itself or can't be expressed in HTTP.
    pub fn fault(&self, fault: Fault) -> Result<(), EmulatorError> {
        self.state.faults.add(vec![fault]).map_err(EmulatorError::Invalid)
    }

    /// The pending faults in order, each with the `times` that are left.
    pub fn faults(&self) -> Vec<Fault> {
        self.state.faults.list()
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// Restores the initial state: groups, streams, logs, transfers, faults and the journal are deleted, tokens are revoked,
    /// and the clock shows the system's time.
    ///
    /// # Errors
    /// [`EmulatorError`] if there is no memory left, or the data file can't be written.
    pub fn reset(&self) -> Result<(), EmulatorError> {
        Ok(store::block_on(self.state.reset())?)
    }
}

/// A value of the first item. The options always have one of each kind.
fn first<T>(all: &[T], value: impl Fn(&T) -> &String) -> &str {
    all.first().map_or("", |item| value(item))
}

impl Options {
    /// Starts an emulator on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`EmulatorError`] if the options contradict each other, the data file can't be used, or there is no port, thread
    /// or memory.
    pub fn start(self) -> Result<Emulator, EmulatorError> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.map_err(EmulatorError::Listen)?;
        let url = format!("http://{}", listener.local_addr().map_err(EmulatorError::Listen)?);
        let server = self.listen(listener)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(EmulatorError::Start)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let state = Arc::clone(&server.state);
        let thread = thread::Builder::new().name("lts-emulator".to_owned()).spawn(move || {
            runtime.block_on(async {
                // No graceful shutdown: the process that used the emulator is done with it.
                tokio::select! {
                    result = server.run(future::pending()) => {
                        if let Err(error) = result {
                            log::error(error);
                        }
                    }
                    _ = stopped => {}
                }
            });
        });
        let thread = thread.map_err(EmulatorError::Start)?;
        Ok(Emulator { state, url, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread has reported its panic.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A client for the emulator's first project, with its first key pair.
impl From<&Emulator> for ClientBuilder {
    fn from(emulator: &Emulator) -> Self {
        Self::default()
            .endpoint(emulator.url())
            .iam_endpoint(emulator.url())
            .region(first(&emulator.state.options.account.projects, |project| &project.name))
            .project_id(emulator.project_id())
            .credentials(AkSk::new(emulator.access_key(), emulator.secret_key()))
    }
}

/// Why an emulator did not start, or did not do what was requested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// The address can't be used.
    #[error("the emulator can't listen: {0}")]
    Listen(io::Error),
    /// The system has no thread or runtime left.
    #[error("the emulator can't start: {0}")]
    Start(io::Error),
    /// The data can't be read or changed.
    #[error("the emulator's state can't be set up: {0}")]
    State(Box<dyn Error + Send + Sync>),
    /// The data file can't be used, as the text says.
    #[error("{0}")]
    DataFile(String),
    /// The input is invalid, as the text says.
    #[error("{0}")]
    Invalid(String),
}

impl From<store::StoreError> for EmulatorError {
    fn from(error: store::StoreError) -> Self {
        match error {
            store::StoreError::Failed(error) => Self::State(error),
            store::StoreError::Invalid(text) => Self::Invalid(text),
            store::StoreError::DataFile(text) => Self::DataFile(text),
            store::StoreError::Stopped => Self::DataFile(
                "the emulator has stopped, since its data file can't be written any more".to_owned(),
            ),
            other => Self::State(other.to_string().into()),
        }
    }
}
