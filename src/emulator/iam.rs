//! The two operations of IAM that clients need: creating a token and finding a project.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    account::{Project, User},
    clock::rfc3339,
    errors::ApiError,
    state::State,
    wire::{request::Call, response::ApiResponse},
};
use crate::auth::signing::canonical::hex;

/// The header with a new token.
const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// The scope of a token.
enum Scope {
    Project(Project),
    Domain,
    Nothing,
}

pub(super) async fn create_token(
    state: &State,
    call: &Call<'_>,
    body: &Value,
) -> Result<ApiResponse, ApiError> {
    let given = &body["auth"]["identity"]["password"]["user"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (name, password, domain) =
        (text(&given["name"]), text(&given["password"]), text(&given["domain"]["name"]));
    let known = state.store.user(&name, &domain)?;
    let known = known.filter(|user| user.password.as_bytes().ct_eq(password.as_bytes()).into());
    let user = known.ok_or(ApiError::Status(StatusCode::UNAUTHORIZED))?;
    let scope = scope(state, &body["auth"]["scope"], &user)?;

    let now = state.clock.now();
    let ttl = SignedDuration::try_from(state.options.token_ttl).unwrap_or(SignedDuration::MAX);
    let expires_at = now.saturating_add(ttl).unwrap_or(jiff::Timestamp::MAX);
    let project_id = match &scope {
        Scope::Project(project) => Some(project.id.as_str()),
        Scope::Domain | Scope::Nothing => None,
    };
    let token = state.store.create_token(project_id, now, expires_at).await?;

    let of_domain = domain_json(&user.domain);
    let mut facts = Map::new();
    let mut put = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    put("methods", json!(["password"]));
    put("issued_at", rfc3339(now).into());
    put("expires_at", rfc3339(expires_at).into());
    put(
        "user",
        json!({"id": stable_id(&["user", &user.domain, &user.name]), "name": user.name, "domain": of_domain}),
    );
    match &scope {
        Scope::Project(Project { id, name }) => {
            put("project", json!({"id": id, "name": name, "domain": of_domain}));
        }
        Scope::Domain => {
            put("domain", of_domain);
        }
        Scope::Nothing => {}
    }
    if !matches!(scope, Scope::Nothing) {
        put("roles", json!([{"id": "0", "name": "te_admin"}]));
        if call.query("nocatalog").is_none() {
            put("catalog", catalog(&base_url(call), &scope));
        }
    }
    let mut value = HeaderValue::try_from(token).map_err(|error| ApiError::Broken(error.to_string()))?;
    value.set_sensitive(true);
    Ok(ApiResponse::json(StatusCode::CREATED, &json!({"token": facts})).with_header(SUBJECT_TOKEN, value))
}

/// The scope of the requested token. A project takes precedence over a domain, and a project's id over its name.
fn scope(state: &State, scope: &Value, user: &User) -> Result<Scope, ApiError> {
    let unauthorized = || ApiError::Status(StatusCode::UNAUTHORIZED);
    // A domain by id or name. Users get tokens for their own domain only.
    let check_domain = |domain: &Value| match (domain["id"].as_str(), domain["name"].as_str()) {
        (Some(id), _) if id == stable_id(&["domain", &user.domain]) => Ok(()),
        (None, Some(name)) if name == user.domain => Ok(()),
        (None, None) => Err(ApiError::Status(StatusCode::BAD_REQUEST)),
        _ => Err(unauthorized()),
    };
    if let Some(project) = scope.get("project") {
        if let Some(domain) = project.get("domain") {
            check_domain(domain)?;
        }
        let (id, name) = (project["id"].as_str(), project["name"].as_str());
        if id.is_none() && name.is_none() {
            return Err(ApiError::Status(StatusCode::BAD_REQUEST));
        }
        let is_meant = |project: &Project| match id {
            Some(id) => project.id == id,
            None => Some(project.name.as_str()) == name,
        };
        return state
            .store
            .projects()?
            .into_iter()
            .find(is_meant)
            .map(Scope::Project)
            .ok_or_else(unauthorized);
    }
    if let Some(domain) = scope.get("domain") {
        check_domain(domain)?;
        return Ok(Scope::Domain);
    }
    Ok(Scope::Nothing)
}

pub(super) async fn list_projects(
    state: &State,
    call: &Call<'_>,
    _: &Value,
) -> Result<ApiResponse, ApiError> {
    let wanted = call.query("name");
    // Projects belong to the account of the first user.
    let account = state.options.account.users.first().map_or("", |user| &user.domain);
    let domain_id = stable_id(&["domain", account]);
    let here = format!("{}{}", base_url(call), call.head.uri.path());
    let found = state.store.projects()?.into_iter();
    let found = found.filter(|project| wanted.is_none_or(|name| project.name == name));
    let projects: Vec<Value> = found
        .map(|Project { id, name }| {
            json!({
                "id": id, "name": name, "domain_id": domain_id, "parent_id": domain_id,
                "is_domain": false, "enabled": true, "description": "",
                "links": {"self": format!("{here}/{id}")},
            })
        })
        .collect();
    let query = call.head.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let links = json!({"self": format!("{here}{query}"), "previous": null, "next": null});
    Ok(ApiResponse::json(StatusCode::OK, &json!({"projects": projects, "links": links})))
}

/// The service catalog: LTS and IAM, at the address of the request. Clients of a partner cloud look for LTS as `ltsv2`.
fn catalog(base: &str, scope: &Scope) -> Value {
    let entry = |service: &str, region: &str, url: String| {
        json!({
            "type": service, "name": service, "id": stable_id(&["service", service]),
            "endpoints": [{
                "id": stable_id(&["endpoint", service, region]), "interface": "public",
                "region": region, "region_id": region, "url": url,
            }],
        })
    };
    let iam = entry("iam", "*", format!("{base}/v3"));
    match scope {
        Scope::Project(Project { id, name }) => {
            let lts = ["lts", "ltsv2"].map(|service| entry(service, name, format!("{base}/v2/{id}")));
            json!([lts[0], lts[1], iam])
        }
        Scope::Domain | Scope::Nothing => json!([iam]),
    }
}

fn domain_json(name: &str) -> Value {
    json!({"id": stable_id(&["domain", name]), "name": name})
}

/// A stable id of 32 hexadecimal digits, derived from a name.
fn stable_id(parts: &[&str]) -> String {
    hex(&Sha256::digest(parts.join("\0"))[..16])
}

/// The address that the client used.
fn base_url(call: &Call<'_>) -> String {
    let host = call.head.headers.get(header::HOST).map(|host| String::from_utf8_lossy(host.as_bytes()));
    let authority = || call.head.uri.authority().map(|authority| Cow::Borrowed(authority.as_str()));
    format!("http://{}", host.or_else(authority).unwrap_or(Cow::Borrowed("localhost")))
}
