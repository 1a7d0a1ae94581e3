//! What handlers take from a request. Each extractor refuses with a problem document, so that a
//! handler only ever sees what is valid and allowed.

mod accept;
mod body;
mod books;
mod caller;
mod command;
mod guest;
mod json;
mod path;
mod pointer;
mod query;
mod text;

pub use crate::auth::Caller;
pub use accept::Format;
pub use body::{Form, RawBody};
pub use books::Books;
pub use caller::{
    Admin, Analyst, Auditor, Authentication, Customer, MaybeCaller, Refusal, Seller, Staff,
};
pub use command::{CommandContext, IfMatch};
pub use guest::{GUEST_COOKIE, GUEST_HEADER, GuestSession};
pub use json::Json;
pub use path::Path;
pub use query::Query;
pub(crate) use text::json_has_nul;

use crate::telemetry::TraceId;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

/// What the outermost layer finds out about every request.
#[derive(Debug, Clone)]
pub struct RequestInfo {
    pub request_id: Uuid,
    pub trace_id: TraceId,
    /// The client's address, seen through trusted proxies.
    pub client: IpAddr,
    /// For instance `POST /api/v1/orders`, with the names of the route's parameters.
    pub command: Arc<str>,
    /// Path and query as they are after normalisation.
    pub target: Arc<str>,
    /// SHA-256 of the body, once an extractor has read it.
    pub body_hash: BodyHash,
}

/// Filled by the extractor that reads the body: the last one of a handler.
#[derive(Debug, Clone, Default)]
pub struct BodyHash(Arc<OnceLock<[u8; 32]>>);

impl BodyHash {
    /// For handlers that read the body themselves: whatever tells one body from another.
    pub fn record(&self, body: &[u8]) {
        use sha2::Digest;
        // A body is read once; a second record could only be the same.
        let _ = self.0.set(sha2::Sha256::digest(body).into());
    }

    fn get(&self) -> Option<[u8; 32]> {
        self.0.get().copied()
    }
}
