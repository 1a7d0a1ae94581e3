//! The engine below a projection: loads the rows that a batch touches, folds in memory, and stores
//! what changed with one statement per kind of change.

mod change;
mod shape;
mod sql;
mod text;
mod worker;

pub(crate) use shape::Shape;
pub(crate) use worker::{Fault, TableWorker, Worker};
