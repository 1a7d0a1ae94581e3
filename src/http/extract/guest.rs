//! Guest sessions: carts of clients that have not logged in. Holds only the id, which is a secret of
//! the client's.

use crate::http::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use uuid::Uuid;

/// The cookie that carries the id.
pub const GUEST_COOKIE: &str = "session_id";
/// The header that carries it where there are no cookies. It wins over the cookie.
pub const GUEST_HEADER: &str = "x-session-id";

/// The id of the guest session, if the request has a valid one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestSession(pub Option<Uuid>);

impl<S: Send + Sync> FromRequestParts<S> for GuestSession {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(find(&parts.headers)))
    }
}

/// The id in the header or the cookie. Anything that is no UUID is as good as none: a new session
/// is begun then.
pub(super) fn find(headers: &HeaderMap) -> Option<Uuid> {
    let from_header = headers.get(GUEST_HEADER).and_then(|value| value.to_str().ok());
    let from_cookie = || {
        let cookies =
            headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).map(str::trim);
        pairs.find_map(|pair| pair.strip_prefix(GUEST_COOKIE)?.strip_prefix('='))
    };
    from_header.or_else(from_cookie)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_header_wins_over_the_cookie() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut headers = HeaderMap::new();
        assert_eq!(find(&headers), None);
        let cookie = format!("theme=dark; session_id={one}; xsession_id=9");
        headers.insert(header::COOKIE, HeaderValue::from_str(&cookie).unwrap());
        assert_eq!(find(&headers), Some(one));
        headers.insert(GUEST_HEADER, HeaderValue::from_str(&two.to_string()).unwrap());
        assert_eq!(find(&headers), Some(two));
        headers.insert(GUEST_HEADER, HeaderValue::from_static("not-an-id"));
        assert_eq!(find(&headers), None);
    }
}
