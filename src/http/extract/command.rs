//! What surrounds a command: who caused it, its idempotency key, and its conditions.

use super::{MaybeCaller, RequestInfo, guest};
use crate::auth::{Caller, erasure};
use crate::expected::Expected;
use crate::http::problem::{FieldError, Problem};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use eventlog::{IdempotencyKey, Metadata};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const STRICT: HeaderName = HeaderName::from_static("ledgerline-strict");
const PREFER: HeaderName = HeaderName::from_static("prefer");
/// The longest idempotency key, in characters.
const KEY_MAX: usize = 255;

/// Which versions a client is willing to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: any that exists.
    Any,
    Versions(Vec<i64>),
}

/// Taken by every handler that changes something.
#[derive(Debug, Clone)]
pub struct CommandContext {
    pub info: RequestInfo,
    pub caller: Option<Caller>,
    /// Stored with each event: an account's id, or `guest`.
    pub actor: String,
    pub if_match: Option<IfMatch>,
    /// `Prefer: respond-async`: the answer need not wait for the read models.
    pub respond_async: bool,
    /// `Ledgerline-Strict: true`.
    pub strict: bool,
    key: Option<String>,
    scope: String,
}

impl<S: Send + Sync> FromRequestParts<S> for CommandContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let MaybeCaller(caller) = MaybeCaller::from_request_parts(parts, state).await?;
        let Some(info) = parts.extensions.get::<RequestInfo>().cloned() else {
            tracing::error!("a command is served without the layer that identifies requests");
            return Err(Problem::opaque());
        };
        let headers = &parts.headers;
        let scope = match (caller, guest::find(headers)) {
            (Some(caller), _) => erasure::scope(caller.id),
            // The id of a guest session is a secret of the client's: it is not stored.
            (None, Some(session)) => {
                let digest = Sha256::digest(session.as_bytes());
                format!("guest:{}", hex::encode(&digest[..16]))
            }
            (None, None) => format!("address:{}", info.client),
        };
        Ok(Self {
            actor: caller.map_or_else(|| "guest".to_owned(), |caller| caller.id.to_string()),
            if_match: if_match(headers)?,
            respond_async: prefers_async(headers),
            strict: is_true(headers, &STRICT),
            key: idempotency_key(headers)?,
            info,
            caller,
            scope,
        })
    }
}

impl CommandContext {
    pub fn request_id(&self) -> Uuid {
        self.info.request_id
    }

    /// What is stored with each event of this command.
    pub fn metadata(&self) -> Metadata {
        let mut metadata =
            Metadata::new(self.actor.as_str(), self.info.request_id, &*self.info.command);
        metadata.correlation_id = self.info.trace_id.as_uuid();
        metadata
    }

    /// The client's key, scoped to the caller, with the hash of the whole request. To be called
    /// after the body was extracted, which the order of a handler's arguments sees to.
    pub fn idempotency(&self) -> Option<IdempotencyKey> {
        let key = self.key.clone()?;
        let mut hash = Sha256::new();
        let method = self.info.command.split(' ').next().unwrap_or_default();
        for part in [method, &self.info.target] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        if let Some(body) = self.info.body_hash.get() {
            hash.update(body);
        }
        Some(IdempotencyKey {
            scope: self.scope.clone(),
            key,
            request_hash: hash.finalize().into(),
        })
    }

    /// Refuses a strict client that sent no key. For commands that move money.
    pub fn require_key_if_strict(&self) -> Result<(), Problem> {
        if self.strict && self.key.is_none() {
            let detail = "with `Ledgerline-Strict: true` this needs an `Idempotency-Key`";
            return Err(Problem::bad_request("idempotency_key_missing", detail)
                .errors(vec![FieldError::parameter("Idempotency-Key", detail).code("missing")]));
        }
        Ok(())
    }

