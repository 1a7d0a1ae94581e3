//! Reading the log out, page by page, in feed order.
//!
//! Memory does not grow with the log: a page is all that is held. The end is fixed when the export
//! begins, so that it ends however much is appended meanwhile.

use crate::history::{self, Stretch};
use crate::recorded::recorded_from;
use crate::{Position, Recorded, feed};
use sqlx::PgPool;

/// Events on a page.
const PAGE: i64 = 500;

/// What of the log is wanted.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only this stream: its type and id.
    pub stream: Option<(String, String)>,
    pub stretch: Stretch,
}

impl Selection {
    /// Whether it is the feed from its start without gaps: only that can be imported. It may end
    /// early at a position, but not at a time, by which the feed is not ordered.
    pub fn is_importable(&self) -> bool {
        self.is_contiguous() && self.stretch.after == Position::START
    }

    /// Whether its events follow each other in the feed.
    fn is_contiguous(&self) -> bool {
        self.stream.is_none() && self.stretch.since.is_none() && self.stretch.up_to.is_none()
    }
}

/// An event with its place in the feed, counted from 0.
#[derive(Debug, Clone)]
pub struct Exported {
    pub leaf_index: u64,
    pub event: Recorded,
}

/// An export that is under way.
#[derive(Debug)]
pub struct Export {
    pool: PgPool,
    selection: Selection,
    /// Where the page before ended.
    after: Position,
    after_sequence: i64,
    /// How many events the feed shows up to `counted`.
    leaves: u64,
    counted: Position,
}

impl Export {
    /// Fixes its end: what the feed shows now, or where the selection ends.
    pub async fn start(pool: PgPool, mut selection: Selection) -> Result<Self, sqlx::Error> {
        let head = feed::head(&pool).await?;
        selection.stretch.until = selection.stretch.until.min(head);
        let after = selection.stretch.after;
        let (leaves, counted) = (0, Position::START);
        Ok(Self { pool, selection, after, after_sequence: 0, leaves, counted })
    }

    /// The next events, none at the end.
    pub async fn next_page(&mut self) -> Result<Vec<Exported>, sqlx::Error> {
        let events = self.read().await?;
        let Some(last) = events.last() else { return Ok(Vec::new()) };
        (self.after, self.after_sequence) = (last.position, last.sequence);
        let skipped = self.skipped(&events).await?;
        let exported = events.into_iter().zip(skipped).map(|(event, skipped)| {
            let leaf_index = self.leaves + skipped;
            self.leaves = leaf_index + 1;
            Exported { leaf_index, event }
        });
        Ok(exported.collect())
    }

    async fn read(&self) -> Result<Vec<Recorded>, sqlx::Error> {
        let stretch = &self.selection.stretch;
        if let Some((kind, id)) = &self.selection.stream {
            return history::page(&self.pool, (kind, id), self.after_sequence, stretch, PAGE).await;
        }
        let rows = sqlx::query!(
            r#"SELECT e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version,
                      e.payload::text AS "payload!", e.metadata::text AS "metadata!", e.event_id,
                      e.global_position, e.transaction_id::text AS "tx!", e.recorded_at,
                      e.prev_hash, e.hash
                 FROM events e
                WHERE (e.transaction_id, e.global_position) > ($1::text::xid8, $2)
                  AND (e.transaction_id, e.global_position) <= ($3::text::xid8, $4)
                  AND ($5::timestamptz IS NULL OR e.recorded_at >= $5)
                  AND ($6::timestamptz IS NULL OR e.recorded_at <= $6)
                ORDER BY e.transaction_id, e.global_position
                LIMIT $7"#,
            self.after.transaction_id.to_string(),
            self.after.global_position,
            stretch.until.transaction_id.to_string(),
            stretch.until.global_position,
            stretch.since,
            stretch.up_to,
            PAGE
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|row| recorded_from!(row)).collect()
    }

    /// How many events of the feed lie between each of these and the one exported before it.
    async fn skipped(&mut self, events: &[Recorded]) -> Result<Vec<u64>, sqlx::Error> {
        let mut skipped = vec![0; events.len()];
        let begins = self.counted == Position::START;
        let counts = match (self.selection.is_contiguous(), begins) {
            (false, _) => events.len(),
            // A stretch without gaps is counted up to where it begins.
            (true, true) if self.selection.stretch.after != Position::START => 1,
            (true, _) => 0,
        };
        let ends = events.iter().map(|event| event.position);
        let starts = std::iter::once(self.counted).chain(ends.clone());
        let (starts, ends): (Vec<_>, Vec<_>) = starts.zip(ends).take(counts).unzip();
        if !ends.is_empty() {
            for (count, between) in skipped.iter_mut().zip(self.between(&starts, &ends).await?) {
                *count = between;
            }
        }
        if let Some(last) = events.last() {
            self.counted = last.position;
        }
        Ok(skipped)
    }

    async fn between(
        &self,
        starts: &[Position],
        ends: &[Position],
    ) -> Result<Vec<u64>, sqlx::Error> {
        let ids = |places: &[Position]| -> Vec<String> {
            places.iter().map(|place| place.transaction_id.to_string()).collect()
        };
        let positions = |places: &[Position]| -> Vec<i64> {
            places.iter().map(|place| place.global_position).collect()
        };
        let counts = sqlx::query_scalar!(
            r#"SELECT (SELECT count(*) FROM events e
                        WHERE (e.transaction_id, e.global_position) > (n.t1::xid8, n.p1)
                          AND (e.transaction_id, e.global_position) < (n.t2::xid8, n.p2)) AS "n!"
                 FROM UNNEST($1::text[], $2::bigint[], $3::text[], $4::bigint[])
                      WITH ORDINALITY AS n(t1, p1, t2, p2, ord)
                ORDER BY n.ord"#,
            &ids(starts),
            &positions(starts),
            &ids(ends),
            &positions(ends)
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(counts.into_iter().map(|count| u64::try_from(count).unwrap_or_default()).collect())
    }
}
