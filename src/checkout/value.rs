//! The parts of an order that are paid with value instead of money: the use of a promotion, points,
//! a gift card. Held when the order is placed, taken when it is confirmed, freed when it ends before
//! that, given back when it is reversed. Every step is part of the append of the order's own step.

use super::CheckoutError;
use crate::log::Execute;
use aggregates::cart::AppliedCard;
use aggregates::loyalty_account::Programme;
use aggregates::order::{self, CardPart, Details};
use aggregates::{
    GiftCard, GiftCardId, LoyaltyAccount, Money, Order, OrderId, Points, PromoCode, Promotion,
    PromotionUsage, RefundId, UserId, gift_card, loyalty_account, promotion, promotion_usage,
};
use chrono::{DateTime, TimeDelta, Utc};
use eventlog::{UnitBuilder, Work};

/// Who did it, in the events of value: the account's id, or the name of the process.
const BY: &str = "checkout";
/// A card to which money goes back is valid at least so long from then.
const CREDIT_VALID: TimeDelta = TimeDelta::days(30);

/// Which streams of value an order concerns.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Streams {
    pub user_id: UserId,
    pub promo_code: Option<PromoCode>,
    pub gift_card_id: Option<GiftCardId>,
}

impl Streams {
    pub fn of(details: &Details) -> Self {
        Self {
            user_id: details.user_id,
            promo_code: details.promo_code.clone(),
            gift_card_id: details.gift_card.map(|part| part.gift_card_id),
        }
    }

    /// They all take part in the step. The account does in any case: orders earn points.
    pub fn join<'l>(&self, unit: UnitBuilder<'l>) -> UnitBuilder<'l> {
        let mut unit = unit.write::<LoyaltyAccount>(self.user_id.to_string());
        if let Some(code) = &self.promo_code {
            unit = unit
                .write::<Promotion>(code.to_string())
                .write::<PromotionUsage>(PromotionUsage::id(code, self.user_id));
        }
        if let Some(id) = self.gift_card_id {
            unit = unit.write::<GiftCard>(id.to_string());
        }
        unit
    }

    /// A gift card may have come to the order since the streams were found.
    pub fn check(&self, order: &Order) -> Result<(), CheckoutError> {
        match order.details() {
            Some(details) if Self::of(details) != *self => Err(CheckoutError::OrderChanged),
            _ => Ok(()),
        }
    }
}

/// What somebody wants an order to be paid with, besides money.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Means {
    pub promo_code: Option<PromoCode>,
    pub gift_card: Option<AppliedCard>,
    pub points: PointsWanted,
}

/// How points are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointsWanted {
    /// Exactly so many: more than allowed is refused.
    Exactly(Points),
    /// So many, or as many of them as are allowed.
    UpTo(Points),
}

impl Default for PointsWanted {
    fn default() -> Self {
        Self::UpTo(Points::ZERO)
    }
}

impl PointsWanted {
    fn points(self) -> Points {
        match self {
            Self::Exactly(points) | Self::UpTo(points) => points,
        }
    }
}

/// The points and the part of the gift card that pay an order of these goods.
pub(super) fn split(
    work: &Work<'_>,
    means: &Means,
    goods: Money,
    delivery_cost: Money,
    programme: &Programme,
    at: DateTime<Utc>,
) -> Result<(Points, Option<CardPart>), CheckoutError> {
    let most = programme.largest_share(goods);
    let wanted = means.points.points();
    if let PointsWanted::Exactly(requested) = means.points
        && requested > most
    {
        return Err(CheckoutError::PointsLimit { most, requested });
    }
    if let Some(code) = &means.promo_code
        && !wanted.is_zero()
        && let Some(details) = work.state::<Promotion>(code.as_str()).details()
        && !details.terms.stackable
    {
        return Err(CheckoutError::NotStackable);
    }
    let total = goods.checked_add(delivery_cost).ok_or(order::Error::Overflow)?;
    let card = means.gift_card.as_ref().map(|card| offered(work, card, at)).transpose()?;
    let parts = order::pricing::split(total, wanted, most, card.unwrap_or_default());
    let gift_card = means.gift_card.as_ref().filter(|_| !parts.gift_card.is_zero());
    let part =
        gift_card.map(|card| CardPart { gift_card_id: card.gift_card_id, amount: parts.gift_card });
    Ok((parts.points, part))
}

