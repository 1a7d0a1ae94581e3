//! Apache Parquet, without compression: for analysis.
//!
//! The columns are those of the other forms, with numbers and times as such. Events are held back
//! until a row group is full, by number or by size: that bounds the memory.

use super::target::Target;
use super::{Sink, SinkError};
use eventlog::ExportLine;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

const SCHEMA: &str = "
message event {
    REQUIRED INT64 leaf_index;
    REQUIRED BYTE_ARRAY aggregate_type (STRING);
    REQUIRED BYTE_ARRAY aggregate_id (STRING);
    REQUIRED INT64 sequence;
    REQUIRED BYTE_ARRAY event_type (STRING);
    REQUIRED BYTE_ARRAY event_version (STRING);
    REQUIRED BYTE_ARRAY event_id (STRING);
    REQUIRED INT64 transaction_id (INTEGER(64, false));
    REQUIRED INT64 global_position;
    REQUIRED INT64 recorded_at (TIMESTAMP(MICROS, true));
    REQUIRED BYTE_ARRAY prev_hash (STRING);
    REQUIRED BYTE_ARRAY hash (STRING);
    REQUIRED BYTE_ARRAY payload (STRING);
    REQUIRED BYTE_ARRAY metadata (STRING);
}";

const GROUP_EVENTS: usize = 20_000;
const GROUP_BYTES: usize = 16 << 20;

pub(super) struct Parquet {
    writer: SerializedFileWriter<Target>,
    held: Vec<ExportLine>,
    held_bytes: usize,
}

type Group<'g> = SerializedRowGroupWriter<'g, Target>;

impl Parquet {
    pub fn new(target: Target) -> Result<Self, SinkError> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let created_by = concat!("ledgerline ", env!("CARGO_PKG_VERSION")).to_owned();
        let properties = Arc::new(WriterProperties::builder().set_created_by(created_by).build());
        let writer = SerializedFileWriter::new(target, schema, properties)?;
        Ok(Self { writer, held: Vec::new(), held_bytes: 0 })
    }

    fn write_group(&mut self) -> Result<(), SinkError> {
        let lines = std::mem::take(&mut self.held);
        self.held_bytes = 0;
        if lines.is_empty() {
            return Ok(());
        }
        let transaction_ids = lines
            .iter()
            .map(|line| line.transaction_id.parse())
            .collect::<Result<Vec<u64>, _>>()?;
        let mut group = self.writer.next_row_group()?;
        let leaves = lines.iter().map(|line| i64::try_from(line.leaf_index));
        numbers(&mut group, &leaves.collect::<Result<Vec<i64>, _>>()?)?;
        texts(&mut group, &lines, |line| &line.aggregate_type)?;
        texts(&mut group, &lines, |line| &line.aggregate_id)?;
        numbers(&mut group, &lines.iter().map(|line| line.sequence).collect::<Vec<_>>())?;
        texts(&mut group, &lines, |line| &line.event_type)?;
        texts(&mut group, &lines, |line| &line.event_version)?;
        let ids: Vec<ByteArray> =
            lines.iter().map(|line| line.event_id.to_string().into_bytes().into()).collect();
        bytes(&mut group, &ids)?;
        // The column is unsigned: the same 64 bits.
        let ids = transaction_ids.into_iter().map(u64::cast_signed);
        numbers(&mut group, &ids.collect::<Vec<_>>())?;
        numbers(&mut group, &lines.iter().map(|line| line.global_position).collect::<Vec<_>>())?;
        let times = lines.iter().map(|line| line.recorded_at.timestamp_micros());
        numbers(&mut group, &times.collect::<Vec<_>>())?;
        texts(&mut group, &lines, |line| &line.prev_hash)?;
        texts(&mut group, &lines, |line| &line.hash)?;
        texts(&mut group, &lines, |line| &line.payload)?;
        texts(&mut group, &lines, |line| &line.metadata)?;
        group.close()?;
        Ok(())
    }
}

fn numbers(group: &mut Group<'_>, values: &[i64]) -> Result<(), SinkError> {
    let mut column = group.next_column()?.ok_or("the schema has fewer columns")?;
    column.typed::<Int64Type>().write_batch(values, None, None)?;
    Ok(column.close()?)
}

fn texts(
    group: &mut Group<'_>,
    lines: &[ExportLine],
    value: impl Fn(&ExportLine) -> &str,
) -> Result<(), SinkError> {
    let values: Vec<ByteArray> = lines.iter().map(|line| value(line).into()).collect();
    bytes(group, &values)
}

fn bytes(group: &mut Group<'_>, values: &[ByteArray]) -> Result<(), SinkError> {
    let mut column = group.next_column()?.ok_or("the schema has fewer columns")?;
    column.typed::<ByteArrayType>().write_batch(values, None, None)?;
    Ok(column.close()?)
}

impl Sink for Parquet {
    fn write(&mut self, lines: Vec<ExportLine>) -> Result<(), SinkError> {
        for line in lines {
            self.held_bytes += line.payload.len() + line.metadata.len();
            self.held.push(line);
            if self.held.len() >= GROUP_EVENTS || self.held_bytes >= GROUP_BYTES {
                self.write_group()?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Target, SinkError> {
        self.write_group()?;
        Ok(self.writer.into_inner()?)
    }
}
