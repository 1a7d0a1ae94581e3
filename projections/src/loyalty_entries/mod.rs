//! What moved the points of loyalty accounts, one row for each such event. The balance after an
//! entry does not follow from its event alone: the query sums it up.

mod queries;
#[cfg(test)]
mod tests;

pub use queries::{Cursor, Entry, Page, history};

use crate::{ApplyError, Envelope, Group, Projection};
use aggregates::loyalty_account::{Event, LotPart};
use aggregates::{Fact, OrderId, Points, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug)]
pub struct LoyaltyEntries;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By an order that is not delivered yet.
    Earned,
    /// The order was delivered.
    Activated,
    Held,
    Spent,
    Released,
    Restored,
    Reversed,
    Expired,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The stream and the sequence of the event.
    pub id: String,
    pub user_id: UserId,
    pub sequence: i64,
    pub at: DateTime<Utc>,
    pub kind: Kind,
    /// What the event is about: positive where it is in favour of the customer.
    pub points: i64,
    /// What it changed of the points that can be spent.
    pub change: i64,
    pub order_id: Option<OrderId>,
}

/// An entry before it has its place.
struct Movement {
    kind: Kind,
    points: i64,
    change: i64,
    order_id: Option<OrderId>,
    at: DateTime<Utc>,
}

/// `None` where no points moved.
fn movement(event: &Event) -> Result<Option<Movement>, ApplyError> {
    let (kind, points, change, order_id, at) = match event {
        Event::Earned { order_id, points, at, .. } => {
            (Kind::Earned, signed(*points)?, 0, Some(*order_id), *at)
        }
        Event::Activated { order_id, points, repaid, at, .. } => {
            let (points, repaid) = (signed(*points)?, signed(*repaid)?);
            (Kind::Activated, points, points - repaid, Some(*order_id), *at)
        }
        Event::Held { order_id, points, at, .. } => {
            let points = signed(*points)?;
            (Kind::Held, -points, -points, Some(*order_id), *at)
        }
        Event::Spent { order_id, points, at, .. } => {
            (Kind::Spent, -signed(*points)?, 0, Some(*order_id), *at)
        }
        Event::Released { order_id, points, at, .. } => {
            let points = signed(*points)?;
            (Kind::Released, points, points, Some(*order_id), *at)
        }
        Event::Restored { order_id, points, repaid, at, .. } => {
            let (points, repaid) = (signed(*points)?, signed(*repaid)?);
            (Kind::Restored, points, points - repaid, Some(*order_id), *at)
        }
        Event::Reversed { order_id, pending, lots, owed, at, .. } => {
            let taken = sum(lots)?;
            let points = signed(*pending)? + taken + signed(*owed)?;
            (Kind::Reversed, -points, -taken, Some(*order_id), *at)
        }
        Event::Expired { points, at, .. } => {
            let points = signed(*points)?;
            (Kind::Expired, -points, -points, None, *at)
        }
        Event::ExpiryAnnounced { .. }
        | Event::TierChanged { .. }
        | Event::GraceStarted { .. }
        | Event::GraceEnded { .. } => return Ok(None),
    };
    let moved = points != 0 || change != 0;
    Ok(moved.then_some(Movement { kind, points, change, order_id, at }))
}

fn signed(points: Points) -> Result<i64, ApplyError> {
    i64::try_from(points.get()).map_err(|_| ApplyError::Overflow)
}

fn sum(lots: &[LotPart]) -> Result<i64, ApplyError> {
    lots.iter().try_fold(0_i64, |sum, part| {
        sum.checked_add(signed(part.points)?).ok_or(ApplyError::Overflow)
    })
}

impl Projection for LoyaltyEntries {
    const NAME: &'static str = "loyalty_entries";
    const VERSION: i32 = 1;
    const GROUP: Group = Group::Books;
    const TABLE: &'static str = "loyalty_entries";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const STREAMS: &'static [&'static str] = &["loyalty_account"];
    type Key = String;
    type Row = Row;

    fn keys(event: &Envelope) -> Result<impl IntoIterator<Item = String>, ApplyError> {
        let Fact::LoyaltyAccount(fact) = &event.fact else {
            return Ok(None);
        };
        let id = || format!("{}:{}", event.stream_id, event.sequence);
        Ok(movement(fact)?.map(|_| id()))
    }

    fn apply(row: Option<Row>, key: &String, event: &Envelope) -> Result<Option<Row>, ApplyError> {
        let Fact::LoyaltyAccount(fact) = &event.fact else {
            return Ok(row);
        };
        let Some(Movement { kind, points, change, order_id, at }) = movement(fact)? else {
            return Ok(row);
        };
        Ok(Some(Row {
            id: key.clone(),
            user_id: UserId::new(event.id()?),
            sequence: event.sequence,
            at,
            kind,
            points,
            change,
            order_id,
        }))
    }
}
