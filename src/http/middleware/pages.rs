//! Keeps answers of the public catalogue in memory, for as long as no row behind them changes: asked
//! again, they cost neither a query nor serialising nor compressing. Never keeps what depends on who
//! asks, and never shows what a command has changed: see `ReadModels::revision`.

use crate::http::extract::RequestInfo;
use crate::http::problem::Problem;
use crate::http::reply::matches;
use crate::state::AppState;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use moka::sync::Cache;
use std::sync::Arc;

/// Routes whose answers follow from path, query and the read models of [`BEHIND`] alone.
const ROUTES: [&str; 7] = [
    "/api/v1/albums",
    "/api/v1/albums/{id}",
    "/api/v1/artists",
    "/api/v1/artists/{id}",
    "/api/v1/categories",
    "/api/v1/products",
    "/api/v1/products/{id}",
];
const BEHIND: [&str; 4] = ["albums", "artists", "catalogue", "reviews"];
/// A longer answer is not kept.
const LONGEST: usize = 512 * 1024;

/// What is asked for: path and query, and how the answer may be compressed.
type Key = (Arc<str>, Option<HeaderValue>);

type Kept = Cache<Key, Arc<Page>>;

/// The answers that a process keeps. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pages(Option<Kept>);

#[derive(Debug)]
struct Page {
    revision: u64,
    headers: HeaderMap,
    body: Bytes,
}

impl Pages {
    /// Keeps so much, and nothing unless queries see at once what is projected.
    pub fn new(mebibytes: u64, reads_primary: bool) -> Self {
        Self((reads_primary && mebibytes > 0).then(|| {
            Cache::builder()
                .max_capacity(mebibytes.saturating_mul(1024 * 1024))
                .weigher(|(target, _): &Key, page: &Arc<Page>| {
                    let size = 1_000 + target.len() + page.body.len();
                    u32::try_from(size).unwrap_or(u32::MAX)
                })
                .build()
        }))
    }
}

/// Answers from memory where it can.
pub async fn keep_pages(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Some((cache, key, revision)) = wanted(&state, &request) else {
        return next.run(request).await;
    };
    if let Some(page) = cache.get(&key).filter(|page| page.revision == revision) {
        return page.answer(request.headers());
    }
    let asked = request.headers().get_all(header::IF_NONE_MATCH).iter().next().is_some();
    let response = next.run(request).await;
    if asked || response.status() != StatusCode::OK {
        return response;
    }
    let (parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(body) => {
            if body.len() <= LONGEST {
                let headers = parts.headers.clone();
                cache.insert(key, Arc::new(Page { revision, headers, body: body.clone() }));
            }
            Response::from_parts(parts, Body::from(body))
        }
        Err(error) => Problem::internal(&error).into_response(),
    }
}

fn wanted<'s>(state: &'s AppState, request: &Request) -> Option<(&'s Kept, Key, u64)> {
    let cache = state.pages.0.as_ref()?;
    let route = request.extensions().get::<MatchedPath>()?;
    if *request.method() != Method::GET || !ROUTES.contains(&route.as_str()) {
        return None;
    }
    let target = Arc::clone(&request.extensions().get::<RequestInfo>()?.target);
    let mut encodings = request.headers().get_all(header::ACCEPT_ENCODING).iter().cloned();
    let (encodings, None) = (encodings.next(), encodings.next()) else { return None };
    // Before the query, so that what it reads is at least as new.
    Some((cache, (target, encodings), state.read_models.revision(&BEHIND)?))
}

impl Page {
    fn answer(&self, asked: &HeaderMap) -> Response {
        let tag = self.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let known = tag.is_some_and(|tag| matches(asked, tag));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(self.body.clone()).into_response()
        };
        *response.headers_mut() = self.headers.clone();
        if known {
            response.headers_mut().remove(header::CONTENT_TYPE);
            response.headers_mut().remove(header::CONTENT_LENGTH);
            response.headers_mut().remove(header::CONTENT_ENCODING);
        }
        response
    }
}
