//! Who bought: how many, how often, since when, and for how much.

use super::sums::{average, by_member, decimal};
use crate::sales::range::Range;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgPool;

/// The customers of a range, and of all time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customers {
    /// Accounts that were registered.
    pub new_users: i64,
    /// Who has an order of this time that counts.
    pub buyers: i64,
    /// Those of them whose first order it was.
    pub first_time_buyers: i64,
    /// Those of them with two orders of this time or more.
    pub repeat_buyers: i64,
    /// Whoever bought at any time.
    pub customers: i64,
    /// Those of them with two orders or more.
    pub repeat_customers: i64,
    /// The revenue of all time.
    pub revenue: Decimal,
}

impl Customers {
    /// Those who had bought before.
    pub fn returning_buyers(&self) -> i64 {
        self.buyers - self.first_time_buyers
    }

    /// Revenue by customer over all time, rounded half up.
    pub fn lifetime_value(&self) -> Decimal {
        average(self.revenue, self.customers)
    }
}

pub async fn customers(db: &PgPool, range: &Range) -> Result<Customers, sqlx::Error> {
    let accounts = by_member(db, "accounts", range, 10).await?;
    let new_users = accounts.iter().find(|member| member.name == "registered");
    let buyers = sqlx::query!(
        r#"SELECT count(*) AS "buyers!", count(*) FILTER (WHERE orders > 1) AS "repeat!",
                  (SELECT count(*) FROM read.sales_customers
                    WHERE first_at >= $1 AND first_at < $2) AS "first!"
             FROM (SELECT count(*) AS orders FROM read.sales_sources
                    WHERE counts AND confirmed_at >= $1 AND confirmed_at < $2 GROUP BY user_id) b"#,
        range.from,
        range.to
    )
    .fetch_one(db)
    .await?;
    let ever = sqlx::query!(
        r#"SELECT count(*) AS "customers!", count(*) FILTER (WHERE orders > 1) AS "repeat!",
                  round(coalesce(sum(revenue), 0), 2)::text AS "revenue!"
             FROM read.sales_customers"#
    )
    .fetch_one(db)
    .await?;
    Ok(Customers {
        new_users: new_users.map_or(0, |member| member.figures.orders),
        buyers: buyers.buyers,
        first_time_buyers: buyers.first,
        repeat_buyers: buyers.repeat,
        customers: ever.customers,
        repeat_customers: ever.repeat,
        revenue: decimal(&ever.revenue)?,
    })
}

/// What the customers whose first order was confirmed in the month `cohort` did in `month`. Months are
/// those of UTC, by their first days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    pub cohort: NaiveDate,
    pub month: NaiveDate,
    /// Those of them who bought.
    pub customers: i64,
    pub orders: i64,
    pub revenue: Decimal,
}

/// All cohorts in order, each with its months in order.
pub async fn cohorts(db: &PgPool) -> Result<Vec<Cohort>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT cohort AS "cohort!", month AS "month!", customers AS "customers!",
                  orders AS "orders!", revenue::text AS "revenue!"
             FROM read.sales_cohorts ORDER BY cohort, month"#
    )
    .fetch_all(db)
    .await?;
    let cohorts = rows.into_iter().map(|row| {
        Ok(Cohort {
            cohort: row.cohort,
            month: row.month,
            customers: row.customers,
            orders: row.orders,
            revenue: decimal(&row.revenue)?,
        })
    });
    cohorts.collect()
}
