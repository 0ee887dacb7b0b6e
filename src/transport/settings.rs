//! Settings of a client.

use std::{sync::Arc, time::Duration};

use http::HeaderValue;

use super::policy::RetryPolicy;
use crate::{
    auth::CredentialsProvider,
    error::{ConfigurationError, ProxyInUse},
};

/// Settings of a client.
pub(crate) struct Settings {
    /// The credentials provider; `None` for a client that only logs in.
    pub(crate) provider: Option<Arc<dyn CredentialsProvider>>,
    /// The region that V11-HMAC-SHA256 derives keys for; an error if no setting names it.
    pub(crate) signing_region: Result<String, ConfigurationError>,
    pub(crate) user_agent: HeaderValue,
    pub(crate) attempt_timeout: Duration,
    /// The time limit of a call, if it was set.
    pub(crate) call_timeout: Option<Duration>,
    /// The time limit of a call, if none was set.
    pub(crate) default_call_timeout: Duration,
    pub(crate) retry: RetryPolicy,
    /// The proxy between the client and the service, for error messages.
    pub(crate) proxy: Option<Arc<ProxyInUse>>,
}

#[cfg(test)]
impl Settings {
    /// Settings without credentials.
    pub(super) fn for_test() -> Self {
        Self {
            provider: None,
            signing_region: Ok("local".to_owned()),
            user_agent: HeaderValue::from_static("test"),
            attempt_timeout: Duration::from_secs(15),
            call_timeout: None,
            default_call_timeout: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            proxy: None,
        }
    }
}
