//! Webhooks: `/webhooks`. Of sellers and administrators; what somebody else registered does not exist,
//! but for administrators.

use crate::auth::Caller;
use crate::http::docs::WebhookEvents;
use crate::http::extract::{CommandContext, Json, Path, Staff};
use crate::http::patch::{Patch, present};
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::{Reply, Settlement, finish, replay, settle};
use crate::http::resources::WebhookResource;
use crate::state::AppState;
use crate::webhooks::{self, Edit, Request, Step, WebhookError, WebhookState};
use aggregates::account::Role;
use aggregates::text::{WebhookNote, WebhookUrl};
use aggregates::webhook::{Audience, Endpoint, Topic};
use aggregates::{DeliveryId, UserId, Webhook, WebhookId};
use axum::extract::State;
use axum::response::Response;
use eventlog::Outcome;
use garde::Validate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(update, remove))
        .routes(routes!(rotate))
        .routes(routes!(test))
        .routes(routes!(resend))
}

/// A new webhook.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct NewWebhook {
    /// https, port 443 or 8443, and an address of the public internet.
    #[garde(length(chars, min = 1, max = WebhookUrl::MAX))]
    #[schema(min_length = 1, max_length = 2000, example = "https://shop.example/hooks")]
    url: String,
    /// Event types, or `*` for all that the caller may see.
    #[garde(length(min = 1, max = 50))]
    #[schema(value_type = WebhookEvents, example = json!(["order.confirmed"]))]
    events: Vec<String>,
    #[garde(inner(length(chars, max = WebhookNote::MAX)))]
    #[schema(max_length = 200)]
    description: Option<String>,
}

/// A change of a webhook. What is missing stays as it is.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
pub struct ChangeWebhook {
    #[garde(inner(length(chars, min = 1, max = WebhookUrl::MAX)))]
    #[schema(min_length = 1, max_length = 2000)]
    url: Option<String>,
    #[garde(inner(length(min = 1, max = 50)))]
    #[schema(value_type = Option<WebhookEvents>)]
    events: Option<Vec<String>>,
    /// `null` clears it.
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(length(chars, max = WebhookNote::MAX))))]
    #[schema(value_type = Option<String>, max_length = 200)]
    description: Patch<String>,
    /// `false` stops it; what happens until it is `true` again is not told later.
    #[garde(skip)]
    is_enabled: Option<bool>,
}

/// A delivery that was asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RequestedDelivery {
    pub delivery_id: Uuid,
}

/// Register a webhook
///
/// From now on it is told of what happens. The secret is shown in this answer, and in none but a
/// repetition of it under the same idempotency key.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", security(("bearer" = [])),
    request_body = NewWebhook,
    responses((status = 201, description = "The webhook", body = WebhookResource)))]
async fn register(
    State(state): State<AppState>,
    owner: Staff,
    ctx: CommandContext,
    Json(body): Json<NewWebhook>,
) -> Result<Response, Problem> {
    let endpoint = Endpoint {
        url: url(&state, &body.url)?,
        topics: topics(&body.events)?,
        description: body.description.as_deref().and_then(note),
    };
    let audience = match owner.role {
        Role::Admin => Audience::Store,
        Role::Customer | Role::Seller | Role::Auditor | Role::Analyst => Audience::Seller,
    };
    let request = request(&owner, &ctx);
    let outcome =
        webhooks::register(&state, request, owner.id, audience, endpoint, registered).await?;
    told(&state, &ctx, outcome).await
}

/// Change a webhook
///
/// Where it leads, what it is told of, and whether.
#[utoipa::path(put, path = "/webhooks/{id}", tag = "webhooks", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The webhook")), request_body = ChangeWebhook,
    responses((status = 200, description = "The webhook", body = WebhookResource)))]
async fn update(
    State(state): State<AppState>,
    caller: Staff,
    ctx: CommandContext,
    Path(id): Path<WebhookId>,
    Json(body): Json<ChangeWebhook>,
) -> Result<Response, Problem> {
    let edit = Edit {
        url: body.url.as_deref().map(|text| url(&state, text)).transpose()?,
        topics: body.events.as_deref().map(topics).transpose()?,
        description: body.description.map(|text| text.as_deref().and_then(note)),
        is_enabled: body.is_enabled,
    };
    let answer = |webhook: &WebhookState| {
        Reply::ok(&WebhookResource::after(webhook)).version(webhook.version)
    };
    let request = request(&caller, &ctx);
    let outcome = webhooks::change(&state, request, id, Step::Edit(edit), answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Remove a webhook
///
/// With its secrets and its deliveries.
#[utoipa::path(delete, path = "/webhooks/{id}", tag = "webhooks", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The webhook")),
    responses((status = 204, description = "Removed")))]
async fn remove(
    State(state): State<AppState>,
    caller: Staff,
    ctx: CommandContext,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    let answer = |_: &WebhookState| Reply::no_content();
    let request = request(&caller, &ctx);
    let outcome = webhooks::change(&state, request, id, Step::Remove, answer).await?;
    // Nobody can see them any more; what a crash leaves goes with its age.
    webhooks::deliveries::forget(&state.pool, id).await?;
    finish(&state, &ctx, outcome).await
}

/// Replace the secret of a webhook
///
/// The new one is shown once. For 24 hours the old one signs beside it: the header has a signature of
/// each.
#[utoipa::path(post, path = "/webhooks/{id}/rotate", tag = "webhooks", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The webhook")),
    responses((status = 200, description = "The webhook", body = WebhookResource)))]
