//! `lts emulator`: runs the emulator until a signal stops it.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, ValueEnum};
use huaweicloud_lts::{
    config::MAX_TIMEOUT,
    emulator::{Admin, Options},
};

use crate::{
    error::CliError,
    output::{eprint_line, print},
    parsers,
};

/// The longest delay, in milliseconds.
const MAX_LATENCY: u64 = MAX_TIMEOUT.as_secs() * 1000;

/// Each option can also be set by an environment variable, for example `LTS_EMULATOR_QUOTA_GROUPS`: lists with
/// commas, switches as `true`. An empty variable counts as unset.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lts emulator --listen 127.0.0.1:0\n  lts emulator --data lts.db\n  eval \"$(lts emulator --print-env)\"\n  eval \"$(lts emulator --print-env --unset)\"\n  lts emulator --print-env --shell fish | source"
)]
pub(crate) struct EmulatorArguments {
    /// Address and port to listen on; port 0 picks a free one. A port alone listens on 127.0.0.1.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "LTS_EMULATOR_LISTEN",
        default_value = "127.0.0.1:8086",
        value_parser = listen_address
    )]
    listen: SocketAddr,
    /// Keep the state in this file, which is created if needed. Each change is on the disk before its response is
    /// sent. Without this option, the state is in memory only.
    #[arg(long, value_name = "FILE", env = "LTS_EMULATOR_DATA")]
    data: Option<PathBuf>,
    #[arg(
        long,
        value_name = "NAME",
        env = "LTS_EMULATOR_BUCKET",
        value_delimiter = ',',
        help = format!("Existing OBS bucket, instead of {}; may be repeated", Options::DEFAULT_BUCKET)
    )]
    bucket: Vec<String>,
    #[arg(
        long,
        value_name = "ID",
        help = format!("Id of a project, instead of {}; may be repeated", Options::DEFAULT_PROJECT_ID),
        env = "LTS_EMULATOR_PROJECT_ID",
        value_delimiter = ',',
        requires = "project_name"
    )]
    project_id: Vec<String>,
    /// Name of a project, one for each --project-id.
    #[arg(
        long,
        value_name = "NAME",
        env = "LTS_EMULATOR_PROJECT_NAME",
        value_delimiter = ',',
        requires = "project_id"
    )]
    project_name: Vec<String>,
    /// Access key.
    #[arg(long, value_name = "AK", env = "LTS_EMULATOR_AK", requires = "sk", default_value = Options::DEFAULT_ACCESS_KEY)]
    ak: String,
    /// Secret key of the access key.
    #[arg(long, value_name = "SK", env = "LTS_EMULATOR_SK", hide_env_values = true, default_value = Options::DEFAULT_SECRET_KEY)]
    sk: String,
    /// Name of the user who can log in.
    #[arg(long, value_name = "NAME", env = "LTS_EMULATOR_USER", default_value = Options::DEFAULT_USER)]
    user: String,
    /// Password of the user.
    #[arg(long, value_name = "PW", env = "LTS_EMULATOR_PASSWORD", hide_env_values = true, default_value = Options::DEFAULT_PASSWORD)]
    password: String,
    /// Domain (account) of the user.
    #[arg(long, value_name = "D", env = "LTS_EMULATOR_DOMAIN", default_value = Options::DEFAULT_DOMAIN)]
    domain: String,
    /// Lifetime of a token.
    #[arg(long, value_name = "TIME", env = "LTS_EMULATOR_TOKEN_TTL", default_value = "24h", value_parser = parsers::duration)]
    token_ttl: Duration,
    /// How far the time of a line may be from the emulator's clock, 0 for no limit; other lines are accepted and dropped.
    #[arg(long, value_name = "TIME", env = "LTS_EMULATOR_INGEST_WINDOW", default_value = "48h", value_parser = duration_or_zero)]
    ingest_window: Duration,
    /// The longest time between start and end of a search, 0 for no limit.
    #[arg(long, value_name = "TIME", env = "LTS_EMULATOR_QUERY_RANGE", default_value = "180d", value_parser = duration_or_zero)]
    query_range: Duration,
    /// Stop each search after this number of lines, matching or not, and report it as incomplete; 0 for no limit.
    #[arg(long, value_name = "N", env = "LTS_EMULATOR_SCAN_LINES", default_value_t = 0, value_parser = parsers::whole_number(0..=u64::MAX))]
    scan_lines: u64,
    /// Maximum number of groups in a project, 0 for no limit; by default that of the service.
    #[arg(long, value_name = "N", env = "LTS_EMULATOR_QUOTA_GROUPS", value_parser = parsers::whole_number(0..=u64::MAX))]
    quota_groups: Option<u64>,
    /// Maximum number of streams in a group, 0 for no limit; by default that of the service.
    #[arg(long, value_name = "N", env = "LTS_EMULATOR_QUOTA_STREAMS", value_parser = parsers::whole_number(0..=u64::MAX))]
    quota_streams: Option<u64>,
    /// Reject groups with a ttl other than 7 days, as the service does for some accounts.
    #[arg(long, env = "LTS_EMULATOR_TTL_MUST_BE_7")]
    ttl_must_be_7: bool,
    /// Lock an access key for five minutes after more than five wrong signatures in a row.
    #[arg(long, env = "LTS_EMULATOR_LOCK_KEYS")]
    lock_keys: bool,
    /// Delay of every response in milliseconds.
    #[arg(long, value_name = "MS", env = "LTS_EMULATOR_LATENCY", default_value_t = 0, value_parser = parsers::whole_number(0..=MAX_LATENCY))]
    latency: u64,
    /// Do not check credentials; all other checks stay.
    #[arg(long, env = "LTS_EMULATOR_LENIENT")]
    lenient: bool,
    /// Check every response against the spec before it is sent.
    #[arg(long, env = "LTS_EMULATOR_SELF_CHECK")]
    self_check: bool,
    /// Disable the admin API under /_emulator/.
    #[arg(long, env = "LTS_EMULATOR_NO_ADMIN")]
    no_admin: bool,
    /// Allow other machines to use the admin API under /_emulator/, and any name in the Host header.
    #[arg(long, env = "LTS_EMULATOR_ADMIN_FROM_ANYWHERE")]
    admin_from_anywhere: bool,
    /// Print a line for each request on standard error: time, method, path, status, error code, duration.
    #[arg(short, long, env = "LTS_EMULATOR_VERBOSE", overrides_with = "verbose")]
    verbose: bool,
    /// Print the environment variables that point a client at this emulator, and exit.
    #[arg(long, env = "LTS_EMULATOR_PRINT_ENV")]
    print_env: bool,
    /// With --print-env: unset the variables instead.
    #[arg(long, env = "LTS_EMULATOR_UNSET")]
    unset: bool,
    /// With --print-env: the shell that reads the lines; bash also stands for sh and zsh [default: bash].
    #[arg(long, env = "LTS_EMULATOR_SHELL", value_enum)]
    shell: Option<Shell>,
}

