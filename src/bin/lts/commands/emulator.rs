//! `lts emulator`: serves the emulator until it is told to stop.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use huaweicloud_lts::emulator::{Admin, Options};

use crate::{error::Failure, output, parsers};

/// Every option also reads a variable, `LTS_EMULATOR_QUOTA_GROUPS` for instance: lists with commas, switches as
/// `true`. An empty one counts as none.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lts emulator --listen 127.0.0.1:0\n  lts emulator --data lts.db\n  eval \"$(lts emulator --print-env)\""
)]
pub(crate) struct EmulatorArguments {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS", env = "LTS_EMULATOR_LISTEN", default_value = "127.0.0.1:8086")]
    listen: SocketAddr,
    /// Keeps the state in this file, which is made if it isn't there; without it, the state goes with the
    /// emulator. What is answered is on the disk.
    #[arg(long, value_name = "FILE", env = "LTS_EMULATOR_DATA")]
    data: Option<PathBuf>,
    /// An OBS bucket that exists; may be repeated, and replaces the default one.
    #[arg(long, value_name = "NAME", env = "LTS_EMULATOR_BUCKET", value_delimiter = ',')]
    bucket: Vec<String>,
    /// The id of a project; may be repeated, and replaces the default one.
    #[arg(
        long,
        value_name = "ID",
        env = "LTS_EMULATOR_PROJECT_ID",
        value_delimiter = ',',
        requires = "project_name"
    )]
    project_id: Vec<String>,
    /// The name of a project, one for each id.
    #[arg(
        long,
        value_name = "NAME",
        env = "LTS_EMULATOR_PROJECT_NAME",
        value_delimiter = ',',
        requires = "project_id"
    )]
    project_name: Vec<String>,
    /// The access key.
    #[arg(long, value_name = "AK", env = "LTS_EMULATOR_AK", requires = "sk", default_value = Options::DEFAULT_ACCESS_KEY)]
    ak: String,
    /// Its secret key.
    #[arg(long, value_name = "SK", env = "LTS_EMULATOR_SK", hide_env_values = true, default_value = Options::DEFAULT_SECRET_KEY)]
    sk: String,
    /// The user who can log in.
    #[arg(long, value_name = "NAME", env = "LTS_EMULATOR_USER", default_value = Options::DEFAULT_USER)]
    user: String,
    /// The user's password.
    #[arg(long, value_name = "PW", env = "LTS_EMULATOR_PASSWORD", hide_env_values = true, default_value = Options::DEFAULT_PASSWORD)]
    password: String,
    /// The user's domain (account).
    #[arg(long, value_name = "D", env = "LTS_EMULATOR_DOMAIN", default_value = Options::DEFAULT_DOMAIN)]
    domain: String,
    /// How long a token is good for.
    #[arg(long, value_name = "TIME", env = "LTS_EMULATOR_TOKEN_TTL", default_value = "24h", value_parser = parsers::time)]
    token_ttl: Duration,
    /// How many groups a project may have; the service's default if it isn't given, 0 for no limit.
    #[arg(long, value_name = "N", env = "LTS_EMULATOR_QUOTA_GROUPS")]
    quota_groups: Option<u64>,
    /// How many streams a group may have; the service's default if it isn't given, 0 for no limit.
    #[arg(long, value_name = "N", env = "LTS_EMULATOR_QUOTA_STREAMS")]
    quota_streams: Option<u64>,
    /// Refuses groups with a ttl other than 7 days, as the service does for some accounts.
    #[arg(long, env = "LTS_EMULATOR_TTL_MUST_BE_7")]
    ttl_must_be_7: bool,
    /// Locks an access key for five minutes after more than five wrong signatures in a row.
    #[arg(long, env = "LTS_EMULATOR_LOCK_KEYS")]
    lock_keys: bool,
    /// Delays every answer, in milliseconds.
    #[arg(long, value_name = "MS", env = "LTS_EMULATOR_LATENCY", default_value_t = 0)]
    latency: u64,
    /// Does not check credentials. Every other rule stays.
    #[arg(long, env = "LTS_EMULATOR_LENIENT")]
    lenient: bool,
    /// Checks every answer against the spec before it is sent.
    #[arg(long, env = "LTS_EMULATOR_SELF_CHECK")]
    self_check: bool,
    /// Switches the control under /_emulator/ off.
    #[arg(long, env = "LTS_EMULATOR_NO_ADMIN")]
    no_admin: bool,
    /// Opens the control under /_emulator/ to other machines.
    #[arg(long, env = "LTS_EMULATOR_ADMIN_FROM_ANYWHERE")]
    admin_from_anywhere: bool,
    /// Prints the variables that point a client at this emulator, and ends.
    #[arg(long, env = "LTS_EMULATOR_PRINT_ENV")]
    print_env: bool,
}

