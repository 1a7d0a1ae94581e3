//! Looking around: a third each searches for a word, opens a product, and lists a category with its
//! facets. In turns with pgbench, which runs the same statements. Then one page over and over, as
//! it is, and by clients who have it already.

use super::turns;
use crate::closed_loop::{self, Tally};
use crate::database::Database;
use crate::http::request;
use crate::market::{CATEGORIES, Market, WORDS};
use crate::pgbench::Pgbench;
use crate::report::Measured;
use crate::same_sql::{Values, script};
use crate::site::Site;
use crate::visitors::{Visitor, Visitors};
use crate::{Bench, Result};
use projections::catalogue::{self, CommonWords, Filter, PageRequest};
use std::sync::Arc;
use uuid::Uuid;

pub const PRODUCTS: usize = 1_000;
/// Products that are opened, and whose statements pgbench runs.
const OPENED: usize = WORDS.len();

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let site = Site::open(bench, database).await?;
    site.must_be_ours()?;
    let market = Arc::new(Market::open(&site, PRODUCTS).await?);
    let visitors = site.visitors(bench.clients, 1).await?;
    let scripts = scripts(database, &market).await?;
    let pgbench = Pgbench::with(database, bench.clients, &scripts).await?;
    let everybody = visitors.clone();
    let turns = turns::run(bench, database, &site, &pgbench, move |client, n| {
        let (visitors, market) = (everybody.clone(), Arc::clone(&market));
        async move { look_around(&mut *visitors.of(client).await, &market, n).await }
    })
    .await?;
    let (same, known) = (same_page(bench, &visitors).await, known_page(bench, &visitors).await?);
    let empty = turns.empty.per_second();
    let measured = turns.measured(bench, &site, 1.0);
    site.close().await?;
    Ok(measured
        .with("same_page_per_second", same.per_second())
        .with("same_page_ratio_to_empty_handler", same.per_second() / empty)
        .with("known_page_per_second", known.per_second())
        .with("known_page_ratio_to_empty_handler", known.per_second() / empty))
}

/// One request of somebody who looks around.
pub async fn look_around(visitor: &mut Visitor, market: &Market, n: u64) -> Result<()> {
    let path = match n % 3 {
        0 => format!("/products?q={}", WORDS[visitor.pick(WORDS.len())]),
        1 => format!("/products/{}", market.products[visitor.pick(OPENED)]),
        _ => {
            let category = CATEGORIES[visitor.pick(CATEGORIES.len())];
            format!("/products?category={category}&facets=true")
        }
    };
    visitor.look(&path).await?;
    Ok(())
}

/// What the server asks the database for each of the three requests.
pub async fn scripts(database: &Database, market: &Market) -> Result<Vec<String>> {
    let page = PageRequest { limit: 20, with_total: true, ..PageRequest::default() };
    let words = Filter { q: Some(WORDS[0].to_owned()), ..Filter::default() };
    let category = Filter { categories: vec![CATEGORIES[0].to_owned()], ..Filter::default() };
    let opened = &market.products[..OPENED];
    let product = opened[0].parse::<Uuid>()?.into();
    let values = |texts| Values { texts, ids: opened };
    let common = CommonWords::default();
    Ok(vec![
        script(database, &values(&WORDS), async |pool| {
            catalogue::list(pool, &common, &words, &page).await?;
            Ok(())
        })
        .await?,
        script(database, &values(&[]), async |pool| {
            catalogue::product(pool, product).await?;
            Ok(())
        })
        .await?,
        script(database, &Values { texts: &CATEGORIES, ids: &[] }, async |pool| {
            catalogue::list(pool, &common, &category, &page).await?;
            catalogue::facets(pool, &common, &category).await?;
            Ok(())
        })
        .await?,
    ])
}

const PAGE: &str = "/products?sort=price";

async fn same_page(bench: &Bench, visitors: &Visitors) -> Tally {
    let visitors = visitors.clone();
    closed_loop::run(bench.clients, bench.time / 4, move |client, _| {
        let visitors = visitors.clone();
        async move { visitors.of(client).await.look(PAGE).await.map(drop) }
    })
    .await
}

/// The same by clients who say which version they have.
async fn known_page(bench: &Bench, visitors: &Visitors) -> Result<Tally> {
    let answer = visitors.of(0).await.look(PAGE).await?;
    let tag = answer.header("etag").ok_or("a page without an entity tag")?;
    let asked = request("GET", PAGE, "", &format!("If-None-Match: {tag}\r\n"), "");
    let (asked, visitors) = (Arc::new(asked), visitors.clone());
    let tally = closed_loop::run(bench.clients, bench.time / 4, move |client, _| {
        let (asked, visitors) = (Arc::clone(&asked), visitors.clone());
        async move { visitors.of(client).await.send(&asked).await?.expect(304).map(drop) }
    })
    .await;
    match tally.first_error() {
        Some(error) => Err(format!("a page that is known: {error}").into()),
        None => Ok(tally),
    }
}
