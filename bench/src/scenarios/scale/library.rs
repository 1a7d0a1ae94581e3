//! What the database needs for figures whose statements name times, so that no script of pgbench can
//! hold them: the server's own library asks, without HTTP and without anything kept.

use super::{CLIENTS, Kind, PEOPLE};
use crate::Result;
use crate::closed_loop;
use crate::database::Database;
use aggregates::UserId;
use ledgerline::clock::{Clock, SystemClock};
use ledgerline::demo::scale::{Scale, seller};
use projections::sales::{self, Grain, ProductFilter, Range, Request, TimeZone};
use projections::{ledger, orders};
use sqlx::PgPool;
use std::time::Duration;

/// Members of a dashboard, and of a report.
const BEST: u32 = 10;
const MOST: u32 = 1_000;

/// Answers per second.
pub(super) async fn per_second(
    kind: Kind,
    database: &Database,
    scale: Scale,
    time: Duration,
) -> Result<f64> {
    let pool = database.pool.clone();
    let tally = closed_loop::run(CLIENTS, time, move |client, n| {
        let pool = pool.clone();
        async move {
            let person = (n + client as u64) % PEOPLE;
            ask(kind, &pool, seller(person * scale.sellers() / PEOPLE)).await
        }
    })
    .await;
    match tally.first_error() {
        None => Ok(tally.per_second()),
        Some(error) => Err(error.into()),
    }
}

/// As the handlers of these routes do.
async fn ask(kind: Kind, db: &PgPool, seller: UserId) -> Result<()> {
    let period = if kind == Kind::AnalyticsSales { Grain::Month } else { Grain::Day };
    let (tz, now) = (TimeZone::default(), SystemClock.now());
    let (range, periods) = Request { from: None, to: None, tz, period, now }.periods(db).await?;
    match kind {
        Kind::SellerAnalytics => {
            sales::total_of_seller(db, seller, &range).await?;
            sales::by_period(db, Some(seller), periods).await?;
            best(db, Some(range), Some(seller)).await?;
        }
        Kind::AdminDashboard => {
            let newest = orders::Filter { limit: BEST, ..orders::Filter::default() };
            orders::list(db, &newest).await?;
            sales::counts(db).await?;
            sales::total(db, &range).await?;
            sales::funnel(db, &range).await?;
            best(db, None, None).await?;
        }
        Kind::AnalyticsSales => {
            sales::total(db, &range).await?;
            sales::by_period(db, None, periods).await?;
        }
        Kind::AnalyticsProductsOfMonth => best(db, Some(range), None).await?,
        Kind::AnalyticsUsers => {
            sales::counts(db).await?;
            sales::customers(db, &range).await?;
            sales::cohorts(db).await?;
        }
        Kind::AnalyticsGenres => members(db, &["genre", "category"], &range, MOST).await?,
        Kind::AnalyticsDashboard => {
            sales::counts(db).await?;
            sales::customers(db, &range).await?;
            sales::total(db, &range).await?;
            sales::total(db, &range.before()).await?;
            sales::funnel(db, &range).await?;
            best(db, None, None).await?;
            let ways = ["payment_method", "delivery_method", "promotion"];
            members(db, &["category", "seller"], &range, BEST).await?;
            members(db, &ways, &range, BEST).await?;
        }
        Kind::AnalyticsLiabilities => {
            let ends = periods.iter().map(|(_, period)| period.to);
            let moments: Vec<_> = std::iter::once(range.from).chain(ends).collect();
            ledger::liabilities(db, &moments).await?;
        }
        other => return Err(format!("{other:?} is asked by pgbench").into()),
    }
    Ok(())
}

async fn best(db: &PgPool, range: Option<Range>, seller_id: Option<UserId>) -> Result<()> {
    sales::products(db, &ProductFilter { range, seller_id, limit: BEST }).await?;
    Ok(())
}

async fn members(db: &PgPool, kinds: &[&str], range: &Range, limit: u32) -> Result<()> {
    for kind in kinds {
        sales::by_member(db, kind, range, limit).await?;
    }
    Ok(())
}
