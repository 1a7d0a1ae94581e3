//! Albums by id, and pages of albums, each with its product.

use super::Row;
use super::filter::{ALBUMS, Filter};
use super::order::{Cursor, Order, Sort};
use crate::QueryError;
use crate::catalogue;
use crate::paging::{COUNTED, Total};
use crate::words::Words;
use aggregates::ProductId;
use sqlx::types::Json;
use sqlx::{PgPool, QueryBuilder};
use std::collections::HashMap;

/// An album with its product.
#[derive(Debug, Clone)]
pub struct AlbumView {
    pub album: Row,
    pub product: catalogue::Row,
}

/// Which part of a list.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    pub sort: Sort,
    pub limit: u32,
    /// Must come from a page of the same filter and sort.
    pub after: Option<Cursor>,
    pub offset: u32,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<AlbumView>,
    pub next: Option<Cursor>,
    pub total: Total,
}

/// The album, unless it is archived; `None` for products that are none.
pub async fn album(db: &PgPool, id: ProductId) -> Result<Option<AlbumView>, sqlx::Error> {
    let row = sqlx::query_scalar!(
        r#"SELECT to_json(r) AS "row!: Json<Row>"
             FROM (SELECT id, artist_id, artist_name, title, release_year, genre, label, format,
                          tracks, is_active, archived, version
                     FROM read.albums WHERE id = $1 AND NOT archived) r"#,
        id.uuid()
    )
    .fetch_optional(db)
    .await?;
    let Some(Json(album)) = row else {
        return Ok(None);
    };
    let product = catalogue::product(db, id).await?;
    Ok(product.map(|product| AlbumView { album, product }))
}

pub async fn list(pool: &PgPool, filter: &Filter, page: &PageRequest) -> Result<Page, QueryError> {
    let mut db = pool.acquire().await?;
    let words = Words::choose(&mut db, ALBUMS, filter.q.as_deref()).await?;
    let order = Order::of(page.sort, &words);
    let mut query = QueryBuilder::new(
        "SELECT to_json(r) FROM (
         SELECT a.id, a.artist_id, a.artist_name, a.title, a.release_year, a.genre, a.label, a.format,
                a.tracks, a.is_active, a.archived, a.version
           FROM read.albums a JOIN read.products p ON p.id = a.id
                AND p.is_active AND NOT p.archived AND p.version > 0",
    );
    filter.push_where(&mut query, &words);
    let offset = order.push(&mut query, &words, page)?;
    query.push(" LIMIT ").push_bind(i64::from(page.limit) + 1);
    query.push(" OFFSET ").push_bind(i64::from(offset)).push(") r");
    let rows: Vec<Json<Row>> = query.build_query_scalar().fetch_all(&mut *db).await?;

    let mut query = QueryBuilder::new("SELECT count(*) FROM (SELECT FROM read.albums a");
    if filter.needs_products() {
        query.push(" JOIN read.products p ON p.id = a.id");
    }
    filter.push_where(&mut query, &words);
    query.push(" LIMIT ").push_bind(COUNTED + 1).push(") counted");
    let counted = query.build_query_scalar().fetch_one(&mut *db).await?;
    drop(db);

    let mut items = with_products(pool, rows).await?;
    let behind = offset.saturating_add(page.limit);
    let next = crate::paging::cut(&mut items, page.limit).map(|last| order.cursor(last, behind));
    Ok(Page { items, next, total: Total::up_to(COUNTED, counted) })
}

/// The albums in their order, each with its product.
async fn with_products(db: &PgPool, rows: Vec<Json<Row>>) -> Result<Vec<AlbumView>, sqlx::Error> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let products = catalogue::products(db, &ids).await?;
    let mut products: HashMap<_, _> =
        products.into_iter().map(|product| (product.id, product)).collect();
    let view = |Json(album): Json<Row>| {
        let product = products.remove(&album.id)?;
        Some(AlbumView { album, product })
    };
    Ok(rows.into_iter().filter_map(view).collect())
}
