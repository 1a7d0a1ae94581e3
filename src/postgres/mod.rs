//! The PostgreSQL that `ledgerline serve` runs for itself when it is given no `DATABASE_URL`, and
//! that the integration tests share.
//!
//! It finds the programs on the machine (or downloads them), makes a cluster in the data folder,
//! starts it, takes over one that a killed server left running, and stops it. It must never weaken
//! a server's durability (`fsync`, `synchronous_commit` and `full_page_writes` are pinned on the
//! command line), never run a database process as root, never listen beyond loopback, and never
//! touch a cluster that it did not make.
//!
//! What lies in the data folder:
//!
//! | name | what |
//! |---|---|
//! | `ledgerline.lock` | locked while a server uses the folder; holds its process id |
//! | `database-url` | for people: `psql "$(cat data/database-url)"`, as the superuser |
//! | `postgres.log` | what the database says; the last few runs are kept as `.1`, `.2`, … |
//! | `postgres/` | the cluster, its socket and its settings, owned by whom the database runs as |

mod account;
mod cluster;
mod download;
mod endpoint;
mod error;
mod init;
mod layout;
mod locate;
mod process;
mod settings;
mod start;

pub use cluster::{Cluster, ClusterOptions};
pub use endpoint::{DATABASE, Endpoint};
pub use error::PostgresError;
pub use settings::Profile;
