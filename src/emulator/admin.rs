//! The emulator's control, under `/_emulator/`: for what the API has no operation, and for looking inside.
//!
//! It is no part of the emulated services: it takes no credential, and neither latency nor the journal
//! concerns it. By default only this machine sees it; to others its paths are unknown.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::{
    answer::Answer, dispatch::Peer, options::Admin, random, refusals, service::Service, store::StoreError,
};

/// Every path of the control.
pub(super) const ROUTE: &str = "/_emulator/{*path}";

pub(super) async fn handle(service: Arc<Service>, request: Request<Body>) -> Response<Body> {
    let request_id = random::request_id();
    let path = request.uri().path().strip_prefix("/_emulator/").unwrap_or_default();
    let answer = if service.shows_control_to(request.extensions().get()) {
        answer(&service, request.method(), path).unwrap_or_else(|error| {
            eprintln!("lts emulator: the control failed: {error:?}");
            Some(fault(StatusCode::INTERNAL_SERVER_ERROR, "the control failed"))
        })
    } else {
        None
    };
    let answer = answer.unwrap_or_else(|| refusals::no_such_api(request.method(), &request_id));
    answer.into_response(&request_id, service.clock.now())
}

/// The answer of the control; none where it knows no such path or method.
fn answer(service: &Service, method: &Method, path: &str) -> Result<Option<Answer>, StoreError> {
    let ok = |answer| Ok(Some(answer));
    match (method, path) {
        (&Method::GET, "health") => ok(Answer::json(StatusCode::OK, &json!({"status": "ok"}))),
        (&Method::POST, "reset") => {
            service.reset()?;
            ok(Answer::no_content())
        }
        (&Method::GET, "state") => ok(Answer::json(StatusCode::OK, &service.store.state()?)),
        (&Method::GET, "requests") => ok(Answer::json(StatusCode::OK, &service.journal.entries())),
        (&Method::GET, "transfers") => ok(Answer::json(StatusCode::OK, &service.store.transfers()?)),
        (&Method::DELETE, path) => match path.strip_prefix("transfers/") {
            Some(id) if service.store.delete_transfer(id)? => ok(Answer::no_content()),
            Some(_) => ok(fault(StatusCode::NOT_FOUND, "there is no transfer of this id")),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

fn fault(status: StatusCode, message: &str) -> Answer {
    Answer::json(status, &json!({"error_msg": message}))
}

impl Service {
    fn shows_control_to(&self, peer: Option<&Peer>) -> bool {
        match self.options.admin {
            Admin::Loopback => peer.is_some_and(|Peer(address)| address.ip().to_canonical().is_loopback()),
            Admin::Nobody => false,
            Admin::Anyone => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::Options;

    #[test]
    fn only_those_who_may_see_the_control() {
        let peer = |text: &str| Peer(text.parse().unwrap());
        let (near, mapped, far) = (peer("127.0.0.1:1"), peer("[::ffff:127.0.0.1]:1"), peer("10.0.0.1:1"));
        let shows =
            |admin, peer| Service::new(Options::default().admin(admin)).unwrap().shows_control_to(Some(peer));
        assert!(shows(Admin::Loopback, &near) && shows(Admin::Loopback, &mapped));
        assert!(!shows(Admin::Loopback, &far) && !shows(Admin::Nobody, &near));
        assert!(shows(Admin::Anyone, &far));
        assert!(!Service::new(Options::default()).unwrap().shows_control_to(None));
    }
}
