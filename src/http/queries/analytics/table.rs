//! The two forms of a report: JSON, and the same as CSV. Decides no figure, and never lets a text of
//! somebody else's be a formula of whoever opens the CSV in a spreadsheet.

use crate::http::extract::Format;
use crate::http::problem::Problem;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

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
            let text = without_formulas(&text).map_err(|error| Problem::internal(&error))?;
            ([(header::CONTENT_TYPE, CSV)], text).into_response()
        }
    };
    response.headers_mut().append(header::VARY, BY_ACCEPT);
    Ok(response)
}

/// The same table with each cell as [`plain`] text.
fn without_formulas(table: &[u8]) -> Result<Vec<u8>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in reader.records() {
        writer.write_record(record?.iter().map(|cell| plain(cell).into_owned()))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// What spreadsheets would compute gets an apostrophe in front, which makes it text for them. A
/// negative number stays one.
fn plain(cell: &str) -> Cow<'_, str> {
    let is_number = cell.strip_prefix('-').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.chars().all(|c| c.is_ascii_digit() || c == '.')
    });
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        format!("'{cell}").into()
    } else {
        cell.into()
    }
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

    #[test]
    fn no_cell_is_a_formula_and_every_number_stays_one() {
        for formula in ["=1+1", "+1", "-1+cmd", "@SUM(A1)", "\t=1", "-", "-.5"] {
            assert_eq!(plain(formula), format!("'{formula}"));
        }
        for harmless in ["", "-1", "-12.50", "12.50", "Lamp = light", "'=1"] {
            assert_eq!(plain(harmless), harmless);
        }
        let table = without_formulas(b"name,revenue\n\"=HYPERLINK(\"\"x\"\",1)\",-2.00\n").unwrap();
        let expected = "name,revenue\n\"'=HYPERLINK(\"\"x\"\",1)\",-2.00\n";
        assert_eq!(String::from_utf8(table).unwrap(), expected);
    }
}
