//! Logging in and out. Tokens are never recorded under an idempotency key: these commands take none.

use crate::auth::email::Email;
use crate::auth::{Caller, RefreshToken, Rotation, announce, find};
use crate::http::docs::GrantType;
use crate::http::extract::{Form, GuestSession, Json, RequestInfo};
use crate::http::problem::Problem;
use crate::http::reply::detached;
use crate::http::user::{self, User};
use crate::state::AppState;
use aggregates::UserId;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use eventlog::Metadata;
use garde::Validate;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// An e-mail address and its password.
#[derive(Deserialize, Validate, ToSchema)]
pub struct Login {
    #[garde(length(chars, max = 254))]
    #[schema(max_length = 254, example = "aigerim@example.kz")]
    email: String,
    #[garde(length(chars, max = 1024))]
    #[schema(max_length = 1024)]
    password: String,
}

/// The password form of OAuth 2.0.
#[derive(Deserialize, ToSchema)]
pub struct PasswordForm {
    /// The e-mail address.
    #[schema(example = "aigerim@example.kz")]
    username: String,
    password: String,
    /// `password`, if given.
    #[serde(default)]
    #[schema(value_type = GrantType, required = false)]
    grant_type: Option<String>,
}

/// A refresh token.
#[derive(Deserialize, Validate, ToSchema)]
pub struct Refresh {
    #[garde(length(chars, min = 1, max = 256))]
    #[schema(min_length = 1, max_length = 256)]
    refresh_token: String,
}

/// What ends with a logout beside the session of the access token.
#[derive(Deserialize, Validate, ToSchema)]
pub struct Logout {
    /// The login of this token ends too, where it is another one of the same account.
    #[garde(length(chars, max = 256))]
    #[schema(max_length = 256)]
    refresh_token: Option<String>,
}

/// A login.
#[derive(Serialize, ToSchema)]
pub struct TokenPair {
    access_token: String,
    /// To be used once: each use replaces it.
    refresh_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Of the access token, in seconds.
    #[schema(example = 900)]
    expires_in: i64,
    user: User,
}

/// Log in
#[utoipa::path(post, path = "/auth/login", tag = "accounts", request_body = Login,
    responses((status = OK, description = "Tokens", body = TokenPair),
              (status = UNAUTHORIZED, description = "Unknown e-mail address or wrong password"),
              (status = FORBIDDEN, description = "The account is blocked")))]
pub async fn login(
    State(state): State<AppState>,
    Extension(info): Extension<RequestInfo>,
    guest: GuestSession,
    Json(login): Json<Login>,
) -> Result<Response, Problem> {
    let id = verify(&state, &login.email, login.password).await?;
    detached(async move { log_in(&state, &info, guest, id).await }).await
}

/// Log in with an OAuth 2.0 password form
#[utoipa::path(post, path = "/token", tag = "accounts",
    request_body(content = PasswordForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = OK, description = "Tokens", body = TokenPair),
              (status = UNAUTHORIZED, description = "Unknown e-mail address or wrong password"),
              (status = FORBIDDEN, description = "The account is blocked")))]
pub async fn token(
    State(state): State<AppState>,
    Extension(info): Extension<RequestInfo>,
    guest: GuestSession,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Problem> {
    if form.grant_type.as_deref().is_some_and(|grant| !grant.is_empty() && grant != "password") {
        let detail = "the only grant is `password`";
        let problem = Problem::bad_request("unsupported_grant_type", detail);
        return Err(problem.with("error", "unsupported_grant_type"));
    }
    let id = verify(&state, &form.username, form.password).await?;
    detached(async move { log_in(&state, &info, guest, id).await }).await
}

/// Replace a refresh token by a new pair of tokens
#[utoipa::path(post, path = "/auth/refresh", tag = "accounts", request_body = Refresh,
    responses((status = OK, description = "Tokens", body = TokenPair),
              (status = UNAUTHORIZED, description = "Not valid (any more); its login has ended if it was used before"),
              (status = FORBIDDEN, description = "The account is blocked")))]
pub async fn refresh(
    State(state): State<AppState>,
    Json(request): Json<Refresh>,
) -> Result<Response, Problem> {
    detached(async move {
        let now = state.clock.now();
        match state.sessions.rotate(&request.refresh_token, now, &state.entropy).await? {
            Rotation::Rotated(token) => issue(&state, token).await,
            Rotation::Reused { family } => {
                tracing::warn!(%family, "a refresh token was used twice; its login has ended");
                state.revocations.void_session(family, now);
                announce(&state.pool).await;
                let detail = "the refresh token was used before; log in again";
                Err(Problem::unauthorized("refresh_token_reused", detail))
            }
            Rotation::Refused => {
                let detail = "the refresh token is not valid";
                Err(Problem::unauthorized("invalid_refresh_token", detail))
            }
        }
    })
    .await
}

