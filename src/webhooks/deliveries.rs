//! The table of deliveries: what each webhook is told, and how far that has come. The only module that
//! writes to it. Never decides whether something is told.

use aggregates::webhook::Audience;
use aggregates::{DeliveryId, WebhookId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

/// How many attempts the log of a delivery shows at most.
const LOGGED_MAX: i32 = 20;
const PURGED_AT_ONCE: i64 = 2000;

/// Something that a webhook is to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct New {
    pub id: DeliveryId,
    pub webhook_id: WebhookId,
    /// The cause.
    pub event_id: Uuid,
    pub event_type: &'static str,
    pub audience: Audience,
    pub body: String,
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Under way, or waiting for its next attempt.
    Pending,
    Delivered,
    /// Given up.
    Failed,
    /// It became pointless: the webhook is disabled, or its owner may not see this any more.
    Cancelled,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub at: DateTime<Utc>,
    /// Absent where there was no answer.
    pub response_status: Option<u16>,
    pub duration_ms: u64,
    /// Why it was no success.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub response: Option<String>,
}

/// A delivery whose time has come.
#[derive(Debug, Clone)]
pub struct Due {
    pub id: Uuid,
    pub webhook_id: Uuid,
    pub audience: String,
    pub body: String,
    /// Attempts so far.
    pub attempts: i32,
    /// Those since it was asked for last.
    pub round: i32,
    pub created_at: DateTime<Utc>,
}

/// A delivery as its owner sees it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Row {
    pub id: Uuid,
    pub event_id: Uuid,
    pub event_type: String,
    pub status: Status,
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// The last ones, the latest last.
    pub log: Vec<Attempt>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// One page of them.
#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Row>,
    pub next: Option<Cursor>,
}

/// The last delivery of a page; the next page starts behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub id: Uuid,
}

/// What becomes of a delivery after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    At(DateTime<Utc>),
    Done(Status),
}

