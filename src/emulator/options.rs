//! The options of an emulator.

use std::{fmt, path::PathBuf, time::Duration};

use super::account::Account;
use crate::{
    input::LINE_WINDOW,
    spec::{Operation, Quota},
};

/// The rules and initial data of an emulator. [`start`](Self::start) starts one.
///
/// The first project, key pair, user or bucket that is added replaces the default one.
#[derive(Clone)]
#[must_use = "options do nothing until an emulator is started with them"]
pub struct Options {
    pub(super) account: Account,
    pub(super) data: Option<PathBuf>,
    pub(super) token_ttl: Duration,
    pub(super) ingest_window: Duration,
    pub(super) query_range: Duration,
    pub(super) scan_lines: u64,
    pub(super) quota_groups: u64,
    pub(super) quota_streams: u64,
    pub(super) ttl_must_be_7: bool,
    pub(super) lock_keys: bool,
    pub(super) lenient: bool,
    pub(super) self_check: bool,
    pub(super) log_requests: bool,
    pub(super) admin: Admin,
    pub(super) latency: Duration,
}

/// Who may use the admin API, under `/_emulator/`. For others its paths don't exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Admin {
    /// Loopback clients.
    #[default]
    Loopback,
    /// No client.
    Disabled,
    /// Every client that can connect.
    Anyone,
}

impl Options {
    /// The id of the default project.
    pub const DEFAULT_PROJECT_ID: &str = "0123456789abcdef0123456789abcdef";
    /// The name of the default project.
    pub const DEFAULT_PROJECT_NAME: &str = "cn-north-4";
    /// The default access key.
    pub const DEFAULT_ACCESS_KEY: &str = "LTSEMULATORAK0000001";
    /// The default secret key. It is public, hence no secret.
    pub const DEFAULT_SECRET_KEY: &str = "LtsEmulatorSecretKeyForLocalUseOnly00001";
    /// The default user.
    pub const DEFAULT_USER: &str = "lts";
    /// The default user's password.
    pub const DEFAULT_PASSWORD: &str = "lts-emulator";
    /// The default user's domain (account).
    pub const DEFAULT_DOMAIN: &str = "lts";
    /// The default bucket.
    pub const DEFAULT_BUCKET: &str = "lts-test";
    /// The only retention that some editions accept, in days.
    pub(super) const ONLY_TTL: i64 = 7;
    /// How long a token is valid, as with the real IAM.
    pub const DEFAULT_TOKEN_TTL: Duration = Duration::from_secs(24 * 60 * 60);
    /// How far the time of a line may be from the clock, as with the real service.
    pub const DEFAULT_INGEST_WINDOW: Duration = LINE_WINDOW.unsigned_abs();
    /// The longest range of a search, as with most editions of the real service.
    pub const DEFAULT_QUERY_RANGE: Duration = Duration::from_secs(180 * 24 * 60 * 60);

    /// Adds a project.
    pub fn project(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.account.add_project(id, name);
        self
    }

    /// Adds a permanent key pair. It works in every project.
    pub fn key(mut self, access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        self.account.add_key(access_key, secret_key);
        self
    }

    /// Adds a temporary key pair: requests need its security token.
    pub fn temporary_key(
        mut self,
        access_key: impl Into<String>,
        secret_key: impl Into<String>,
        security_token: impl Into<String>,
    ) -> Self {
        self.account.add_temporary_key(access_key, secret_key, security_token, None);
        self
    }

    /// Adds a user, who may get a token for every project.
    pub fn user(
        mut self,
        name: impl Into<String>,
        password: impl Into<String>,
        domain: impl Into<String>,
    ) -> Self {
        self.account.add_user(name, password, domain);
        self
    }

    /// Adds an OBS bucket that transfers can write to.
    pub fn bucket(mut self, name: impl Into<String>) -> Self {
        self.account.buckets.push(name.into());
        self
    }

