//! Finding products by words: full text first, and trigrams where that finds nothing, so that a
//! typing error costs one more query and a correct word costs none.

use super::filter::{Filter, Show};
use moka::sync::Cache;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use std::time::Duration;

/// How alike a typed word and a word of a name must be (0 to 1). PostgreSQL's 0.6 misses words of
/// seven letters with one wrong in the middle.
const SIMILARITY: &str = "0.4";

/// Words that more products have are not ranked: that reads every one of them, and what tens of
/// thousands have tells little apart.
pub(super) const RANKED: i64 = 1_000;

/// How many of a search are counted that [`RANKED`] match by their words and some more conditions.
pub(super) const COUNTED_OF_COMMON: i64 = 100;

/// Words that were common a moment ago. Counting costs most where it need not be done: PostgreSQL goes
/// through all products with the words before it stops at the limit. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CommonWords(Cache<(String, Show), ()>);

impl Default for CommonWords {
    fn default() -> Self {
        let moment = Duration::from_mins(1);
        Self(Cache::builder().max_capacity(10_000).time_to_live(moment).build())
    }
}

/// How the words of a filter are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Search {
    Everything,
    /// By full text, with how many of what is shown match by their words alone.
    FullText(String, i64),
    /// By full text, and more than [`RANKED`] match.
    Common(String),
    Fuzzy(String),
}

impl Search {
    /// Chooses by what full text finds of what the filter shows.
    pub(super) async fn choose(
        db: &mut PgConnection,
        common: &CommonWords,
        filter: &Filter,
    ) -> Result<Self, sqlx::Error> {
        let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) else {
            return Ok(Self::Everything);
        };
        let words = (q.to_owned(), filter.show);
        if common.0.contains_key(&words) {
            return Ok(Self::Common(words.0));
        }
        // Trap: asked with EXISTS alone, the planner hopes to meet a match soon, and reads the whole
        // table where there is none. A CTE is planned for all its rows, by the index, and still
        // stops at the first.
        let found = sqlx::query_scalar!(
            r#"WITH matching AS MATERIALIZED (
                   SELECT FROM read.products
                    WHERE search @@ websearch_to_tsquery('russian', $1)
                      AND (is_active OR $3) AND (NOT archived OR $4) AND version > 0)
               SELECT count(*) AS "found!" FROM (SELECT FROM matching LIMIT $2::bigint + 1) m"#,
            q,
            RANKED,
            filter.show != Show::ForSale,
            filter.show == Show::All
        )
        .fetch_one(&mut *db)
        .await?;
        match found {
            0 => {}
            1..=RANKED => return Ok(Self::FullText(q.to_owned(), found)),
            _ => {
                common.0.insert(words, ());
                return Ok(Self::Common(q.to_owned()));
            }
        }
        // For the session: nobody else uses the operator that reads it.
        sqlx::query_scalar!(
            "SELECT set_config('pg_trgm.word_similarity_threshold', $1, false)",
            SIMILARITY
        )
        .fetch_one(db)
        .await?;
        Ok(Self::Fuzzy(q.to_owned()))
    }

    /// Appends ` AND …` over the alias `p`.
    pub(super) fn push_condition<'q>(&'q self, query: &mut QueryBuilder<'q, Postgres>) {
        match self {
            Self::Everything => {}
            Self::FullText(q, _) | Self::Common(q) => {
                query.push(" AND p.search @@ websearch_to_tsquery('russian', ");
                query.push_bind(q).push(")");
            }
            Self::Fuzzy(q) => {
                query.push(" AND lower(").push_bind(q).push(") <% lower(p.name)");
            }
        }
    }

    /// Appends the expression to order by, best first; `false` where nothing is ranked.
    pub(super) fn push_rank<'q>(&'q self, query: &mut QueryBuilder<'q, Postgres>) -> bool {
        match self {
            Self::Everything | Self::Common(_) => return false,
            Self::FullText(q, _) => {
                query.push("ts_rank(p.search, websearch_to_tsquery('russian', ");
                query.push_bind(q).push(")) DESC");
            }
            Self::Fuzzy(q) => {
                query.push("word_similarity(lower(").push_bind(q).push("), lower(p.name)) DESC");
            }
        }
        true
    }
}
