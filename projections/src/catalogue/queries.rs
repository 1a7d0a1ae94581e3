//! Products by id, and pages of products.

use super::Row;
use super::filter::{Except, Filter};
use super::search::{COUNTED_OF_COMMON, CommonWords, RANKED, Search};
use crate::QueryError;
use crate::paging::{COUNTED, Total};
use aggregates::{Money, ProductId};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Sort {
    /// Cheapest first.
    #[serde(rename = "price")]
    Price,
    #[serde(rename = "-price")]
    PriceDescending,
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-name")]
    NameDescending,
    /// Best first.
    #[serde(rename = "rating")]
    Rating,
    #[serde(rename = "newest")]
    Newest,
    /// Best match first; newest first where nothing is searched.
    #[default]
    #[serde(rename = "relevance")]
    Relevance,
}

/// Which part of a list.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    pub sort: Sort,
    pub limit: u32,
    /// Must come from a page of the same filter and sort.
    pub after: Option<Cursor>,
    pub offset: u32,
    /// Whether to count all that match, which costs a second query.
    pub with_total: bool,
}

/// The place behind the last product of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cursor {
    Price(Money, ProductId),
    Name(String, ProductId),
    Rating(Decimal, ProductId),
    Newest(DateTime<Utc>, ProductId),
    /// By relevance there is no value to go on from.
    Offset(u32),
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Row>,
    pub next: Option<Cursor>,
    pub total: Option<Total>,
}

/// The product, archived ones included.
pub async fn product(db: &PgPool, id: ProductId) -> Result<Option<Row>, sqlx::Error> {
    Ok(products(db, &[id]).await?.pop())
}