    /// Keeps the data in a file, which is created if missing. Without it, the data is lost when the emulator stops.
    ///
    /// A request gets its response after its changes are on the disk, so they survive a crash of the emulator or the
    /// machine: groups, streams, logs, transfers, tokens, and [seeded](super::Seed) data. The journal, faults and the clock are
    /// not kept. An existing file keeps its data; the projects, keys, users and buckets of these options are added, and
    /// their secrets replace older ones. [`reset`](super::Emulator::reset) deletes everything else.
    ///
    /// One emulator at a time can use a file, by whichever of its names: the file itself is locked, and `FILE.lock` beside
    /// it. The file is a SQLite database that
    /// only its owner can read, since it has secrets.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use huaweicloud_lts::{Emulator, emulator::Seed};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("lts.db");
    /// let emulator = Emulator::builder().data(&file).start()?;
    /// emulator.seed(&Seed::new().bucket("my-bucket"))?;
    /// drop(emulator);
    /// // The bucket is still there.
    /// let emulator = Emulator::builder().data(&file).start()?;
    /// # assert!(emulator.seed(&Seed::new().bucket("my-bucket")).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn data(mut self, file: impl Into<PathBuf>) -> Self {
        self.data = Some(file.into());
        self
    }

    /// Sets how long a token is valid. The default is [`DEFAULT_TOKEN_TTL`](Self::DEFAULT_TOKEN_TTL).
    pub fn token_ttl(mut self, ttl: Duration) -> Self {
        self.token_ttl = ttl;
        self
    }

    /// Sets how far the time of a line may be from the emulator's clock, in either direction; zero is unlimited. Other
    /// lines are accepted and dropped. The default is [`DEFAULT_INGEST_WINDOW`](Self::DEFAULT_INGEST_WINDOW).
    pub fn ingest_window(mut self, window: Duration) -> Self {
        self.ingest_window = window;
        self
    }

    /// Sets the longest time between start and end of a search; zero is unlimited. The default is
    /// [`DEFAULT_QUERY_RANGE`](Self::DEFAULT_QUERY_RANGE).
    pub fn query_range(mut self, range: Duration) -> Self {
        self.query_range = range;
        self
    }

    /// Stops each search after so many lines, matching or not; the response says that it is incomplete. 0, the default,
    /// is unlimited.
    pub fn scan_lines(mut self, lines: u64) -> Self {
        self.scan_lines = lines;
        self
    }

    /// Sets how many log groups a project may have; 0 is unlimited. The default is the spec's quota.
    pub fn quota_groups(mut self, quota: u64) -> Self {
        self.quota_groups = quota;
        self
    }

    /// Sets how many log streams a log group may have; 0 is unlimited. The default is the spec's quota.
    pub fn quota_streams(mut self, quota: u64) -> Self {
        self.quota_streams = quota;
        self
    }

    /// Refuses a retention other than 7 days with LTS.0106, as some editions of the service do.
    pub fn ttl_must_be_7(mut self, on: bool) -> Self {
        self.ttl_must_be_7 = on;
        self
    }

    /// Locks an access key for five minutes after more than five wrong signatures in a row, by the emulator's clock, as
    /// the gateway does. A correct signature restarts the count, and a [reset](super::Emulator::reset) removes all locks.
    pub fn lock_keys(mut self, on: bool) -> Self {
        self.lock_keys = on;
        self
    }

    /// Skips the checks of credentials and projects. Every other rule stays: requests of foreign web pages are refused.
    pub fn lenient(mut self, on: bool) -> Self {
        self.lenient = on;
        self
    }

    /// Checks each response against the spec before it is sent. Debug builds always do.
    pub fn self_check(mut self, on: bool) -> Self {
        self.self_check = on;
        self
    }

    /// Writes a line for each request to standard error: time, method, path, status, error code and duration, without
    /// secrets. Requests to the admin API are left out.
    pub fn log_requests(mut self, on: bool) -> Self {
        self.log_requests = on;
        self
    }

    /// Sets who may use the admin API. The default is loopback. [`Admin::Anyone`] also permits any name in `Host`.
    pub fn admin(mut self, admin: Admin) -> Self {
        self.admin = admin;
        self
    }

    /// Delays every response of the services, after the operation has run. The admin API has no latency.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Adds the defaults for what is not set.
    pub(super) fn with_defaults(mut self) -> Self {
        if self.account.projects.is_empty() {
            self = self.project(Self::DEFAULT_PROJECT_ID, Self::DEFAULT_PROJECT_NAME);
        }
        if self.account.keys.is_empty() {
            self = self.key(Self::DEFAULT_ACCESS_KEY, Self::DEFAULT_SECRET_KEY);
        }
        if self.account.users.is_empty() {
            self = self.user(Self::DEFAULT_USER, Self::DEFAULT_PASSWORD, Self::DEFAULT_DOMAIN);
        }
        if self.account.buckets.is_empty() {
            self = self.bucket(Self::DEFAULT_BUCKET);
        }
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        // An operation without a quota in the spec is unlimited.
        let quota = |operation: Operation| operation.quota().map_or(0, |Quota { default, .. }| default);
        Self {
            account: Account::default(),
            data: None,
            token_ttl: Self::DEFAULT_TOKEN_TTL,
            ingest_window: Self::DEFAULT_INGEST_WINDOW,
            query_range: Self::DEFAULT_QUERY_RANGE,
            scan_lines: 0,
            quota_groups: quota(Operation::CreateLogGroup),
            quota_streams: quota(Operation::CreateLogStream),
            ttl_must_be_7: false,
            lock_keys: false,
            lenient: false,
            self_check: false,
            log_requests: false,
            admin: Admin::default(),
            latency: Duration::ZERO,
        }
    }
}

/// Leaves out the secrets of keys and users.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("projects", &self.account.projects)
            .field("buckets", &self.account.buckets)
            .field("data", &self.data)
            .field("lenient", &self.lenient)
            .field("admin", &self.admin)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_kind_replaces_the_default() {
        let options = Options::default().bucket("a").bucket("b").with_defaults();
        assert_eq!(options.account.buckets, ["a", "b"]);
        assert_eq!(options.account.projects[0].id, Options::DEFAULT_PROJECT_ID);
        assert_eq!((options.quota_groups, options.quota_streams), (100, 100));
    }

    #[test]
    fn debug_shows_no_secrets() {
        let shown =
            format!("{:?}", Options::default().key("AK", "secret-value").user("u", "secret-value", "d"));
        assert!(!shown.contains("secret-value"), "{shown}");
    }
}
