//! What a page of albums is ordered by, and where the next one starts.

use super::queries::{AlbumView, PageRequest};
use crate::QueryError;
use crate::words::Words;
use aggregates::{Money, ProductId};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Sort {
    /// Cheapest first.
    #[serde(rename = "price")]
    Price,
    #[serde(rename = "-price")]
    PriceDescending,
    /// By artist, then by title.
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-name")]
    NameDescending,
    #[serde(rename = "title")]
    Title,
    #[serde(rename = "-title")]
    TitleDescending,
    /// Oldest first; those whose year is not known come before.
    #[serde(rename = "year")]
    Year,
    #[serde(rename = "-year")]
    YearDescending,
    /// Best first.
    #[serde(rename = "rating")]
    Rating,
    /// Latest in the catalogue first.
    #[serde(rename = "newest")]
    Newest,
    /// Best match first; newest first where nothing is searched.
    #[default]
    #[serde(rename = "relevance")]
    Relevance,
}

/// The place behind the last album of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cursor {
    Price(Money, ProductId),
    Name(String, ProductId),
    Title(String, ProductId),
    Year(u16, ProductId),
    Rating(Decimal, ProductId),
    Newest(DateTime<Utc>, ProductId),
    /// By relevance there is no value to go on from.
    Offset(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Price,
    Name,
    Title,
    Year,
    Rating,
    Newest,
    Rank,
}

/// The id breaks ties in the same direction, as the indexes do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    by: By,
    descending: bool,
}

impl Order {
    pub fn of(sort: Sort, words: &Words) -> Self {
        let (by, descending) = match sort {
            Sort::Price => (By::Price, false),
            Sort::PriceDescending => (By::Price, true),
            Sort::Name => (By::Name, false),
            Sort::NameDescending => (By::Name, true),
            Sort::Title => (By::Title, false),
            Sort::TitleDescending => (By::Title, true),
            Sort::Year => (By::Year, false),
            Sort::YearDescending => (By::Year, true),
            Sort::Rating => (By::Rating, true),
            Sort::Newest => (By::Newest, true),
            Sort::Relevance if *words == Words::Everything => (By::Newest, true),
            Sort::Relevance => (By::Rank, true),
        };
        Self { by, descending }
    }

    /// With the id of the same table, so that one index holds both.
    fn columns(self) -> (&'static str, &'static str) {
        match self.by {
            By::Price => ("p.price", "p.id"),
            By::Name => ("lower(p.name)", "p.id"),
            By::Title => ("lower(a.title)", "a.id"),
            By::Year => ("coalesce(a.release_year, 0)", "a.id"),
            By::Rating => ("p.rating", "p.id"),
            By::Newest => ("p.created_at", "p.id"),
            By::Rank => ("", "a.id"),
        }
    }

    /// Appends where the page starts, and the order. Returns the rows to skip.
    pub fn push<'q>(
        self,
        query: &mut QueryBuilder<'q, Postgres>,
        words: &'q Words,
        page: &'q PageRequest,
    ) -> Result<u32, QueryError> {
        let (column, id) = self.columns();
        if self.by == By::Rank {
            query.push(" ORDER BY ");
            words.push_rank(query);
            query.push(id);
            return match page.after {
                None => Ok(page.offset),
                Some(Cursor::Offset(offset)) => Ok(offset),
                Some(_) => Err(QueryError::Cursor),
            };
        }
        let (sign, direction) = if self.descending { ("<", "DESC") } else { (">", "ASC") };
        if let Some(after) = &page.after {
            query.push(format_args!(" AND ({column}, {id}) {sign} ("));
            let last = self.push_value(query, after)?;
            query.push(", ").push_bind(last.uuid()).push(")");
        }
        query.push(format_args!(" ORDER BY {column} {direction}, {id} {direction}"));
        Ok(page.offset)
    }

    fn push_value<'q>(
        self,
        query: &mut QueryBuilder<'q, Postgres>,
        after: &'q Cursor,
    ) -> Result<ProductId, QueryError> {
        let id = match (self.by, after) {
            (By::Price, Cursor::Price(price, id)) => {
                query.push_bind(price.to_string()).push("::numeric");
                id
            }
            (By::Name, Cursor::Name(text, id)) | (By::Title, Cursor::Title(text, id)) => {
                query.push("lower(").push_bind(text).push(")");
                id
            }
            (By::Year, Cursor::Year(year, id)) => {
                query.push_bind(i32::from(*year));
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
        Ok(*id)
    }

    pub fn cursor(self, last: &AlbumView, behind: u32) -> Cursor {
        let AlbumView { album, product } = last;
        match self.by {
            By::Price => Cursor::Price(product.price, product.id),
            By::Name => Cursor::Name(product.name.clone(), product.id),
            By::Title => Cursor::Title(album.title.to_string(), album.id),
            By::Year => Cursor::Year(
                album.release_year.map_or(0, aggregates::product::ReleaseYear::get),
                album.id,
            ),
            By::Rating => Cursor::Rating(product.rating, product.id),
            By::Newest => Cursor::Newest(product.created_at, product.id),
            By::Rank => Cursor::Offset(behind),
        }
    }
}
