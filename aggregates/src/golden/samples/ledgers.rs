//! One sample of each event of gift cards, loyalty accounts and promotions, in the order in which
//! its variants are declared.

use crate::gift_card::{self, CodeHash};
use crate::loyalty_account::{self, LotPart, Tier};
use crate::promotion::{self, Kind, Terms};
use crate::testing::{id, minute, money, points};
use crate::{Currency, promotion_usage};
use rust_decimal::Decimal;
use uuid::Uuid;

fn by() -> String {
    "system".to_owned()
}

pub fn gift_card() -> Vec<gift_card::Event> {
    use gift_card::Event;
    let (code_hash, hint) = (CodeHash::new("5f".repeat(32)), "7Q2K".to_owned());
    let (order_id, refund_id, expires_at) = (id(1), id(2), minute(99));
    let (amount, currency) = (money("5000.00"), Currency::KZT);
    vec![
        Event::Requested {
            code_hash: code_hash.clone(),
            hint: hint.clone(),
            amount,
            currency,
            buyer: id(3),
            payment_id: id(4),
            expires_at,
            at: minute(0),
            by: by(),
        },
        Event::Issued {
            code_hash: code_hash.clone(),
            hint: hint.clone(),
            amount,
            currency,
            buyer: Some(id(3)),
            payment_id: Some(id(4)),
            expires_at,
            at: minute(1),
            by: by(),
        },
        Event::Withdrawn { reason: "not paid".to_owned(), at: minute(2), by: by() },
        Event::Held { order_id, amount, expires_at: minute(15), at: minute(3), by: by() },
        Event::Captured { order_id, amount, at: minute(4), by: by() },
        Event::Voided { order_id, amount, at: minute(5), by: by() },
        Event::CreditedBack { order_id, refund_id, amount, expires_at, at: minute(6), by: by() },
        Event::Disabled { reason: "stolen".to_owned(), at: minute(7), by: by() },
        Event::Reissued { code_hash, hint, at: minute(8), by: by() },
        Event::Expired { amount, at: minute(9), by: by() },
    ]
}

pub fn loyalty_account() -> Vec<loyalty_account::Event> {
    use loyalty_account::Event;
    let (order_id, refund_id, expires_at) = (id(1), id(2), minute(99));
    let lots =
        || vec![LotPart { lot: Uuid::from_u128(3), points: points(40), expires_at: minute(50) }];
    let (bronze, silver) = (Tier::default(), Tier::new("silver"));
    let (spend, programme) = (money("100000.00"), 1);
    let (all, repaid) = (points(1000), points(5));
    vec![
        Event::Earned {
            order_id,
            points: all,
            spend,
            tier: bronze.clone(),
            programme,
            at: minute(0),
            by: by(),
        },
        Event::Activated { order_id, points: all, repaid, expires_at, at: minute(1), by: by() },
        Event::Held {
            order_id,
            points: points(40),
            lots: lots(),
            expires_at: minute(15),
            at: minute(2),
            by: by(),
        },
        Event::Spent { order_id, points: points(40), at: minute(3), by: by() },
        Event::Released { order_id, points: points(40), lots: lots(), at: minute(4), by: by() },
        Event::Restored {
            order_id,
            refund_id,
            points: points(40),
            repaid,
            expires_at,
            at: minute(5),
            by: by(),
        },
        Event::Reversed {
            order_id,
            refund_id,
            pending: points(10),
            lots: lots(),
            owed: points(7),
            spend: money("5700.00"),
            at: minute(6),
            by: by(),
        },
        Event::Expired { points: points(40), lots: lots(), at: minute(7), by: by() },
        Event::ExpiryAnnounced { points: points(40), expires_at, at: minute(8), by: by() },
        Event::TierChanged { from: bronze, to: silver, spend, programme, at: minute(9), by: by() },
        Event::GraceStarted { until: expires_at, spend, programme, at: minute(10), by: by() },
        Event::GraceEnded { spend, programme, at: minute(11), by: by() },
    ]
}

pub fn promotion() -> Vec<promotion::Event> {
    use promotion::Event;
    let terms = |kind| Terms {
        kind,
        min_subtotal: Some(money("1000.00")),
        max_discount: Some(money("500.00")),
        categories: Some(vec!["jazz".to_owned()]),
        starts_at: Some(minute(0)),
        ends_at: Some(minute(99)),
        usage_limit: Some(100),
        usage_limit_per_user: Some(1),
        stackable: true,
    };
    let (order_id, user_id, discount) = (id(1), id(2), money("250.00"));
    vec![
        Event::Created {
            terms: terms(Kind::Percent(Decimal::new(125, 1))),
            at: minute(0),
            by: by(),
        },
        Event::Changed { terms: terms(Kind::Fixed(money("250.00"))), at: minute(1), by: by() },
        Event::Withdrawn { at: minute(2), by: by() },
        Event::Expired { at: minute(3), by: by() },
        Event::UseHeld {
            order_id,
            user_id,
            discount,
            expires_at: minute(15),
            at: minute(4),
            by: by(),
        },
        Event::Used { order_id, user_id, discount, at: minute(5), by: by() },
        Event::UseReleased { order_id, at: minute(6), by: by() },
        Event::UseRestored { order_id, at: minute(7), by: by() },
    ]
}

pub fn promotion_usage() -> Vec<promotion_usage::Event> {
    use promotion_usage::Event;
    let order_id = id(1);
    vec![
        Event::Held { order_id, at: minute(0) },
        Event::Used { order_id, at: minute(1) },
        Event::Released { order_id, at: minute(2) },
        Event::Restored { order_id, at: minute(3) },
    ]
}
