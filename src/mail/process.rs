//! The mail process: follows the feed, and writes to whom an event concerns. Its place is moved after
//! a mail has gone, so that a crash between the two sends it again, with the same message id.

use super::letters::{Language, Letter, Price};
use super::{Mail, MailError, Mailer};
use crate::auth::links::{self, Purpose};
use crate::gift_cards::{GiftCards, RECIPIENT};
use crate::state::AppState;
use aggregates::order::Status;
use aggregates::{
    Fact, GiftCard, GiftCardId, Order, OrderId, UserId, account, gift_card, loyalty_account, order,
};
use chrono::{DateTime, TimeDelta, Utc};
use eventlog::checkpoints::{self, Checkpoint};
use eventlog::{Position, Recorded, UnitError, feed, leases};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The name of the process, its lease and its place.
const NAME: &str = "mail";
/// Of its place: mail is never built anew.
const GENERATION: i32 = 1;
/// Key of a person's language in their personal data.
pub const LANGUAGE: &str = "language";
const LEASE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(500);
const PAGE: i64 = 200;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// What happened longer ago than this is no news any more.
const NEWS: TimeDelta = TimeDelta::days(3);

/// Why the process could not go on for now.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a stream cannot be loaded: {0}")]
    Load(#[from] UnitError<Infallible>),
    #[error(transparent)]
    Mail(#[from] MailError),
}

/// To whom, in which language, and what.
struct Addressed {
    to: String,
    language: Language,
    letter: Letter,
}

/// Sends mail until it is told to stop; in one process at a time.
pub async fn run(state: AppState, mailer: Arc<dyn Mailer>, stop: CancellationToken) {
    let holder = state.entropy.new_id();
    let mut pause = FIRST_PAUSE;
    while !stop.is_cancelled() {
        let wait = match round(&state, mailer.as_ref(), holder).await {
            Ok(0) => POLL,
            Ok(_) => {
                pause = FIRST_PAUSE;
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, "mail waits");
                pause = (pause * 2).min(LONGEST_PAUSE);
                pause
            }
        };
        stop.run_until_cancelled(tokio::time::sleep(wait)).await;
    }
    if let Err(error) = leases::release(&state.pool, NAME, holder).await {
        tracing::debug!(%error, "the lease of the mail process runs out by itself");
    }
}

/// Handles the next events; returns how many.
async fn round(state: &AppState, mailer: &dyn Mailer, holder: Uuid) -> Result<usize, Trouble> {
    if !leases::acquire(&state.pool, NAME, holder, LEASE).await? {
        return Ok(0);
    }
    let mut position = place(state).await?;
    let events = feed::read(&state.pool, position, PAGE).await?;
    for event in &events {
        // Most events concern nobody: their places are not worth a write each.
        let Some(mail) = composed(state, event).await? else { continue };
        if !is_ours_still(state, holder, position).await? {
            return Ok(0);
        }
        eventlog::fault!("mail.before");
        send(mailer, &mail).await?;
        eventlog::fault!("mail.sent");
        if !moved(state, position, event.position).await? {
            return Ok(0);
        }
        eventlog::fault!("mail.moved");
        position = event.position;
    }
    if let Some(last) = events.last()
        && last.position != position
        && !moved(state, position, last.position).await?
    {
        return Ok(0);
    }
    Ok(events.len())
}

async fn place(state: &AppState) -> Result<Position, sqlx::Error> {
    if let Some(known) = checkpoints::load(&state.pool, NAME).await? {
        return Ok(known.position);
    }
    let start = Checkpoint { generation: GENERATION, position: Position::START };
    checkpoints::set(&state.pool, NAME, start).await?;
    Ok(Position::START)
}

/// A process that was stopped for longer than its lease must not go on with what it has read: others
/// have sent that meanwhile.
async fn is_ours_still(
    state: &AppState,
    holder: Uuid,
    position: Position,
) -> Result<bool, sqlx::Error> {
    Ok(leases::acquire(&state.pool, NAME, holder, LEASE).await? && place(state).await? == position)
}

