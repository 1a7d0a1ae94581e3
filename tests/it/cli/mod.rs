//! The program as people start, stop, ask and kill it.

mod crash;
mod program;
