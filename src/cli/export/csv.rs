//! CSV (RFC 4180) with a line of names: for spreadsheets and for looking at.

use super::target::Target;
use super::{Sink, SinkError};
use csv::{Writer, WriterBuilder};
use eventlog::ExportLine;

/// The columns: the members of [`ExportLine`].
const NAMES: [&str; 14] = [
    "leaf_index",
    "aggregate_type",
    "aggregate_id",
    "sequence",
    "event_type",
    "event_version",
    "event_id",
    "transaction_id",
    "global_position",
    "recorded_at",
    "prev_hash",
    "hash",
    "payload",
    "metadata",
];

pub(super) struct Csv {
    writer: Writer<Target>,
    begun: bool,
}

impl Csv {
    pub fn new(target: Target) -> Self {
        // An export of nothing has its line of names too.
        let writer = WriterBuilder::new().has_headers(false).from_writer(target);
        Self { writer, begun: false }
    }

    fn begin(&mut self) -> Result<(), SinkError> {
        if !self.begun {
            self.writer.write_record(NAMES)?;
            self.begun = true;
        }
        Ok(())
    }
}

impl Sink for Csv {
    fn write(&mut self, lines: Vec<ExportLine>) -> Result<(), SinkError> {
        self.begin()?;
        for line in &lines {
            self.writer.serialize(line)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Target, SinkError> {
        self.begin()?;
        self.writer.into_inner().map_err(|error| error.into_error().into())
    }
}