/// Moves the place; `false` where another process has moved it.
async fn moved(state: &AppState, from: Position, to: Position) -> Result<bool, sqlx::Error> {
    let names = [NAME.to_owned()];
    Ok(checkpoints::advance(&state.pool, &names, &[GENERATION], from, to).await? == 1)
}

/// Whether somebody may have to be told of events of this stream.
fn concerns(event: &Recorded) -> bool {
    ["account", "order", "gift_card", "loyalty_account"].contains(&event.aggregate_type.as_str())
}

/// The mail that an event causes, if any.
async fn composed(state: &AppState, event: &Recorded) -> Result<Option<Mail>, Trouble> {
    // A mail process that begins on a long log does not write about all of it.
    if !concerns(event) || state.clock.now() - event.recorded_at > NEWS {
        return Ok(None);
    }
    let Ok(fact) = Fact::decode(
        &event.aggregate_type,
        &event.event_type,
        &event.event_version,
        &event.payload,
    ) else {
        tracing::warn!(event_id = %event.event_id, "an event that cannot be read is not mailed");
        return Ok(None);
    };
    let Ok(id) = event.aggregate_id.parse::<Uuid>() else { return Ok(None) };
    let Some(addressed) = addressed(state, id, &fact).await? else { return Ok(None) };
    let (subject, text, html) = addressed.letter.write(addressed.language);
    let from = state.config.mail.from.clone();
    Ok(Some(Mail { cause: event.event_id, from, to: addressed.to, subject, text, html }))
}

/// Sends it, or leaves it where it is refused for good.
async fn send(mailer: &dyn Mailer, mail: &Mail) -> Result<(), MailError> {
    match mailer.send(mail).await {
        Err(MailError::Refused(reason)) => {
            // Trying again would not help, and the others must not wait for it.
            tracing::warn!(event_id = %mail.cause, reason, "a mail is refused");
            Ok(())
        }
        done => done,
    }
}

async fn addressed(state: &AppState, id: Uuid, fact: &Fact) -> Result<Option<Addressed>, Trouble> {
    match fact {
        Fact::Account(event) => to_account(state, UserId::new(id), event).await,
        Fact::Order(event) => to_buyer(state, OrderId::new(id), event).await,
        Fact::GiftCard(event) => to_recipient(state, GiftCardId::new(id), event).await,
        Fact::LoyaltyAccount(loyalty_account::Event::ExpiryAnnounced {
            points,
            expires_at,
            ..
        }) => {
            let letter = Letter::PointsExpire { points: *points, expires_at: *expires_at };
            to_user(state, UserId::new(id), letter).await
        }
        _ => Ok(None),
    }
}

/// `None` where the account has been erased, and with it the address.
async fn to_user(
    state: &AppState,
    id: UserId,
    letter: Letter,
) -> Result<Option<Addressed>, Trouble> {
    let Some(to) = personal(state, id.uuid(), "email").await? else { return Ok(None) };
    let language = personal(state, id.uuid(), LANGUAGE).await?;
    let language = language.as_deref().and_then(Language::tag).unwrap_or_default();
    Ok(Some(Addressed { to, language, letter }))
}

async fn personal(
    state: &AppState,
    subject: Uuid,
    key: &str,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT value FROM personal_data WHERE subject_id = $1 AND key = $2 AND value <> ''",
        subject,
        key
    )
    .fetch_optional(&state.pool)
    .await
}