/// The most that a gift card offers; one without anything on it is refused.
fn offered(work: &Work<'_>, card: &AppliedCard, at: DateTime<Utc>) -> Result<Money, CheckoutError> {
    let state = work.state::<GiftCard>(&card.gift_card_id.to_string());
    let available = state.spendable(&card.code_hash, at)?.available;
    let requested = card.amount.unwrap_or(available);
    if available.is_zero() || requested > available {
        return Err(gift_card::Error::InsufficientBalance { available, requested }.into());
    }
    Ok(requested)
}

/// Sets everything aside that the placed order is to be paid with.
pub(super) fn hold(
    work: &mut Work<'_>,
    order_id: OrderId,
    means: &Means,
    at: DateTime<Utc>,
) -> Result<(), CheckoutError> {
    let Some(details) = work.state::<Order>(&order_id.to_string()).details().cloned() else {
        return Err(order::Error::NotFound.into());
    };
    let (user_id, expires_at, by) = (details.user_id, details.expires_at, details.user_id);
    if let Some(code) = &details.promo_code {
        let limit = work
            .state::<Promotion>(code.as_str())
            .details()
            .and_then(|promotion| promotion.terms.usage_limit_per_user);
        let hold = promotion_usage::Command::Hold { order_id, limit, at };
        work.execute::<PromotionUsage>(PromotionUsage::id(code, user_id), hold)?;
        let (discount, by) = (details.discount, by.to_string());
        let hold = promotion::Command::HoldUse { order_id, user_id, discount, expires_at, at, by };
        work.execute::<Promotion>(code, hold)?;
    }
    if !details.points.is_zero() {
        let (points, by) = (details.points, by.to_string());
        let hold = loyalty_account::Command::Hold { order_id, points, expires_at, at, by };
        work.execute::<LoyaltyAccount>(user_id, hold)?;
    }
    if let (Some(part), Some(card)) = (details.gift_card, &means.gift_card) {
        hold_card(work, order_id, part, card, expires_at, at, user_id)?;
    }
    Ok(())
}

/// Sets a part of a gift card aside for an order.
pub(super) fn hold_card(
    work: &mut Work<'_>,
    order_id: OrderId,
    part: CardPart,
    card: &AppliedCard,
    expires_at: DateTime<Utc>,
    at: DateTime<Utc>,
    by: UserId,
) -> Result<(), CheckoutError> {
    let (code_hash, amount, by) = (card.code_hash.clone(), part.amount, by.to_string());
    let hold = gift_card::Command::Hold { code_hash, order_id, amount, expires_at, at, by };
    Ok(work.execute::<GiftCard>(part.gift_card_id, hold)?)
}

/// The confirmed order takes what is held for it and earns points, whose number it returns.
pub(super) fn take(
    work: &mut Work<'_>,
    order_id: OrderId,
    details: &Details,
    programme: &Programme,
    at: DateTime<Utc>,
) -> Result<Points, CheckoutError> {
    let user_id = details.user_id;
    if let Some(code) = &details.promo_code {
        work.execute::<Promotion>(code, promotion::Command::Use { order_id, at, by: by() })?;
        let usage = PromotionUsage::id(code, user_id);
        work.execute::<PromotionUsage>(usage, promotion_usage::Command::Use { order_id, at })?;
    }
    if !details.points.is_zero() {
        let spend = loyalty_account::Command::Spend { order_id, at, by: by() };
        work.execute::<LoyaltyAccount>(user_id, spend)?;
    }
    if let Some(part) = details.gift_card {
        let capture = gift_card::Command::Capture { order_id, at, by: by() };
        work.execute::<GiftCard>(part.gift_card_id, capture)?;
    }
    let (spend, programme) = (details.spend(), programme.clone());
    if spend.is_zero() {
        return Ok(Points::ZERO);
    }
    let earn = loyalty_account::Command::Earn { order_id, spend, programme, at, by: by() };
    work.execute::<LoyaltyAccount>(user_id, earn)?;
    let account = work.state::<LoyaltyAccount>(&user_id.to_string());
    Ok(account.earnings.get(&order_id).map(|earning| earning.points).unwrap_or_default())
}

