//! Whom the database processes run as, and the only way in which this module starts a program.
//!
//! PostgreSQL refuses to run as root. A server started by root therefore drops to an unprivileged
//! user for every program that it starts here, and must never write as root into a folder which
//! that user owns: a link planted there would let it overwrite any file of the machine. What has to
//! be written there is written by a shell that runs as that user.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::PostgresError;

/// In this order; `_postgres` is macOS's name for it.
const UNPRIVILEGED: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// All that a child inherits. The rest stays out: the environment may hold the server's secrets,
/// and `PGDATA`, `PGPORT` and their like would steer PostgreSQL elsewhere.
const INHERITED: [&str; 7] = [
    "PATH",
    "TMPDIR",
    "TZDIR",
    "LOCALE_ARCHIVE",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// The server's own user.
    Own,
    /// Another one; only root can do that.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// Chooses for a database folder: `owner` is who owns it, if it exists already.
    pub(super) fn choose(folder: &Path, owner: Option<(u32, u32)>) -> Result<Self, PostgresError> {
        let own = rustix::process::geteuid().as_raw();
        if own != 0 {
            return match owner {
                Some((owner, _)) if owner != own => {
                    Err(PostgresError::NotOurs { folder: folder.to_path_buf(), owner })
                }
                _ => Ok(Self::Own),
            };
        }
        if let Some((uid, gid)) = owner.filter(|(uid, _)| *uid != 0) {
            return Ok(Self::Other { uid, gid });
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        unprivileged(&passwd)
            .ok_or_else(|| PostgresError::NoUnprivilegedUser { tried: UNPRIVILEGED.join(", ") })
    }

    /// A program that runs as this account, with a clean environment and without input.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").stdin(Stdio::null());
        for name in INHERITED {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        // The server's own working folder may be closed to the other user.
        command.current_dir("/");
        if let Self::Other { uid, gid } = self {
            // With `uid`, the standard library drops the supplementary groups of root too.
            command.gid(*gid).uid(*uid);
        }
        command
    }

    /// Runs a shell script with `input`; the arguments are `$1`, `$2`, ….
    pub(super) fn script(
        &self,
        script: &str,
        arguments: &[&OsStr],
        input: &str,
    ) -> Result<(), PostgresError> {
        let cannot = || "run a shell as the user of the database";
        let mut child = self
            .command("/bin/sh")
            .args(["-euc", script, "sh"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(PostgresError::io(cannot()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A script that ends without reading closes the pipe: its exit status tells the story.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(PostgresError::io(cannot()))?;
        if output.status.success() {
            return Ok(());
        }
        Err(PostgresError::Program {
            program: "preparing the database folder".into(),
            output: last_lines(&String::from_utf8_lossy(&output.stderr)),
        })
    }

    /// Whether this account may enter `folder`. Asked of the operating system, which alone knows
    /// all that may stand in the way.
    pub(super) fn can_enter(&self, folder: &Path) -> bool {
        *self == Self::Own || self.script("cd \"$1\"", &[folder.as_os_str()], "").is_ok()
    }
}

/// The last lines of a program's output, on one line.
pub(super) fn last_lines(output: &str) -> String {
    let lines: Vec<&str> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(8)..].join(" | ")
}

fn unprivileged(passwd: &str) -> Option<Account> {
    UNPRIVILEGED.iter().find_map(|wanted| {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next() != Some(*wanted) {
                return None;
            }
            let uid = id(fields.nth(1)?)?;
            let gid = id(fields.next()?)?;
            (uid != 0).then_some(Account::Other { uid, gid })
        })
    })
}

/// macOS writes the id of `nobody` as -2.
fn id(field: &str) -> Option<u32> {
    field.parse::<u32>().ok().or_else(|| Some(field.parse::<i32>().ok()?.cast_unsigned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_is_preferred_to_nobody() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n\
                      postgres:x:101:104:a,,b:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(unprivileged(passwd), Some(Account::Other { uid: 101, gid: 104 }));
    }

    #[test]
    fn nobody_will_do_even_with_a_negative_id() {
        let passwd = "# comment\nnobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false\n";
        assert_eq!(
            unprivileged(passwd),
            Some(Account::Other { uid: u32::MAX - 1, gid: u32::MAX - 1 })
        );
    }

    #[test]
    fn a_postgres_that_is_root_is_not_unprivileged() {
        assert_eq!(unprivileged("postgres:x:0:0::/:/bin/sh\nroot:x:0:0::/root:/bin/sh\n"), None);
    }
}
