//! What a cart notes of how its order is to be paid, besides money.

use super::*;

fn use_promo(code: Option<&str>) -> Command {
    Command::UsePromo { code: code.map(|code| code.parse().unwrap()) }
}

fn promo_applied(code: &str) -> Event {
    Event::PromoApplied { code: code.parse().unwrap() }
}

fn card(n: u128, amount: Option<&str>) -> AppliedCard {
    AppliedCard {
        gift_card_id: id(n),
        code_hash: CodeHash::new(format!("{n:064x}")),
        hint: "7Q2K".to_owned(),
        amount: amount.map(money),
    }
}

fn use_card(card: Option<AppliedCard>) -> Command {
    Command::UseGiftCard { card }
}

fn card_applied(n: u128, amount: Option<&str>) -> Event {
    let AppliedCard { gift_card_id, code_hash, hint, amount } = card(n, amount);
    Event::GiftCardApplied { gift_card_id, code_hash, hint, amount }
}

fn use_points(n: u64) -> Command {
    Command::UsePoints { points: points(n) }
}

fn points_applied(n: u64) -> Event {
    Event::PointsApplied { points: points(n) }
}

pub fn any_command() -> impl Strategy<Value = Command> {
    let code = prop::sample::select(vec![None, Some("SUMMER"), Some("WINTER")]);
    let amount = prop::sample::select(vec![None, Some("5.00")]);
    prop_oneof![
        code.prop_map(use_promo),
        prop::option::of((0..3_u128, amount).prop_map(|(n, amount)| card(n, amount)))
            .prop_map(use_card),
        (0..3_u64).prop_map(use_points),
    ]
}

/// A cart with something of everything.
fn all() -> Vec<Event> {
    vec![added(1, 2), promo_applied("SUMMER"), card_applied(5, None), points_applied(10)]
}

fn nothing_is_noted(cart: &Cart) -> bool {
    cart.promo_code.is_none() && cart.gift_card.is_none() && cart.points.is_zero()
}

#[test]
fn a_promotion_is_used_replaced_and_taken_out() {
    given(vec![]).when(use_promo(Some("summer"))).then_expect_events(vec![promo_applied("SUMMER")]);
    given(vec![promo_applied("SUMMER")])
        .when(use_promo(Some("winter")))
        .then_expect_events(vec![promo_applied("WINTER")]);
    let replaced = state(&[promo_applied("SUMMER"), promo_applied("WINTER")]);
    assert_eq!(replaced.promo_code.as_ref().map(PromoCode::as_str), Some("WINTER"));
    given(vec![promo_applied("SUMMER")])
        .when(use_promo(None))
        .then_expect_events(vec![Event::PromoRemoved {}]);
    assert!(nothing_is_noted(&state(&[promo_applied("SUMMER"), Event::PromoRemoved {}])));
}

#[test]
fn a_gift_card_is_used_replaced_and_taken_out() {
    given(vec![])
        .when(use_card(Some(card(5, None))))
        .then_expect_events(vec![card_applied(5, None)]);
    for (n, amount) in [(6, None), (5, Some("10.00"))] {
        given(vec![card_applied(5, None)])
            .when(use_card(Some(card(n, amount))))
            .then_expect_events(vec![card_applied(n, amount)]);
        let replaced = state(&[card_applied(5, None), card_applied(n, amount)]);
        assert_eq!(replaced.gift_card, Some(card(n, amount)));
    }
    given(vec![card_applied(5, None)])
        .when(use_card(None))
        .then_expect_events(vec![Event::GiftCardRemoved {}]);
    assert!(nothing_is_noted(&state(&[card_applied(5, None), Event::GiftCardRemoved {}])));
}

#[test]
fn points_are_used_changed_and_taken_out() {
    given(vec![]).when(use_points(10)).then_expect_events(vec![points_applied(10)]);
    given(vec![points_applied(10)]).when(use_points(7)).then_expect_events(vec![points_applied(7)]);
    assert_eq!(state(&[points_applied(10), points_applied(7)]).points, points(7));
    given(vec![points_applied(10)])
        .when(use_points(0))
        .then_expect_events(vec![Event::PointsRemoved {}]);
    assert!(nothing_is_noted(&state(&[points_applied(10), Event::PointsRemoved {}])));
}

#[test]
fn what_is_noted_already_causes_nothing() {
    for command in [use_promo(Some("SUMMER")), use_card(Some(card(5, None))), use_points(10)] {
        given(all()).when(command).then_expect_events(vec![]);
    }
    for command in [use_promo(None), use_card(None), use_points(0)] {
        given(vec![added(1, 2)]).when(command).then_expect_events(vec![]);
    }
}

#[test]
fn a_cleared_cart_forgets_how_it_was_to_be_paid() {
    for history in [
        vec![promo_applied("SUMMER")],
        vec![card_applied(5, None)],
        vec![points_applied(10)],
        all(),
    ] {
        given(history.clone()).when(Command::Clear).then_expect_events(vec![Event::Cleared {}]);
        assert_eq!(state(&history).evolve(&Event::Cleared {}), Cart::default());
    }
}

#[test]
fn a_checkout_uses_up_what_the_cart_noted() {
    let cart = state(&all()).evolve(&Event::CheckedOut { order_id: id(7) });
    assert!(nothing_is_noted(&cart));
    assert_eq!(cart.last_order(), Some(id(7)));
    let noted = vec![promo_applied("SUMMER"), card_applied(5, None), points_applied(10)];
    given(noted).when(Command::CheckOut { order_id: id(7) }).then_expect_error(Error::Empty);
}

#[test]
fn lines_come_and_go_without_touching_how_it_is_to_be_paid() {
    let events = [
        added(2, 1),
        Event::ItemRemoved { product_id: id(1) },
        Event::Merged { from: id(90), lines: vec![line(3, 4, "12.00")] },
    ];
    let cart = events.iter().fold(state(&all()), Cart::evolve);
    assert_eq!(contents(&cart), [(2, 1), (3, 4)]);
    assert_eq!((cart.gift_card, cart.points), (Some(card(5, None)), points(10)));
    assert_eq!(cart.promo_code.as_ref().map(PromoCode::as_str), Some("SUMMER"));
}

#[test]
fn a_cart_that_was_handed_over_pays_with_nothing() {
    let cart = state(&all()).evolve(&Event::HandedOver { to: id(91) });
    assert!(cart.is_empty() && nothing_is_noted(&cart));
}
