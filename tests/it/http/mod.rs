//! What every client of the API can rely on.

mod openapi;
