//! The uses of each promotion, in all and by customer. Law: when a use is held, the uses are within
//! the limits of that moment.

use super::problem::{Problem, follows};
use aggregates::promotion::{Event, Terms};
use aggregates::promotion_usage::Event as UsageEvent;
use aggregates::{OrderId, UserId};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Default)]
pub(super) struct Promotions {
    promotions: HashMap<String, Promotion>,
}

#[derive(Debug, Default)]
struct Promotion {
    version: i64,
    is_open: bool,
    limit: Option<u32>,
    limit_per_user: Option<u32>,
    used: u64,
    /// The orders that hold a use.
    holds: HashSet<OrderId>,
    customers: HashMap<UserId, Usage>,
}

/// One customer's.
#[derive(Debug, Default)]
struct Usage {
    version: i64,
    used: u32,
    held: u32,
}

impl Promotions {
    pub fn len(&self) -> usize {
        self.promotions.len()
    }

    pub fn take(&mut self, code: &str, sequence: i64, event: &Event) -> Result<(), Problem> {
        if !self.promotions.contains_key(code) {
            self.promotions.insert(code.to_owned(), Promotion::default());
        }
        let promotion = self.promotions.get_mut(code).ok_or(Problem::NotBegun)?;
        follows(&mut promotion.version, sequence)?;
        promotion.take(event)
    }

    /// The stream's id is the code and the customer's id.
    pub fn take_usage(
        &mut self,
        id: &str,
        sequence: i64,
        event: &UsageEvent,
    ) -> Result<(), Problem> {
        let (code, user_id) = id.split_once(':').ok_or(Problem::StreamId)?;
        let user_id: UserId = user_id.parse().map_err(|_| Problem::StreamId)?;
        let promotion = self.promotions.get_mut(code).ok_or(Problem::NotBegun)?;
        let limit = promotion.limit_per_user;
        let usage = promotion.customers.entry(user_id).or_default();
        follows(&mut usage.version, sequence)?;
        usage.take(event, limit)
    }
}

impl Promotion {
    fn take(&mut self, event: &Event) -> Result<(), Problem> {
        match event {
            Event::Created { terms, .. } | Event::Changed { terms, .. } => {
                let Terms { usage_limit, usage_limit_per_user, .. } = terms;
                (self.limit, self.limit_per_user) = (*usage_limit, *usage_limit_per_user);
                self.is_open = true;
                Ok(())
            }
            Event::Withdrawn { .. } | Event::Expired { .. } => {
                self.is_open = false;
                Ok(())
            }
            Event::UseHeld { order_id, .. } => {
                if !self.is_open {
                    return Err(Problem::NotOpen);
                }
                if !self.holds.insert(*order_id) {
                    return Err(Problem::Again);
                }
                within(self.limit, self.used, self.holds.len())
            }
            Event::Used { order_id, .. } => {
                self.close(*order_id)?;
                self.used += 1;
                Ok(())
            }
            Event::UseReleased { order_id, .. } => self.close(*order_id),
            Event::UseRestored { .. } => {
                let nothing = Problem::Overdrawn { what: "used", found: 0, wanted: 1 };
                self.used = self.used.checked_sub(1).ok_or(nothing)?;
                Ok(())
            }
        }
    }

    fn close(&mut self, order_id: OrderId) -> Result<(), Problem> {
        if self.holds.remove(&order_id) { Ok(()) } else { Err(Problem::NothingHeld) }
    }
}

impl Usage {
    fn take(&mut self, event: &UsageEvent, limit: Option<u32>) -> Result<(), Problem> {
        let one_less = |count: &mut u32| match count.checked_sub(1) {
            Some(left) => {
                *count = left;
                Ok(())
            }
            None => Err(Problem::NothingHeld),
        };
        match event {
            UsageEvent::Held { .. } => {
                self.held = self.held.checked_add(1).ok_or(Problem::Overflow)?;
                within(limit, self.used.into(), self.held as usize)
            }
            UsageEvent::Used { .. } => {
                one_less(&mut self.held)?;
                self.used = self.used.checked_add(1).ok_or(Problem::Overflow)?;
                Ok(())
            }
            UsageEvent::Released { .. } => one_less(&mut self.held),
            UsageEvent::Restored { .. } => one_less(&mut self.used),
        }
    }
}

fn within(limit: Option<u32>, used: u64, held: usize) -> Result<(), Problem> {
    match limit {
        Some(limit) if used.saturating_add(held as u64) > u64::from(limit) => {
            Err(Problem::OverLimit { limit })
        }
        _ => Ok(()),
    }
}
