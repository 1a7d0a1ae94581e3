//! Why the embedded PostgreSQL could not do what was asked, in words for the person who started the
//! server. A message must say what to do next wherever there is something to do.

use std::io;
use std::path::PathBuf;

use super::locate::OLDEST_MAJOR;

/// A failure of the embedded PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No usable PostgreSQL on the machine, and none could be downloaded.
    #[error(
        "no usable PostgreSQL was found on this machine ({found}), and downloading one failed \
         ({download}). Two ways out: install PostgreSQL {wanted} (for example `apt install \
         postgresql` or `brew install postgresql`), or set DATABASE_URL to a PostgreSQL server \
         that you already have"
    )]
    NoPrograms {
        /// Which version would do.
        wanted: String,
        /// What was found instead.
        found: String,
        /// Why the download failed.
        download: String,
    },

    /// Another server holds the data folder.
    #[error(
        "another Ledgerline server{} is using the data folder {}: stop it, or choose another \
         folder with --data-dir",
        process.as_ref().map_or_else(String::new, |id| format!(" (process {id})")),
        data_dir.display()
    )]
    InUse {
        /// The folder.
        data_dir: PathBuf,
        /// The holder's process id, where it could be read.
        process: Option<String>,
    },

    /// Root, and nobody to run the database processes as.
    #[error(
        "PostgreSQL refuses to run as root, and /etc/passwd has none of the users {tried} to run \
         it as: start the server as an ordinary user, or set DATABASE_URL"
    )]
    NoUnprivilegedUser {
        /// The names that were looked for.
        tried: String,
    },

    /// An ordinary user found a cluster that somebody else owns.
    #[error(
        "the database folder {} belongs to user id {owner}: start the server as that user or as \
         root, or choose another folder with --data-dir",
        folder.display()
    )]
    NotOurs {
        /// The database folder.
        folder: PathBuf,
        /// Who owns it.
        owner: u32,
    },

    /// The folder exists, but the user that the database runs as cannot get there.
    #[error(
        "the database runs as user id {user}, which cannot enter {}: allow it to pass (chmod o+x) \
         through the folders above",
        folder.display()
    )]
    Unreachable {
        /// The database folder.
        folder: PathBuf,
        /// Whom the database runs as.
        user: u32,
    },

    /// `data/postgres` points to a folder that is gone.
    #[error(
        "{} points to a database folder that is gone: bring it back, or remove the link to start \
         with an empty database",
        link.display()
    )]
    Dangling {
        /// The link.
        link: PathBuf,
    },

    /// A program of PostgreSQL or the shell failed.
    #[error("{program} failed: {output}")]
    Program {
        /// Its name.
        program: String,
        /// The last lines that it wrote.
        output: String,
    },

    /// The database ended before it answered.
    #[error("PostgreSQL did not start; the end of {} says: {tail}", log.display())]
    DidNotStart {
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },

    /// The database gave no sign of life.
    #[error("PostgreSQL did not answer within {seconds} s; its log is {}", log.display())]
    NoAnswer {
        /// How long it was silent.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },

    /// The database did not end when told to.
    #[error("PostgreSQL (process {process}) did not stop within {seconds} s")]
    DidNotStop {
        /// Its process id.
        process: i32,
        /// How long it was given.
        seconds: u64,
    },

    /// The operating system refused something.
    #[error("cannot {action}")]
    Io {
        /// What was tried, to be read after "cannot".
        action: String,
        /// Its answer.
        source: io::Error,
    },

    /// The database refused something.
    #[error("the embedded PostgreSQL refused a statement")]
    Sql(#[from] sqlx::Error),
}

impl PostgresError {
    /// For `map_err` on file operations: `action` is read after "cannot".
    pub(super) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }

    /// The version that would do, for [`PostgresError::NoPrograms`].
    pub(super) fn wanted(major: Option<u32>) -> String {
        major.map_or_else(
            || format!("{OLDEST_MAJOR} or later"),
            |major| format!("{major}, which made this data folder"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_postgresql_is_told_both_ways_out() {
        let message = PostgresError::NoPrograms {
            wanted: PostgresError::wanted(None),
            found: "neither in the PATH nor in the usual folders".into(),
            download: "no network".into(),
        }
        .to_string();
        assert!(message.contains("install PostgreSQL 15 or later"), "{message}");
        assert!(message.contains("set DATABASE_URL"), "{message}");
        assert!(message.contains("no network"), "{message}");
    }
}
