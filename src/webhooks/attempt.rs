//! One attempt to deliver: signs, sends, and records what came of it. A crash between sending and
//! recording sends the same message again, with the same id.

use super::courier::{Answer, Courier, CourierError, header_value};
use super::deliveries::{self, Attempt, Due, Next, Status};
use super::secret::{self, Secret};
use crate::log::Execute;
use crate::state::AppState;
use aggregates::webhook::{self, Command, DisableReason};
use aggregates::{Account, Webhook, WebhookId};
use axum::http::{HeaderMap, HeaderName};
use chrono::{DateTime, TimeDelta, Utc};
use eventlog::{Metadata, UnitError, load_stream};
use std::convert::Infallible;
use std::time::Instant;
use uuid::Uuid;

/// How long is waited after each attempt that failed: about three days in all. After the last one
/// comes one more attempt.
pub const PAUSES: [TimeDelta; 9] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(14),
    TimeDelta::hours(20),
    TimeDelta::hours(24),
];
/// What of an answer is shown to the owner, in characters.
const SHOWN_MAX: usize = 200;
/// The answer of a target that is gone for good.
const GONE: u16 = 410;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Why an attempt could not be made or recorded; the delivery stays due.
#[derive(Debug, thiserror::Error)]
pub(super) enum AttemptError {
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a stream cannot be loaded: {0}")]
    Load(#[from] UnitError<Infallible>),
    #[error("the webhook cannot be disabled: {0}")]
    Disable(#[from] UnitError<webhook::Error>),
}

/// Delivers what is due, or gives it up where it became pointless.
pub(super) async fn run(
    state: &AppState,
    courier: &Courier,
    due: &Due,
) -> Result<(), AttemptError> {
    let id = WebhookId::new(due.webhook_id);
    let codec = state.log.codec();
    let (webhook, _) = load_stream::<Webhook>(&state.pool, codec, &id.to_string()).await?;
    let at = state.clock.now();
    let Some(details) = webhook.enabled() else {
        return Ok(deliveries::cancel(&state.pool, due, at).await?);
    };
    let (owner, _) = load_stream::<Account>(&state.pool, codec, &details.owner.to_string()).await?;
    // Whom it was written for, and who the owner is by now.
    if super::audience(&owner).is_none_or(|audience| audience.as_str() != due.audience) {
        return Ok(deliveries::cancel(&state.pool, due, at).await?);
    }
    let sealer = state.code_keys.webhooks();
    let secrets = secret::open(&state.pool, sealer, id, &details.secrets_at(at)).await?;
    let begun = Instant::now();
    let outcome = if secrets.is_empty() {
        Err("its secret cannot be opened".to_owned())
    } else {
        let url = details.endpoint.url.as_str();
        let headers = signed(&secrets, due, at);
        courier.post(url, headers, due.body.clone()).await.map_err(|error| told(&error))
    };
    eventlog::fault!("webhook.sent");
    let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let attempt = described(at, duration_ms, &outcome);
    let next = next(due.round, outcome.as_ref().ok(), at);
    if let Some(reason) = disabling(state, due, &outcome, next).await? {
        disable(state, id, due.id, reason, at).await?;
    }
    if !deliveries::record(&state.pool, due, &attempt, next).await? {
        tracing::debug!(delivery = %due.id, "an attempt was recorded by somebody else meanwhile");
    }
    eventlog::fault!("webhook.recorded");
    metrics::counter!("webhook_attempts_total", "outcome" => match next {
        Next::At(_) => "retried",
        Next::Done(status) => status.as_str(),
    })
    .increment(1);
    Ok(())
}

fn signed(secrets: &[Secret], due: &Due, at: DateTime<Utc>) -> HeaderMap {
    let signatures: Vec<_> =
        secrets.iter().map(|secret| secret.sign(due.id, at, &due.body)).collect();
    [
        (ID, header_value(&due.id.to_string())),
        (TIMESTAMP, header_value(&at.timestamp().to_string())),
        (SIGNATURE, header_value(&signatures.join(" "))),
    ]
    .into_iter()
    .collect()
}

/// What the owner is told of a failure. Where a name leads within our own networks is nobody's business.
fn told(error: &CourierError) -> String {
    use super::target::TargetError;
    match error {
        CourierError::Target(TargetError::Address(_)) => {
            "the target is not an address of the public internet".to_owned()
        }
        other => other.to_string(),
    }
}

fn is_success(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}

fn described(at: DateTime<Utc>, duration_ms: u64, outcome: &Result<Answer, String>) -> Attempt {
    let (response_status, response, error) = match outcome {
        Ok(answer) => {
            let error = if is_success(answer) {
                None
            } else {
                Some(format!("the target answers {}", answer.status))
            };
            (Some(answer.status), Some(excerpt(&answer.body)), error)
        }
        Err(error) => (None, None, Some(error.clone())),
    };
    let response = response.filter(|response| !response.is_empty());
    Attempt { at, response_status, duration_ms, error, response }
}

/// Without what a database or a terminal would stumble over.
fn excerpt(body: &str) -> String {
    let visible = body.chars().filter(|c| !c.is_control() || *c == '\n');
    visible.take(SHOWN_MAX).collect::<String>().trim().to_owned()
}

/// What follows the attempt after `round` others.
fn next(round: i32, answer: Option<&Answer>, at: DateTime<Utc>) -> Next {
    match answer {
        Some(answer) if is_success(answer) => Next::Done(Status::Delivered),
        Some(answer) if answer.status == GONE => Next::Done(Status::Failed),
        Some(_) | None => {
            let pause = usize::try_from(round).ok().and_then(|round| PAUSES.get(round));
            pause.map_or(Next::Done(Status::Failed), |pause| Next::At(at + *pause))
        }
    }
}

/// Why the webhook is to be disabled, if it is: it is gone, or this was given up and nothing else got
/// through all the while.
async fn disabling(
    state: &AppState,
    due: &Due,
    outcome: &Result<Answer, String>,
    next: Next,
) -> Result<Option<DisableReason>, sqlx::Error> {
    if outcome.as_ref().is_ok_and(|answer| answer.status == GONE) {
        return Ok(Some(DisableReason::Gone));
    }
    if next != Next::Done(Status::Failed) {
        return Ok(None);
    }
    let all: TimeDelta = PAUSES.iter().sum();
    let since = due.created_at.max(state.clock.now() - all);
    let got_through = deliveries::got_through(&state.pool, due.webhook_id, since).await?;
    Ok((!got_through).then_some(DisableReason::Failing))
}

async fn disable(
    state: &AppState,
    id: WebhookId,
    cause: Uuid,
    reason: DisableReason,
    at: DateTime<Utc>,
) -> Result<(), AttemptError> {
    let metadata = Metadata::new("webhooks", state.entropy.new_id(), "webhooks: disable");
    let unit = state.log.unit(metadata).write::<Webhook>(id.to_string());
    let disabled =
        unit.run(move |work| work.execute::<Webhook>(id, Command::Disable { reason, at })).await;
    match disabled {
        // Removed meanwhile.
        Ok(_) | Err(UnitError::Rejected(webhook::Error::NotFound)) => {
            tracing::info!(webhook = %id, delivery = %cause, ?reason, "a webhook is disabled");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16) -> Answer {
        Answer { status, body: String::new() }
    }

    #[test]
    fn an_attempt_that_failed_is_repeated_ten_times_over_three_days() {
        let mut at = DateTime::UNIX_EPOCH;
        for (round, seconds) in
            [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].into_iter().enumerate()
        {
            let round = i32::try_from(round).unwrap();
            for failed in [None, Some(answer(500)), Some(answer(404)), Some(answer(301))] {
                let expected = Next::At(at + TimeDelta::seconds(seconds));
                assert_eq!(next(round, failed.as_ref(), at), expected);
            }
            at += TimeDelta::seconds(seconds);
        }
        assert_eq!(next(9, None, at), Next::Done(Status::Failed));
        let days = at.signed_duration_since(DateTime::UNIX_EPOCH).num_hours();
        assert_eq!(days, 75);
    }

    #[test]
    fn success_and_the_end_are_final() {
        let at = DateTime::UNIX_EPOCH;
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(next(0, Some(&answer(status)), at), Next::Done(Status::Delivered));
        }
        assert_eq!(next(0, Some(&answer(410)), at), Next::Done(Status::Failed));
    }

    #[test]
    fn of_an_answer_a_harmless_beginning_is_kept() {
        assert_eq!(excerpt("\u{0}\u{1b}[31mno\r\n such hook "), "[31mno\n such hook");
        assert_eq!(excerpt(&"ж".repeat(5000)).chars().count(), 200);
    }
}
