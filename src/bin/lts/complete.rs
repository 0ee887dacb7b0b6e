//! Completes words for a shell: commands and options, names of groups, streams and profiles, ids of transfers, error
//! codes, and paths of operations.
//!
//! A completion shows nothing but candidates. It takes a second at most, never asks for anything, and never logs in.

use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    io::{self, Write},
    path::Path,
    time::Duration,
};

use clap::{Arg, Command, ValueHint};
use clap_complete::{
    CompleteEnv,
    engine::{ArgValueCandidates, CompletionCandidate},
    env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh},
};
use huaweicloud_lts::{
    Client,
    call::RetryPolicy,
    config::Profiles,
    escape,
    spec::{self, Operation},
    transfers::LogTransfer,
};

use crate::{
    cli::{self, PartialLine},
    commands::completions::VARIABLE,
    context::Context,
    in_the_way,
    options::ClientOptions,
    resolve::{self, Ambiguity},
};

/// The longest time to wait for the service.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// The variable in which some shells pass the position of the word that is being typed; in others it is the last one.
const CURRENT: &str = "_CLAP_COMPLETE_INDEX";

/// Prints the completions if a registered shell asks for them. Returns whether it did.
pub(crate) fn complete_words() -> bool {
    let folder = env::current_dir().ok();
    let shells = Shells(&[&BashWithFewOptions, &Elvish, &Fish, &Powershell, &Zsh]);
    let completion = CompleteEnv::with_factory(command).var(VARIABLE).shells(shells);
    // The text of an error would appear in the line that is being typed.
    completion.try_complete(env::args_os(), folder.as_deref()).unwrap_or(true)
}

/// Bash, which lists candidates without their help: there, options would hide the other candidates. They are offered once
/// `-` is typed.
struct BashWithFewOptions;

impl EnvCompleter for BashWithFewOptions {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        Bash.write_registration(var, name, bin, completer, buf)
    }

    fn write_complete(
        &self,
        cmd: &mut Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        let variable = |name| env::var(name).unwrap_or_default();
        let word = variable(CURRENT).parse().ok().and_then(|index: usize| args.get(index));
        let is_option = word.is_some_and(|word| word.to_string_lossy().starts_with('-'));
        let mut candidates = Vec::new();
        Bash.write_complete(cmd, args, current_dir, &mut candidates)?;
        let candidates = String::from_utf8_lossy(&candidates);
        let separator = variable("_CLAP_IFS");
        let shown: Vec<&str> = candidates
            .split(separator.as_str())
            .filter(|candidate| is_option || !candidate.starts_with('-'))
            .collect();
        buf.write_all(shown.join(&separator).as_bytes())
    }
}

fn command() -> Command {
    let mut command = cli::command_to_complete();
    // Adds the deferred options, so that they are completed, too.
    command.build();
    with_candidates(command)
}

/// Says how to complete the arguments of a command and its subcommands.
fn with_candidates(command: Command) -> Command {
    command.mut_subcommands(with_candidates).mut_args(|arg| match arg.get_id().as_str() {
        "group" | "groups" => arg.add(ArgValueCandidates::new(|| candidates(groups()))),
        "stream" | "streams" => arg.add(ArgValueCandidates::new(|| candidates(streams()))),
        "transfer" | "transfers" => arg.add(ArgValueCandidates::new(|| transfers().unwrap_or_default())),
        "code" => arg.add(ArgValueCandidates::new(codes)),
        // The method may be left out.
        "method" => arg.add(ArgValueCandidates::new(|| methods().into_iter().chain(paths()).collect())),
        "path" => arg.add(ArgValueCandidates::new(paths)),
        "profile" => arg.add(ArgValueCandidates::new(|| candidates(profiles()))),
        _ if has_value_name(&arg, "FILE") => arg.value_hint(ValueHint::FilePath),
        _ if has_value_name(&arg, "DIR") && arg.is_positional() => arg.value_hint(ValueHint::DirPath),
        _ => arg,
    })
}

fn has_value_name(arg: &Arg, name: &str) -> bool {
    arg.get_value_names().is_some_and(|names| names == [name])
}

fn candidates(names: Option<Vec<String>>) -> Vec<CompletionCandidate> {
    names.into_iter().flatten().filter(|name| is_plain(name)).map(CompletionCandidate::new).collect()
}

