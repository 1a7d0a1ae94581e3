//! Counts beside a list: how many products each category and price band would give.

use super::filter::{Except, Filter};
use super::search::{CommonWords, Search};
use aggregates::Money;
use sqlx::{PgConnection, PgPool, QueryBuilder};
use std::collections::BTreeMap;

/// Always there, used or not, in this order.
const CATEGORIES: [&str; 9] =
    ["electronics", "clothing", "food", "books", "toys", "sports", "home", "beauty", "other"];

/// The lower bounds of the price bands but the first, in units of the currency: those of
/// `products_band` in `schema.sql`.
const BANDS: [u64; 5] = [1_000, 5_000, 20_000, 50_000, 100_000];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryCount {
    pub category: String,
    pub count: i64,
}

/// Prices from `from` (included) to `to` (excluded).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceBand {
    pub from: Money,
    /// `None`: any price above.
    pub to: Option<Money>,
    pub count: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facets {
    /// As if the filter named no category; the largest first.
    pub categories: Vec<CategoryCount>,
    /// As if the filter named no price; all bands, the cheapest first.
    pub prices: Vec<PriceBand>,
}

pub async fn facets(
    db: &PgPool,
    common: &CommonWords,
    filter: &Filter,
) -> Result<Facets, sqlx::Error> {
    let mut db = db.acquire().await?;
    let search = Search::choose(&mut db, common, filter).await?;

    if filter.is_of_categories_only() {
        return kept(&mut db, filter).await;
    }
    let mut query = QueryBuilder::new("SELECT p.category, count(*) FROM read.products p");
    filter.push_where(&mut query, &search, Except::Category);
    query.push(" GROUP BY p.category ORDER BY count(*) DESC, p.category");
    let categories: Vec<(String, i64)> = query.build_query_as().fetch_all(&mut *db).await?;

    let bounds: Vec<String> = BANDS.iter().map(u64::to_string).collect();
    let mut query = QueryBuilder::new("SELECT width_bucket(p.price, ");
    query.push_bind(bounds).push("::numeric[]) AS band, count(*) FROM read.products p");
    filter.push_where(&mut query, &search, Except::Price);
    query.push(" GROUP BY band");
    let counts: Vec<(i32, i64)> = query.build_query_as().fetch_all(&mut *db).await?;

    Ok(Facets {
        categories: categories.into_iter().map(category_count).collect(),
        prices: price_bands(&counts),
    })
}

/// The facets of what is for sale, and of categories of it.
async fn kept(db: &mut PgConnection, filter: &Filter) -> Result<Facets, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT category AS "category!", band AS "band!", number AS "number!"
             FROM read.products_counts ORDER BY category, band"#
    )
    .fetch_all(db)
    .await?;
    let (mut categories, mut bands) = (BTreeMap::<String, i64>::new(), BTreeMap::<i32, i64>::new());
    for row in rows {
        if filter.categories.is_empty() || filter.categories.contains(&row.category) {
            *bands.entry(row.band).or_default() += row.number;
        }
        *categories.entry(row.category).or_default() += row.number;
    }
    let mut categories: Vec<_> = categories.into_iter().map(category_count).collect();
    // Stable: equal ones stay in the order of their names.
    categories.sort_by_key(|category| std::cmp::Reverse(category.count));
    Ok(Facets { categories, prices: price_bands(&bands.into_iter().collect::<Vec<_>>()) })
}

/// The nine that always exist, then the others in use, each with the number of products for sale.
pub async fn categories(db: &PgPool) -> Result<Vec<CategoryCount>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT category AS "category!", sum(number)::bigint AS "count!"
             FROM read.products_counts GROUP BY category ORDER BY category"#
    )
    .fetch_all(db)
    .await?;
    let mut counts: Vec<_> =
        CATEGORIES.iter().map(|name| category_count(((*name).to_owned(), 0))).collect();
    for row in rows {
        match counts.iter_mut().find(|known| known.category == row.category) {
            Some(known) => known.count = row.count,
            None => counts.push(category_count((row.category, row.count))),
        }
    }
    Ok(counts)
}

fn category_count((category, count): (String, i64)) -> CategoryCount {
    CategoryCount { category, count }
}

fn price_bands(counts: &[(i32, i64)]) -> Vec<PriceBand> {
    let amount = |units: u64| Money::from_minor(units * 100).unwrap_or_default();
    (0..=BANDS.len())
        .map(|band| PriceBand {
            from: band.checked_sub(1).map_or(Money::ZERO, |lower| amount(BANDS[lower])),
            to: BANDS.get(band).map(|upper| amount(*upper)),
            count: counts
                .iter()
                .find(|(found, _)| usize::try_from(*found) == Ok(band))
                .map_or(0, |(_, count)| *count),
        })
        .collect()
}
