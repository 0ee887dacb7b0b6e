//! Transport errors: no complete response arrived.

use std::{error::Error, fmt, io, sync::Arc};

use super::operation_prefix::write_operation;
use crate::spec::OperationFacts;

/// Why no complete response arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportFailure {
    /// Connecting failed; the request was not sent.
    Connect,
    /// The attempt timed out.
    Timeout,
    /// The deadline of the whole call passed.
    Deadline,
    /// The connection closed before the response was complete.
    Closed,
    /// The response is larger than 64 MiB.
    TooLarge,
}

/// The proxy between a client and a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyInUse {
    /// Its URL, without a user name or password.
    pub(crate) url: String,
    /// The setting that it is from.
    pub(crate) setting: &'static str,
    /// Whether its URL has a user name.
    pub(crate) has_user: bool,
}

impl ProxyInUse {
    /// The source of the setting.
    pub(crate) fn source(&self) -> &'static str {
        if self.setting == "proxy" { "code" } else { self.setting }
    }

    /// Whether reqwest can use it. It takes other schemes for http, unless it has the feature `socks`.
    fn is_http(&self) -> bool {
        ["http://", "https://"].iter().any(|scheme| self.url.starts_with(scheme))
    }
}

/// What the HTTP library says of a failed connection, in words that name the cause, and what to do.
struct Explanation {
    /// A part of the library's text.
    text: &'static str,
    cause: &'static str,
    remedy: &'static str,
}

const ADD_CA: &str = "If the server is yours, add its CA to the certificates of this machine, or set SSL_CERT_FILE to a file \
                      of CA certificates.";

const NO_TLS_1_2: &str = "the server doesn't speak TLS 1.2 or 1.3";
const ENABLE_TLS_1_2: &str = "Enable TLS 1.2 or 1.3 on the server; older versions are not supported.";

const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        text: "UnknownIssuer",
        cause: "the server's certificate is from a CA that this machine doesn't trust",
        remedy: ADD_CA,
    },
    Explanation {
        text: "CaUsedAsEndEntity",
        cause: "the server's certificate is that of a CA, which can't be a server's",
        remedy: "Give the server a certificate of its own, issued by that CA.",
    },
    Explanation {
        text: "certificate not valid for name",
        cause: "the server's certificate is for another host name",
        remedy: "Use an endpoint with a host name that the certificate has.",
    },
    Explanation {
        text: "NotValidForName",
        cause: "the server's certificate is for another host name",
        remedy: "Use an endpoint with a host name that the certificate has.",
    },
    Explanation {
        text: "certificate expired",
        cause: "the server's certificate has expired",
        remedy: "Check the clock of this machine, and renew the certificate if the server is yours.",
    },
    Explanation {
        text: "certificate not valid yet",
        cause: "the server's certificate is not valid yet",
        remedy: "Check the clock of this machine.",
    },
    Explanation {
        text: "InvalidContentType",
        cause: "the server doesn't speak TLS",
        remedy: "If it is a plain http server, such as the emulator, write the endpoint with http://.",
    },
    Explanation {
        text: "tls handshake eof",
        cause: "the server closed the connection during the TLS handshake",
        remedy: "If it is a plain http server, such as the emulator, write the endpoint with http://.",
    },
    Explanation { text: "fatal alert: ProtocolVersion", cause: NO_TLS_1_2, remedy: ENABLE_TLS_1_2 },
    Explanation { text: "ServerDoesNotSupportTls12Or13", cause: NO_TLS_1_2, remedy: ENABLE_TLS_1_2 },
    Explanation {
        text: "invalid HTTP version",
        cause: "the response is not HTTP",
        remedy: "If it is an https server, write the endpoint with https://.",
    },
    Explanation {
        text: AUTHORIZATION_REQUIRED,
        cause: "the proxy wants a user name and password",
        remedy: "Write them into the URL of the proxy: http://user:password@host:port.",
    },
    Explanation {
        text: "tunnel error: unsuccessful",
        // The HTTP library doesn't say which status the proxy sent.
        cause: "the proxy refused to connect to the service, or could not",
        remedy: "Check the host name of the endpoint, and ask for access through the proxy; or list the host in NO_PROXY to \
                 connect directly.",
    },
];

const AUTHORIZATION_REQUIRED: &str = "proxy authorization required";

/// For a proxy that was sent a user name and password.
const REJECTED_USER: Explanation = Explanation {
    text: AUTHORIZATION_REQUIRED,
    cause: "the proxy doesn't accept the user name and password of its URL",
    remedy: "Correct the user name and password in the URL of the proxy, with special characters percent-encoded.",
};

