//! The statements of one table. Schema names are dynamic, so the macros cannot check them; the tests
//! run every one of them.

use super::Shape;
use super::shape::Column;

fn list<'c>(
    columns: impl IntoIterator<Item = &'c Column>,
    item: impl Fn(usize, &Column) -> String,
) -> String {
    let items: Vec<String> =
        columns.into_iter().enumerate().map(|(place, column)| item(place + 1, column)).collect();
    items.join(", ")
}

/// `$1`: keys as texts. Returns the place of the key (from 1) and the row as JSON text.
pub(super) fn load(shape: &Shape) -> String {
    format!(
        "SELECT k.place, (SELECT row_to_json(r) FROM (SELECT {columns}) r)::text
           FROM UNNEST($1::text[]::{key_type}[]) WITH ORDINALITY AS k(key, place)
           JOIN {table} t ON t.{key} = k.key",
        columns = list(&shape.columns, |_, column| format!("t.{}", column.name)),
        key_type = shape.key().sql_type,
        table = shape.table,
        key = shape.key().name,
    )
}

/// `$1`, `$2`, …: the values of each column as an array of texts.
pub(super) fn insert(shape: &Shape) -> String {
    format!(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM UNNEST({arrays}) AS r({columns})",
        table = shape.table,
        columns = list(&shape.columns, |_, column| column.name.clone()),
        values =
            list(&shape.columns, |_, column| format!("r.{}::{}", column.name, column.sql_type)),
        arrays = list(&shape.columns, |place, _| format!("${place}::text[]")),
    )
}

/// `$1`: keys; `$2`, `$3`, …: the values of each changed column; all as arrays of texts.
pub(super) fn update(shape: &Shape, changed: &[usize]) -> String {
    let changed = || changed.iter().map(|place| &shape.columns[*place]);
    let all = || std::iter::once(shape.key()).chain(changed());
    format!(
        "UPDATE {table} t SET {assignments} FROM UNNEST({arrays}) AS r({columns})
          WHERE t.{key} = r.{key}::{key_type}",
        table = shape.table,
        assignments = list(changed(), |_, column| {
            format!("{0} = r.{0}::{1}", column.name, column.sql_type)
        }),
        arrays = list(all(), |place, _| format!("${place}::text[]")),
        columns = list(all(), |_, column| column.name.clone()),
        key = shape.key().name,
        key_type = shape.key().sql_type,
    )
}

/// `$1`: keys as texts.
pub(super) fn delete(shape: &Shape) -> String {
    format!(
        "DELETE FROM {table} WHERE {key} = ANY ($1::text[]::{key_type}[])",
        table = shape.table,
        key = shape.key().name,
        key_type = shape.key().sql_type,
    )
}
