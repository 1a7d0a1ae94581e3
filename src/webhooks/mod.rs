//! Webhooks after the Standard Webhooks specification: registering them, what they are told, and the
//! process that tells them. Nothing is decided here: rules are in the aggregate, and what a webhook
//! is told changes nothing in the store.

mod address;
mod attempt;
mod content;
mod courier;
pub mod deliveries;
mod process;
mod react;
mod secret;
mod target;

pub use attempt::PAUSES;
pub use courier::{Courier, Resolver, SystemResolver};
pub use process::run;
pub use target::{Target, TargetError};

use crate::expected::Expected;
use crate::log::{Answer, Execute};
use crate::state::AppState;
use aggregates::account::Role;
use aggregates::text::{WebhookNote, WebhookUrl};
use aggregates::webhook::{self, Audience, Command, DisableReason, Endpoint, Topic};
use aggregates::{Account, DeliveryId, UserId, Webhook, WebhookId, WebhookSecretId};
use chrono::{DateTime, Utc};
use eventlog::{IdempotencyKey, Metadata, Outcome, UnitError, Work};
use secret::Secret;
use std::collections::BTreeSet;

/// The type of what is delivered to see whether anything is.
pub const TEST: &str = "webhook.test";

/// A webhook after a step, with the version of its stream.
#[derive(Debug, Clone)]
pub struct WebhookState {
    pub id: WebhookId,
    pub webhook: Webhook,
    pub version: i64,
    /// Only where it was drawn by this step: shown once.
    pub secret: Option<String>,
    pub now: DateTime<Utc>,
}

/// Why a step with a webhook was refused.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error(transparent)]
    Webhook(#[from] webhook::Error),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("there is no such delivery")]
    NoSuchDelivery,
    /// The caller's `If-Match` names another version.
    #[error("the webhook is at version {found}, not at the one that `If-Match` names")]
    Stale { found: i64 },
}

/// Who wants it, and under which conditions.
#[derive(Debug, Clone)]
pub struct Request {
    pub metadata: Metadata,
    /// Whose webhooks may be changed; `None`: anybody's.
    pub only_of: Option<UserId>,
    pub expected: Expected,
    pub key: Option<IdempotencyKey>,
}

/// What is to be another way; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub url: Option<WebhookUrl>,
    pub topics: Option<BTreeSet<Topic>>,
    /// `Some(None)` clears it.
    pub description: Option<Option<WebhookNote>>,
    pub is_enabled: Option<bool>,
}

/// A step with a webhook that exists.
#[derive(Debug, Clone)]
pub enum Step {
    Edit(Edit),
    Rotate,
    Remove,
    Test(DeliveryId),
    Resend(DeliveryId),
}

type Done<A> = Result<Outcome<A>, UnitError<WebhookError>>;

/// What an account is told of; `None` where it is nobody who may be told anything.
pub fn audience(account: &Account) -> Option<Audience> {
    match account {
        Account::Active { role: Role::Admin, .. } => Some(Audience::Store),
        Account::Active { role: Role::Seller, .. } => Some(Audience::Seller),
        Account::Active { role: Role::Customer | Role::Auditor | Role::Analyst, .. }
        | Account::Blocked { .. }
        | Account::Nonexistent
        | Account::Erased => None,
    }
}

/// A URL that a webhook may have, in its normal form.
pub fn target(state: &AppState, url: &WebhookUrl) -> Result<WebhookUrl, TargetError> {
    let target = Target::parse(url.as_str(), &state.config.webhooks)?;
    // Escaping can make it longer than it was written.
    target.as_str().parse().map_err(|_| TargetError::TooLong)
}

/// Registers a webhook. `answer` makes what is recorded under the idempotency key.
pub async fn register<A: Answer>(
    state: &AppState,
    request: Request,
    owner: UserId,
    audience: Audience,
    endpoint: Endpoint,
    answer: impl Fn(&WebhookState) -> A + Send + 'static,
) -> Done<A> {
    let drawn = Drawn::new(state, state.entropy.new_id().into());
    let (id, at) = (drawn.webhook, state.clock.now());
    let counted = projections::webhooks::count(&state.pool, owner).await;
    let others = counted.map_err(UnitError::Unavailable)?;
    let limit = state.config.webhooks.per_account;
    state
        .log
        .unit(request.metadata)
        .create::<Webhook>(id.to_string())
        .idempotency(request.key)
        .run(move |work| {
            let (endpoint, secret_id) = (endpoint.clone(), drawn.id);
            let command =
                Command::Register { owner, audience, endpoint, secret_id, others, limit, at };
            work.execute::<Webhook>(id, command).map_err(WebhookError::from)?;
            drawn.keep(work);
            Ok(answered(work, id, at, Some(&drawn), &answer))
        })
        .await
}

