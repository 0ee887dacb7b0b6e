//! The admin API, under `/_emulator/`: seeding, faults, clock, inspection.
//!
//! It is not part of the emulated services: it needs no credential, has no latency, and isn't recorded in the journal. By
//! default only loopback clients may use it; for others its paths don't exist.
//!
//! | method and path | |
//! | --- | --- |
//! | `GET` (nothing) | the console page; `/` and `/_emulator` lead to it |
//! | `GET health` | `{"status": "ok"}` |
//! | `POST reset` | restores the initial state |
//! | `POST seed` | adds a [`Seed`](super::Seed), all or nothing |
//! | `GET state` | `{groups: [{project_id, log_group_id, log_group_name, ttl_in_days, streams}], buckets}` |
//! | `GET transfers`, `DELETE transfers/ID` | lists and deletes transfers, which the API can only create |
//! | `GET clock`, `POST clock` | `{"now"}`; `{"set": "<RFC 3339>"}` or `{"advance_s": N}` |
//! | `GET requests` | the last requests, newest last |
//! | `GET faults`, `POST faults`, `DELETE faults` | lists the pending faults; adds one or a list; removes all |
//! | `DELETE faults/ID` | removes one |
//! | `GET pending` | for the console: the pending faults, `[{id, fault}]` |
//! | `GET injected` | for the console: the ids of the requests whose responses a fault made or changed |
//! | `GET lines?project_id=…&log_group_id=…&log_stream_id=…` | for the console: the newest lines, `{count, has_older, is_complete, lines: [{line_num, time, parts, labels}]}`; `query`, `before` and `limit` as in `lines.rs` |
//! | `GET about` | for the console: `{version, lenient, quota_groups, quota_streams, operations, projects: [{id, name}]}`; an unlimited quota is null |
//! | `GET codes` | for the console: `[{code, status, message, cause, solution}]` from the spec |

mod console;
mod error;
mod lines;

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    auth::same_origin::{self, Target},
    clock::{self, Clock},
    errors,
    faults::Fault,
    options::Admin,
    random,
    state::State,
    validate::json,
    wire::{
        request::{Peer, read},
        response::ApiResponse,
    },
};

use error::AdminError;

const PREFIX: &str = "/_emulator/";

/// Every path of the admin API. The first two lead to the third, which is the console's.
pub(crate) const ROUTES: [&str; 4] = ["/", "/_emulator", PREFIX, "/_emulator/{*path}"];

/// Responses must not be cached, sniffed or used by another site.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub(crate) async fn handle(state: Arc<State>, request: Request<Body>) -> Response<Body> {
    let request_id = random::request_id();
    let (head, body) = request.into_parts();
    let path = head.uri.path().strip_prefix(PREFIX);
    let target = if matches!(path, None | Some(console::PAGE)) { Target::Page } else { Target::Admin };
    let response = if !state.admits(head.extensions.get()) {
        Ok(None)
    } else if let Err(why) = same_origin::check(state.options.admin, target, &head) {
        Err(AdminError::Forbidden(why))
    } else {
        match (path, read(body).await) {
            (Some(path), Ok(body)) => response(&state, &head, path, &body).await,
            (None, Ok(_)) => Ok((head.method == Method::GET).then(to_console)),
            (_, Err(_)) => Err(AdminError::Unread),
        }
    };
    let response = response.unwrap_or_else(|problem| Some(problem.into_response()));
    let mut response = response.unwrap_or_else(|| errors::api_not_found(&head.method, &request_id));
    response.headers.extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response.into_response(&request_id, state.clock.now())
}

/// Leads to the console.
fn to_console() -> ApiResponse {
    ApiResponse::json(StatusCode::FOUND, &json!({"console": PREFIX}))
        .with_header(header::LOCATION, HeaderValue::from_static(PREFIX))
}

