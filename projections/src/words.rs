//! Finding rows by words: full text first, and trigrams where that finds nothing, so that a typing
//! error costs one more query. For views with the columns `search` (a tsvector of the words as they
//! are and of their stems in Russian and English) and `words` (the same texts in lower case).
//!
//! Stems alone would not do: an artist may be called after stop words only, such as The Who.

use sqlx::{PgConnection, Postgres, QueryBuilder};

/// How alike a typed word and a word of the text must be (0 to 1). Less than for products: every word
/// must be met by something, and one wrong letter in a word of five leaves a third.
const SIMILARITY: &str = "0.3";

/// A view to search in, as the alias `a`, and which of its rows can be found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Haystack {
    pub view: &'static str,
    pub condition: &'static str,
}

/// How the words of a filter are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Words {
    Everything,
    FullText(String),
    /// All of these, each by something alike.
    Fuzzy(Vec<String>),
}

impl Words {
    /// Chooses by asking whether full text finds anything.
    pub async fn choose(
        db: &mut PgConnection,
        haystack: Haystack,
        q: Option<&str>,
    ) -> Result<Self, sqlx::Error> {
        let Some(q) = q.map(str::trim).filter(|q| !q.is_empty()) else {
            return Ok(Self::Everything);
        };
        let Haystack { view, condition } = haystack;
        let full_text = Self::FullText(q.to_owned());
        // A CTE is planned for all its rows, by the index; EXISTS alone hopes to meet one soon, and
        // reads the whole table where there is none.
        let mut query = QueryBuilder::new("WITH matching AS MATERIALIZED (SELECT FROM ");
        query.push(view).push(" a WHERE ").push(condition);
        full_text.push_condition(&mut query);
        query.push(") SELECT EXISTS (SELECT FROM matching)");
        if query.build_query_scalar().fetch_one(&mut *db).await? {
            return Ok(full_text);
        }
        // For the session: all who use the operator that reads it want the same.
        sqlx::query_scalar!(
            "SELECT set_config('pg_trgm.word_similarity_threshold', $1, false)",
            SIMILARITY
        )
        .fetch_one(db)
        .await?;
        Ok(Self::Fuzzy(split(q)))
    }

    /// Appends ` AND …` over the alias `a`.
    pub fn push_condition<'q>(&'q self, query: &mut QueryBuilder<'q, Postgres>) {
        match self {
            Self::Everything => {}
            Self::FullText(q) => {
                query.push(" AND a.search @@ ");
                push_query(query, q);
            }
            Self::Fuzzy(words) if words.is_empty() => drop(query.push(" AND false")),
            Self::Fuzzy(words) => {
                for word in words {
                    query.push(" AND lower(").push_bind(word).push(") <% a.words");
                }
            }
        }
    }

    /// Appends the expression to order by, best first; nothing where nothing was searched.
    pub fn push_rank<'q>(&'q self, query: &mut QueryBuilder<'q, Postgres>) {
        match self {
            Self::Everything => {}
            Self::FullText(q) => {
                query.push("ts_rank(a.search, ");
                push_query(query, q);
                query.push(") DESC, ");
            }
            Self::Fuzzy(words) => {
                let all = words.join(" ");
                query.push("word_similarity(lower(").push_bind(all).push("), a.words) DESC, ");
            }
        }
    }
}

/// The words of a query without the signs around them. One that must not occur says nothing about
/// what is alike.
fn split(q: &str) -> Vec<String> {
    let words = q.split_whitespace().filter(|word| !word.starts_with('-'));
    let words = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn push_query<'q>(query: &mut QueryBuilder<'q, Postgres>, q: &'q str) {
    query.push("(websearch_to_tsquery('simple', ").push_bind(q);
    query.push(") || websearch_to_tsquery('russian', ").push_bind(q).push("))");
}
