//! The console: a web page that shows the emulator's data and requests.
//!
//! Its files are part of the binary, and it requests nothing but the admin API. It shows data from clients as text only,
//! and its content security policy blocks everything else.

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    emulator::{state::State, store::StoreError, wire::response::ApiResponse},
    spec::{self, Operation},
};

/// The content security policy: the page may use its own files and send requests to its own origin.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The page's path below `/_emulator/`.
pub(crate) const PAGE: &str = "";

/// The page's files: name, media type, content.
const FILES: [(&str, &str, &str); 5] = [
    (PAGE, "text/html; charset=utf-8", include_str!("console/console.html")),
    ("console.css", "text/css; charset=utf-8", include_str!("console/console.css")),
    ("console.js", "text/javascript; charset=utf-8", include_str!("console/console.js")),
    ("lines.js", "text/javascript; charset=utf-8", include_str!("console/lines.js")),
    ("console.svg", "image/svg+xml", include_str!("console/console.svg")),
];

/// A file of the page.
pub(crate) fn file(path: &str) -> Option<ApiResponse> {
    let (_, media_type, content) = FILES.iter().find(|(name, ..)| *name == path)?;
    let with = |response: ApiResponse, name: HeaderName, value: &'static str| {
        response.with_header(name, HeaderValue::from_static(value))
    };
    let response = with(ApiResponse::new(StatusCode::OK, *content), header::CONTENT_TYPE, media_type);
    let response = with(response, header::CONTENT_SECURITY_POLICY, POLICY);
    Some(with(response, header::REFERRER_POLICY, "no-referrer"))
}

/// The emulator's options and projects. Unlimited quotas are null.
pub(crate) fn about(state: &State) -> Result<Value, StoreError> {
    let quota = |quota: u64| (quota != 0).then_some(quota);
    let projects = state.store.projects()?;
    let projects: Vec<_> =
        projects.iter().map(|project| json!({"id": project.id, "name": project.name})).collect();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "lenient": state.options.lenient,
        "quota_groups": quota(state.options.quota_groups),
        "quota_streams": quota(state.options.quota_streams),
        "operations": Operation::ALL.iter().map(|operation| operation.id()).collect::<Vec<_>>(),
        "projects": projects,
    }))
}

/// The error codes of the spec.
pub(crate) fn codes() -> Value {
    let rows = spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES);
    rows.map(|row| {
        json!({
            "code": row.code, "status": row.status, "message": row.message, "cause": row.cause,
            "solution": row.solution,
        })
    })
    .collect()
}