/// Whether a name is one word of a shell. Others are left out, since the shell would insert them as they are.
fn is_plain(name: &str) -> bool {
    !name.starts_with('-') && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
}

fn codes() -> Vec<CompletionCandidate> {
    let codes = spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES).map(|row| row.code);
    unique(codes)
}

/// The operations that `lts api` can call: those of IAM have another server.
fn operations() -> impl Iterator<Item = Operation> {
    Operation::ALL.iter().copied().filter(|operation| operation.server() != spec::servers::IAM)
}

fn methods() -> Vec<CompletionCandidate> {
    unique(operations().map(Operation::method))
}

fn paths() -> Vec<CompletionCandidate> {
    unique(operations().map(Operation::path))
}

fn unique(words: impl Iterator<Item = &'static str>) -> Vec<CompletionCandidate> {
    words.collect::<BTreeSet<_>>().into_iter().map(CompletionCandidate::new).collect()
}

fn profiles() -> Option<Vec<String>> {
    Some(Profiles::read().ok()?.sections.into_iter().map(|section| section.name).collect())
}

fn groups() -> Option<Vec<String>> {
    let PartialLine { options, given, .. } = typed()?;
    let lts = client(options)?;
    let groups = within_time(async { lts.groups().list().await.ok() })?;
    let left = groups.into_iter().filter(|group| !is_given(&given, &group.name, group.id.as_str()));
    Some(left.map(|group| group.name).collect())
}

/// The streams of the group that stands before.
fn streams() -> Option<Vec<String>> {
    let PartialLine { options, group, given } = typed()?;
    let (lts, group) = (client(options)?, group?);
    let streams = within_time(async {
        let group = resolve::group(&lts, &group, Ambiguity::Ignore).await.ok()?;
        lts.group(&group.id).streams().list().await.ok()
    })?;
    let left = streams.into_iter().filter(|stream| !is_given(&given, &stream.name, stream.id.as_str()));
    Some(left.map(|stream| stream.name).collect())
}

/// The ids of transfers, with what they transfer where.
fn transfers() -> Option<Vec<CompletionCandidate>> {
    let PartialLine { options, given, .. } = typed()?;
    let lts = client(options)?;
    let transfers = within_time(async { lts.transfers().list().await.ok() })?;
    let candidate = |transfer: &LogTransfer| {
        let what = escape::line(&in_the_way::route(transfer)).into_owned();
        CompletionCandidate::new(transfer.id.to_string()).help(Some(what.into()))
    };
    let is_left = |id: &str| is_plain(id) && !is_given(&given, id, id);
    let transfers = transfers.iter().filter(|transfer| is_left(transfer.id.as_str()));
    Some(transfers.map(candidate).collect())
}

/// Whether the line has this item already.
fn is_given(given: &[String], name: &str, id: &str) -> bool {
    given.iter().any(|given| given == name || given == id)
}

/// The words of the line, which the shell passes after `--`, without the one that is being typed.
fn typed() -> Option<PartialLine> {
    let mut words: Vec<OsString> = env::args_os().skip_while(|word| word != "--").skip(1).collect();
    let last = words.len().checked_sub(1)?;
    let current = env::var(CURRENT).ok().and_then(|index| index.parse().ok()).unwrap_or(last);
    if current < words.len() {
        words.remove(current);
    }
    cli::parse_partially(words)
}

/// A client with an access key or a token. A login, or keys of the ECS metadata service, would take requests of their
/// own.
fn client(options: ClientOptions) -> Option<Client> {
    let builder = Context::new(options).client_builder().call_timeout(MAX_WAIT);
    let client = builder.retry(RetryPolicy::default().max_attempts(1)).build().ok()?;
    let info = client.info();
    (!info.logs_in && !info.credentials_from.starts_with("ECS")).then_some(client)
}

/// The result of a future, if there is one in time.
fn within_time<T>(work: impl Future<Output = Option<T>>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let result = runtime.block_on(async { tokio::time::timeout(MAX_WAIT, work).await.ok().flatten() });
    // Don't wait for a thread that resolves a host name.
    runtime.shutdown_background();
    result
}
