//! Query strings. A name may be repeated where its field is a list.

use super::text::{nul_in_form, nul_parameter};
use crate::http::problem::{FieldError, Problem};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use garde::Validate;
use serde::de::DeserializeOwned;

/// The parameters of a query string: 422 that names the parameter where one has the wrong shape or
/// breaks a rule of its type.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context: Default>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T>(query: &str) -> Result<T, Problem>
where
    T: DeserializeOwned + Validate<Context: Default>,
{
    if let Some(name) = nul_in_form(query.as_bytes()) {
        return Err(Problem::invalid(vec![nul_parameter(name)]));
    }
    let query = without_empty(query);
    let parameters = serde_html_form::Deserializer::from_bytes(query.as_bytes());
    let value: T = serde_path_to_error::deserialize(parameters).map_err(|error| {
        let detail = error.inner().to_string();
        // A missing parameter is named by the message only.
        let missing =
            detail.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        let (name, code) = match missing {
            Some(name) => (name.to_owned(), "missing"),
            None => (name(&error.path().to_string()), "invalid"),
        };
        Problem::invalid(vec![FieldError::parameter(name, detail).code(code)])
    })?;
    value.validate().map_err(|report| {
        let errors = report
            .iter()
            .map(|(path, error)| FieldError::parameter(name(&path.to_string()), error.message()));
        Problem::invalid(errors.collect())
    })?;
    Ok(value)
}

/// A parameter without a value is none, whatever its type: forms send those that nobody filled.
fn without_empty(query: &str) -> String {
    let has_value = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    query.split('&').filter(has_value).collect::<Vec<_>>().join("&")
}

/// The parameter that a path lies in: an index within a repeated one is of no use.
fn name(path: &str) -> String {
    path.split(['[', '.']).next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, Validate)]
    struct Filter {
        #[serde(default)]
        #[garde(skip)]
        category: Vec<String>,
        #[garde(range(min = 1, max = 100))]
        limit: Option<u32>,
    }

    #[test]
    fn a_name_may_be_repeated_and_an_empty_value_is_none() {
        let filter: Filter = parse("category=books&limit=5&category=toys%20and%20games").unwrap();
        assert_eq!(filter.category, ["books", "toys and games"]);
        assert_eq!(filter.limit, Some(5));
        let filter: Filter = parse("category=books&limit=").unwrap();
        assert_eq!(filter.category, ["books"]);
        assert_eq!(filter.limit, None);
        let filter: Filter = parse("category=&limit").unwrap();
        assert!(filter.category.is_empty() && filter.limit.is_none());
    }

    #[test]
    fn a_wrong_value_names_its_parameter() {
        for query in ["limit=many", "limit=0", "limit=-1"] {
            let problem = parse::<Filter>(query).unwrap_err();
            assert_eq!(problem.status().as_u16(), 422, "{query}");
            let shown = format!("{problem:?}");
            assert!(shown.contains(r#"parameter: Some("limit")"#), "{shown}");
        }
    }
}
