//! What is an amount of money, and what is not.

use super::*;
use crate::testing::money;
use proptest::prelude::*;

fn json(text: &str) -> Result<Money, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[test]
fn a_decimal_with_at_most_two_digits_is_an_amount() {
    for (text, shown) in [
        ("0", "0.00"),
        ("-0.00", "0.00"),
        ("2599", "2599.00"),
        ("2599.5", "2599.50"),
        ("0.01", "0.01"),
        ("007.10", "7.10"),
        ("1.2300", "1.23"),
        ("999999999999.99", "999999999999.99"),
    ] {
        assert_eq!(text.parse::<Money>().map(|money| money.to_string()), Ok(shown.to_owned()));
    }
}

#[test]
fn anything_else_is_refused_for_its_reason() {
    for text in
        ["", " ", "-", ".", "5.", ".5", "+5", "1,50", "1_000", "1e5", "0x10", "NaN", "inf", " 1"]
    {
        assert_eq!(text.parse::<Money>(), Err(MoneyError::NotANumber), "{text:?}");
    }
    for text in ["-0.01", "-5"] {
        assert_eq!(text.parse::<Money>(), Err(MoneyError::Negative), "{text:?}");
    }
    for text in ["0.001", "1.999", "0.0000000000000000000000000000000000000001"] {
        assert_eq!(text.parse::<Money>(), Err(MoneyError::TooPrecise), "{text:?}");
    }
    let endless = "9".repeat(400);
    for text in ["1000000000000", "999999999999.991", &endless] {
        let error = text.parse::<Money>().unwrap_err();
        assert!(matches!(error, MoneyError::TooLarge | MoneyError::TooPrecise), "{text:?} {error}");
    }
}

#[test]
fn json_may_hold_a_string_or_a_number() {
    for (text, amount) in [
        (r#""2599.00""#, "2599.00"),
        ("2599", "2599.00"),
        ("2599.9", "2599.90"),
        ("0.1", "0.10"),
        ("0.29", "0.29"),
        ("1e5", "100000.00"),
        ("1.5e2", "150.00"),
        ("25e-1", "2.50"),
        ("-0.0", "0.00"),
        ("999999999999.99", "999999999999.99"),
    ] {
        assert_eq!(json(text), Ok(money(amount)), "{text}");
    }
}

#[test]
fn json_that_is_no_amount_is_refused() {
    for (text, reason) in [
        ("-1", "negative"),
        ("-0.01", "negative"),
        // What a client sends who adds 0.1 and 0.2 in floats.
        ("0.30000000000000004", "two decimal digits"),
        ("1e-7", "two decimal digits"),
        ("1e12", "at most"),
        ("1e300", "at most"),
        ("18446744073709551616", "at most"),
        ("18446744073709551615", "at most"),
        (r#""NaN""#, "not a decimal number"),
        (r#""1e5""#, "not a decimal number"),
        ("null", "an amount of money, as a string or a number"),
        ("true", "an amount of money, as a string or a number"),
        ("[1]", "an amount of money, as a string or a number"),
    ] {
        let error = json(text).unwrap_err();
        assert!(error.contains(reason), "{text}: {error}");
    }
    // JSON has no such numbers.
    assert!(json("NaN").is_err());
    assert!(json("1e400").is_err());
}

#[test]
fn a_float_that_is_no_number_is_refused() {
    use serde::de::value::{Error, F64Deserializer};
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(Money::deserialize(F64Deserializer::<Error>::new(number)).is_err(), "{number}");
    }
}

#[test]
fn arithmetic_stays_within_the_limits() {
    let cent = money("0.01");
    assert_eq!(Money::MAX.to_string(), "999999999999.99");
    assert_eq!(Money::MAX.checked_add(cent), None);
    assert_eq!(Money::MAX.checked_mul(2), None);
    assert_eq!(Money::ZERO.checked_sub(cent), None);
    assert_eq!(Money::from_minor(u64::MAX), Err(MoneyError::TooLarge));
    assert_eq!(Money::checked_sum([Money::MAX, cent]), None);
    assert_eq!(Money::checked_sum([]), Some(Money::ZERO));
    assert_eq!(money("0.10").checked_part(1, 3), Some(money("0.03")));
    assert_eq!(money("0.10").checked_part(1, 0), None);
}

#[test]
fn a_currency_is_three_capital_letters() {
    assert_eq!(Currency::try_from("KZT".to_owned()), Ok(Currency::KZT));
    assert_eq!(serde_json::to_string(&Currency::KZT).unwrap(), r#""KZT""#);
    for wrong in ["", "KZ", "KZTT", "kzt", "K1T", "ÄÖ"] {
        assert!(Currency::try_from(wrong.to_owned()).is_err(), "{wrong:?}");
    }
}

fn minor() -> impl Strategy<Value = u64> {
    0..=Money::MAX.to_minor()
}

proptest! {
    #[test]
    fn every_amount_survives_text_json_and_the_minor_unit(hundredths in minor()) {
        let amount = Money::from_minor(hundredths).unwrap();
        prop_assert_eq!(amount.to_minor(), hundredths);
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        let stored = serde_json::to_string(&amount).unwrap();
        prop_assert_eq!(json(&stored), Ok(amount));
        // As a bare JSON number, the way careless clients send it.
        prop_assert_eq!(json(&amount.to_string()), Ok(amount));
    }

    #[test]
    fn sums_and_differences_are_those_of_the_minor_units(a in minor(), b in minor()) {
        let (x, y) = (Money::from_minor(a).unwrap(), Money::from_minor(b).unwrap());
        let sum = x.checked_add(y).map(Money::to_minor);
        prop_assert_eq!(sum, Some(a + b).filter(|sum| *sum <= Money::MAX.to_minor()));
        prop_assert_eq!(x.checked_sub(y).map(Money::to_minor), a.checked_sub(b));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
    }
}
