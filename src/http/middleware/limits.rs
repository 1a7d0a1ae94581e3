//! Rate limits: a generous one for each account (or address without one), and a strict one for each
//! address on whatever takes passwords and tokens. In the memory of one process.

use super::client;
use crate::config::{Quota, RateLimits};
use crate::http::extract::{Authentication, RequestInfo};
use crate::http::problem::Problem;
use crate::state::AppState;
use aggregates::UserId;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, RateLimiter};
use moka::sync::Cache;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// The unit of the configured quotas, in seconds.
const WINDOW_S: u64 = 60;

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Account(UserId),
    Address(IpAddr),
}

/// The limits in force; none where they are switched off.
#[derive(Debug, Clone)]
pub struct Limits(Option<Arc<Both>>);

#[derive(Debug)]
struct Both {
    general: Limiter,
    auth: Limiter,
    codes: Limiter,
    /// Who guessed too many codes, and until when they may not go on.
    guessers: Cache<Key, Instant>,
}

struct Limiter {
    name: &'static str,
    quota: Quota,
    buckets: DefaultKeyedRateLimiter<Key, StateInformationMiddleware>,
    clock: DefaultClock,
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a check says: to be told to the client in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Verdict {
    /// Requests that may still come at once.
    remaining: u32,
    /// Seconds until one may come again, where none may now.
    retry_after_s: Option<u64>,
}

impl Limits {
    pub fn new(limits: Option<RateLimits>) -> Self {
        Self(limits.map(|limits| {
            Arc::new(Both {
                general: Limiter::new("general", limits.general),
                auth: Limiter::new("auth", limits.auth),
                codes: Limiter::new("codes", limits.codes),
                guessers: Cache::builder()
                    .max_capacity(100_000)
                    .time_to_live(Duration::from_secs(WINDOW_S))
                    .build(),
            })
        }))
    }

    /// Refuses whoever has tried too many wrong codes, before the next one is looked at.
    pub fn may_guess(
        &self,
        authentication: &Authentication,
        client: IpAddr,
    ) -> Result<(), Problem> {
        let Some(both) = &self.0 else { return Ok(()) };
        let now = Instant::now();
        let waits = guesser(authentication, client)
            .filter_map(|key| both.guessers.get(&key)?.checked_duration_since(now))
            .max();
        match waits {
            Some(wait) => {
                metrics::counter!("http_rate_limited_total", "limit" => both.codes.name)
                    .increment(1);
                Err(Problem::too_many_requests(wait.as_secs() + 1))
            }
            None => Ok(()),
        }
    }

    /// Counts a wrong code against the account and the address.
    pub fn guessed_wrong(&self, authentication: &Authentication, client: IpAddr) {
        let Some(both) = &self.0 else { return };
        for key in guesser(authentication, client) {
            if let Some(seconds) = both.codes.check(key).retry_after_s {
                both.guessers.insert(key, Instant::now() + Duration::from_secs(seconds));
            }
        }
    }

    /// Forgets who has not asked for long.
    pub fn forget_idle(&self) {
        if let Some(both) = &self.0 {
            both.general.buckets.retain_recent();
            both.auth.buckets.retain_recent();
            both.codes.buckets.retain_recent();
        }
    }
}

/// Under which keys wrong codes count.
fn guesser(authentication: &Authentication, client: IpAddr) -> impl Iterator<Item = Key> {
    let account = match authentication {
        Authentication::Known(caller) => Some(Key::Account(caller.id)),
        _ => None,
    };
    account.into_iter().chain([Key::Address(client::network(client))])
}

impl Limiter {
    fn new(name: &'static str, quota: Quota) -> Self {
        let allowed = governor::Quota::per_minute(quota.per_minute).allow_burst(quota.burst);
        let buckets = RateLimiter::dashmap(allowed).with_middleware();
        Self { name, quota, buckets, clock: DefaultClock::default() }
    }

    fn check(&self, key: Key) -> Verdict {
        match self.buckets.check_key(&key) {
            Ok(state) => {
                Verdict { remaining: state.remaining_burst_capacity(), retry_after_s: None }
            }
            Err(refused) => {
                let wait = refused.wait_time_from(self.clock.now());
                // Rounded up: a client that comes back then must not be too early.
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Verdict { remaining: 0, retry_after_s: Some(seconds.max(1)) }
            }
        }
    }

    /// `RateLimit` and `RateLimit-Policy`, as draft-ietf-httpapi-ratelimit-headers writes them.
    fn headers(&self, verdict: Verdict) -> [(HeaderName, String); 2] {
        let Self { name, quota, .. } = self;
        // When the next request is allowed at the latest, in seconds.
        let reset = verdict
            .retry_after_s
            .unwrap_or_else(|| WINDOW_S.div_ceil(u64::from(quota.per_minute.get())));
        [
            (RATE_LIMIT, format!("\"{name}\";r={};t={reset}", verdict.remaining)),
            (RATE_LIMIT_POLICY, format!("\"{name}\";q={};w={WINDOW_S}", quota.per_minute)),
        ]
    }
}

/// Answers 429 where a limit is reached.
pub async fn limit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Limits(Some(both)) = &state.limits else { return next.run(request).await };
    let Some((limiter, key)) = which(both, &request) else { return next.run(request).await };
    let verdict = limiter.check(key);
    let mut response = match verdict.retry_after_s {
        None => next.run(request).await,
        Some(seconds) => {
            metrics::counter!("http_rate_limited_total", "limit" => limiter.name).increment(1);
            Problem::too_many_requests(seconds).into_response()
        }
    };
    for (name, value) in limiter.headers(verdict) {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The limit that a request counts against. Health, metrics and documentation count against none.
fn which<'l>(both: &'l Both, request: &Request) -> Option<(&'l Limiter, Key)> {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let path = path.unwrap_or_else(|| request.uri().path());
    let in_api = path.strip_prefix("/api/v1/")?;
    let info = request.extensions().get::<RequestInfo>()?;
    let address = Key::Address(client::network(info.client));
    if *request.method() == Method::POST && (in_api.starts_with("auth/") || in_api == "token") {
        return Some((&both.auth, address));
    }
    let key = match request.extensions().get::<Authentication>() {
        Some(Authentication::Known(caller)) => Key::Account(caller.id),
        _ => address,
    };
    Some((&both.general, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn key(last: u8) -> Key {
        Key::Address(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn a_burst_is_allowed_then_the_client_must_wait_and_others_need_not() {
        let three = NonZeroU32::new(3).unwrap();
        let limiter = Limiter::new("auth", Quota { per_minute: three, burst: three });
        let remaining: Vec<u32> = (0..3).map(|_| limiter.check(key(1)).remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = limiter.check(key(1));
        assert_eq!(refused.remaining, 0);
        assert!((1..=20).contains(&refused.retry_after_s.unwrap()));
        assert_eq!(limiter.check(key(2)).retry_after_s, None);
    }

    #[test]
    fn the_headers_tell_the_limit_and_what_is_left() {
        let sixty = NonZeroU32::new(60).unwrap();
        let limiter = Limiter::new("general", Quota { per_minute: sixty, burst: sixty });
        let [(_, limit), (_, policy)] =
            limiter.headers(Verdict { remaining: 59, retry_after_s: None });
        assert_eq!(limit, "\"general\";r=59;t=1");
        assert_eq!(policy, "\"general\";q=60;w=60");
    }
}
