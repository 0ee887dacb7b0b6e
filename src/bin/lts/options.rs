//! The client options: where to connect, and how to print. Every command takes them, except for `emulator`; only
//! `lts help options` lists them.

use std::time::Duration;

use clap::{ArgAction, ArgMatches, Args, FromArgMatches};

use crate::{output::Format, parsers};

const CONNECTION: &str = "Connection";
const OUTPUT: &str = "Output";

/// The line that stands for the options in the help of a command.
const HELP: &str = "Client options, such as --region and --output: lts help options";

// A documentation comment would become the description of every command.
#[derive(Debug, Default, Args)]
#[group(skip)]
pub(crate) struct ClientOptions {
    /// Section of the profile file; the environment is then ignored.
    #[arg(long, value_name = "NAME", help_heading = CONNECTION)]
    pub(crate) profile: Option<String>,
    /// Region, for example cn-north-4.
    #[arg(long, value_name = "REGION", help_heading = CONNECTION)]
    pub(crate) region: Option<String>,
    /// Domain of the cloud [default: myhuaweicloud.com].
    #[arg(long, value_name = "DOMAIN", help_heading = CONNECTION)]
    pub(crate) cloud: Option<String>,
    /// LTS endpoint, instead of the region's.
    #[arg(long, value_name = "URL", help_heading = CONNECTION)]
    pub(crate) endpoint: Option<String>,
    /// Endpoint for writing logs, instead of the region's.
    #[arg(long, value_name = "URL", help_heading = CONNECTION)]
    pub(crate) access_endpoint: Option<String>,
    /// Allow plain http to hosts other than loopback.
    #[arg(long, help_heading = CONNECTION)]
    pub(crate) allow_plain_http: bool,
    /// Project id.
    #[arg(long, value_name = "ID", help_heading = CONNECTION)]
    pub(crate) project_id: Option<String>,
    /// Time limit for a whole call, retries included [default: 30s].
    #[arg(long, value_name = "TIME", help_heading = CONNECTION, value_parser = parsers::nonzero_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Maximum number of attempts per call [default: 3].
    #[arg(long, value_name = "N", help_heading = CONNECTION, value_parser = parsers::whole_number(1..=u32::MAX))]
    pub(crate) max_attempts: Option<u32>,
    /// Output format [default: table].
    #[arg(short, long, value_name = "FORMAT", value_enum, help_heading = OUTPUT)]
    pub(crate) output: Option<Format>,
    /// Print bare ids, without progress and summaries.
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) quiet: bool,
    /// Show failed attempts; -vv shows all requests, without secrets.
    #[arg(short, long, action = ArgAction::Count, help_heading = OUTPUT)]
    pub(crate) verbose: u8,
}

impl ClientOptions {
    /// Adds the options to a command. Its help only says where they are listed.
    pub(crate) fn add_to(command: clap::Command) -> clap::Command {
        let own = command.get_after_help().map(|text| format!("\n\n{text}")).unwrap_or_default();
        Self::augment_args(command.after_help(format!("{HELP}{own}"))).mut_args(|arg| {
            let is_client_option = [Some(CONNECTION), Some(OUTPUT)].contains(&arg.get_help_heading());
            if is_client_option { arg.hide(true) } else { arg }
        })
    }

    /// Merges the options of one level of the command line into those of the levels before it; the later one
    /// takes precedence.
    pub(crate) fn merge(self, matches: &ArgMatches) -> Result<Self, clap::Error> {
        let later = Self::from_arg_matches(matches)?;
        Ok(Self {
            profile: later.profile.or(self.profile),
            region: later.region.or(self.region),
            cloud: later.cloud.or(self.cloud),
            endpoint: later.endpoint.or(self.endpoint),
            access_endpoint: later.access_endpoint.or(self.access_endpoint),
            allow_plain_http: later.allow_plain_http || self.allow_plain_http,
            project_id: later.project_id.or(self.project_id),
            timeout: later.timeout.or(self.timeout),
            max_attempts: later.max_attempts.or(self.max_attempts),
            output: later.output.or(self.output),
            quiet: later.quiet || self.quiet,
            verbose: later.verbose.saturating_add(self.verbose),
        })
    }
}