/// Does something with a webhook that exists. To whom it does not belong it does not exist.
pub async fn change<A: Answer>(
    state: &AppState,
    request: Request,
    id: WebhookId,
    step: Step,
    answer: impl Fn(&WebhookState) -> A + Send + 'static,
) -> Done<A> {
    let Request { metadata, only_of, expected, key } = request;
    let (webhook, _) =
        state.log.peek::<Webhook>(&id.to_string()).await.map_err(UnitError::widen)?;
    // It never changes hands.
    let owner = webhook.details().map(|details| details.owner);
    let known = owner.filter(|owner| only_of.is_none_or(|only| only == *owner));
    let owner = known.ok_or(UnitError::Rejected(webhook::Error::NotFound.into()))?;
    if let Step::Resend(delivery) = &step {
        let known = deliveries::exists(&state.pool, id, *delivery).await;
        if !known.map_err(UnitError::Unavailable)? {
            return Err(UnitError::Rejected(WebhookError::NoSuchDelivery));
        }
    }
    let drawn = matches!(step, Step::Rotate).then(|| Drawn::new(state, id));
    let at = state.clock.now();
    state
        .log
        .unit(metadata)
        .write::<Webhook>(id.to_string())
        .peek::<Account>(owner.to_string())
        .idempotency(key)
        .run(move |work| {
            let found = work.version::<Webhook>(&id.to_string());
            if !expected.allows(found) {
                return Err(WebhookError::Stale { found });
            }
            perform(work, id, owner, &step, drawn.as_ref(), at)?;
            Ok(answered(work, id, at, drawn.as_ref(), &answer))
        })
        .await
}

fn perform(
    work: &mut Work<'_>,
    id: WebhookId,
    owner: UserId,
    step: &Step,
    drawn: Option<&Drawn>,
    at: DateTime<Utc>,
) -> Result<(), webhook::Error> {
    match step {
        Step::Edit(edit) => perform_edit(work, id, owner, edit, at),
        Step::Rotate => {
            let Some(drawn) = drawn else { return Ok(()) };
            let state = work.state::<Webhook>(&id.to_string());
            let old = state.details().map(|details| details.old_secrets.clone());
            work.execute::<Webhook>(id, Command::RotateSecret { secret_id: drawn.id, at })?;
            drawn.keep(work);
            // Those that have ended open nothing any more.
            for ended in old.into_iter().flatten().filter(|secret| secret.until <= at) {
                work.set_personal(id.uuid(), secret::key(ended.id), "");
            }
            Ok(())
        }
        Step::Remove => {
            work.execute::<Webhook>(id, Command::Remove { at })?;
            work.erase_personal(id.uuid());
            Ok(())
        }
        Step::Test(delivery_id) => {
            let delivery_id = *delivery_id;
            work.execute::<Webhook>(id, Command::RequestTest { delivery_id, at })
        }
        Step::Resend(delivery_id) => {
            let delivery_id = *delivery_id;
            work.execute::<Webhook>(id, Command::RequestResend { delivery_id, at })
        }
    }
}

fn perform_edit(
    work: &mut Work<'_>,
    id: WebhookId,
    owner: UserId,
    edit: &Edit,
    at: DateTime<Utc>,
) -> Result<(), webhook::Error> {
    let webhook = work.state::<Webhook>(&id.to_string());
    let Some(details) = webhook.details() else { return Err(webhook::Error::NotFound) };
    let now = &details.endpoint;
    let endpoint = Endpoint {
        url: edit.url.clone().unwrap_or_else(|| now.url.clone()),
        topics: edit.topics.clone().unwrap_or_else(|| now.topics.clone()),
        description: edit.description.clone().unwrap_or_else(|| now.description.clone()),
    };
    // Who is nobody any more is told nothing; what it would be told of matters little.
    let audience = audience(work.state::<Account>(&owner.to_string())).unwrap_or(Audience::Seller);
    work.execute::<Webhook>(id, Command::Change { audience, endpoint, at })?;
    match edit.is_enabled {
        Some(true) => work.execute::<Webhook>(id, Command::Enable { at }),
        Some(false) => {
            let reason = DisableReason::ByHand;
            work.execute::<Webhook>(id, Command::Disable { reason, at })
        }
        None => Ok(()),
    }
}

/// The current secret of a webhook, for a repeated answer.
pub async fn told_again(
    state: &AppState,
    id: WebhookId,
    secret_id: WebhookSecretId,
) -> Result<Option<String>, sqlx::Error> {
    let sealer = state.code_keys.webhooks();
    let secrets = secret::open(&state.pool, sealer, id, &[secret_id]).await?;
    Ok(secrets.first().map(Secret::shown))
}

/// A secret that was just drawn, with what may be stored of it.
struct Drawn {
    webhook: WebhookId,
    id: WebhookSecretId,
    shown: String,
    sealed: Option<String>,
}

impl Drawn {
    fn new(state: &AppState, webhook: WebhookId) -> Self {
        let id = state.entropy.new_id().into();
        let secret = Secret::draw(&state.entropy);
        let sealed = secret.sealed(webhook, id, state.code_keys.webhooks(), &state.entropy);
        Self { webhook, id, shown: secret.shown(), sealed }
    }

    fn keep(&self, work: &mut Work<'_>) {
        if let Some(sealed) = &self.sealed {
            work.set_personal(self.webhook.uuid(), secret::key(self.id), sealed);
        }
    }
}

fn answered<A: Answer>(
    work: &mut Work<'_>,
    id: WebhookId,
    now: DateTime<Utc>,
    drawn: Option<&Drawn>,
    answer: &impl Fn(&WebhookState) -> A,
) -> A {
    let stream = id.to_string();
    let answer = answer(&WebhookState {
        id,
        webhook: work.state::<Webhook>(&stream).clone(),
        version: work.version::<Webhook>(&stream),
        secret: drawn.map(|drawn| drawn.shown.clone()),
        now,
    });
    work.respond_with(|| answer.recorded());
    answer
}