/// The response of the admin API; `None` for an unknown path or method.
async fn response(
    state: &State,
    head: &Parts,
    path: &str,
    body: &[u8],
) -> Result<Option<ApiResponse>, AdminError> {
    let ok = |response| Ok(Some(response));
    match (&head.method, path) {
        (&Method::GET, "health") => ok(ApiResponse::json(StatusCode::OK, &json!({"status": "ok"}))),
        (&Method::POST, "reset") => {
            state.reset().await?;
            ok(ApiResponse::no_content())
        }
        (&Method::GET, "state") => {
            ok(ApiResponse::json(StatusCode::OK, &state.store.state(state.clock.now())?))
        }
        (&Method::POST, "seed") => {
            state.seed(&parse(body)?).await?;
            ok(ApiResponse::no_content())
        }
        (&Method::GET, "clock") => {
            ok(ApiResponse::json(StatusCode::OK, &json!({"now": clock::rfc3339(state.clock.now())})))
        }
        (&Method::POST, "clock") => {
            parse::<ClockChange>(body)?.apply(&state.clock)?;
            ok(ApiResponse::no_content())
        }
        (&Method::GET, "faults") => ok(ApiResponse::json(StatusCode::OK, &state.faults.list())),
        (&Method::POST, "faults") => {
            state.faults.add(read_faults(body)?).map_err(AdminError::Bad)?;
            ok(ApiResponse::no_content())
        }
        (&Method::DELETE, "faults") => {
            state.faults.clear();
            ok(ApiResponse::no_content())
        }
        (&Method::GET, "pending") => {
            let pending = state.faults.list_with_ids();
            let pending: Vec<_> =
                pending.into_iter().map(|(id, fault)| json!({"id": id, "fault": fault})).collect();
            ok(ApiResponse::json(StatusCode::OK, &pending))
        }
        (&Method::GET, "injected") => {
            let entries = state.journal.entries();
            let ids: Vec<_> =
                entries.iter().filter(|entry| entry.injected).map(|entry| &entry.request_id).collect();
            ok(ApiResponse::json(StatusCode::OK, &ids))
        }
        (&Method::GET, "lines") => ok(lines::list(state, &head.uri).await?),
        (&Method::GET, "requests") => ok(ApiResponse::json(StatusCode::OK, &state.journal.entries())),
        (&Method::GET, "about") => ok(ApiResponse::json(StatusCode::OK, &console::about(state)?)),
        (&Method::GET, "codes") => ok(ApiResponse::json(StatusCode::OK, &console::codes())),
        (&Method::GET, "tasks") => ok(ApiResponse::json(StatusCode::OK, &state.store.tasks()?)),
        (&Method::GET, "transfers") => ok(ApiResponse::json(StatusCode::OK, &state.store.transfers()?)),
        (&Method::DELETE, path) => match path.split_once('/') {
            Some(("transfers", id)) if state.store.remove_transfer(id).await? => {
                ok(ApiResponse::no_content())
            }
            Some(("transfers", _)) => Err(AdminError::NotFound("there is no transfer with this id")),
            Some(("faults", id)) if id.parse().is_ok_and(|id| state.faults.remove(id)) => {
                ok(ApiResponse::no_content())
            }
            Some(("faults", _)) => Err(AdminError::NotFound("there is no pending fault with this id")),
            _ => Ok(None),
        },
        (&Method::GET, path) => Ok(console::file(path)),
        _ => Ok(None),
    }
}

/// A change of the clock: one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    #[serde(default, deserialize_with = "clock::deserialize_rfc3339")]
    set: Option<Timestamp>,
    #[serde(default)]
    advance_s: Option<u64>,
}

impl ClockChange {
    fn apply(&self, clock: &Clock) -> Result<(), AdminError> {
        let by = Duration::from_secs(self.advance_s.unwrap_or_default());
        match (self.set, self.advance_s) {
            (Some(time), None) if time < Timestamp::UNIX_EPOCH => {
                return Err(AdminError::Bad("set: the clock begins with 1970".to_owned()));
            }
            (None, Some(_)) if clock.now().checked_add(by).is_err() => {
                return Err(AdminError::Bad("advance_s: the clock ends with the year 9999".to_owned()));
            }
            (Some(time), None) => clock.set(time),
            (None, Some(_)) => clock.advance(by),
            _ => return Err(AdminError::Bad("give either set or advance_s".to_owned())),
        }
        Ok(())
    }
}

/// Parses one fault or a list.
fn read_faults(body: &[u8]) -> Result<Vec<Fault>, AdminError> {
    match parse_json(body)? {
        Value::Array(list) => {
            let one = |(i, value)| {
                from_object(value).map_err(|text| AdminError::Bad(format!("fault {}: {text}", i + 1)))
            };
            list.into_iter().enumerate().map(one).collect()
        }
        value => Ok(vec![from_object(value).map_err(AdminError::Bad)?]),
    }
}

/// Parses a body.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, AdminError> {
    from_object(parse_json(body)?).map_err(AdminError::Bad)
}

fn parse_json(body: &[u8]) -> Result<Value, AdminError> {
    json::parse(body).map_err(|error| AdminError::Bad(error.to_string()))
}

/// Deserializes an object. The error says what is wrong, and where.
fn from_object<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    // serde would accept a list of the fields in their order.
    if !value.is_object() {
        return Err("it must be an object".to_owned());
    }
    serde_path_to_error::deserialize(value).map_err(|error| error.to_string())
}

impl State {
    fn admits(&self, peer: Option<&Peer>) -> bool {
        match self.options.admin {
            Admin::Loopback => peer.is_some_and(|Peer(address)| address.ip().to_canonical().is_loopback()),
            Admin::Disabled => false,
            Admin::Anyone => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::Options;

    #[test]
    fn admin_api_is_visible_to_permitted_peers_only() {
        let peer = |text: &str| Peer(text.parse().unwrap());
        let (near, mapped, far) = (peer("127.0.0.1:1"), peer("[::ffff:127.0.0.1]:1"), peer("10.0.0.1:1"));
        let shows = |admin, peer| State::new(Options::default().admin(admin)).unwrap().admits(Some(peer));
        assert!(shows(Admin::Loopback, &near) && shows(Admin::Loopback, &mapped));
        assert!(!shows(Admin::Loopback, &far) && !shows(Admin::Disabled, &near));
        assert!(shows(Admin::Anyone, &far));
        assert!(!State::new(Options::default()).unwrap().admits(None));
    }
}
