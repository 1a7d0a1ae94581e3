//! The statements of one table. Schema names are dynamic, so the macros cannot check them; the tests
//! run every one of them.

use super::Shape;
use super::shape::Column;
use std::fmt::Write;

fn names<'c>(prefix: &str, columns: impl IntoIterator<Item = &'c Column>) -> String {
    let mut list = String::new();
    for column in columns {
        let comma = if list.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(list, "{comma}{prefix}{}", column.name);
    }
    list
}

/// The columns as a row type, for the JSON functions.
fn row_type<'c>(columns: impl IntoIterator<Item = &'c Column>) -> String {
    let mut list = String::new();
    for column in columns {
        let comma = if list.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(list, "{comma}{} {}", column.name, column.sql_type);
    }
    list
}

/// `$1`: keys as texts. Returns the place of the key (from 1) and the row as JSON text.
pub(super) fn load(shape: &Shape) -> String {
    format!(
        "SELECT k.place, (SELECT row_to_json(r) FROM (SELECT {columns}) r)::text
           FROM UNNEST($1::text[]::{key_type}[]) WITH ORDINALITY AS k(key, place)
           JOIN {table} t ON t.{key} = k.key",
        columns = names("t.", &shape.columns),
        key_type = shape.key.sql_type,
        table = shape.table,
        key = shape.key.name,
    )
}

/// `$1`: a JSON array of whole rows.
pub(super) fn insert(shape: &Shape) -> String {
    format!(
        "INSERT INTO {table} ({columns}) SELECT {columns}
           FROM json_to_recordset($1::text::json) AS r({row_type})",
        table = shape.table,
        columns = names("", &shape.columns),
        row_type = row_type(&shape.columns),
    )
}

/// `$1`: a JSON array of objects with the key and the columns of `changed`.
pub(super) fn update(shape: &Shape, changed: &[&Column]) -> String {
    let mut assignments = String::new();
    for column in changed {
        let comma = if assignments.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(assignments, "{comma}{0} = r.{0}", column.name);
    }
    format!(
        "UPDATE {table} t SET {assignments}
           FROM json_to_recordset($1::text::json) AS r({row_type})
          WHERE t.{key} = r.{key}",
        table = shape.table,
        row_type = row_type(std::iter::once(&shape.key).chain(changed.iter().copied())),
        key = shape.key.name,
    )
}

/// `$1`: keys as texts.
pub(super) fn delete(shape: &Shape) -> String {
    format!(
        "DELETE FROM {table} WHERE {key} = ANY ($1::text[]::{key_type}[])",
        table = shape.table,
        key = shape.key.name,
        key_type = shape.key.sql_type,
    )
}
