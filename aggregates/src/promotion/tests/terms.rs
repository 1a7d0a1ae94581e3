//! What a promotion takes off, under which conditions, and which conditions there cannot be.

use super::*;

/// The discounts at minute 0 on these totals, all of the category jazz.
fn discounts(terms: &Terms, totals: &[&str]) -> Result<Vec<Money>, Error> {
    let items: Vec<_> = (0..).zip(totals).map(|(n, total)| item(n, total, "jazz")).collect();
    terms.discounts(&items, minute(0))
}

fn amounts(texts: &[&str]) -> Vec<Money> {
    texts.iter().copied().map(money).collect()
}

#[test]
fn a_percentage_is_rounded_down_to_the_hundredth() {
    for (percentage, total, off) in [
        ("10", "100.00", "10.00"),
        ("12.5", "19.99", "2.49"),
        ("33.33", "0.03", "0.00"),
        ("0.01", "99.99", "0.00"),
        ("0.01", "100.00", "0.01"),
        ("99.99", "0.01", "0.00"),
        ("100", "19.99", "19.99"),
        ("100", "999999999999.99", "999999999999.99"),
        ("50", "999999999999.99", "499999999999.99"),
    ] {
        let terms = always(percent(percentage));
        assert_eq!(discounts(&terms, &[total]), Ok(amounts(&[off])), "{percentage} % of {total}");
    }
}

#[test]
fn the_sum_is_rounded_and_not_the_lines() {
    // 10 % of 0.15 is 0.01; of each line alone it would be nothing.
    assert_eq!(
        discounts(&ten_percent(), &["0.05", "0.05", "0.05"]),
        Ok(amounts(&["0.00", "0.00", "0.01"]))
    );
    assert_eq!(
        discounts(&always(fixed("10.00")), &["10.00", "10.00", "10.00"]),
        Ok(amounts(&["3.33", "3.33", "3.34"]))
    );
}

#[test]
fn a_fixed_amount_is_never_more_than_the_goods_cost() {
    let terms = always(fixed("50.00"));
    assert_eq!(discounts(&terms, &["30.00", "30.00"]), Ok(amounts(&["25.00", "25.00"])));
    assert_eq!(discounts(&terms, &["30.00", "10.00"]), Ok(amounts(&["30.00", "10.00"])));
}

#[test]
fn a_discount_has_a_cap() {
    for (kind, off) in [(percent("10"), "8.00"), (fixed("50.00"), "8.00"), (fixed("7.99"), "7.99")]
    {
        let terms = Terms { max_discount: Some(money("8.00")), ..always(kind) };
        assert_eq!(discounts(&terms, &["100.00"]), Ok(amounts(&[off])));
    }
}

#[test]
fn a_promotion_begins_at_its_minimum() {
    let terms = Terms { min_subtotal: Some(money("100.00")), ..ten_percent() };
    assert_eq!(discounts(&terms, &["60.00", "40.00"]), Ok(amounts(&["6.00", "4.00"])));
    assert_eq!(
        discounts(&terms, &["60.00", "39.99"]),
        Err(Error::BelowMinimum { minimum: money("100.00"), goods: money("99.99") })
    );
}

#[test]
fn a_promotion_for_categories_counts_and_touches_only_those() {
    let terms = Terms {
        categories: Some(vec!["Jazz".to_owned(), "soul".to_owned()]),
        min_subtotal: Some(money("30.00")),
        ..ten_percent()
    };
    let items = [item(1, "10.00", "JAZZ"), item(2, "99.00", "rock"), item(3, "20.00", "soul")];
    assert_eq!(terms.discounts(&items, minute(0)), Ok(amounts(&["1.00", "0.00", "2.00"])));
    assert_eq!(
        terms.discounts(&items[..2], minute(0)),
        Err(Error::BelowMinimum { minimum: money("30.00"), goods: money("10.00") })
    );
    assert_eq!(terms.discounts(&items[1..2], minute(0)), Err(Error::NothingApplies));
    let all = Terms { categories: Some(vec!["jazz".to_owned()]), ..always(fixed("50.00")) };
    assert_eq!(
        all.discounts(&items, minute(0)),
        Ok(amounts(&["10.00", "0.00", "0.00"])),
        "other goods never pay for it"
    );
}

#[test]
fn goods_that_cost_nothing_are_not_reduced() {
    for totals in [&[][..], &["0.00"], &["0.00", "0.00"]] {
        assert_eq!(discounts(&ten_percent(), totals), Err(Error::NothingApplies));
    }
    assert_eq!(discounts(&ten_percent(), &["0.00", "9.00"]), Ok(amounts(&["0.00", "0.90"])));
}

#[test]
fn goods_past_the_largest_amount_are_refused() {
    let result = discounts(&ten_percent(), &["999999999999.99", "0.01"]);
    assert_eq!(result, Err(Error::Overflow));
}

#[test]
fn a_promotion_applies_within_its_window() {
    let (starts_at, ends_at) = (minute(10), minute(20));
    let terms = Terms { starts_at: Some(starts_at), ends_at: Some(ends_at), ..ten_percent() };
    let at = |n| terms.discounts(&[item(1, "10.00", "jazz")], minute(n));
    assert_eq!(at(9), Err(Error::NotStarted { starts_at }));
    assert_eq!(at(10), Ok(amounts(&["1.00"])));
    assert_eq!(at(19), Ok(amounts(&["1.00"])));
    assert_eq!(at(20), Err(Error::Over { ended_at: ends_at }));
}

/// Terms that nobody can mean, each with the reason.
fn contradictions() -> Vec<(Terms, Error)> {
    let ten = ten_percent;
    let of = |kind, error| (always(kind), error);
    vec![
        of(percent("0"), Error::PercentOutOfRange),
        of(percent("-1"), Error::PercentOutOfRange),
        of(percent("100.01"), Error::PercentOutOfRange),
        of(percent("0.001"), Error::PercentOutOfRange),
        of(fixed("0.00"), Error::NothingOff),
        (Terms { max_discount: Some(Money::ZERO), ..ten() }, Error::NothingOff),
        (Terms { usage_limit: Some(0), ..ten() }, Error::NoUses),
        (Terms { usage_limit_per_user: Some(0), ..ten() }, Error::NoUses),
        (Terms { categories: Some(vec![]), ..ten() }, Error::NoCategories),
        (
            Terms { starts_at: Some(minute(9)), ends_at: Some(minute(9)), ..ten() },
            Error::EndsBeforeItStarts,
        ),
        (
            Terms { starts_at: Some(minute(9)), ends_at: Some(minute(8)), ..ten() },
            Error::EndsBeforeItStarts,
        ),
    ]
}

#[test]
fn terms_that_contradict_themselves_are_refused() {
    for (terms, error) in contradictions() {
        assert_eq!(terms.check(), Err(error.clone()), "{terms:?}");
        given(vec![]).when(create(terms.clone())).then_expect_error(error.clone());
        given(vec![created(ten_percent())]).when(change(terms)).then_expect_error(error);
    }
}

#[test]
fn terms_at_their_bounds_are_accepted() {
    for terms in [
        always(percent("0.01")),
        always(percent("100")),
        always(percent("12.500")),
        always(fixed("0.01")),
        Terms { max_discount: Some(money("0.01")), min_subtotal: Some(Money::ZERO), ..limited(1) },
        Terms { starts_at: Some(minute(8)), ends_at: Some(minute(9)), ..ten_percent() },
        Terms { usage_limit_per_user: Some(1), ..limited(u32::MAX) },
    ] {
        assert_eq!(terms.check(), Ok(()), "{terms:?}");
    }
}
