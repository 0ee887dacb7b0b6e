//! Schemas and examples of request bodies and responses. The emulator checks requests and its own responses with them.

use super::Operation;

include!(concat!(env!("OUT_DIR"), "/bodies.rs"));

/// The bodies of one operation.
struct OperationBodies {
    request: &'static [Body],
    responses: &'static [DocumentedResponse],
    coded_members: &'static [CodedMember],
}

impl Operation {
    fn bodies(self) -> &'static OperationBodies {
        &BODIES[self as usize]
    }

    /// The request body, if there is one.
    pub fn request(self) -> Option<&'static Body> {
        self.bodies().request.first()
    }

    /// The documented responses.
    pub fn responses(self) -> &'static [DocumentedResponse] {
        self.bodies().responses
    }

    /// The documented response with this status.
    pub fn response(self, status: u16) -> Option<&'static DocumentedResponse> {
        self.responses().iter().find(|response| response.status == status)
    }

    /// Members of the request body whose violation has a specific error code, in the order of the schema.
    pub fn coded_members(self) -> &'static [CodedMember] {
        self.bodies().coded_members
    }
}

/// A body in one media type.
#[derive(Debug, Clone, Copy)]
pub struct Body {
    /// `application/json`, for instance.
    pub media_type: &'static str,
    /// Its JSON Schema (draft 2020-12), without references.
    pub schema: &'static str,
    /// Its examples, in the order of the document.
    pub examples: &'static [Example],
}

/// A named example.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The key in the document.
    pub name: &'static str,
    /// The value, as JSON.
    pub value: &'static str,
}

/// A documented response.
#[derive(Debug, Clone, Copy)]
pub struct DocumentedResponse {
    /// HTTP status.
    pub status: u16,
    /// Its bodies, one per media type; empty for a response without content.
    pub bodies: &'static [Body],
}

impl DocumentedResponse {
    /// The body in JSON.
    pub fn json(&self) -> Option<&'static Body> {
        self.bodies.iter().find(|body| body.media_type.starts_with("application/json"))
    }
}

/// A member of a request body, or several together, whose violation has a specific error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodedMember {
    /// One name; several where their combination counts.
    pub members: &'static [&'static str],
    /// The error code of the response.
    pub code: &'static str,
    /// The HTTP status of that response.
    pub status: u16,
    /// The name of that response's example.
    pub example: &'static str,
}
