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
    let rows = sqlx::query!(
        r#"SELECT width_bucket(bucket, $1::timestamptz[]) AS "place!", account AS "account!",
                  sum(credit - debit)::text AS "change!"
             FROM read.journal_sums
            WHERE account = ANY ($2) AND bucket < $3
            GROUP BY 1, 2"#,
        moments,
        &[Account::GiftCardLiability, Account::LoyaltyLiability].map(|a| a.as_str().to_owned()),
        moments.last().copied()
    )
    .fetch_all(db)
    .await?;
    // First what changed before each moment and after the one before, then its running sum.
    let mut owed = vec![Liabilities::default(); moments.len()];
    for row in rows {
        let place = usize::try_from(row.place).unwrap_or(usize::MAX);
        let Some(owed) = owed.get_mut(place) else { continue };
        let change = row.change.parse::<Decimal>();
        let change = change.map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        if row.account == Account::GiftCardLiability.as_str() {
            owed.gift_cards = change;
        } else {
            owed.loyalty = change;
        }
    }
    let mut sum = Liabilities::default();
    for owed in &mut owed {
        sum.gift_cards += owed.gift_cards;
        sum.loyalty += owed.loyalty;
        *owed = sum;
    }
    Ok(owed)
}