/// Makes deliveries that are due at once. What was made before for the same cause stays as it is.
pub async fn make(
    db: impl PgExecutor<'_>,
    new: &[New],
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let ids: Vec<Uuid> = new.iter().map(|one| one.id.uuid()).collect();
    let webhooks: Vec<Uuid> = new.iter().map(|one| one.webhook_id.uuid()).collect();
    let events: Vec<Uuid> = new.iter().map(|one| one.event_id).collect();
    let types: Vec<String> = new.iter().map(|one| one.event_type.to_owned()).collect();
    let audiences: Vec<String> = new.iter().map(|one| one.audience.as_str().to_owned()).collect();
    let bodies: Vec<String> = new.iter().map(|one| one.body.clone()).collect();
    let done = sqlx::query!(
        "INSERT INTO webhook_deliveries
                (id, webhook_id, event_id, event_type, audience, body, status, next_attempt_at,
                 created_at)
         SELECT n.id, n.webhook_id, n.event_id, n.event_type, n.audience, n.body, 'pending', $7, $7
           FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])
                AS n(id, webhook_id, event_id, event_type, audience, body)
         ON CONFLICT DO NOTHING",
        &ids,
        &webhooks,
        &events,
        &types,
        &audiences,
        &bodies,
        now
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Sends one again from the beginning, whatever became of it.
pub async fn repeat(
    db: impl PgExecutor<'_>,
    webhook_id: WebhookId,
    id: DeliveryId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE webhook_deliveries
            SET status = 'pending', next_attempt_at = $3, round = 0, finished_at = NULL
          WHERE webhook_id = $1 AND id = $2",
        webhook_id.uuid(),
        id.uuid(),
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What is due, the longest waiting first: of each webhook at most `each`, none of those that are
/// `busy`, and nothing of what is `under_way`.
pub async fn due(
    pool: &PgPool,
    now: DateTime<Utc>,
    under_way: &[Uuid],
    busy: &[Uuid],
    each: i64,
    limit: i64,
) -> Result<Vec<Due>, sqlx::Error> {
    // By webhook, so that one with thousands of deliveries does not keep the others waiting.
    sqlx::query_as!(
        Due,
        r#"SELECT d.id AS "id!", d.webhook_id AS "webhook_id!", d.audience AS "audience!",
                  d.body AS "body!", d.attempts AS "attempts!", d.round AS "round!",
                  d.created_at AS "created_at!"
             FROM read.webhooks w
            CROSS JOIN LATERAL (
                  SELECT * FROM webhook_deliveries d
                   WHERE d.webhook_id = w.id AND d.status = 'pending' AND d.next_attempt_at <= $1
                     AND d.id <> ALL ($2)
                   ORDER BY d.next_attempt_at, d.id LIMIT $4) d
            WHERE w.id <> ALL ($3)
            ORDER BY d.next_attempt_at, d.id LIMIT $5"#,
        now,
        under_way,
        busy,
        each,
        limit
    )
    .fetch_all(pool)
    .await
}

/// Records an attempt; `false` where somebody else has recorded one meanwhile.
pub async fn record(
    pool: &PgPool,
    due: &Due,
    attempt: &Attempt,
    next: Next,
) -> Result<bool, sqlx::Error> {
    let (status, next_attempt_at, finished_at) = match next {
        Next::At(at) => (Status::Pending, Some(at), None),
        Next::Done(status) => (status, None, Some(attempt.at)),
    };
    let done = sqlx::query!(
        "UPDATE webhook_deliveries
            SET attempts = attempts + 1, round = $4 + 1, status = $5, next_attempt_at = $6,
                finished_at = $7,
                log = CASE WHEN jsonb_array_length(log) < $9 THEN log ELSE log - 0 END
                      || jsonb_build_array($8::jsonb)
          WHERE webhook_id = $1 AND id = $2 AND attempts = $3 AND status = 'pending'",
        due.webhook_id,
        due.id,
        due.attempts,
        due.round,
        status.as_str(),
        next_attempt_at,
        finished_at,
        Json(attempt) as _,
        LOGGED_MAX
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives one up without an attempt.
pub async fn cancel(pool: &PgPool, due: &Due, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE webhook_deliveries
            SET status = 'cancelled', next_attempt_at = NULL, finished_at = $3
          WHERE webhook_id = $1 AND id = $2 AND status = 'pending'",
        due.webhook_id,
        due.id,
        now
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Whether anything got through to a webhook since then.
pub async fn got_through(
    pool: &PgPool,
    webhook_id: Uuid,
    since: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM webhook_deliveries
                           WHERE webhook_id = $1 AND status = 'delivered' AND finished_at >= $2)
                  AS "got_through!""#,
        webhook_id,
        since
    )
    .fetch_one(pool)
    .await
}

/// The deliveries of a webhook, the newest first: their ids grow with time.
pub async fn list(
    pool: &PgPool,
    webhook_id: WebhookId,
    status: Option<Status>,
    after: Option<&Cursor>,
    offset: u32,
    limit: u32,
) -> Result<Page, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT json_build_object(
                  'id', d.id, 'event_id', d.event_id, 'event_type', d.event_type,
                  'status', d.status, 'attempts', d.attempts,
                  'next_attempt_at', d.next_attempt_at, 'log', d.log,
                  'created_at', d.created_at, 'finished_at', d.finished_at) AS "row!: Json<Row>"
             FROM webhook_deliveries d
            WHERE d.webhook_id = $1 AND ($2::text IS NULL OR d.status = $2)
              AND ($3::uuid IS NULL OR d.id < $3)
            ORDER BY d.id DESC OFFSET $4 LIMIT $5"#,
        webhook_id.uuid(),
        status.map(Status::as_str),
        after.map(|after| after.id),
        i64::from(offset),
        i64::from(limit) + 1
    )
    .fetch_all(pool)
    .await?;
    let mut items: Vec<Row> = rows.into_iter().map(|row| row.0).collect();
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > size;
    items.truncate(size);
    let next = items.last().filter(|_| more).map(|last| Cursor { id: last.id });
    Ok(Page { items, next })
}

/// Whether a webhook has this delivery.
pub async fn exists(
    pool: &PgPool,
    webhook_id: WebhookId,
    id: DeliveryId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM webhook_deliveries WHERE webhook_id = $1 AND id = $2)
                  AS "exists!""#,
        webhook_id.uuid(),
        id.uuid()
    )
    .fetch_one(pool)
    .await
}

/// Deletes what was made before then; returns how many. In pieces: a long write would hold up the feed.
pub async fn purge(pool: &PgPool, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let mut deleted = 0;
    loop {
        let done = sqlx::query!(
            "DELETE FROM webhook_deliveries
              WHERE (webhook_id, id) IN (SELECT webhook_id, id FROM webhook_deliveries
                                          WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
            before,
            PURGED_AT_ONCE
        )
        .execute(pool)
        .await?;
        deleted += done.rows_affected();
        if done.rows_affected() == 0 {
            return Ok(deleted);
        }
    }
}

/// Deletes all of a webhook that is gone.
pub async fn forget(pool: &PgPool, webhook_id: WebhookId) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM webhook_deliveries WHERE webhook_id = $1", webhook_id.uuid())
        .execute(pool)
        .await?;
    Ok(())
}
