//! Apache Parquet, without compression: for analysis.
//!
//! The columns are those of the other forms, with numbers and times as such. Lines are held back
//! until a row group is full, by number or by size: that bounds the memory.

use super::columns::Columns;
use super::target::Target;
use super::{Sink, SinkError};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

const GROUP_LINES: usize = 20_000;
const GROUP_BYTES: usize = 16 << 20;

pub(super) struct Parquet<L> {
    writer: SerializedFileWriter<Target>,
    held: Vec<L>,
    held_bytes: usize,
}

impl<L: Columns> Parquet<L> {
    pub fn new(target: Target) -> Result<Self, SinkError> {
        let schema = Arc::new(parse_message_type(L::SCHEMA)?);
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
        let mut group = self.writer.next_row_group()?;
        L::write(&lines, &mut group)?;
        group.close()?;
        Ok(())
    }
}

impl<L: Columns> Sink<L> for Parquet<L> {
    fn write(&mut self, lines: Vec<L>) -> Result<(), SinkError> {
        for line in lines {
            self.held_bytes += line.bytes();
            self.held.push(line);
            if self.held.len() >= GROUP_LINES || self.held_bytes >= GROUP_BYTES {
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
