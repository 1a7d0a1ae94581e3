//! What can be exported: lines of the same columns in every form.

use super::SinkError;
use super::target::Target;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::writer::SerializedRowGroupWriter;
use serde::Serialize;

pub(super) type Group<'g> = SerializedRowGroupWriter<'g, Target>;

/// A line of an export. Its members, in the order in which they serialise, are the columns.
pub(super) trait Columns: Serialize + 'static {
    const NAMES: &'static [&'static str];
    /// The same as a Parquet schema.
    const SCHEMA: &'static str;

    /// About how much memory it takes beside what every line takes.
    fn bytes(&self) -> usize;

    /// Writes the columns of a row group, in the order of the schema.
    fn write(lines: &[Self], group: &mut Group<'_>) -> Result<(), SinkError>
    where
        Self: Sized;
}

pub(super) fn numbers(group: &mut Group<'_>, values: &[i64]) -> Result<(), SinkError> {
    let mut column = group.next_column()?.ok_or("the schema has fewer columns")?;
    column.typed::<Int64Type>().write_batch(values, None, None)?;
    Ok(column.close()?)
}

pub(super) fn texts<L>(
    group: &mut Group<'_>,
    lines: &[L],
    value: impl Fn(&L) -> &str,
) -> Result<(), SinkError> {
    let values: Vec<ByteArray> = lines.iter().map(|line| value(line).into()).collect();
    bytes(group, &values)
}

pub(super) fn bytes(group: &mut Group<'_>, values: &[ByteArray]) -> Result<(), SinkError> {
    let mut column = group.next_column()?.ok_or("the schema has fewer columns")?;
    column.typed::<ByteArrayType>().write_batch(values, None, None)?;
    Ok(column.close()?)
}
