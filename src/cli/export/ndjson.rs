//! One JSON object a line: the form that can be imported and verified elsewhere.

use super::columns::Columns;
use super::target::Target;
use super::{Sink, SinkError};
use std::io::Write;

pub(super) struct Ndjson {
    target: Target,
}

impl Ndjson {
    pub fn new(target: Target) -> Self {
        Self { target }
    }
}

impl<L: Columns> Sink<L> for Ndjson {
    fn write(&mut self, lines: Vec<L>) -> Result<(), SinkError> {
        for line in &lines {
            serde_json::to_writer(&mut self.target, line)?;
            self.target.write_all(b"\n")?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Target, SinkError> {
        Ok(self.target)
    }
}