/// Log out: end the login of the access token
#[utoipa::path(post, path = "/auth/logout", tag = "accounts", request_body = Option<Logout>,
    security(("bearer" = [])),
    responses((status = NO_CONTENT, description = "The login has ended")))]
pub async fn logout(
    State(state): State<AppState>,
    caller: Caller,
    request: Option<Json<Logout>>,
) -> Result<StatusCode, Problem> {
    detached(async move {
        let now = state.clock.now();
        let mut ending = vec![caller.session_id];
        if let Some(token) = request.and_then(|Json(request)| request.refresh_token) {
            let login = state.sessions.family_of(&token).await?;
            ending.extend(login.filter(|(_, owner)| *owner == caller.id).map(|(family, _)| family));
        }
        for family in ending {
            state.sessions.revoke(family, now).await?;
            state.revocations.void_session(family, now);
        }
        announce(&state.pool).await;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The account that the password belongs to. Ends with the client: a flood of logins would queue up
/// for it otherwise.
async fn verify(state: &AppState, email: &str, password: String) -> Result<UserId, Problem> {
    let found = match email.parse::<Email>() {
        Ok(email) => find(state, &email).await?,
        Err(_) => None,
    };
    // The same work whether or not there is such an account.
    let (id, hash) = found.map_or((None, None), |(id, hash)| (Some(id), hash));
    let verified = state.passwords.verify(password, hash).await;
    let verified = verified.map_err(|error| Problem::internal(&error))?;
    id.filter(|_| verified).ok_or_else(wrong_credentials)
}

async fn log_in(
    state: &AppState,
    info: &RequestInfo,
    guest: GuestSession,
    id: UserId,
) -> Result<Response, Problem> {
    let token = state.sessions.open(id, state.clock.now(), &state.entropy).await?;
    let response = issue(state, token).await?;
    merge_guest_cart(state, info, id, guest).await;
    Ok(response)
}

/// One message for both mistakes: nobody learns whose addresses are registered.
fn wrong_credentials() -> Problem {
    Problem::unauthorized("wrong_credentials", "unknown e-mail address or wrong password")
        .with("error", "invalid_grant")
}

/// An access token beside the new refresh token, if the account may still be used.
async fn issue(state: &AppState, token: RefreshToken) -> Result<Response, Problem> {
    let now = state.clock.now();
    let allowed = usable(state, token.user_id).await;
    let user = match allowed {
        Ok(user) => user,
        Err(problem) => {
            state.sessions.revoke(token.family, now).await?;
            return Err(problem);
        }
    };
    let caller = Caller { id: token.user_id, role: user.role, session_id: token.family };
    let access_token =
        state.tokens.issue(caller, now).map_err(|error| Problem::internal(&error))?;
    let pair = TokenPair {
        access_token,
        refresh_token: token.token,
        token_type: "bearer",
        expires_in: state.tokens.lifetime().num_seconds(),
        user,
    };
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((no_store, axum::Json(pair)).into_response())
}

/// The account, from the log: a block holds at once, wherever it was made.
async fn usable(state: &AppState, id: UserId) -> Result<User, Problem> {
    let user = match user::current(state, id).await {
        Ok((own, _)) => own.user,
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => {
            return Err(wrong_credentials());
        }
        Err(problem) => return Err(problem),
    };
    if user.is_active {
        Ok(user)
    } else {
        Err(Problem::forbidden("account_blocked", "the account is blocked"))
    }
}

/// What was put into the cart before the login goes into the user's. A failure must not lose the
/// login: the guest's cart stays, and the next login tries again.
async fn merge_guest_cart(state: &AppState, info: &RequestInfo, id: UserId, guest: GuestSession) {
    let GuestSession(Some(session)) = guest else { return };
    let mut metadata = Metadata::new(id.to_string(), info.request_id, &*info.command);
    metadata.correlation_id = info.trace_id.as_uuid();
    let (user_cart, guest_cart) = (id.uuid().into(), crate::cart::guest_cart_id(session));
    match crate::cart::merge_guest(&state.log, metadata, user_cart, guest_cart).await {
        // Whoever looks at the cart next shall see it.
        Ok(Some(position)) => {
            let patience = Duration::from_millis(state.config.http.projection_wait_ms);
            state.read_models.wait_for(position, patience).await;
        }
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(%error, "the guest's cart was not merged into the user's");
        }
    }
}