async fn to_account(
    state: &AppState,
    id: UserId,
    event: &account::Event,
) -> Result<Option<Addressed>, Trouble> {
    use account::Event;
    let (purpose, template) = match event {
        Event::Registered { .. } => (Purpose::VerifyEmail, &state.config.mail.verify_url),
        Event::PasswordResetRequested {} => (Purpose::ResetPassword, &state.config.mail.reset_url),
        Event::EmailVerified {}
        | Event::ProfileChanged { .. }
        | Event::PasswordChanged {}
        | Event::RoleChanged { .. }
        | Event::Blocked { .. }
        | Event::Unblocked {}
        | Event::Erased {} => return Ok(None),
    };
    let now: DateTime<Utc> = state.clock.now();
    let token = links::issue(&state.pool, &state.entropy, purpose, id, now).await?;
    let link = template.replace("{token}", &token);
    let letter = match purpose {
        Purpose::VerifyEmail => Letter::Welcome { link },
        Purpose::ResetPassword => Letter::PasswordReset { link },
    };
    to_user(state, id, letter).await
}

async fn to_buyer(
    state: &AppState,
    id: OrderId,
    event: &order::Event,
) -> Result<Option<Addressed>, Trouble> {
    let Some(status) = told_of(event) else { return Ok(None) };
    let (order, _) = state.log.peek::<Order>(&id.to_string()).await?;
    let Some(details) = order.details() else { return Ok(None) };
    let number = details.number.clone();
    let letter = if status == Status::Confirmed {
        Letter::OrderConfirmed { order: Box::new(details.clone()) }
    } else if let order::Event::Refunded { amount, .. } = event {
        Letter::Refund { number, amount: Price { amount: *amount, currency: details.currency } }
    } else {
        let mut numbers: Vec<_> =
            order.fulfilments().into_iter().filter_map(|part| part.tracking_number).collect();
        numbers.dedup();
        let is_sent = status == Status::Shipped && !numbers.is_empty();
        let tracking_number = is_sent.then(|| numbers.join(", "));
        Letter::OrderStatus { number, status, tracking_number }
    };
    to_user(state, details.user_id, letter).await
}

/// What the buyer is told of: every status that the order comes into after it is placed, and what is
/// given back.
fn told_of(event: &order::Event) -> Option<Status> {
    use order::Event;
    match event {
        Event::Confirmed { .. } => Some(Status::Confirmed),
        Event::ProcessingStarted { .. } => Some(Status::Processing),
        Event::Shipped { .. } => Some(Status::Shipped),
        Event::Delivered { .. } => Some(Status::Delivered),
        Event::Cancelled { .. } => Some(Status::Cancelled),
        Event::Refunded { .. } => Some(Status::Refunded),
        Event::Placed { .. }
        | Event::PaymentReopened { .. }
        | Event::GiftCardApplied { .. }
        // The buyer is written to once all is prepared, has left, and is there.
        | Event::FulfilmentProcessingStarted { .. }
        | Event::FulfilmentShipped { .. }
        | Event::FulfilmentDelivered { .. } => None,
    }
}

/// Whoever a card is for is told its code, where the code still waits to be told.
async fn to_recipient(
    state: &AppState,
    id: GiftCardId,
    event: &gift_card::Event,
) -> Result<Option<Addressed>, Trouble> {
    use gift_card::Event;
    if !matches!(event, Event::Issued { .. } | Event::Reissued { .. }) {
        return Ok(None);
    }
    let Some(to) = personal(state, id.uuid(), RECIPIENT).await? else { return Ok(None) };
    let Some(code) = GiftCards::of(state).told_again(id).await? else { return Ok(None) };
    let (card, _) = state.log.peek::<GiftCard>(&id.to_string()).await?;
    let Some(details) = card.details() else { return Ok(None) };
    let letter = Letter::GiftCard {
        code: code.grouped(),
        amount: Price { amount: details.available, currency: details.currency },
        expires_at: details.expires_at,
    };
    let language = match details.buyer {
        Some(buyer) => personal(state, buyer.uuid(), LANGUAGE).await?,
        None => None,
    };
    let language = language.as_deref().and_then(Language::tag).unwrap_or_default();
    Ok(Some(Addressed { to, language, letter }))
}
