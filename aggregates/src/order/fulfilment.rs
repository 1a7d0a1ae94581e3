//! How far each seller's part of an order has come. The order stays the one decider: its status is
//! that of the part that is behind all others. Never splits money: that is the whole order's.

use super::actor::Step;
use super::{Actor, Error, Event, HistoryEntry, Line, Order, Status};
use crate::{Decider, ProductId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What one seller sends of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fulfilment {
    pub seller_id: UserId,
    /// The products of its lines, in their order.
    pub product_ids: Vec<ProductId>,
    /// Moves by itself from the confirmation to the delivery; otherwise it is the order's.
    pub status: Status,
    pub tracking_number: Option<String>,
    /// Every status it had, the current one last.
    pub history: Vec<HistoryEntry>,
}

/// The next step of one seller's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FulfilmentStep {
    StartProcessing,
    Ship { tracking_number: String },
    Deliver,
}

impl Fulfilment {
    /// One for each seller, in the order of their first lines; none where one seller has all lines,
    /// for then the order itself says everything.
    pub(super) fn split(lines: &[Line], placed: &HistoryEntry) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        for line in lines {
            match parts.iter_mut().find(|part| part.seller_id == line.seller_id) {
                Some(part) => part.product_ids.push(line.product_id),
                None => parts.push(Self {
                    seller_id: line.seller_id,
                    product_ids: vec![line.product_id],
                    status: placed.status,
                    tracking_number: None,
                    history: vec![placed.clone()],
                }),
            }
        }
        if parts.len() > 1 { parts } else { Vec::new() }
    }

    /// Takes a step, its own or the order's, where it is the next one; parts that are further on
    /// stay where they are.
    pub(super) fn enter(&mut self, entry: &HistoryEntry, tracking_number: Option<&str>) {
        if self.status.may_become(entry.status) {
            self.status = entry.status;
            self.history.push(entry.clone());
            if let Some(number) = tracking_number {
                self.tracking_number = Some(number.to_owned());
            }
        }
    }
}

impl FulfilmentStep {
    fn target(&self) -> Status {
        match self {
            Self::StartProcessing => Step::StartProcessing,
            Self::Ship { .. } => Step::Ship,
            Self::Deliver => Step::Deliver,
        }
        .target()
    }

    /// Refuses a shipment without a tracking number.
    fn with_number(self) -> Result<Self, Error> {
        match self {
            Self::Ship { tracking_number } => {
                Ok(Self::Ship { tracking_number: numbered(&tracking_number)? })
            }
            Self::StartProcessing | Self::Deliver => Ok(self),
        }
    }

    /// The step as the part of a seller takes it.
    fn of_part(&self, seller_id: UserId, at: DateTime<Utc>, by: String) -> Event {
        match self {
            Self::StartProcessing => Event::FulfilmentProcessingStarted { seller_id, at, by },
            Self::Ship { tracking_number } => {
                let tracking_number = tracking_number.clone();
                Event::FulfilmentShipped { seller_id, tracking_number, at, by }
            }
            Self::Deliver => Event::FulfilmentDelivered { seller_id, at, by },
        }
    }

    /// The step as the whole order takes it.
    fn of_order(self, at: DateTime<Utc>, by: String) -> Event {
        match self {
            Self::StartProcessing => Event::ProcessingStarted { at, by },
            Self::Ship { tracking_number } => Event::Shipped { tracking_number, at, by },
            Self::Deliver => Event::Delivered { at, by },
        }
    }
}

impl Order {
    /// What each seller sends, also where that is all of the order.
    pub fn fulfilments(&self) -> Vec<Fulfilment> {
        let (Some(status), Some(details)) = (self.status(), self.details()) else {
            return Vec::new();
        };
        match details.lines.first() {
            // A state that was stored before there were parts may be of several sellers without
            // any.
            Some(line)
                if details.fulfilments.is_empty() && details.is_sold_only_by(line.seller_id) =>
            {
                vec![Fulfilment {
                    seller_id: line.seller_id,
                    product_ids: details.lines.iter().map(|line| line.product_id).collect(),
                    status,
                    tracking_number: details.tracking_number.clone(),
                    history: details.history.clone(),
                }]
            }
            _ => details.fulfilments.clone(),
        }
    }

    /// Moves the part of one seller. The order follows in the same breath where that part was the
    /// last behind; the only part of an order is the order.
    pub(super) fn fulfil(
        &self,
        seller_id: UserId,
        step: FulfilmentStep,
        at: DateTime<Utc>,
        by: Actor,
    ) -> Result<Vec<Event>, Error> {
        let (_, details) = self.placed()?;
        if !by.may_send_for(seller_id, details) {
            return Err(Error::NotAllowed);
        }
        let parts = self.fulfilments();
        let part = parts.into_iter().find(|part| part.seller_id == seller_id);
        let from = part.ok_or(Error::NoSuchFulfilment { seller_id })?.status;
        let to = step.target();
        if !from.may_become(to) {
            return Err(Error::InvalidTransition { from, to });
        }
        let step = step.with_number()?;
        let by = by.name();
        if details.fulfilments.is_empty() {
            return Ok(vec![step.of_order(at, by)]);
        }
        let own = step.of_part(seller_id, at, by.clone());
        let after = self.clone().evolve(&own);
        let has_come = |part: &Fulfilment| part.status.has_come_to(to);
        if !after.details().is_some_and(|details| details.fulfilments.iter().all(has_come)) {
            return Ok(vec![own]);
        }
        // The order has the number of the part that left first.
        let first = after.details().and_then(|details| details.tracking_number.clone());
        let step = match (step, first) {
            (FulfilmentStep::Ship { .. }, Some(tracking_number)) => {
                FulfilmentStep::Ship { tracking_number }
            }
            (step, _) => step,
        };
        Ok(vec![own, step.of_order(at, by)])
    }
}

/// The tracking number of a shipment.
pub(super) fn numbered(text: &str) -> Result<String, Error> {
    let tracking_number = text.trim().to_owned();
    if tracking_number.is_empty() {
        return Err(Error::TrackingNumberMissing);
    }
    Ok(tracking_number)
}