/// Parses a duration, or 0 without a unit.
fn duration_or_zero(text: &str) -> Result<Duration, String> {
    if text == "0" { Ok(Duration::ZERO) } else { parsers::duration(text) }
}

/// A shell that --print-env writes for.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Shell {
    #[default]
    Bash,
    Fish,
    Powershell,
}

pub(crate) fn run(arguments: &EmulatorArguments) -> Result<(), CliError> {
    if arguments.project_id.len() != arguments.project_name.len() {
        return Err(CliError::usage("each --project-id needs a --project-name, and vice versa"));
    }
    // Not a conflict in clap, which would also see one in a variable with the value false.
    if arguments.no_admin && arguments.admin_from_anywhere {
        return Err(CliError::usage("--no-admin cannot be used with --admin-from-anywhere"));
    }
    if arguments.print_env {
        return print(&arguments.environment()?);
    }
    let unused = [("--unset", arguments.unset), ("--shell", arguments.shell.is_some())];
    if let Some((option, _)) = unused.into_iter().find(|(_, is_given)| *is_given) {
        return Err(CliError::usage(format!("{option} needs --print-env")));
    }
    raise_file_limit();
    let address = arguments.listen;
    let failed = |error| CliError::configuration(cannot_listen(address, &error));
    let listener = TcpListener::bind(address).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| CliError::configuration(format!("can't start: {e}")))?;
    runtime.block_on(async {
        let stop = stop_signal()?;
        let server = arguments.options().listen(listener)?;
        if arguments.lenient {
            eprint_line("warning: --lenient: credentials are not checked");
        }
        print(&format!("lts emulator listening on http://{address}\n"))?;
        if !arguments.no_admin {
            eprint_line(format!("console: http://{}/_emulator/", client_address(address)));
        }
        eprint_line(format!("to connect: {}", arguments.command_to_connect(client_address(address))));
        Ok(server.run(stop).await?)
    })
}

