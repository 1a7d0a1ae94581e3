//! What a batch changed in a table, as the statements take it.

use super::Shape;
use super::text::{Fields, text};
use serde::Serialize;
use std::collections::BTreeMap;

/// Values by column, then by row: one array parameter for each column.
pub(super) type Columns = Vec<Vec<Option<String>>>;

#[derive(Debug, Default)]
pub(super) struct Changes {
    /// All columns of the shape.
    pub inserted: Columns,
    /// By the places of the columns that changed, so that each statement names only those: the key
    /// first, then the values. Generated columns, and values that are stored out of line, stay
    /// untouched that way.
    pub updated: BTreeMap<Vec<usize>, Columns>,
    pub deleted: Vec<String>,
}

impl Changes {
    pub fn insert(&mut self, shape: &Shape, row: &impl Serialize) -> Result<(), serde_json::Error> {
        let fields = Fields::of(row)?;
        let values = fields.in_order(shape)?;
        self.inserted.resize_with(values.len(), Vec::new);
        for ((value, column), values) in values.iter().zip(&shape.columns).zip(&mut self.inserted) {
            values.push(text(value, column)?);
        }
        Ok(())
    }

    pub fn update<Row: Serialize>(
        &mut self,
        shape: &Shape,
        old: &Row,
        new: &Row,
    ) -> Result<(), serde_json::Error> {
        let (old, new) = (Fields::of(old)?, Fields::of(new)?);
        let (old, new) = (old.in_order(shape)?, new.in_order(shape)?);
        let changed: Vec<usize> =
            (0..new.len()).filter(|place| old[*place] != new[*place]).collect();
        // Rows can differ where their columns do not, for instance in the scale of a number.
        if changed.is_empty() {
            return Ok(());
        }
        let wanted = std::iter::once(shape.key).chain(changed.iter().copied());
        let texts = wanted
            .map(|place| text(new[place], &shape.columns[place]))
            .collect::<Result<Vec<_>, _>>()?;
        let columns = self.updated.entry(changed).or_default();
        columns.resize_with(texts.len(), Vec::new);
        for (values, text) in columns.iter_mut().zip(texts) {
            values.push(text);
        }
        Ok(())
    }
}
