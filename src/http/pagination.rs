//! Pages of lists: `limit`, an opaque `cursor`, `offset`, and the form of the answer.

use crate::http::docs::CursorSchema;
use crate::http::extract::json_has_nul;
use crate::http::problem::{FieldError, Problem};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use garde::Validate;
use projections::Total;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which page of a list is wanted. To be taken as `Query<PageQuery>` beside the filters.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items on the page.
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// Where the page before ended: its `next_cursor`.
    #[garde(length(max = 1000))]
    #[param(value_type = Option<CursorSchema>)]
    cursor: Option<String>,
    /// Items to skip; better use `cursor`.
    #[garde(range(max = 100_000))]
    #[param(maximum = 100_000, default = 0)]
    offset: Option<u32>,
}

impl PageQuery {
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(20)
    }

    pub fn offset(&self) -> u32 {
        self.offset.unwrap_or(0)
    }

    /// The cursor as the read model understands it.
    pub fn after<C: DeserializeOwned>(&self) -> Result<Option<C>, Problem> {
        self.cursor.as_deref().filter(|cursor| !cursor.is_empty()).map(decode).transpose()
    }
}

/// One page.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the next page; `null` on the last one.
    #[schema(value_type = Option<CursorSchema>)]
    pub next_cursor: Option<String>,
    /// How many there are in all, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// `false` where counting stopped at `total`: there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_is_exact: Option<bool>,
}

impl<T> List<T> {
    /// `next` is the read model's cursor of the next page.
    pub fn new(items: Vec<T>, next: Option<&impl Serialize>) -> Self {
        Self { items, next_cursor: next.map(encode), total: None, total_is_exact: None }
    }

    pub fn total(mut self, total: Total) -> Self {
        self.total = Some(total.rows);
        self.total_is_exact = Some(total.is_exact);
        self
    }
}

fn encode(cursor: &impl Serialize) -> String {
    #[expect(clippy::expect_used, reason = "cursors are plain data with text keys")]
    let json = serde_json::to_vec(cursor).expect("a cursor serialises");
    URL_SAFE_NO_PAD.encode(json)
}

fn decode<C: DeserializeOwned>(cursor: &str) -> Result<C, Problem> {
    let json = URL_SAFE_NO_PAD.decode(cursor).ok().filter(|json| !json_has_nul(json));
    json.and_then(|json| serde_json::from_slice(&json).ok()).ok_or_else(invalid_cursor)
}

/// The cursor was not made by this list.
pub fn invalid_cursor() -> Problem {
    let detail = "the cursor does not belong to this list";
    Problem::invalid(vec![FieldError::parameter("cursor", detail)])
}

impl From<projections::QueryError> for Problem {
    fn from(error: projections::QueryError) -> Self {
        match error {
            projections::QueryError::Cursor => invalid_cursor(),
            projections::QueryError::Database(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Cursor {
        name: String,
    }

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = Cursor { name: "виниловая пластинка".to_owned() };
        let list = List::<u8>::new(vec![], Some(&cursor));
        let query = PageQuery { cursor: list.next_cursor, ..PageQuery::default() };
        assert_eq!(query.after::<Cursor>().unwrap(), Some(cursor));
    }

    #[test]
    fn a_forged_cursor_is_refused() {
        for cursor in ["!", "e30", "AAAA"] {
            let query = PageQuery { cursor: Some(cursor.to_owned()), ..PageQuery::default() };
            assert_eq!(query.after::<Cursor>().unwrap_err().status().as_u16(), 422);
        }
        assert_eq!(PageQuery::default().after::<Cursor>().unwrap(), None);
    }
}