    /// Which versions of the resource the client is willing to change.
    pub fn expected(&self) -> Expected {
        match &self.if_match {
            None | Some(IfMatch::Any) => Expected::any(),
            Some(IfMatch::Versions(versions)) => Expected::one_of(versions.clone()),
        }
    }
    /// Refuses where `If-Match` names another version than the current one. To be called with the
    /// version that the command decides on, inside the unit of work.
    pub fn check_version(&self, current: i64) -> Result<(), Problem> {
        let matches = match &self.if_match {
            None => true,
            Some(IfMatch::Any) => current > 0,
            Some(IfMatch::Versions(versions)) => versions.contains(&current),
        };
        if matches {
            return Ok(());
        }
        let detail = format!("`If-Match` names another version than the current one, {current}");
        Err(Problem::precondition_failed("version_mismatch", detail).with("version", current))
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn is_true(headers: &HeaderMap, name: &HeaderName) -> bool {
    text(headers, name).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
}

fn prefers_async(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    lines
        .flat_map(|line| line.split([',', ';']))
        .any(|preference| preference.trim().eq_ignore_ascii_case("respond-async"))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    // What surrounds the value of a header is no part of it.
    let key = value.to_str().unwrap_or_default().trim();
    if (1..=KEY_MAX).contains(&key.len()) && !key.contains('\t') {
        return Ok(Some(key.to_owned()));
    }
    let detail = format!("an idempotency key has 1 to {KEY_MAX} printable ASCII characters");
    Err(Problem::bad_request("invalid_idempotency_key", detail.clone())
        .errors(vec![FieldError::parameter("Idempotency-Key", detail)]))
}

/// Weak tags are accepted too: ours are versions, which a weak comparison cannot confuse.
fn if_match(headers: &HeaderMap) -> Result<Option<IfMatch>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let value = value.to_str().unwrap_or_default().trim();
    if value == "*" {
        return Ok(Some(IfMatch::Any));
    }
    let tags = value.split(',').map(|tag| {
        let tag = tag.trim();
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        // A tag that is quoted but no version of ours matches nothing.
        let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
        // What follows a dash tells caches more than the version does.
        let version = inner.split('-').next().unwrap_or_default();
        Some(version.parse::<i64>().unwrap_or(-1))
    });
    match tags.collect() {
        Some(versions) => Ok(Some(IfMatch::Versions(versions))),
        None => Err(Problem::bad_request(
            "invalid_if_match",
            "`If-Match` is a list of entity tags, for instance \"3\"",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::extract::BodyHash;
    use crate::telemetry::TraceId;
    use axum::http::Request;
    use std::net::{IpAddr, Ipv4Addr};

    async fn context(headers: &[(&str, &str)], body: &[u8]) -> Result<CommandContext, Problem> {
        let mut request = Request::post("/api/v1/orders");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        let body_hash = BodyHash::default();
        body_hash.record(body);
        parts.extensions.insert(RequestInfo {
            request_id: Uuid::from_u128(1),
            trace_id: TraceId::from_bytes([1; 16]),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            command: "POST /api/v1/orders".into(),
            target: "/api/v1/orders".into(),
            body_hash,
        });
        CommandContext::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn the_same_request_has_the_same_hash_and_another_body_another() {
        let headers = [("idempotency-key", "k-1")];
        let key = |body: &'static [u8]| async move {
            context(&headers, body).await.unwrap().idempotency().unwrap()
        };
        assert_eq!(key(b"{}").await, key(b"{}").await);
        assert_ne!(key(b"{}").await.request_hash, key(b"{ }").await.request_hash);
        assert_eq!(key(b"").await.scope, "address:127.0.0.1");
    }

    #[tokio::test]
    async fn a_guest_is_recognised_by_the_session_and_the_session_is_not_stored() {
        let session = Uuid::from_u128(9).to_string();
        let headers = [("idempotency-key", "k-1"), ("x-session-id", session.as_str())];
        let key = context(&headers, b"").await.unwrap().idempotency().unwrap();
        assert!(key.scope.starts_with("guest:") && !key.scope.contains(&session));
    }

    #[tokio::test]
    async fn a_key_is_of_printable_characters_and_not_too_long() {
        let long = "k".repeat(256);
        for key in ["", " ", &long, "k\t1"] {
            assert!(context(&[("idempotency-key", key)], b"").await.is_err(), "{key}");
        }
        let surrounded = format!(" {}\t ", &long[1..]);
        for key in [&long[1..], &surrounded] {
            assert!(context(&[("idempotency-key", key)], b"").await.is_ok(), "{key}");
        }
    }

    #[tokio::test]
    async fn a_strict_client_needs_a_key() {
        let strict = context(&[("ledgerline-strict", "true")], b"").await.unwrap();
        assert_eq!(strict.require_key_if_strict().unwrap_err().status().as_u16(), 400);
        assert!(context(&[], b"").await.unwrap().require_key_if_strict().is_ok());
    }

    #[tokio::test]
    async fn if_match_is_compared_with_the_version() {
        let check = |value: &'static str, version: i64| async move {
            context(&[("if-match", value)], b"").await.unwrap().check_version(version)
        };
        assert!(check("\"3\"", 3).await.is_ok());
        assert!(check("\"2\", W/\"3\"", 3).await.is_ok());
        assert!(check("*", 3).await.is_ok());
        assert_eq!(check("\"2\"", 3).await.unwrap_err().status().as_u16(), 412);
        assert_eq!(check("\"abc\"", 3).await.unwrap_err().status().as_u16(), 412);
        assert!(context(&[("if-match", "3")], b"").await.is_err());
    }

    #[tokio::test]
    async fn respond_async_is_one_of_several_preferences() {
        let preferring = context(&[("prefer", "wait=5, respond-async")], b"").await.unwrap();
        assert!(preferring.respond_async);
        assert!(!context(&[("prefer", "wait=5")], b"").await.unwrap().respond_async);
    }
}
