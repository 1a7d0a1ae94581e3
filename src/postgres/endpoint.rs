//! How to reach a running cluster: over its Unix socket for the server, over loopback with a
//! password for people and their tools. It must never print the password by itself.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::error::PostgresError;
use super::{layout, process};

/// The database of a server. [`super::Cluster::ensure_database`] makes it.
pub const DATABASE: &str = "ledgerline";

/// The one superuser role.
pub(super) const SUPERUSER: &str = "postgres";

/// How to reach a running cluster.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) socket_dir: PathBuf,
    pub(super) port: u16,
    pub(super) password: String,
}

impl Endpoint {
    /// The cluster that another process runs in `data_dir`, or `None` if none runs there.
    pub fn of_running(data_dir: &Path) -> Option<Self> {
        let cluster = layout::cluster_folder(&data_dir.join(layout::HOME).canonicalize().ok()?);
        let file = process::PidFile::read(&cluster)?;
        if !file.is_postmaster_of(&cluster) {
            return None;
        }
        let (_, password) = read_url(&data_dir.join(layout::URL_FILE))?;
        Some(Self { socket_dir: file.socket_dir?, port: file.port?, password })
    }

    /// For the server: the superuser over the Unix socket. Set `username` and `password` of a role
    /// with fewer rights on the result where that will do.
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_dir)
            .port(self.port)
            .username(SUPERUSER)
            .password(&self.password)
            .database(database)
            // The socket never leaves the machine, and PostgreSQL offers no TLS on it.
            .ssl_mode(PgSslMode::Disable)
    }

    /// For people and tools (psql, pgbench): the superuser over loopback, password included.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Endpoint")
            .field("socket_dir", &self.socket_dir)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// The port and the password that the last start recorded.
pub(super) fn read_url(file: &Path) -> Option<(u16, String)> {
    parse_url(fs::read_to_string(file).ok()?.trim())
}

fn parse_url(url: &str) -> Option<(u16, String)> {
    let rest = url.strip_prefix("postgres://")?.strip_prefix(SUPERUSER)?.strip_prefix(':')?;
    let (password, place) = rest.split_once('@')?;
    let (port, _) = place.strip_prefix("127.0.0.1:")?.split_once('/')?;
    Some((port.parse().ok()?, password.to_owned()))
}

/// Records how to reach the cluster. The next start reads the port and the password from it.
pub(super) fn write_url(file: &Path, endpoint: &Endpoint) -> Result<(), PostgresError> {
    let text = format!("{}\n", endpoint.url(DATABASE));
    layout::write_private(file, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        Endpoint { socket_dir: "/s".into(), port: 5433, password: "c0ffee".into() }
    }

    #[test]
    fn a_written_url_reads_back() {
        assert_eq!(parse_url(&endpoint().url(DATABASE)), Some((5433, "c0ffee".into())));
        assert_eq!(parse_url("postgres://somebody:x@10.0.0.1:5432/other"), None);
        assert_eq!(parse_url(""), None);
    }

    #[test]
    fn the_debug_form_hides_the_password() {
        assert!(!format!("{:?}", endpoint()).contains("c0ffee"));
    }
}