impl EmulatorArguments {
    fn options(&self) -> Options {
        let mut options = Options::default()
            .key(&self.ak, &self.sk)
            .user(&self.user, &self.password, &self.domain)
            .token_ttl(self.token_ttl)
            .ingest_window(self.ingest_window)
            .query_range(self.query_range)
            .scan_lines(self.scan_lines)
            .ttl_must_be_7(self.ttl_must_be_7)
            .lock_keys(self.lock_keys)
            .lenient(self.lenient)
            .self_check(self.self_check)
            .log_requests(self.verbose)
            .latency(Duration::from_millis(self.latency))
            .admin(match (self.no_admin, self.admin_from_anywhere) {
                (true, _) => Admin::Disabled,
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

    /// The environment of a client of this emulator, as lines for a shell.
    fn environment(&self) -> Result<String, CliError> {
        let shell = self.shell.unwrap_or_default();
        let variables = self.variables();
        if self.unset {
            return Ok(variables.map(|(name, _)| shell.unset(name)).concat());
        }
        if self.listen.port() == 0 {
            return Err(CliError::usage(
                "--print-env needs a port: port 0 is chosen only when the emulator starts",
            ));
        }
        Ok(variables.map(|(name, value)| shell.set(name, &value)).concat())
    }

    fn variables(&self) -> [(&'static str, String); 7] {
        let url = format!("http://{}", client_address(self.listen));
        let first =
            |given: &[String], default: &str| given.first().map_or(default, String::as_str).to_owned();
        [
            ("HUAWEICLOUD_SDK_AK", self.ak.clone()),
            ("HUAWEICLOUD_SDK_SK", self.sk.clone()),
            ("HUAWEICLOUD_SDK_PROJECT_ID", first(&self.project_id, Options::DEFAULT_PROJECT_ID)),
            ("HUAWEICLOUD_LTS_ENDPOINT", url.clone()),
            ("HUAWEICLOUD_LTS_ACCESS_ENDPOINT", url.clone()),
            ("HUAWEICLOUD_SDK_IAM_ENDPOINT", url),
            ("HUAWEICLOUD_LTS_REGION", first(&self.project_name, Options::DEFAULT_PROJECT_NAME)),
        ]
    }

    /// The command that sets the environment of a client in bash. It repeats the options that differ from their
    /// defaults, but the secret key is left for the user to write.
    fn command_to_connect(&self, address: SocketAddr) -> String {
        let mut command =
            format!("lts emulator --print-env --listen {}", Shell::Bash.quoted(&address.to_string()));
        let mut add = |option: &str, value: &str| command.extend([" ", option, " ", value]);
        if (self.ak.as_str(), self.sk.as_str()) != (Options::DEFAULT_ACCESS_KEY, Options::DEFAULT_SECRET_KEY)
        {
            add("--ak", &Shell::Bash.quoted(&self.ak));
            add("--sk", "…");
        }
        if let (Some(id), Some(name)) = (self.project_id.first(), self.project_name.first()) {
            add("--project-id", &Shell::Bash.quoted(id));
            add("--project-name", &Shell::Bash.quoted(name));
        }
        format!("eval \"$({command})\"")
    }
}

impl Shell {
    /// The line that sets an environment variable.
    fn set(self, name: &str, value: &str) -> String {
        let value = self.quoted(value);
        match self {
            Self::Bash => format!("export {name}={value}\n"),
            Self::Fish => format!("set -gx {name} {value}\n"),
            Self::Powershell => format!("$env:{name} = {value}\n"),
        }
    }

    /// The line that unsets an environment variable, whether it is set or not.
    fn unset(self, name: &str) -> String {
        match self {
            Self::Bash => format!("unset {name}\n"),
            Self::Fish => format!("set -e {name}\n"),
            Self::Powershell => format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue\n"),
        }
    }

    /// A value as one word of the shell, in single quotes if it needs them.
    fn quoted(self, value: &str) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
        let is_word = !value.is_empty() && value.chars().all(is_plain);
        match self {
            Self::Bash | Self::Fish if is_word => value.to_owned(),
            Self::Bash => format!("'{}'", value.replace('\'', r"'\''")),
            Self::Fish => format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
            Self::Powershell => format!("'{}'", powershell_escaped(value)),
        }
    }
}

/// Doubles the quotes of a value: PowerShell takes typographic single quotes for the plain one.
fn powershell_escaped(value: &str) -> String {
    let doubled = |c: char| {
        let is_quote = matches!(c, '\'' | '\u{2018}'..='\u{201b}');
        std::iter::repeat_n(c, if is_quote { 2 } else { 1 })
    };
    value.chars().flat_map(doubled).collect()
}

/// Parses an address with a port, `localhost` with a port, or a port.
fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let address = match text.rsplit_once(':').unwrap_or(("", text)) {
        (host, port) if host.is_empty() || host.eq_ignore_ascii_case("localhost") => {
            port.parse().ok().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        }
        _ => text.parse().ok(),
    };
    let accepted = "use an IP address or localhost with a port, or a port: 127.0.0.1:8086, localhost:8086, \
                    [::1]:8086, 0.0.0.0:8086 (all interfaces), :8086, 8086";
    address.ok_or_else(|| accepted.to_owned())
}

/// Why an address can't be listened on, and what to do.
fn cannot_listen(address: SocketAddr, error: &io::Error) -> String {
    let port = address.port();
    let what_to_do = match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {port} is in use: stop the program that uses it, or choose another port with --listen \
             (0 picks a free one); if it is an emulator, eval \"$(lts emulator --print-env --listen {address})\" \
             connects to it"
        ),
        io::ErrorKind::PermissionDenied => {
            format!("port {port} is not permitted: choose one above 1023 with --listen")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("{} is no address of this machine: choose another one with --listen", address.ip())
        }
        _ => error.to_string(),
    };
    format!("can't listen on {address}: {what_to_do}")
}

/// The address for a client on this machine: an unspecified address can be listened on, but not called.
fn client_address(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Raises the limit of open files to what all connections need: on some systems it is 256 by default.
#[cfg(unix)]
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// Enough for 4,000 connections, and some for other files.
    const WANTED: u64 = 6000;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    if current.is_some_and(|current| current < wanted) {
        // With a lower limit, the emulator accepts fewer connections.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}

#[cfg(not(unix))]
fn raise_file_limit() {}

/// A future that ends at an interrupt.
#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()>, CliError> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// A future that ends at SIGTERM or SIGINT; a second signal exits at once. The handlers are installed now, not at
/// the first poll.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |e| CliError::Io("signal handlers".to_owned(), e);
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        /// Added to the number of a signal, this is the exit code that shells use.
        const SIGNAL_EXIT: i32 = 128;
        let mut next_signal = async move || {
            tokio::select! {
                _ = terminate.recv() => SignalKind::terminate(),
                _ = interrupt.recv() => SignalKind::interrupt(),
            }
        };
        next_signal().await;
        tokio::spawn(async move { std::process::exit(SIGNAL_EXIT + next_signal().await.as_raw_value()) });
    })
}
