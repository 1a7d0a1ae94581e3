//! The layers around all handlers. Each does one thing; their order stands in `http::mod`.

mod authenticate;
mod client;
mod limits;
mod pages;
mod panics;
mod paths;
mod security;
mod timeout;
mod trace;

pub use authenticate::authenticate;
pub use limits::{Limits, limit};
pub use pages::{Pages, keep_pages};
pub use panics::answer_panic;
pub use paths::normalise;
pub use security::{cors, security_headers};
pub use timeout::time_out;
pub use trace::trace;
