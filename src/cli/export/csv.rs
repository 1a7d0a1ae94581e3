//! CSV (RFC 4180) with a line of names: for spreadsheets and for looking at.

use super::columns::Columns;
use super::target::Target;
use super::{Sink, SinkError};
use csv::{Writer, WriterBuilder};

pub(super) struct Csv {
    writer: Writer<Target>,
    names: &'static [&'static str],
    begun: bool,
}

impl Csv {
    pub fn new<L: Columns>(target: Target) -> Self {
        // An export of nothing has its line of names too.
        let writer = WriterBuilder::new().has_headers(false).from_writer(target);
        Self { writer, names: L::NAMES, begun: false }
    }

    fn begin(&mut self) -> Result<(), SinkError> {
        if !self.begun {
            self.writer.write_record(self.names)?;
            self.begun = true;
        }
        Ok(())
    }

    fn end(mut self) -> Result<Target, SinkError> {
        self.begin()?;
        self.writer.into_inner().map_err(|error| error.into_error().into())
    }
}

impl<L: Columns> Sink<L> for Csv {
    fn write(&mut self, lines: Vec<L>) -> Result<(), SinkError> {
        self.begin()?;
        for line in &lines {
            self.writer.serialize(line)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Target, SinkError> {
        self.end()
    }
}
