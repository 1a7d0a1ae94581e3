//! Noting in a cart what the order is to be paid with besides money. What would be refused at this
//! moment is refused here already; what holds is decided again by the order.

use super::{Applied, CartError, Change, Terms, goods_of, items_of};
use aggregates::cart::{self, AppliedCard};
use aggregates::order::pricing::Item;
use aggregates::{
    Cart, CartId, GiftCard, GiftCardId, LoyaltyAccount, Money, Points, PromoCode, Promotion,
    PromotionUsage, UserId, gift_card, loyalty_account, promotion,
};
use eventlog::{UnitBuilder, Work};
use std::collections::HashMap;

/// A user's cart has the id of the user.
fn owner(cart_id: CartId) -> UserId {
    UserId::new(cart_id.uuid())
}

/// The streams that say what the cart's means of payment are worth: those it has, and a new one.
pub(super) fn involve<'l>(
    mut unit: UnitBuilder<'l>,
    cart_id: CartId,
    cart: &Cart,
    change: &Change,
) -> UnitBuilder<'l> {
    let (mut promos, mut cards) = (vec![cart.promo_code.as_ref()], vec![cart.gift_card.as_ref()]);
    match change {
        Change::Promo(code) => promos.push(code.as_ref()),
        Change::GiftCard(applied) => cards.push(applied.as_ref()),
        Change::Points(_)
        | Change::Add { .. }
        | Change::SetQuantity { .. }
        | Change::Remove { .. }
        | Change::Clear => {}
    }
    for code in promos.into_iter().flatten() {
        unit = unit
            .peek::<Promotion>(code.to_string())
            .peek::<PromotionUsage>(PromotionUsage::id(code, owner(cart_id)));
    }
    for card in cards.into_iter().flatten() {
        unit = unit.peek::<GiftCard>(card.gift_card_id.to_string());
    }
    if !cart.points.is_zero() || matches!(change, Change::Points(_)) {
        unit = unit.peek::<LoyaltyAccount>(cart_id.to_string());
    }
    unit
}

/// What the cart's means of payment are now.
pub(super) fn applied(work: &Work<'_>, cart_id: CartId, cart: &Cart) -> Result<Applied, CartError> {
    let mut applied = Applied::default();
    if let Some(code) = &cart.promo_code {
        known::<Promotion>(work, code.as_str())?;
        applied.promotion = work.state::<Promotion>(code.as_str()).clone();
    }
    if let Some(card) = &cart.gift_card {
        let id = card.gift_card_id.to_string();
        known::<GiftCard>(work, &id)?;
        applied.gift_card = work.state::<GiftCard>(&id).clone();
    }
    if !cart.points.is_zero() {
        let id = cart_id.to_string();
        known::<LoyaltyAccount>(work, &id)?;
        applied.account = work.state::<LoyaltyAccount>(&id).clone();
    }
    Ok(applied)
}

/// The cart may have got other means of payment since the streams were found.
fn known<A: cqrs_es::Aggregate>(work: &Work<'_>, id: &str) -> Result<(), CartError> {
    if work.involves::<A>(id) { Ok(()) } else { Err(CartError::Changed) }
}

fn items(work: &Work<'_>, cart_id: CartId) -> Result<Vec<Item>, CartError> {
    let cart = work.state::<Cart>(&cart_id.to_string());
    let mut goods = HashMap::with_capacity(cart.lines().len());
    for line in cart.lines() {
        goods.insert(line.product_id, goods_of(work, line)?);
    }
    Ok(items_of(cart, &goods))
}

pub(super) fn promo(
    work: &Work<'_>,
    cart_id: CartId,
    code: Option<PromoCode>,
    terms: &Terms,
) -> Result<cart::Command, CartError> {
    if let Some(code) = &code {
        discount(work, cart_id, code, terms)?;
    }
    Ok(cart::Command::UsePromo { code })
}

/// What the promotion would take off the cart now, or why it would not.
pub(super) fn discount(
    work: &Work<'_>,
    cart_id: CartId,
    code: &PromoCode,
    terms: &Terms,
) -> Result<Money, CartError> {
    let promotion = work.state::<Promotion>(code.as_str());
    let discounts = promotion.discounts(&items(work, cart_id)?, terms.now)?;
    let limit = promotion.details().and_then(|details| details.terms.usage_limit_per_user);
    let usage = PromotionUsage::id(code, owner(cart_id));
    work.state::<PromotionUsage>(&usage).check(limit)?;
    let points = work.state::<Cart>(&cart_id.to_string()).points;
    let stackable = promotion.details().is_none_or(|details| details.terms.stackable);
    if !stackable && !points.is_zero() {
        return Err(CartError::NotStackable);
    }
    Ok(Money::checked_sum(discounts).ok_or(promotion::Error::Overflow)?)
}

pub(super) fn gift_card(
    work: &Work<'_>,
    card: Option<AppliedCard>,
    terms: &Terms,
) -> Result<cart::Command, CartError> {
    if let Some(AppliedCard { gift_card_id, code_hash, amount, .. }) = &card {
        let gift_card_id: &GiftCardId = gift_card_id;
        let state = work.state::<GiftCard>(&gift_card_id.to_string());
        let available = state.spendable(code_hash, terms.now)?.available;
        let requested = amount.unwrap_or(available);
        if available.is_zero() || requested > available {
            return Err(gift_card::Error::InsufficientBalance { available, requested }.into());
        }
    }
    Ok(cart::Command::UseGiftCard { card })
}

pub(super) fn points(
    work: &Work<'_>,
    cart_id: CartId,
    points: Points,
    terms: &Terms,
) -> Result<cart::Command, CartError> {
    let available = work.state::<LoyaltyAccount>(&cart_id.to_string()).spendable(terms.now);
    if points > available {
        let requested = points;
        return Err(loyalty_account::Error::InsufficientPoints { available, requested }.into());
    }
    let cart = work.state::<Cart>(&cart_id.to_string()).clone();
    let items = items(work, cart_id)?;
    let mut off = Money::ZERO;
    if let Some(code) = &cart.promo_code {
        known::<Promotion>(work, code.as_str())?;
        let promotion = work.state::<Promotion>(code.as_str());
        let stackable = promotion.details().is_none_or(|details| details.terms.stackable);
        if !stackable && !points.is_zero() {
            return Err(CartError::NotStackable);
        }
        let discounts = promotion.discounts(&items, terms.now).unwrap_or_default();
        off = Money::checked_sum(discounts).unwrap_or_default();
    }
    let goods = Money::checked_sum(items.iter().map(|item| item.total)).unwrap_or(Money::MAX);
    let most = terms.programme.largest_share(goods.checked_sub(off).unwrap_or_default());
    // An empty cart says nothing yet about how many points will be too many.
    if !items.is_empty() && points > most {
        return Err(CartError::PointsLimit { most, requested: points });
    }
    Ok(cart::Command::UsePoints { points })
}
