//! The name of a stream.

use std::fmt;
use std::sync::Arc;

/// An aggregate's type and id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    pub aggregate_type: &'static str,
    pub aggregate_id: Arc<str>,
}

impl StreamId {
    pub fn new(aggregate_type: &'static str, aggregate_id: impl Into<Arc<str>>) -> Self {
        Self { aggregate_type, aggregate_id: aggregate_id.into() }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.aggregate_id)
    }
}
