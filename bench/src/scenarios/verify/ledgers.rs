//! Streams of gift cards and of points that hold every law, ten events each.

use crate::Result;
use crate::history::write_streams;
use aggregates::gift_card::{self, CodeHash};
use aggregates::loyalty_account::{self, LotPart, Tier};
use aggregates::{Currency, GiftCard, LoyaltyAccount, Money, OrderId, Points, RefundId};
use chrono::{DateTime, TimeDelta, Utc};
use ledgerline::clock::{Clock, SystemClock};
use sqlx::PgPool;
use std::ops::Range;
use uuid::Uuid;

const BY: &str = "checkout";

/// Stores a card and an account for each number.
pub async fn write(pool: &PgPool, numbers: Range<usize>) -> Result<()> {
    let at = SystemClock.now();
    let cards = |number| Ok((id(0xa000, number), card(at)?));
    write_streams::<GiftCard>(pool, numbers.clone(), cards).await?;
    let accounts = |number| Ok((id(0xb000, number), account(at)?));
    write_streams::<LoyaltyAccount>(pool, numbers, accounts).await
}

fn id(kind: u128, number: usize) -> Uuid {
    Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0000 | kind << 40 | number as u128)
}

fn order(number: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(0x019a_0000_0000_7000_8000_c000_0000_0000 | number))
}

/// Pays four orders, and is given back what one of them took.
fn card(at: DateTime<Utc>) -> Result<Vec<gift_card::Event>> {
    let (amount, by, expires_at) = (Money::from_minor(50_000)?, || BY.to_owned(), at);
    let mut events = vec![gift_card::Event::Issued {
        code_hash: CodeHash::new("5e".repeat(32)),
        hint: "0B5H".to_owned(),
        amount: Money::from_minor(500_000)?,
        currency: Currency::KZT,
        buyer: None,
        payment_id: None,
        expires_at: at + TimeDelta::days(365),
        at,
        by: by(),
    }];
    for order_id in (0..4).map(order) {
        events.push(gift_card::Event::Held { order_id, amount, expires_at, at, by: by() });
        events.push(gift_card::Event::Captured { order_id, amount, at, by: by() });
    }
    let (order_id, refund_id) = (order(0), RefundId::new(order(9).uuid()));
    events.push(gift_card::Event::CreditedBack {
        order_id,
        refund_id,
        amount,
        expires_at,
        at,
        by: by(),
    });
    Ok(events)
}

/// Earns once and pays four orders.
fn account(at: DateTime<Utc>) -> Result<Vec<loyalty_account::Event>> {
    let (all, points, by) = (Points::try_from(1000)?, Points::try_from(250)?, || BY.to_owned());
    let (order_id, expires_at) = (order(0), at + TimeDelta::days(365));
    let mut events = vec![
        loyalty_account::Event::Earned {
            order_id,
            points: all,
            spend: Money::from_minor(10_000_000)?,
            tier: Tier::default(),
            programme: 1,
            at,
            by: by(),
        },
        loyalty_account::Event::Activated {
            order_id,
            points: all,
            repaid: Points::ZERO,
            expires_at,
            at,
            by: by(),
        },
    ];
    let lot = LotPart { lot: order_id.uuid(), points, expires_at };
    for order_id in (1..5).map(order) {
        let (lots, expires_at) = (vec![lot], at);
        events.push(loyalty_account::Event::Held {
            order_id,
            points,
            lots,
            expires_at,
            at,
            by: by(),
        });
        events.push(loyalty_account::Event::Spent { order_id, points, at, by: by() });
    }
    Ok(events)
}
