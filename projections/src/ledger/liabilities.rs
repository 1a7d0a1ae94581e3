//! What the store owes to holders of gift cards and points, at any moments: read from the sums of
//! the journal, so that a question costs what its time is long and not what the journal is.

use super::Account;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

/// What is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Liabilities {
    pub gift_cards: Decimal,
    /// In points that can be spent, 1.00 each.
    pub loyalty: Decimal,
}

impl Default for Liabilities {
    fn default() -> Self {
        Self { gift_cards: Decimal::new(0, 2), loyalty: Decimal::new(0, 2) }
    }
}

impl std::ops::Add for Liabilities {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            gift_cards: self.gift_cards + other.gift_cards,
            loyalty: self.loyalty + other.loyalty,
        }
    }
}

impl Liabilities {
    pub fn total(&self) -> Decimal {
        self.gift_cards + self.loyalty
    }
}

/// What was owed just before each of these moments. They must be in order and begin a quarter of an
/// hour, as the ends of periods do.
pub async fn liabilities(
    db: &PgPool,
    moments: &[DateTime<Utc>],
) -> Result<Vec<Liabilities>, sqlx::Error> {
    let accounts = [Account::GiftCardLiability, Account::LoyaltyLiability];
    // The days that were over at a moment and not yet at the one before it; and of the day that was not
    // over, the quarters until then.
    let rows = sqlx::query!(
        r#"WITH m AS MATERIALIZED (
               SELECT moment, date_bin('1 day', moment, '2000-01-01T00:00:00Z') AS day, place - 1 AS place
                 FROM UNNEST($1::timestamptz[]) WITH ORDINALITY AS m (moment, place))
           SELECT width_bucket(s.bucket, ARRAY(SELECT day FROM m ORDER BY place))::bigint AS "place!",
                  s.account AS "account!", true AS "stays!", sum(s.credit - s.debit)::text AS "change!"
             FROM read.journal_sums s
            WHERE s.account = ANY ($2) AND s.grain = 'day' AND s.bucket < (SELECT max(day) FROM m)
            GROUP BY 1, 2
           UNION ALL
           SELECT m.place, s.account, false, sum(s.credit - s.debit)::text
             FROM m JOIN read.journal_sums s
                    ON s.account = ANY ($2) AND s.grain = 'quarter' AND s.bucket >= m.day
                   AND s.bucket < m.moment
            GROUP BY 1, 2"#,
        moments,
        &accounts.map(|account| account.as_str().to_owned())
    )
    .fetch_all(db)
    .await?;
    let mut staying = vec![Liabilities::default(); moments.len()];
    let mut passing = staying.clone();
    for row in rows {
        let place = usize::try_from(row.place).unwrap_or(usize::MAX);
        let kind = if row.stays { &mut staying } else { &mut passing };
        let Some(owed) = kind.get_mut(place) else { continue };
        let change = row.change.parse::<Decimal>();
        let change = change.map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        if row.account == Account::GiftCardLiability.as_str() {
            owed.gift_cards = change;
        } else {
            owed.loyalty = change;
        }
    }
    let owed =
        passing.into_iter().zip(staying).scan(Liabilities::default(), |sum, (part, days)| {
            *sum = *sum + days;
            Some(*sum + part)
        });
    Ok(owed.collect())
}
