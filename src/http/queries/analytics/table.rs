//! The two forms of a report: JSON, and the same as CSV. Decides no figure.

use crate::http::extract::Format;
use crate::http::problem::Problem;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

const CSV: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
const BY_ACCEPT: HeaderValue = HeaderValue::from_static("Accept");

/// A report whose CSV are its rows, with the names of their members on top.
pub fn rows<R: Serialize>(
    format: Format,
    report: &impl Serialize,
    names: &[&str],
    rows: &[R],
) -> Result<Response, Problem> {
    respond(format, report, |writer| {
        writer.write_record(names)?;
        rows.iter().try_for_each(|row| writer.serialize(row))
    })
}

/// A report of many kinds of figures: its CSV has a line for each, with its place in the JSON.
pub fn figures(format: Format, report: &impl Serialize) -> Result<Response, Problem> {
    let value = serde_json::to_value(report).map_err(|error| Problem::internal(&error))?;
    respond(format, report, |writer| {
        writer.write_record(["figure", "value"])?;
        let mut lines = Vec::new();
        flatten(String::new(), &value, &mut lines);
        lines.iter().try_for_each(|line| writer.serialize(line))
    })
}

fn respond(
    format: Format,
    report: &impl Serialize,
    write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> Result<(), csv::Error>,
) -> Result<Response, Problem> {
    let mut response = match format {
        Format::Json => axum::Json(report).into_response(),
        Format::Csv => {
            let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
            write(&mut writer).map_err(|error| Problem::internal(&error))?;
            let text = writer.into_inner().map_err(|error| Problem::internal(error.error()))?;
            ([(header::CONTENT_TYPE, CSV)], text).into_response()
        }
    };
    response.headers_mut().append(header::VARY, BY_ACCEPT);
    Ok(response)
}

/// Every value with its path: `sales.revenue`, `top_products.0.name`.
fn flatten(path: String, value: &Value, lines: &mut Vec<(String, String)>) {
    let below =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| flatten(below(name), member, lines));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(place, item)| flatten(below(&place.to_string()), item, lines));
        }
        Value::Null => lines.push((path, String::new())),
        Value::String(text) => lines.push((path, text.clone())),
        Value::Bool(_) | Value::Number(_) => lines.push((path, value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_figure_has_its_place() {
        let mut lines = Vec::new();
        let report = json!({ "to": "x", "sales": { "orders": 2 }, "top": [{ "name": null }] });
        flatten(String::new(), &report, &mut lines);
        let expected = [("to", "x"), ("sales.orders", "2"), ("top.0.name", "")];
        assert_eq!(lines, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }
}
