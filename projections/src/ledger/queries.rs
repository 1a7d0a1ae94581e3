//! Reads of the journal. All can be asked as of a moment: once it is settled and the read models
//! have come so far, the same question always has the same answer.

use super::{Account, Ledger, Row};
use crate::Projection;
use chrono::{DateTime, Utc};
use eventlog::{AsOf, Position};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgPool, Postgres, QueryBuilder};

/// The sums of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    pub account: Account,
    pub debit: Decimal,
    pub credit: Decimal,
}

impl Balance {
    /// Debits less credits: negative where the store owes or has earned.
    pub fn balance(&self) -> Decimal {
        self.debit - self.credit
    }
}

/// The sums of all accounts, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalance {
    pub accounts: Vec<Balance>,
}

impl TrialBalance {
    pub fn debit(&self) -> Decimal {
        self.accounts.iter().map(|account| account.debit).sum()
    }

    pub fn credit(&self) -> Decimal {
        self.accounts.iter().map(|account| account.credit).sum()
    }
}

/// Which lines [`entries`] shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub account: Option<Account>,
    /// Recorded at or after.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before.
    pub to: Option<DateTime<Utc>>,
    /// What happened then included.
    pub as_of: Option<AsOf>,
    pub after: Option<Cursor>,
    pub limit: u32,
    pub offset: u32,
}

/// The last line of a page; the next page starts behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub transaction_id: i64,
    pub global_position: i64,
    pub line: i16,
}

impl Cursor {
    /// Behind all lines of the event at a place in the feed.
    pub fn behind(position: Position) -> Self {
        Self {
            transaction_id: i64::try_from(position.transaction_id).unwrap_or(i64::MAX),
            global_position: position.global_position,
            line: i16::MAX,
        }
    }

    fn at(row: &Row) -> Self {
        let Row { transaction_id, global_position, line, .. } = *row;
        Self { transaction_id, global_position, line }
    }
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Row>,
    pub next: Option<Cursor>,
}

/// How far the journal has come; it may lag behind other read models where an event stopped it.
pub async fn reached(db: &PgPool) -> Result<Position, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT transaction_id::text AS "tx!", global_position FROM checkpoints WHERE name = $1"#,
        Ledger::NAME
    )
    .fetch_optional(db)
    .await?;
    row.map_or(Ok(Position::START), |row| Position::from_stored(&row.tx, row.global_position))
}

/// The sums of all accounts as of a moment; without one, as far as the read models have come.
pub async fn trial_balance(db: &PgPool, as_of: Option<AsOf>) -> Result<TrialBalance, sqlx::Error> {
    let mut query = QueryBuilder::new(
        "SELECT account, sum(debit)::text, sum(credit)::text FROM read.journal j WHERE true",
    );
    up_to(&mut query, as_of);
    query.push(" GROUP BY account");
    let sums: Vec<(String, String, String)> = query.build_query_as().fetch_all(db).await?;
    let decimal =
        |text: &str| text.parse::<Decimal>().map_err(|error| sqlx::Error::Decode(Box::new(error)));
    let mut accounts = Account::ALL.map(|account| Balance {
        account,
        debit: Decimal::new(0, 2),
        credit: Decimal::new(0, 2),
    });
    for (account, debit, credit) in sums {
        if let Some(sum) = accounts.iter_mut().find(|sum| sum.account.as_str() == account) {
            (sum.debit, sum.credit) = (decimal(&debit)?, decimal(&credit)?);
        }
    }
    Ok(TrialBalance { accounts: accounts.into() })
}

/// A page of the journal, in the order of the feed.
pub async fn entries(db: &PgPool, filter: &Filter) -> Result<Page, sqlx::Error> {
    let mut query = QueryBuilder::new("SELECT to_json(j) FROM read.journal j WHERE true");
    up_to(&mut query, filter.as_of);
    if let Some(account) = filter.account {
        query.push(" AND j.account = ").push_bind(account.as_str());
    }
    if let Some(from) = filter.from {
        query.push(" AND j.recorded_at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        query.push(" AND j.recorded_at < ").push_bind(to);
    }
    if let Some(after) = filter.after {
        query.push(" AND (j.transaction_id, j.global_position, j.line) > (");
        query.push_bind(after.transaction_id).push(", ").push_bind(after.global_position);
        query.push(", ").push_bind(after.line).push(")");
    }
    query.push(" ORDER BY j.transaction_id, j.global_position, j.line LIMIT ");
    query.push_bind(i64::from(filter.limit) + 1);
    query.push(" OFFSET ").push_bind(i64::from(filter.offset));
    let rows: Vec<Json<Row>> = query.build_query_scalar().fetch_all(db).await?;
    let mut items: Vec<Row> = rows.into_iter().map(|row| row.0).collect();
    let next = crate::paging::cut(&mut items, filter.limit).map(Cursor::at);
    Ok(Page { items, next })
}

fn up_to(query: &mut QueryBuilder<'_, Postgres>, as_of: Option<AsOf>) {
    match as_of {
        None => {}
        Some(AsOf::Time(time)) => {
            query.push(" AND j.recorded_at <= ").push_bind(time);
        }
        Some(AsOf::Position(until)) => {
            // Beyond it there is no transaction.
            let transaction_id = i64::try_from(until.transaction_id).unwrap_or(i64::MAX);
            query.push(" AND (j.transaction_id, j.global_position) <= (").push_bind(transaction_id);
            query.push(", ").push_bind(until.global_position).push(")");
        }
    }
}
