//! Who is asking, and the gates of the roles: authorisation stands in a handler's signature, where
//! it can be seen and cannot be forgotten half-way.

use crate::auth::{Caller, TokenError};
use crate::http::problem::Problem;
use aggregates::account::Role;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::ops::Deref;

/// What the authentication layer found in the `Authorization` header.
#[derive(Debug, Clone)]
pub enum Authentication {
    /// No credentials.
    Anonymous,
    Known(Caller),
    /// Credentials that are not accepted.
    Refused(Refusal),
}

/// Why credentials are not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the Authorization header is not of the form `Bearer <token>`")]
    Scheme,
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("the access token was revoked")]
    Revoked,
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        let code = match refusal {
            Refusal::Scheme => "unsupported_credentials",
            Refusal::Token(TokenError::Invalid) => "invalid_token",
            Refusal::Token(TokenError::Expired) => "token_expired",
            Refusal::Revoked => "token_revoked",
        };
        Problem::unauthorized(code, refusal.to_string())
    }
}

/// The caller, if there is one. Bad credentials are refused even where none are needed: a client
/// that means to be logged in must not be served as a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaybeCaller(pub Option<Caller>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Authentication>() {
            Some(Authentication::Known(caller)) => Ok(Self(Some(*caller))),
            Some(Authentication::Refused(refusal)) => Err(refusal.into()),
            // Without the layer nobody is known, which opens nothing.
            Some(Authentication::Anonymous) | None => Ok(Self(None)),
        }
    }
}

/// Any logged-in account.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let MaybeCaller(caller) = MaybeCaller::from_request_parts(parts, state).await?;
        caller
            .ok_or_else(|| Problem::unauthorized("not_authenticated", "this needs an access token"))
    }
}

macro_rules! gates {
    ($($(#[$doc:meta])* $gate:ident => $($role:ident)|+),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $gate(pub Caller);

        impl Deref for $gate {
            type Target = Caller;

            fn deref(&self) -> &Caller {
                &self.0
            }
        }

        impl<S: Send + Sync> FromRequestParts<S> for $gate {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let caller = Caller::from_request_parts(parts, state).await?;
                if matches!(caller.role, Role::Admin $(| Role::$role)+) {
                    Ok(Self(caller))
                } else {
                    let detail = format!("this is not for the role {}", caller.role);
                    Err(Problem::forbidden("role_not_allowed", detail))
                }
            }
        }
    )+};
}

gates! {
    /// Customers; administrators pass every gate.
    Customer => Customer,
    /// Sellers.
    Seller => Seller,
    /// Whoever runs the store: sellers and administrators.
    Staff => Seller,
    /// Auditors.
    Auditor => Auditor,
    /// Analysts.
    Analyst => Analyst,
}

/// Administrators only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admin(pub Caller);

impl Deref for Admin {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        match caller.role {
            Role::Admin => Ok(Self(caller)),
            Role::Customer | Role::Seller | Role::Auditor | Role::Analyst => {
                Err(Problem::forbidden("role_not_allowed", "this is for administrators"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aggregates::UserId;
    use axum::http::{Request, StatusCode};
    use uuid::Uuid;

    fn parts(authentication: Authentication) -> Parts {
        let mut parts = Request::new(()).into_parts().0;
        parts.extensions.insert(authentication);
        parts
    }

    fn known(role: Role) -> Parts {
        let id = UserId::new(Uuid::from_u128(1));
        parts(Authentication::Known(Caller { id, role, session_id: Uuid::from_u128(2) }))
    }

    async fn status<G: FromRequestParts<(), Rejection = Problem>>(mut parts: Parts) -> u16 {
        match G::from_request_parts(&mut parts, &()).await {
            Ok(_) => StatusCode::OK.as_u16(),
            Err(problem) => problem.status().as_u16(),
        }
    }

    #[tokio::test]
    async fn a_gate_opens_for_its_role_and_for_administrators() {
        assert_eq!(status::<Seller>(known(Role::Seller)).await, 200);
        assert_eq!(status::<Seller>(known(Role::Admin)).await, 200);
        assert_eq!(status::<Seller>(known(Role::Customer)).await, 403);
        assert_eq!(status::<Admin>(known(Role::Admin)).await, 200);
        assert_eq!(status::<Admin>(known(Role::Seller)).await, 403);
        assert_eq!(status::<Auditor>(known(Role::Analyst)).await, 403);
        assert_eq!(status::<Caller>(known(Role::Analyst)).await, 200);
    }

    #[tokio::test]
    async fn strangers_are_told_apart_from_those_who_may_not() {
        assert_eq!(status::<Seller>(parts(Authentication::Anonymous)).await, 401);
        assert_eq!(status::<MaybeCaller>(parts(Authentication::Anonymous)).await, 200);
        let expired = || parts(Authentication::Refused(TokenError::Expired.into()));
        assert_eq!(status::<Caller>(expired()).await, 401);
        assert_eq!(status::<MaybeCaller>(expired()).await, 401);
    }

    #[tokio::test]
    async fn without_the_layer_nobody_is_known() {
        let bare = Request::new(()).into_parts().0;
        assert_eq!(status::<Caller>(bare).await, 401);
    }
}
