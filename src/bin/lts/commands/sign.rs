//! `lts sign`: signs a request that another client will send.

use std::borrow::Cow;

use clap::{Args, builder::NonEmptyStringValueParser};
use http::{HeaderName, HeaderValue, Method};
use huaweicloud_lts::{AkSk, signing::SigningRequest};
use serde::Serialize;

use crate::{
    context::Context,
    error::{Failure, Meant},
    parsers,
};

#[derive(Debug, Args)]
#[command(after_help = "Example: sign a request and send it with curl:\n  \
    lts sign -X GET \"$URL\" -H 'Content-Type: application/json' | curl -H @- \"$URL\"")]
pub(crate) struct SignArguments {
    /// The whole URL. Path and query are signed as typed.
    url: String,
    /// The method; GET, or POST with a body, if it isn't given.
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    method: Option<String>,
    /// A header to sign and send; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// The body; `@FILE` reads it from a file, `@-` from standard input.
    #[arg(short = 'd', long = "data", value_name = "BODY")]
    body: Option<String>,
    /// The access key. Without it, the credentials of the environment sign.
    #[arg(long, value_name = "AK", requires = "sk", value_parser = NonEmptyStringValueParser::new())]
    ak: Option<String>,
    /// Its secret key.
    #[arg(long, value_name = "SK", requires = "ak", value_parser = NonEmptyStringValueParser::new())]
    sk: Option<String>,
    /// The time of signing, now if it isn't given. A header X-Sdk-Date goes before.
    #[arg(long, value_name = "20240305T000000Z")]
    date: Option<String>,
}

/// A signature and how it came about.
#[derive(Serialize)]
struct Data<'a> {
    canonical_request: &'a str,
    string_to_sign: &'a str,
    signed_headers: &'a str,
    authorization: &'a str,
}

pub(crate) fn run(arguments: &SignArguments, context: &Context) -> Result<(), Failure> {
    let (host, target) = split(&arguments.url)?;
    let body = match &arguments.body {
        Some(body) => parsers::body(body)?,
        None => Cow::Borrowed(&[][..]),
    };
    let default = if arguments.body.is_some() { "POST" } else { "GET" };
    let method = arguments.method.as_deref().unwrap_or(default);
    Method::from_bytes(method.as_bytes())
        .map_err(|_| Failure::usage(format!("{method:?} is no method: give GET or POST, for instance")))?;
    let mut request = SigningRequest::new(method, host, &target).body(&body);
    let headers: Vec<(&str, &str)> =
        arguments.headers.iter().map(|line| header(line)).collect::<Result<_, _>>()?;
    for (name, value) in &headers {
        request = request.header(*name, *value);
    }
    if let Some(date) = &arguments.date {
        request = request.date(date.as_str()).map_err(|e| Failure::usage(e.to_string()))?;
    }
    let signed = request.sign(&keys(arguments, context)?);
    let data = Data {
        canonical_request: signed.canonical_request(),
        string_to_sign: signed.string_to_sign(),
        signed_headers: signed.signed_headers(),
        authorization: signed.authorization(),
    };
    context.output.data(&data, || {
        let all = headers.iter().copied().chain(signed.headers());
        all.map(|(name, value)| format!("{name}: {value}\n")).collect()
    })
}

/// The keys that were given, else those of the whole chain.
fn keys(arguments: &SignArguments, context: &Context) -> Result<AkSk, Failure> {
    if let (Some(ak), Some(sk)) = (&arguments.ak, &arguments.sk) {
        return Ok(AkSk::new(ak, sk.as_str()));
    }
    context.run(async {
        context.builder().signing_keys().await.or_say(|| "there is no key to sign with".to_owned())
    })
}

/// Host and request target of a URL, as typed: a URL library would normalize them.
fn split(url: &str) -> Result<(&str, Cow<'_, str>), Failure> {
    let wrong = || Failure::usage(format!("{url:?} is no whole URL: give scheme, host and path, escaped"));
    let (_, rest) = url.split_once("://").ok_or_else(wrong)?;
    let rest = rest.split('#').next().unwrap_or_default();
    let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // A blank or a line break would end the line of the request in the middle of the URL.
    let breaks = |c: char| c.is_ascii_control() || c == ' ';
    if host.is_empty() || host.contains('@') || url.contains(breaks) {
        return Err(wrong());
    }
    Ok((host, if target.starts_with('/') { target.into() } else { format!("/{target}").into() }))
}

/// Name and value of a header, which must be such that it stays one line.
fn header(line: &str) -> Result<(&str, &str), Failure> {
    let split = line.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
    let legal = |(name, value): &(&str, &str)| {
        HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_bytes(value.as_bytes()).is_ok()
    };
    split.filter(legal).ok_or_else(|| Failure::usage(format!("header {line:?}: expected NAME: VALUE")))
}
