//! The `ledgerline` binary; see [`ledgerline::cli`].

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Requests allocate much and briefly on all threads, where the system's allocator makes them wait.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    ledgerline::cli::run().await
}