pub(crate) fn run(arguments: &EmulatorArguments) -> Result<(), Failure> {
    if arguments.project_id.len() != arguments.project_name.len() {
        return Err(Failure::usage("each --project-id needs its --project-name, and the other way round"));
    }
    // clap would see a contradiction in a variable that says false, too.
    if arguments.no_admin && arguments.admin_from_anywhere {
        return Err(Failure::usage("--no-admin and --admin-from-anywhere contradict each other"));
    }
    if arguments.print_env {
        return output::text(&arguments.environment()?);
    }
    raise_file_limit();
    let address = arguments.listen;
    let failed =
        |e: &dyn std::fmt::Display| Failure::configuration(format!("can't listen on {address}: {e}"));
    let listener = TcpListener::bind(address).map_err(|e| failed(&e))?;
    let address = listener.local_addr().map_err(|e| failed(&e))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Failure::configuration(format!("can't start: {e}")))?;
    runtime.block_on(async {
        let stop = stopped()?;
        let server = arguments.options().listen(listener)?;
        if arguments.lenient {
            output::note("warning: --lenient: credentials are not checked");
        }
        output::text(&format!("lts emulator listening on http://{address}\n"))?;
        Ok(server.run(stop).await?)
    })
}

impl EmulatorArguments {
    fn options(&self) -> Options {
        let mut options = Options::default()
            .key(&self.ak, &self.sk)
            .user(&self.user, &self.password, &self.domain)
            .token_ttl(self.token_ttl)
            .ttl_must_be_7(self.ttl_must_be_7)
            .lock_keys(self.lock_keys)
            .lenient(self.lenient)
            .self_check(self.self_check)
            .latency(Duration::from_millis(self.latency))
            .admin(match (self.no_admin, self.admin_from_anywhere) {
                (true, _) => Admin::Nobody,
                (_, true) => Admin::Anyone,
                _ => Admin::Loopback,
            });
        if let Some(file) = &self.data {
            options = options.data(file);
        }
        if let Some(quota) = self.quota_groups {
            options = options.quota_groups(quota);
        }
        if let Some(quota) = self.quota_streams {
            options = options.quota_streams(quota);
        }
        options = self.bucket.iter().fold(options, Options::bucket);
        self.project_id.iter().zip(&self.project_name).fold(options, |o, (id, name)| o.project(id, name))
    }

    /// The lines that a shell evaluates to reach this emulator.
    fn environment(&self) -> Result<String, Failure> {
        if self.listen.port() == 0 {
            return Err(Failure::usage("--print-env needs a port: with 0 it is known only once it listens"));
        }
        let url = format!("http://{}", reachable(self.listen));
        let first =
            |given: &[String], default: &str| given.first().map_or(default, String::as_str).to_owned();
        let variables = [
            ("HUAWEICLOUD_SDK_AK", self.ak.clone()),
            ("HUAWEICLOUD_SDK_SK", self.sk.clone()),
            ("HUAWEICLOUD_SDK_PROJECT_ID", first(&self.project_id, Options::DEFAULT_PROJECT_ID)),
            ("HUAWEICLOUD_LTS_ENDPOINT", url.clone()),
            ("HUAWEICLOUD_SDK_IAM_ENDPOINT", url),
            ("HUAWEICLOUD_LTS_REGION", first(&self.project_name, Options::DEFAULT_PROJECT_NAME)),
        ];
        Ok(variables.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value))).collect())
    }
}

/// Where a client on this machine finds it: to listen everywhere is no address to call.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// A value as a shell reads it.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// Lets the process have as many connections as the emulator would take: some systems begin with room for 256 files.
#[cfg(unix)]
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// Four thousand connections, and a quarter of it for the rest.
    const WANTED: u64 = 6000;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    if current.is_some_and(|current| current < wanted) {
        // Where it may not be raised, fewer connections find room.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}

#[cfg(not(unix))]
fn raise_file_limit() {}

/// Ends when somebody asks the process to stop.
#[cfg(not(unix))]
fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Ends when somebody asks the process to stop; who asks again doesn't want to wait for running calls. The
/// handlers are there from the start.
#[cfg(unix)]
fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |e| Failure::Io("signal handlers".to_owned(), e);
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        /// What a shell adds to a signal's number.
        const SIGNAL: i32 = 128;
        let mut asked = async move || {
            tokio::select! {
                _ = terminate.recv() => SignalKind::terminate(),
                _ = interrupt.recv() => SignalKind::interrupt(),
            }
        };
        asked().await;
        tokio::spawn(async move { std::process::exit(SIGNAL + asked().await.as_raw_value()) });
    })
}
