//! A deterministic provider for demonstrations and tests. Its books are tables of their own, as the
//! books of a real provider would be elsewhere.
//!
//! Its commits do not wait for the disk. They are in the same write-ahead log as ours, before whatever
//! we record of them: once we know durably of a charge, it is durable as well.
//!
//! Tokens: `tok_ok` (and none) pays, `tok_declined` is refused, `tok_timeout` takes the money but
//! never says so, `tok_slow` pays after three seconds. Any other token is refused.

use super::{Charge, NoAnswer, PaymentProvider};
use aggregates::{Money, PaymentId, RefundId};
use async_trait::async_trait;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::time::Duration;

const SLOW: Duration = Duration::from_secs(3);
const CONNECTIONS: u32 = 8;

#[derive(Debug, Clone)]
pub struct DemoProvider {
    pool: PgPool,
}

impl DemoProvider {
    /// On connections of its own to the database of the pool.
    pub fn new(pool: &PgPool) -> Self {
        let options = (*pool.connect_options()).clone().options([("synchronous_commit", "off")]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Self { pool }
    }

    /// Books the outcome unless one is booked already; returns what is booked.
    async fn book(
        &self,
        payment: PaymentId,
        amount: Option<Money>,
        declined: Option<&str>,
    ) -> Result<Charge, sqlx::Error> {
        let transaction_id = format!("demo-{}", payment.uuid().simple());
        let inserted = sqlx::query!(
            "INSERT INTO demo_provider.charges (payment_id, amount, transaction_id, declined)
             VALUES ($1, $2::text::numeric, $3, $4) ON CONFLICT (payment_id) DO NOTHING",
            payment.uuid(),
            amount.map(|amount| amount.to_string()),
            transaction_id,
            declined
        )
        .execute(&self.pool)
        .await?;
        let (transaction_id, declined) = if inserted.rows_affected() == 1 {
            (transaction_id, declined.map(str::to_owned))
        } else {
            let booked = sqlx::query!(
                "SELECT transaction_id, declined FROM demo_provider.charges WHERE payment_id = $1",
                payment.uuid()
            )
            .fetch_one(&self.pool)
            .await?;
            (booked.transaction_id, booked.declined)
        };
        Ok(match declined {
            Some(reason) => Charge::Declined { reason },
            None => Charge::Captured { transaction_id },
        })
    }
}

fn no_answer(error: &sqlx::Error) -> NoAnswer {
    NoAnswer(error.to_string())
}

#[async_trait]
impl PaymentProvider for DemoProvider {
    async fn charge(
        &self,
        payment: PaymentId,
        amount: Money,
        token: Option<&str>,
    ) -> Result<Charge, NoAnswer> {
        let declined = match token {
            None | Some("tok_ok" | "tok_slow" | "tok_timeout") => None,
            Some("tok_declined") => Some("card_declined"),
            Some(_) => Some("unknown_card"),
        };
        if token == Some("tok_slow") {
            tokio::time::sleep(SLOW).await;
        }
        let charge =
            self.book(payment, Some(amount), declined).await.map_err(|error| no_answer(&error))?;
        if token == Some("tok_timeout") {
            return Err(NoAnswer("timed out".to_owned()));
        }
        Ok(charge)
    }

    async fn settle(&self, payment: PaymentId) -> Result<Charge, NoAnswer> {
        self.book(payment, None, Some("never_charged")).await.map_err(|error| no_answer(&error))
    }

    async fn refund(
        &self,
        payment: PaymentId,
        refund: RefundId,
        amount: Money,
    ) -> Result<(), NoAnswer> {
        sqlx::query!(
            "INSERT INTO demo_provider.refunds (refund_id, payment_id, amount)
             VALUES ($1, $2, $3::text::numeric) ON CONFLICT (refund_id) DO NOTHING",
            refund.uuid(),
            payment.uuid(),
            amount.to_string()
        )
        .execute(&self.pool)
        .await
        .map_err(|error| no_answer(&error))?;
        Ok(())
    }
}
