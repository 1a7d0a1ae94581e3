//! Figures by product, the best first.

use super::sums::{COLUMNS, Figures, INNER, Sums};
use super::{Pieces, Range};
use aggregates::{ProductId, UserId};
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

/// Which products, and of which time.
#[derive(Debug, Clone, Default)]
pub struct ProductFilter {
    /// All time where it is absent.
    pub range: Option<Range>,
    pub seller_id: Option<UserId>,
    pub limit: u32,
}

/// The figures of a product, with what it is called now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub product_id: ProductId,
    pub seller_id: UserId,
    pub name: String,
    pub category: String,
    pub figures: Figures,
}

#[derive(Debug, sqlx::FromRow)]
struct Found {
    product_id: Uuid,
    seller_id: Uuid,
    name: Option<String>,
    category: Option<String>,
    #[sqlx(flatten)]
    sums: Sums,
}

/// The products with the highest revenue. Only those that were sold are there.
pub async fn products(db: &PgPool, filter: &ProductFilter) -> Result<Vec<Product>, sqlx::Error> {
    let mut query: QueryBuilder<'_, Postgres> = QueryBuilder::new(format!(
        "SELECT s.product_id, s.seller_id, p.name, p.category, {COLUMNS} FROM ("
    ));
    match &filter.range {
        None => best(&mut query, filter),
        Some(range) => best_of(&mut query, filter, range),
    }
    // The best have been found by their sums alone: only these are looked up.
    query.push(
        ") s LEFT JOIN read.products p ON p.id = s.product_id
         GROUP BY s.product_id, s.seller_id, p.name, p.category
         ORDER BY sum(s.gross) - sum(s.discount) - sum(s.refunds) DESC, s.product_id",
    );
    let found: Vec<Found> = query.build_query_as().fetch_all(db).await?;
    let products = found.into_iter().map(|found| {
        Ok(Product {
            product_id: found.product_id.into(),
            seller_id: found.seller_id.into(),
            name: found.name.unwrap_or_default(),
            category: found.category.unwrap_or_default(),
            figures: found.sums.try_into()?,
        })
    });
    products.collect()
}

/// Of all time: in the order of an index.
fn best(query: &mut QueryBuilder<'_, Postgres>, filter: &ProductFilter) {
    query.push("SELECT t.* FROM read.sales_products t WHERE t.grain = 'all'");
    if let Some(seller_id) = filter.seller_id {
        query.push(" AND t.seller_id = ").push_bind(seller_id.uuid());
    }
    query.push(" ORDER BY t.revenue DESC, t.product_id LIMIT ").push_bind(i64::from(filter.limit));
}

/// Of a range.
fn best_of(query: &mut QueryBuilder<'_, Postgres>, filter: &ProductFilter, range: &Range) {
    let pieces = Pieces::of([range]);
    query.push(format_args!("SELECT t.product_id, t.seller_id, {INNER} FROM UNNEST("));
    query.push_bind(pieces.grains).push("::text[], ").push_bind(pieces.from);
    query.push("::timestamptz[], ").push_bind(pieces.to);
    query.push(
        "::timestamptz[]) AS r(grain, lower, upper), LATERAL (SELECT * FROM read.sales_products x
          WHERE x.grain = r.grain AND x.bucket >= r.lower AND x.bucket < r.upper",
    );
    if let Some(seller_id) = filter.seller_id {
        query.push(" AND x.seller_id = ").push_bind(seller_id.uuid());
    }
    // Without it the planner may make one join of both, which it expects to be small.
    query.push(
        " OFFSET 0) t GROUP BY t.product_id, t.seller_id
          ORDER BY sum(t.gross) - sum(t.discount) - sum(t.refunds) DESC, t.product_id LIMIT ",
    );
    query.push_bind(i64::from(filter.limit));
}