fn explain(cause: &str) -> Option<&'static Explanation> {
    EXPLANATIONS.iter().find(|explanation| cause.contains(explanation.text))
}

/// No complete response arrived.
#[derive(Debug)]
pub struct TransportError {
    pub(crate) operation: Option<&'static OperationFacts>,
    pub(crate) failure: TransportFailure,
    /// Whether the request may have reached the service.
    pub(crate) sent: bool,
    pub(crate) outcome_unknown: bool,
    /// The scheme, host and port of the URL, if they are known.
    pub(crate) server: Option<String>,
    /// The proxy that was used.
    pub(crate) proxy: Option<Arc<ProxyInUse>>,
    pub(crate) source: Option<reqwest::Error>,
}

impl TransportError {
    pub(crate) fn new(failure: TransportFailure, sent: bool) -> Self {
        Self {
            operation: None,
            failure,
            sent,
            outcome_unknown: false,
            server: None,
            proxy: None,
            source: None,
        }
    }

    /// What went wrong.
    pub fn failure(&self) -> TransportFailure {
        self.failure
    }

    /// What to do, if the cause is a setting.
    pub(crate) fn remedy(&self) -> Option<&'static str> {
        if self.proxy.as_ref().is_some_and(|proxy| !proxy.is_http()) {
            return Some("Use the URL of an http or https proxy; others are not supported.");
        }
        let remedy = self.explanation().map(|explanation| explanation.remedy);
        let check_proxy = || {
            (self.failure == TransportFailure::Connect && self.proxy.is_some())
                .then_some("Check the URL of the proxy, or list the host in NO_PROXY to connect directly.")
        };
        remedy.or_else(check_proxy)
    }

    /// The scheme, host and port that were asked, if they are known: `https://lts.cn-north-4.myhuaweicloud.com`.
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// Whether the host's name could not be resolved.
    pub fn is_unknown_host(&self) -> bool {
        self.causes().any(|cause| cause.to_string() == "dns error")
    }

    /// Whether the host refused the connection: no program listens on the port.
    pub fn is_refused(&self) -> bool {
        let io = self.causes().last().and_then(|cause| cause.downcast_ref::<io::Error>());
        io.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    }

    fn explanation(&self) -> Option<&'static Explanation> {
        let explanation = explain(&self.innermost_cause()?.to_string())?;
        let sent_user = self.proxy.as_ref().is_some_and(|proxy| proxy.has_user);
        let is_rejected = sent_user && explanation.text == AUTHORIZATION_REQUIRED;
        Some(if is_rejected { &REJECTED_USER } else { explanation })
    }

    /// The most specific cause: "connection refused".
    fn innermost_cause(&self) -> Option<&(dyn Error + 'static)> {
        self.causes().last()
    }

    /// What is behind the error of the HTTP library, from the outermost to the innermost.
    fn causes(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        let outermost = self.source.as_ref().and_then(Error::source);
        std::iter::successors(outermost, |&cause| cause.source())
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operation(f, self.operation)?;
        match self.failure {
            TransportFailure::Connect => {
                write!(f, "could not connect to {}", self.server.as_deref().unwrap_or("the service"))
            }
            TransportFailure::Timeout => f.write_str("no response within the attempt timeout"),
            TransportFailure::Deadline => f.write_str("the deadline passed before a response arrived"),
            TransportFailure::Closed => f.write_str("the connection closed before the response was complete"),
            TransportFailure::TooLarge => f.write_str("the response is larger than 64 MiB"),
        }?;
        if let Some(proxy) = &self.proxy {
            write!(f, " through the proxy {} ({})", proxy.url, proxy.setting)?;
        }
        match (self.explanation(), self.innermost_cause()) {
            (Some(explanation), _) => write!(f, ": {}", explanation.cause),
            (None, Some(cause)) => write!(f, ": {cause}"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explanation_is_found_for_the_texts_of_the_http_libraries() {
        for (text, cause) in [
            ("invalid peer certificate: UnknownIssuer", "a CA that this machine doesn't trust"),
            ("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", "is that of a CA"),
            (
                "invalid peer certificate: certificate not valid for name \"a\"; certificate is only valid for \"b\"",
                "for another host name",
            ),
            ("invalid peer certificate: certificate expired: verification time 3, but 1", "has expired"),
            ("received corrupt message of type InvalidContentType", "doesn't speak TLS"),
            ("tunnel error: unsuccessful", "the proxy refused"),
            ("tunnel error: proxy authorization required", "the proxy wants a user name"),
        ] {
            assert!(explain(text).unwrap().cause.contains(cause), "{text}");
        }
        assert!(explain("Connection refused (os error 111)").is_none());
    }
}
