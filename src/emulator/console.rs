//! The console: a page that shows what the emulator has and what it was asked, for a person to look at.
//!
//! Its files are part of the binary, and it asks nobody but the control. What it shows comes from clients, so
//! it only ever becomes text; the page's policy takes the means to anything else away from it.

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{answer::Answer, service::Service, store::StoreError};
use crate::spec::{self, Operation};

/// What the page may do: run and show its own files, and ask the emulator that it came from.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The page's path below the control's: none.
pub(super) const PAGE: &str = "";

/// The page's files: name, media type, content.
const FILES: [(&str, &str, &str); 4] = [
    (PAGE, "text/html; charset=utf-8", include_str!("console/console.html")),
    ("console.css", "text/css; charset=utf-8", include_str!("console/console.css")),
    ("console.js", "text/javascript; charset=utf-8", include_str!("console/console.js")),
    ("console.svg", "image/svg+xml", include_str!("console/console.svg")),
];

/// One of the page's files.
pub(super) fn file(path: &str) -> Option<Answer> {
    let (_, media_type, content) = FILES.iter().find(|(name, ..)| *name == path)?;
    let with = |answer: Answer, name: HeaderName, value: &'static str| {
        answer.with_header(name, HeaderValue::from_static(value))
    };
    let answer = with(Answer::new(StatusCode::OK, *content), header::CONTENT_TYPE, media_type);
    let answer = with(answer, header::CONTENT_SECURITY_POLICY, POLICY);
    Some(with(answer, header::REFERRER_POLICY, "no-referrer"))
}

/// The rules that this emulator was given, and the projects that it knows. No limit is null.
pub(super) fn about(service: &Service) -> Result<Value, StoreError> {
    let quota = |quota: u64| (quota != 0).then_some(quota);
    let projects = service.store.projects()?;
    let projects: Vec<_> =
        projects.iter().map(|project| json!({"id": project.id, "name": project.name})).collect();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "lenient": service.options.lenient,
        "quota_groups": quota(service.options.quota_groups),
        "quota_streams": quota(service.options.quota_streams),
        "operations": Operation::ALL.iter().map(|operation| operation.id()).collect::<Vec<_>>(),
        "projects": projects,
    }))
}

/// What the spec says of each error code.
pub(super) fn codes() -> Value {
    let rows = spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES);
    rows.map(|row| {
        json!({
            "code": row.code, "status": row.status, "message": row.message, "cause": row.cause,
            "solution": row.solution,
        })
    })
    .collect()
}
