//! Which albums a list or a count is about, as SQL conditions.

use crate::words::{Haystack, Words};
use aggregates::product::Format;
use aggregates::{ArtistId, Money};
use rust_decimal::Decimal;
use sqlx::{Postgres, QueryBuilder};

/// What everybody sees. The literal form of the partial indexes' condition, so that the planner can
/// use them.
pub(super) const ALBUMS: Haystack =
    Haystack { view: "read.albums", condition: "a.is_active AND NOT a.archived" };

#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words of the artist, the title and the tracks together; typing errors are forgiven.
    pub q: Option<String>,
    pub artist_id: Option<ArtistId>,
    /// Any of these in any case, or all where it is empty.
    pub genres: Vec<String>,
    pub labels: Vec<String>,
    pub formats: Vec<Format>,
    /// Both included. An album whose year is not known is in no span of years.
    pub year_from: Option<u16>,
    pub year_to: Option<u16>,
    pub min_price: Option<Money>,
    pub max_price: Option<Money>,
    /// `true`: only what can be ordered now; `false`: only what cannot.
    pub in_stock: Option<bool>,
    pub min_rating: Option<Decimal>,
}

impl Filter {
    /// Whether the conditions are about the product, so that a count has to join it.
    pub(super) fn needs_products(&self) -> bool {
        self.min_price.is_some()
            || self.max_price.is_some()
            || self.in_stock.is_some()
            || self.min_rating.is_some()
    }

    /// Appends ` WHERE …` over the aliases `a`, and `p` where that is needed.
    pub(super) fn push_where<'q>(
        &'q self,
        query: &mut QueryBuilder<'q, Postgres>,
        words: &'q Words,
    ) {
        query.push(" WHERE ").push(ALBUMS.condition);
        words.push_condition(query);
        if let Some(artist_id) = self.artist_id {
            query.push(" AND a.artist_id = ").push_bind(artist_id.uuid());
        }
        for (column, texts) in [("genre", &self.genres), ("label", &self.labels)] {
            if !texts.is_empty() {
                query.push(format_args!(" AND lower(a.{column}) = ANY (ARRAY("));
                query.push("SELECT lower(t) FROM UNNEST(").push_bind(texts).push("::text[]) t))");
            }
        }
        if !self.formats.is_empty() {
            let formats: Vec<_> = self.formats.iter().map(|format| format.as_str()).collect();
            query.push(" AND a.format = ANY (").push_bind(formats).push(")");
        }
        for (sign, year) in [(">=", self.year_from), ("<=", self.year_to)] {
            if let Some(year) = year {
                query.push(format_args!(" AND a.release_year {sign} ")).push_bind(i32::from(year));
            }
        }
        for (sign, price) in [(">=", self.min_price), ("<=", self.max_price)] {
            if let Some(price) = price {
                query.push(format_args!(" AND p.price {sign} "));
                query.push_bind(price.to_string()).push("::numeric");
            }
        }
        match self.in_stock {
            Some(true) => drop(query.push(" AND p.quantity > 0")),
            Some(false) => drop(query.push(" AND p.quantity <= 0")),
            None => {}
        }
        if let Some(rating) = self.min_rating {
            query.push(" AND p.rating >= ").push_bind(rating.to_string()).push("::numeric");
        }
    }
}
