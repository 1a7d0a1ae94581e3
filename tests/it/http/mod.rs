//! What every client of the API can rely on.

mod accounts;
mod authorisation;
mod carts;
mod catalogue;
mod endpoints;
mod errors;
mod idempotency;
mod large_catalogue;
mod openapi;
mod order_events;
mod pages;
mod paths;