/// Those of the products that exist, archived ones included, in no particular order.
pub async fn products(db: &PgPool, ids: &[ProductId]) -> Result<Vec<Row>, sqlx::Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_scalar!(
        r#"SELECT to_json(r) AS "row!: Json<Row>"
             FROM (SELECT id, seller_id, name, description, price, currency, quantity, on_hand,
                          category, image_urls, attributes, is_active, archived, rating,
                          reviews_count, rating_sum, version, stock_version, created_at, updated_at
                     FROM read.products WHERE id = ANY ($1) AND version > 0) r"#,
        &ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

pub async fn list(
    db: &PgPool,
    common: &CommonWords,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page, QueryError> {
    let mut db = db.acquire().await?;
    let search = Search::choose(&mut db, common, filter).await?;
    let order = Order::of(page.sort, &search);
    let mut query = QueryBuilder::new(
        "SELECT to_json(r) FROM (
         SELECT p.id, p.seller_id, p.name, p.description, p.price, p.currency, p.quantity,
                p.on_hand, p.category, p.image_urls, p.attributes, p.is_active, p.archived,
                p.rating, p.reviews_count, p.rating_sum, p.version, p.stock_version,
                p.created_at, p.updated_at
           FROM ",
    );
    // The index knows the words, but not the rest of a row.
    let ids_first = order.by == By::Newest && matches!(search, Search::Common(_));
    if ids_first {
        query.push("(SELECT p.id FROM ");
    }
    order.push_source(&mut query, &search, filter);
    let offset = order.push(&mut query, &search, page)?;
    query.push(" LIMIT ").push_bind(i64::from(page.limit) + 1);
    query.push(" OFFSET ").push_bind(i64::from(offset));
    if ids_first {
        query.push(") found JOIN read.products p ON p.id = found.id");
        order.push_direction(&mut query);
    }
    query.push(") r");
    // Planned for the words themselves: a plan for any words is bad for the rare or for the common ones.
    let query = query.build_query_scalar().persistent(search == Search::Everything);
    let rows: Vec<Json<Row>> = query.fetch_all(&mut *db).await?;
    let mut items: Vec<_> = rows.into_iter().map(|row| row.0).collect();
    let behind = offset.saturating_add(page.limit);
    let next = crate::paging::cut(&mut items, page.limit).map(|last| order.cursor(last, behind));

    let total = if page.with_total { Some(total(&mut db, filter, &search).await?) } else { None };
    Ok(Page { items, next, total })
}

/// Exact where it is kept, for all that is for sale and for categories of it.
async fn total(
    db: &mut PgConnection,
    filter: &Filter,
    search: &Search,
) -> Result<Total, sqlx::Error> {
    if filter.is_of_words_only() {
        match search {
            Search::FullText(_, found) => return Ok(Total::exact(*found)),
            Search::Common(_) => return Ok(Total::up_to(RANKED, RANKED + 1)),
            Search::Everything | Search::Fuzzy(_) => {}
        }
    }
    if filter.is_of_categories_only() {
        let rows = sqlx::query_scalar!(
            r#"SELECT coalesce(sum(number), 0)::bigint AS "rows!" FROM read.products_counts
                WHERE cardinality($1::text[]) = 0 OR category = ANY ($1)"#,
            &filter.categories
        )
        .fetch_one(db)
        .await?;
        return Ok(Total::exact(rows));
    }
    let most = match search {
        Search::Everything => COUNTED,
        Search::FullText(..) | Search::Fuzzy(_) => RANKED,
        Search::Common(_) => COUNTED_OF_COMMON,
    };
    // Not the rows themselves with a limit: see `Search::choose`.
    let mut query = QueryBuilder::new("WITH matching AS MATERIALIZED (SELECT FROM read.products p");
    filter.push_where(&mut query, search, Except::Nothing);
    query.push(") SELECT count(*) FROM (SELECT FROM matching LIMIT ").push_bind(most + 1);
    query.push(") m");
    let query = query.build_query_scalar().persistent(*search == Search::Everything);
    Ok(Total::up_to(most, query.fetch_one(db).await?))
}

/// What a page is ordered by; the id breaks ties in the same direction, as the indexes do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Price,
    Name,
    Rating,
    Newest,
    Rank,
}

struct Order {
    by: By,
    descending: bool,
}

impl Order {
    fn of(sort: Sort, search: &Search) -> Self {
        let (by, descending) = match sort {
            Sort::Price => (By::Price, false),
            Sort::PriceDescending => (By::Price, true),
            Sort::Name => (By::Name, false),
            Sort::NameDescending => (By::Name, true),
            Sort::Rating => (By::Rating, true),
            Sort::Newest => (By::Newest, true),
            Sort::Relevance => match search {
                Search::Everything | Search::Common(_) => (By::Newest, true),
                Search::FullText(..) | Search::Fuzzy(_) => (By::Rank, true),
            },
        };
        Self { by, descending }
    }

    fn column(&self) -> &'static str {
        match self.by {
            By::Price => "p.price",
            By::Name => "lower(p.name)",
            By::Rating => "p.rating",
            By::Newest => "p.created_at",
            By::Rank => "",
        }
    }

    /// Appends the rows that are put in order, as `p`: all that match, or some of those that match roughly.
    fn push_source<'q>(
        &self,
        query: &mut QueryBuilder<'q, Postgres>,
        search: &'q Search,
        filter: &'q Filter,
    ) {
        if let (By::Rank, Search::Fuzzy(_)) = (self.by, search) {
            query.push("(WITH matching AS MATERIALIZED (SELECT p.* FROM read.products p");
            filter.push_where(query, search, Except::Nothing);
            query.push(") SELECT * FROM matching LIMIT ").push_bind(RANKED);
            query.push(") p WHERE true");
        } else {
            query.push("read.products p");
            filter.push_where(query, search, Except::Nothing);
        }
    }

    /// Appends where the page starts, and the order. Returns the rows to skip.
    fn push<'q>(
        &self,
        query: &mut QueryBuilder<'q, Postgres>,
        search: &'q Search,
        page: &'q PageRequest,
    ) -> Result<u32, QueryError> {
        if self.by == By::Rank {
            query.push(" ORDER BY ");
            search.push_rank(query);
            query.push(", p.id");
            return match page.after {
                None => Ok(page.offset),
                Some(Cursor::Offset(offset)) => Ok(offset),
                Some(_) => Err(QueryError::Cursor),
            };
        }
        let column = self.column();
        if let Some(after) = &page.after {
            let sign = if self.descending { "<" } else { ">" };
            query.push(format_args!(" AND ({column}, p.id) {sign} ("));
            let id = match (self.by, after) {
                (By::Price, Cursor::Price(price, id)) => {
                    query.push_bind(price.to_string()).push("::numeric");
                    id
                }
                (By::Name, Cursor::Name(name, id)) => {
                    query.push("lower(").push_bind(name).push(")");
                    id
                }
                (By::Rating, Cursor::Rating(rating, id)) => {
                    query.push_bind(rating.to_string()).push("::numeric");
                    id
                }
                (By::Newest, Cursor::Newest(at, id)) => {
                    query.push_bind(at);
                    id
                }
                _ => return Err(QueryError::Cursor),
            };
            query.push(", ").push_bind(id.uuid()).push(")");
        }
        self.push_direction(query);
        Ok(page.offset)
    }

    /// Appends the order of what is not ranked.
    fn push_direction(&self, query: &mut QueryBuilder<'_, Postgres>) {
        let (column, direction) = (self.column(), if self.descending { "DESC" } else { "ASC" });
        query.push(format_args!(" ORDER BY {column} {direction}, p.id {direction}"));
    }

    fn cursor(&self, last: &Row, behind: u32) -> Cursor {
        match self.by {
            By::Price => Cursor::Price(last.price, last.id),
            By::Name => Cursor::Name(last.name.clone(), last.id),
            By::Rating => Cursor::Rating(last.rating, last.id),
            By::Newest => Cursor::Newest(last.created_at, last.id),
            By::Rank => Cursor::Offset(behind),
        }
    }
}
