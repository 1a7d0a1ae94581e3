//! The `ledgerline` binary; see [`ledgerline::cli`].

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    ledgerline::cli::run().await
}
