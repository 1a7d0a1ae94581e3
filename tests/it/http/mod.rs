//! What every client of the API can rely on.

mod accounts;
mod authorisation;
mod carts;
mod catalogue;
mod errors;
mod openapi;
mod order_events;