async fn rotate(
    State(state): State<AppState>,
    caller: Staff,
    ctx: CommandContext,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    let answer = |webhook: &WebhookState| {
        Reply::ok(&WebhookResource::after(webhook))
            .recorded_as(&WebhookResource::without_secret(webhook))
            .version(webhook.version)
    };
    let request = request(&caller, &ctx);
    let outcome = webhooks::change(&state, request, id, Step::Rotate, answer).await?;
    told(&state, &ctx, outcome).await
}

/// Send a test
///
/// A message of the type `webhook.test`, which shows among the deliveries once it is under way.
#[utoipa::path(post, path = "/webhooks/{id}/test", tag = "webhooks", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The webhook")),
    responses((status = 202, description = "It is on its way", body = RequestedDelivery)))]
async fn test(
    State(state): State<AppState>,
    caller: Staff,
    ctx: CommandContext,
    Path(id): Path<WebhookId>,
) -> Result<Response, Problem> {
    let delivery_id = state.entropy.new_id();
    let step = Step::Test(delivery_id.into());
    let answer = move |_: &WebhookState| Reply::accepted(&RequestedDelivery { delivery_id });
    let outcome = webhooks::change(&state, request(&caller, &ctx), id, step, answer).await?;
    finish(&state, &ctx, outcome).await
}

/// Send a delivery again
///
/// The same message under the same `webhook-id`, with all attempts that it may need, whatever became
/// of it before.
#[utoipa::path(post, path = "/webhooks/{id}/deliveries/{delivery_id}/resend", tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The webhook"),
           ("delivery_id" = Uuid, Path, description = "The delivery")),
    responses((status = 202, description = "It is on its way", body = RequestedDelivery)))]
async fn resend(
    State(state): State<AppState>,
    caller: Staff,
    ctx: CommandContext,
    Path((id, delivery_id)): Path<(WebhookId, DeliveryId)>,
) -> Result<Response, Problem> {
    let requested = RequestedDelivery { delivery_id: delivery_id.uuid() };
    let answer = move |_: &WebhookState| Reply::accepted(&requested);
    let step = Step::Resend(delivery_id);
    let outcome = webhooks::change(&state, request(&caller, &ctx), id, step, answer).await?;
    finish(&state, &ctx, outcome).await
}

fn request(caller: &Caller, ctx: &CommandContext) -> Request {
    Request {
        metadata: ctx.metadata(),
        only_of: visible_to(caller),
        expected: ctx.expected(),
        key: ctx.idempotency(),
    }
}

/// Whose webhooks a caller sees; `None`: all.
pub(in crate::http) fn visible_to(caller: &Caller) -> Option<UserId> {
    (caller.role != Role::Admin).then_some(caller.id)
}

fn url(state: &AppState, text: &str) -> Result<WebhookUrl, Problem> {
    let wrong = |error: String| Problem::invalid_field("/url", error);
    let url =
        text.parse().map_err(|error: aggregates::text::TextError| wrong(error.to_string()))?;
    webhooks::target(state, &url).map_err(|error| WebhookError::from(error).into())
}

fn topics(names: &[String]) -> Result<BTreeSet<Topic>, Problem> {
    let parsed = names.iter().enumerate().map(|(place, name)| {
        name.parse::<Topic>()
            .map_err(|error| FieldError::at(format!("/events/{place}"), error.to_string()))
    });
    parsed.collect::<Result<_, _>>().map_err(|error| Problem::invalid(vec![error]))
}

/// An empty one is none. Its length was checked.
fn note(text: &str) -> Option<WebhookNote> {
    text.parse().ok()
}

/// The answer shows the secret, the recorded one does not.
fn registered(webhook: &WebhookState) -> Reply {
    let location = format!("/api/v1/webhooks/{}", webhook.id);
    Reply::created(location, &WebhookResource::after(webhook))
        .recorded_as(&WebhookResource::without_secret(webhook))
        .version(webhook.version)
}

/// A repeated request gets the same answer, the secret included where it still signs.
async fn told(
    state: &AppState,
    ctx: &CommandContext,
    outcome: Outcome<Reply>,
) -> Result<Response, Problem> {
    let (settlement, standing) = settle(state, ctx, outcome).await;
    let reply = match settlement {
        Settlement::Done(reply) => reply,
        Settlement::Replayed(recorded) => with_secret(state, replay(&recorded)?).await?,
    };
    Ok(standing.respond(reply))
}

async fn with_secret(state: &AppState, reply: Reply) -> Result<Reply, Problem> {
    let Some(mut body) = reply.body() else { return Ok(reply) };
    let id_in = |value: &serde_json::Value| value["id"].as_str()?.parse::<Uuid>().ok();
    let (Some(id), Some(secret_id)) = (id_in(&body), id_in(&body["secrets"][0])) else {
        return Ok(reply);
    };
    let (webhook, _) = state.log.peek::<Webhook>(&id.to_string()).await?;
    let signs = webhook.details().map(|details| details.secrets_at(state.clock.now()));
    if !signs.is_some_and(|signs| signs.contains(&secret_id.into())) {
        return Ok(reply);
    }
    if let Some(secret) = webhooks::told_again(state, id.into(), secret_id.into()).await? {
        body["secret"] = secret.into();
    }
    Ok(reply.with_body(&body))
}
