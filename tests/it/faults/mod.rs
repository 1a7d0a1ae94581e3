//! What machines, networks, databases, providers and clients do to a server, one folder of faults
//! each; `docs/RELIABILITY.md` has the table. After each of them nothing that was acknowledged is
//! lost, nothing has happened twice, the log verifies, and the read models are what it says.
//!
//! `LEDGERLINE_FAULTS=long` runs the long form. The fail points need the feature `faults`.

mod clients;
mod clock;
mod disk;
mod leases;
mod network;
#[cfg(feature = "faults")]
mod points;
mod postgres;
mod provider;
