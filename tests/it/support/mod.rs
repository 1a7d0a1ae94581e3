//! What tests stand on: databases, servers and clients. Asserts nothing about the product itself,
//! except that every server leaves a log that can be proved.

pub mod app;
pub mod client;
pub mod contract;
pub mod database;
pub mod program;
pub mod proxy;
pub mod shop;
pub mod wait;
