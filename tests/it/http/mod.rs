//! What every client of the API can rely on.

mod authorisation;
mod carts;
mod errors;
mod openapi;
