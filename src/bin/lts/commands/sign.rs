//! `lts sign`: signs a request that another HTTP client will send.

use std::{borrow::Cow, collections::BTreeMap};

use clap::{Args, builder::NonEmptyStringValueParser};
use http::Method;
use huaweicloud_lts::{AkSk, signing::SigningRequest, spec::REQUEST_MEDIA_TYPE};
use serde::Serialize;

use crate::{
    context::Context,
    error::{CliError, ResultExt},
    output::eprint_line,
    parsers,
};

#[derive(Debug, Args)]
#[command(after_help = "Example: sign a request and send it with curl:\n  \
    lts sign -X GET \"$URL\" -H 'Content-Type: application/json' | curl -H @- \"$URL\"\n\n\
    JSON and YAML: {canonical_request, string_to_sign, signed_headers, authorization, headers}.")]
pub(crate) struct SignArguments {
    /// Full URL. Path and query are signed as typed.
    url: String,
    /// Method, signed in upper case; by default GET, or POST with a body.
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    method: Option<String>,
    /// Header to sign and send; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parsers::header)]
    headers: Vec<(String, String)>,
    /// Body; `@FILE` reads it from a file, `@-` from standard input.
    #[arg(short = 'd', long = "data", value_name = "BODY")]
    body: Option<String>,
    /// Access key; by default that of the profile, the environment or the ECS metadata service.
    #[arg(long, value_name = "AK", requires = "sk", value_parser = NonEmptyStringValueParser::new())]
    ak: Option<String>,
    /// Secret key of the access key.
    #[arg(long, value_name = "SK", requires = "ak", value_parser = NonEmptyStringValueParser::new())]
    sk: Option<String>,
    /// Time of signing, by default now. A header X-Sdk-Date takes precedence.
    #[arg(long, value_name = "20240305T000000Z")]
    date: Option<String>,
}

/// The output: a signature and the texts that it was made from.
#[derive(Serialize)]
struct Signed<'a> {
    canonical_request: &'a str,
    string_to_sign: &'a str,
    signed_headers: &'a str,
    authorization: &'a str,
    /// All headers to send.
    headers: BTreeMap<&'a str, &'a str>,
}

pub(crate) fn run(arguments: &SignArguments, context: &Context) -> Result<(), CliError> {
    let (host, target) = split_url(&arguments.url)?;
    let body = match &arguments.body {
        Some(body) => parsers::body(body)?,
        None => Cow::Borrowed(&[][..]),
    };
    let default = if arguments.body.is_some() { "POST" } else { "GET" };
    // The vendor's signers write it in upper case, too.
    let method = arguments.method.as_deref().unwrap_or(default).to_ascii_uppercase();
    Method::from_bytes(method.as_bytes())
        .map_err(|_| CliError::usage(format!("{method:?} is not a method: expected for example GET")))?;
    let mut request = SigningRequest::new(&method, host, &target).body(&body);
    let headers = || arguments.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in headers() {
        if name.eq_ignore_ascii_case("X-Sdk-Date") {
            let parsed = SigningRequest::new(&method, host, &target).date(value);
            parsed.map_err(|e| CliError::usage(e.to_string()))?;
        }
        request = request.header(name, value);
    }
    if let Some(date) = &arguments.date {
        request = request.date(date.as_str()).map_err(|e| CliError::usage(e.to_string()))?;
    }
    let signed = request.sign(&signing_keys(arguments, context)?);
    let to_send = || headers().chain(signed.headers());
    let data = Signed {
        canonical_request: signed.canonical_request(),
        string_to_sign: signed.string_to_sign(),
        signed_headers: signed.signed_headers(),
        authorization: signed.authorization(),
        headers: to_send().collect(),
    };
    if !body.is_empty() && !headers().any(|(name, _)| name.eq_ignore_ascii_case("Content-Type")) {
        // Other programs set their own: that of a form, for example.
        eprint_line(format_args!(
            "note: the body has no Content-Type; LTS expects -H 'Content-Type: {REQUEST_MEDIA_TYPE}'"
        ));
    }
    let lines = || to_send().map(|(name, value)| format!("{name}: {value}\n")).collect();
    context.output.data(&data, lines)
}

/// The keys given as options, otherwise those that a client would use.
fn signing_keys(arguments: &SignArguments, context: &Context) -> Result<AkSk, CliError> {
    let mut builder = context.client_builder();
    if let (Some(ak), Some(sk)) = (&arguments.ak, &arguments.sk) {
        builder = builder.credentials(AkSk::new(ak, sk.as_str()));
    }
    let what = || "there is no access key to sign with".to_owned();
    context.run(async { builder.signing_keys().await.context(what) })
}

/// The URL as a message shows it: without user name and password.
fn without_user(url: &str) -> Cow<'_, str> {
    let Some((before, host)) = url.rsplit_once('@') else { return url.into() };
    let scheme = before.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
    format!("{scheme}…@{host}").into()
}

/// Splits a URL into host and request target, as typed: a URL library would normalize them.
fn split_url(url: &str) -> Result<(&str, Cow<'_, str>), CliError> {
    let invalid = || CliError::Usage {
        what: format!("{:?} is not a full URL with scheme, host and escaped path", without_user(url)),
        hint: Some("write it like https://lts.cn-north-4.myhuaweicloud.com/v2/PROJECT_ID/groups".to_owned()),
    };
    let (_, rest) = url.split_once("://").ok_or_else(invalid)?;
    let rest = rest.split('#').next().unwrap_or_default();
    let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // A blank or a line break would end the request line in the middle of the URL.
    let ends_request_line = |c: char| c.is_ascii_control() || c == ' ';
    if host.is_empty() || host.contains('@') || url.contains(ends_request_line) {
        return Err(invalid());
    }
    Ok((host, if target.starts_with('/') { target.into() } else { format!("/{target}").into() }))
}
