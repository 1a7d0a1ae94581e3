//! The Ledgerline server: HTTP in front of the event log and the read models.
//!
//! Commands decide from streams and append events; queries read projections and never touch the log.

pub mod appended;
pub mod audit;
pub mod auth;
pub mod cart;
pub mod catalogue;
pub mod checkout;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod entropy;
pub mod expected;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod gift_cards;
pub mod http;
pub mod images;
pub mod jobs;
mod keyfile;
pub mod ledgers;
pub mod log;
pub mod mail;
pub mod migrations;
pub mod outbound;
pub mod payments;
pub mod postgres;
pub mod promotions;
pub mod replay;
pub mod reviews;
pub mod sealing;
pub mod server;
pub mod state;
pub mod telemetry;
pub mod webhooks;
pub mod wishlists;
