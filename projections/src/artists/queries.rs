//! Artists by id and by name, and pages of artists.

use super::Row;
use crate::QueryError;
use crate::paging::{COUNTED, Total};
use crate::words::{Haystack, Words};
use aggregates::ArtistId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgPool, Postgres, QueryBuilder};
use std::collections::HashMap;
use uuid::Uuid;

const ARTISTS: Haystack = Haystack { view: "read.artists", condition: "NOT a.deleted" };

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Sort {
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-name")]
    NameDescending,
    #[serde(rename = "newest")]
    Newest,
    /// Best match first; by name where nothing is searched.
    #[default]
    #[serde(rename = "relevance")]
    Relevance,
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words of the name or of what is told; typing errors in names are forgiven.
    pub q: Option<String>,
    /// In any case.
    pub country: Option<String>,
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

/// The place behind the last artist of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cursor {
    Name(String, ArtistId),
    Newest(DateTime<Utc>, ArtistId),
    /// By relevance there is no value to go on from.
    Offset(u32),
}

#[derive(Debug, Clone)]
pub struct Page {
    pub items: Vec<Row>,
    pub next: Option<Cursor>,
    pub total: Total,
}

/// The artist, unless it is deleted.
pub async fn artist(db: &PgPool, id: ArtistId) -> Result<Option<Row>, sqlx::Error> {
    let row = sqlx::query_scalar!(
        r#"SELECT to_json(r) AS "row!: Json<Row>"
             FROM (SELECT id, name, bio, country, image_url, albums, deleted, version, created_at,
                          updated_at
                     FROM read.artists WHERE id = $1 AND NOT deleted) r"#,
        id.uuid()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.0))
}

/// The artists of these names, whatever their case; of several of the same name the oldest. By the
/// names as they are given.
pub async fn named(
    db: &PgPool,
    names: &[String],
) -> Result<HashMap<String, ArtistId>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT n.name AS "name!", (SELECT a.id FROM read.artists a
                                       WHERE lower(a.name) = lower(n.name) AND NOT a.deleted
                                       ORDER BY a.created_at, a.id LIMIT 1) AS id
             FROM UNNEST($1::text[]) AS n(name)"#,
        names
    )
    .fetch_all(db)
    .await?;
    let found = rows.into_iter().filter_map(|row| Some((row.name, ArtistId::new(row.id?))));
    Ok(found.collect())
}

pub async fn list(db: &PgPool, filter: &Filter, page: &PageRequest) -> Result<Page, QueryError> {
    let mut db = db.acquire().await?;
    let words = Words::choose(&mut db, ARTISTS, filter.q.as_deref()).await?;
    let sort = match (page.sort, &words) {
        (Sort::Relevance, Words::Everything) => Sort::Name,
        (sort, _) => sort,
    };
    let mut query = QueryBuilder::new(
        "SELECT to_json(r) FROM (
         SELECT a.id, a.name, a.bio, a.country, a.image_url, a.albums, a.deleted, a.version,
                a.created_at, a.updated_at
           FROM read.artists a",
    );
    filter.push_where(&mut query, &words);
    let offset = push_order(&mut query, sort, &words, page)?;
    query.push(" LIMIT ").push_bind(i64::from(page.limit) + 1);
    query.push(" OFFSET ").push_bind(i64::from(offset)).push(") r");
    let rows: Vec<Json<Row>> = query.build_query_scalar().fetch_all(&mut *db).await?;
    let mut items: Vec<_> = rows.into_iter().map(|row| row.0).collect();
    let behind = offset.saturating_add(page.limit);
    let next = crate::paging::cut(&mut items, page.limit).map(|last| match sort {
        Sort::Name | Sort::NameDescending => Cursor::Name(last.name.to_string(), last.id),
        Sort::Newest => Cursor::Newest(last.created_at, last.id),
        Sort::Relevance => Cursor::Offset(behind),
    });

    let mut query = QueryBuilder::new("SELECT count(*) FROM (SELECT FROM read.artists a");
    filter.push_where(&mut query, &words);
    query.push(" LIMIT ").push_bind(COUNTED + 1).push(") counted");
    let counted = query.build_query_scalar().fetch_one(&mut *db).await?;
    Ok(Page { items, next, total: Total::up_to(COUNTED, counted) })
}

impl Filter {
    fn push_where<'q>(&'q self, query: &mut QueryBuilder<'q, Postgres>, words: &'q Words) {
        query.push(" WHERE ").push(ARTISTS.condition);
        words.push_condition(query);
        if let Some(country) = &self.country {
            query.push(" AND lower(a.country) = lower(").push_bind(country).push(")");
        }
    }
}

/// Appends where the page starts, and the order; the id breaks ties in the same direction, as the
/// indexes do. Returns the rows to skip.
fn push_order<'q>(
    query: &mut QueryBuilder<'q, Postgres>,
    sort: Sort,
    words: &'q Words,
    page: &'q PageRequest,
) -> Result<u32, QueryError> {
    let (column, descending) = match sort {
        Sort::Name => ("lower(a.name)", false),
        Sort::NameDescending => ("lower(a.name)", true),
        Sort::Newest => ("a.created_at", true),
        Sort::Relevance => {
            query.push(" ORDER BY ");
            words.push_rank(query);
            query.push("a.id");
            return match page.after {
                None => Ok(page.offset),
                Some(Cursor::Offset(offset)) => Ok(offset),
                Some(Cursor::Name(..) | Cursor::Newest(..)) => Err(QueryError::Cursor),
            };
        }
    };
    let (sign, direction) = if descending { ("<", "DESC") } else { (">", "ASC") };
    if let Some(after) = &page.after {
        query.push(format_args!(" AND ({column}, a.id) {sign} ("));
        let id: Uuid = match (sort, after) {
            (Sort::Name | Sort::NameDescending, Cursor::Name(name, id)) => {
                query.push("lower(").push_bind(name).push(")");
                id.uuid()
            }
            (Sort::Newest, Cursor::Newest(at, id)) => {
                query.push_bind(at);
                id.uuid()
            }
            _ => return Err(QueryError::Cursor),
        };
        query.push(", ").push_bind(id).push(")");
    }
    query.push(format_args!(" ORDER BY {column} {direction}, a.id {direction}"));
    Ok(page.offset)
}
