//! An emulator of Log Tank Service, and of the little of IAM that its clients need, for tests and for work
//! without an account.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use huaweicloud_lts::{ClientBuilder, Emulator, Ttl};
//!
//! let emulator = Emulator::start()?;
//! let lts = ClientBuilder::from(&emulator).build()?;
//! let group = lts.create_group("app", Ttl::days(7)).await?;
//! assert_eq!(lts.groups().await?[0].id, group);
//! assert_eq!(emulator.requests().len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! It listens on a real socket, checks real signatures and tokens, and refuses what the service refuses, in
//! the service's words: routes, rules and texts are those of the spec (`openapi/lts.yaml`).
//!
//! # Layout
//!
//! `server` accepts connections, `dispatch` brings a request to its operation, `access` and `verify` look at
//! its credential, `refusals` at its body; `operations` and `iam` carry it out in the `store`. `admin` is the
//! control. This file is the handle, the one part that knows the crate's client.

mod access;
mod admin;
mod answer;
mod clock;
mod dispatch;
mod iam;
mod journal;
mod operations;
mod options;
mod random;
mod refusals;
mod schemas;
mod server;
mod service;
mod store;
mod verify;

use std::{
    error::Error,
    fmt, future, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
};

use tokio::sync::oneshot;

pub use journal::JournalEntry;
pub use options::{Admin, Options};
pub use server::serve;

use crate::{AkSk, TransferId, config::ClientBuilder};
use service::Service;

/// A running emulator. It stops when it is dropped.
///
/// It runs on a thread of its own, with a runtime of its own: it can be used from tests with and without
/// async, and a test that halts the clock of its runtime doesn't halt the emulator.
pub struct Emulator {
    service: Arc<Service>,
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts an emulator with the default options, on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`EmulatorError`] if there is no port, thread or memory for it.
    pub fn start() -> Result<Self, EmulatorError> {
        Self::builder().start()
    }

    /// Begins with the default options.
    pub fn builder() -> Options {
        Options::default()
    }

    /// Where it listens: `http://127.0.0.1:<port>`, for LTS and IAM alike.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The id of the first project.
    pub fn project_id(&self) -> &str {
        first(&self.service.options.projects, |project| &project.id)
    }

    /// The access key of the first key pair.
    pub fn access_key(&self) -> &str {
        first(&self.service.options.keys, |key| &key.access_key)
    }

    /// The secret key of the first key pair.
    pub fn secret_key(&self) -> &str {
        first(&self.service.options.keys, |key| &key.secret_key)
    }

    /// The first user's name.
    pub fn user(&self) -> &str {
        first(&self.service.options.users, |user| &user.name)
    }

    /// The first user's password.
    pub fn password(&self) -> &str {
        first(&self.service.options.users, |user| &user.password)
    }

    /// The first user's domain (account).
    pub fn domain(&self) -> &str {
        first(&self.service.options.users, |user| &user.domain)
    }

    /// The first OBS bucket.
    pub fn bucket(&self) -> &str {
        first(&self.service.options.buckets, |bucket| bucket)
    }

    /// The transfers that there are: each request's body, with its `log_dump_obs_id` and `project_id`.
    ///
    /// # Errors
    /// [`EmulatorError`] if there is no memory left.
    pub fn transfers(&self) -> Result<Vec<serde_json::Value>, EmulatorError> {
        Ok(self.service.store.transfers()?)
    }

    /// Ends a transfer, which LTS has no operation for. It says whether there was one.
    ///
    /// # Errors
    /// [`EmulatorError`] if there is no memory left.
    pub fn delete_transfer(&self, id: &TransferId) -> Result<bool, EmulatorError> {
        Ok(self.service.store.delete_transfer(id.as_str())?)
    }

    /// The last 1,000 requests and how they were answered, newest last. Those to the control are left out.
    pub fn requests(&self) -> Vec<JournalEntry> {
        self.service.journal.entries()
    }

    /// Returns to what the options gave: groups, streams, transfers and the list of requests go, tokens are
    /// revoked.
    ///
    /// # Errors
    /// [`EmulatorError`] if there is no memory left.
    pub fn reset(&self) -> Result<(), EmulatorError> {
        Ok(self.service.reset()?)
    }
}

/// Something of the first of a kind. Options are completed at the start, so there always is one.
fn first<T>(all: &[T], what: impl Fn(&T) -> &String) -> &str {
    all.first().map_or("", |one| what(one))
}

impl Options {
    /// Starts an emulator on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`EmulatorError`] if the options contradict themselves, or there is no port, thread or memory for it.
    pub fn start(self) -> Result<Emulator, EmulatorError> {
        let service = Arc::new(Service::new(self)?);
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.map_err(EmulatorError::Listen)?;
        let url = format!("http://{}", listener.local_addr().map_err(EmulatorError::Listen)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(EmulatorError::Start)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = Arc::clone(&service);
        let thread = thread::Builder::new().name("lts-emulator".to_owned()).spawn(move || {
            runtime.block_on(async {
                // Connections end at once with the runtime: nobody is left to be polite to.
                tokio::select! {
                    result = server::run(listener, &serving, future::pending()) => {
                        if let Err(error) = result {
                            eprintln!("lts emulator: {error}");
                        }
                    }
                    _ = stopped => {}
                }
            });
        });
        let thread = thread.map_err(EmulatorError::Start)?;
        Ok(Emulator { service, url, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has been reported over there.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Settings for a client of the emulator's first project, with its first key pair.
impl From<&Emulator> for ClientBuilder {
    fn from(emulator: &Emulator) -> Self {
        Self::default()
            .endpoint(emulator.url())
            .iam_endpoint(emulator.url())
            .region(first(&emulator.service.options.projects, |project| &project.name))
            .project_id(emulator.project_id())
            .credentials(AkSk::new(emulator.access_key(), emulator.secret_key()))
    }
}

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// The address can't be listened on.
    #[error("the emulator can't listen: {0}")]
    Listen(io::Error),
    /// The system has no thread or runtime to spare.
    #[error("the emulator can't start: {0}")]
    Start(io::Error),
    /// The state can't be set up: most likely the options name a project, key or bucket twice.
    #[error("the emulator's state can't be set up: {0}")]
    State(Box<dyn Error + Send + Sync>),
}

impl From<store::StoreError> for EmulatorError {
    fn from(error: store::StoreError) -> Self {
        match error {
            store::StoreError::Failed(error) => Self::State(error),
            other => Self::State(format!("{other:?}").into()),
        }
    }
}

impl From<rusqlite::Error> for EmulatorError {
    fn from(error: rusqlite::Error) -> Self {
        Self::State(Box::new(error))
    }
}