/// The order ended before it was confirmed: what was held for it is free again.
pub(super) fn free(
    work: &mut Work<'_>,
    order_id: OrderId,
    details: &Details,
    at: DateTime<Utc>,
) -> Result<(), CheckoutError> {
    let user_id = details.user_id;
    if let Some(code) = &details.promo_code {
        let release = promotion::Command::ReleaseUse { order_id, at, by: by() };
        work.execute::<Promotion>(code, release)?;
        let usage = PromotionUsage::id(code, user_id);
        work.execute::<PromotionUsage>(usage, promotion_usage::Command::Release { order_id, at })?;
    }
    if !details.points.is_zero() {
        let release = loyalty_account::Command::Release { order_id, at, by: by() };
        work.execute::<LoyaltyAccount>(user_id, release)?;
    }
    if let Some(part) = details.gift_card {
        let void = gift_card::Command::Void { order_id, at, by: by() };
        work.execute::<GiftCard>(part.gift_card_id, void)?;
        // It may have expired meanwhile: then what is free again expires with the rest.
        let expire = gift_card::Command::Expire { at, by: by() };
        work.execute::<GiftCard>(part.gift_card_id, expire)?;
    }
    Ok(())
}

/// The use of the promotion does not count any more: its order was cancelled.
pub(super) fn restore_use(
    work: &mut Work<'_>,
    order_id: OrderId,
    details: &Details,
    at: DateTime<Utc>,
) -> Result<(), CheckoutError> {
    let Some(code) = &details.promo_code else { return Ok(()) };
    let restore = promotion::Command::RestoreUse { order_id, at, by: by() };
    work.execute::<Promotion>(code, restore)?;
    let usage = PromotionUsage::id(code, details.user_id);
    Ok(work.execute::<PromotionUsage>(usage, promotion_usage::Command::Restore { order_id, at })?)
}

/// What a refund gives back besides money.
#[derive(Debug, Clone, Copy)]
pub(super) struct GivenBack {
    pub refund_id: RefundId,
    pub gift_card: Money,
    pub points: Points,
}

/// Gives value back, and takes back what the order earned in the same proportion. `details` is the
/// order after the refund.
pub(super) fn give_back(
    work: &mut Work<'_>,
    order_id: OrderId,
    details: &Details,
    back: GivenBack,
    programme: &Programme,
    at: DateTime<Utc>,
) -> Result<(), CheckoutError> {
    let GivenBack { refund_id, gift_card: amount, points } = back;
    if let (Some(part), false) = (details.gift_card, amount.is_zero()) {
        let valid_until = at + CREDIT_VALID;
        let credit = gift_card::Command::CreditBack {
            order_id,
            refund_id,
            amount,
            valid_until,
            at,
            by: by(),
        };
        work.execute::<GiftCard>(part.gift_card_id, credit)?;
    }
    reverse_earned(work, order_id, details, refund_id, details.refunded, at)?;
    if !points.is_zero() {
        let programme = programme.clone();
        let restore = loyalty_account::Command::Restore {
            order_id,
            refund_id,
            points,
            programme,
            at,
            by: by(),
        };
        work.execute::<LoyaltyAccount>(details.user_id, restore)?;
    }
    Ok(())
}

/// Takes back what the order earned, in the proportion of `refunded` to its total.
pub(super) fn reverse_earned(
    work: &mut Work<'_>,
    order_id: OrderId,
    details: &Details,
    refund_id: RefundId,
    refunded: Money,
    at: DateTime<Utc>,
) -> Result<(), CheckoutError> {
    let total = details.total_amount;
    let reverse =
        loyalty_account::Command::Reverse { order_id, refund_id, refunded, total, at, by: by() };
    Ok(work.execute::<LoyaltyAccount>(details.user_id, reverse)?)
}

/// The delivered order's points can be spent from now on, and may lift the buyer's tier.
pub(super) fn activate(
    work: &mut Work<'_>,
    order_id: OrderId,
    user_id: UserId,
    programme: &Programme,
    at: DateTime<Utc>,
) -> Result<(), CheckoutError> {
    let rules = || programme.clone();
    let activate =
        loyalty_account::Command::Activate { order_id, programme: rules(), at, by: by() };
    work.execute::<LoyaltyAccount>(user_id, activate)?;
    let assess = loyalty_account::Command::Assess { programme: rules(), at, by: by() };
    Ok(work.execute::<LoyaltyAccount>(user_id, assess)?)
}

fn by() -> String {
    BY.to_owned()
}
