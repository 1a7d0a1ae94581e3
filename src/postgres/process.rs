//! The postmaster as a process: what its file says, whether it lives, starting and stopping it.
//!
//! It must never signal a process that is not the postmaster of our cluster: a process id in a file
//! may by now belong to somebody else.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, test_kill_process, waitpid};

use super::account::Account;
use super::error::PostgresError;
use super::locate::Programs;
use super::settings::Profile;

const STOP_FAST: Duration = Duration::from_secs(30);
const STOP_AT_ONCE: Duration = Duration::from_secs(5);
pub(super) const POLL: Duration = Duration::from_millis(10);

/// `postmaster.pid`. The postmaster adds the later lines while it starts.
#[derive(Debug)]
pub(super) struct PidFile {
    pid: Pid,
    pub(super) port: Option<u16>,
    pub(super) socket_dir: Option<PathBuf>,
    /// Whether it says that it accepts sessions. Asking by connecting would fill its log.
    pub(super) is_ready: bool,
}

impl PidFile {
    pub(super) fn path(cluster: &Path) -> PathBuf {
        cluster.join("postmaster.pid")
    }

    pub(super) fn read(cluster: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(Self::path(cluster)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let pid = Pid::from_raw(lines.first()?.parse().ok().filter(|id| *id > 0)?)?;
        let port = lines.get(3).and_then(|line| line.parse().ok());
        let socket_dir = lines.get(4).filter(|line| !line.is_empty()).map(PathBuf::from);
        let is_ready = lines.get(7) == Some(&"ready");
        Some(Self { pid, port, socket_dir, is_ready })
    }

    /// Whether the process that the file names lives, whoever it is.
    pub(super) fn is_alive(&self) -> bool {
        !is_gone(self.pid)
    }

    /// Whether that process is the postmaster of `cluster`. After a restart of the machine or the
    /// container, its number may belong to any other process.
    pub(super) fn is_postmaster_of(&self, cluster: &Path) -> bool {
        self.is_alive() && runs_with(self.pid, cluster)
    }

    /// To be called only when [`PidFile::is_postmaster_of`] says so.
    pub(super) fn postmaster(&self) -> Postmaster {
        Postmaster { pid: self.pid, armed: true }
    }
}

/// A running postmaster that we are responsible for: dropping it tells it to stop.
#[derive(Debug)]
pub(super) struct Postmaster {
    pid: Pid,
    armed: bool,
}

/// What a postmaster is started with.
pub(super) struct Launch<'a> {
    pub(super) profile: Profile,
    pub(super) programs: &'a Programs,
    pub(super) account: &'a Account,
    pub(super) cluster: &'a Path,
    pub(super) socket_dir: &'a Path,
    pub(super) port: u16,
    pub(super) log: File,
}

impl Postmaster {
    pub(super) fn launch(launch: Launch<'_>) -> Result<Self, PostgresError> {
        let cannot = || format!("start {}", launch.programs.postgres.display());
        let errors = launch.log.try_clone().map_err(PostgresError::io(cannot()))?;
        let mut sockets = OsString::from("unix_socket_directories=");
        sockets.push(quoted(launch.socket_dir));
        let mut command = launch.account.command(&launch.programs.postgres);
        command.arg("-D").arg(launch.cluster).arg("-p").arg(launch.port.to_string());
        command.arg("-c").arg(sockets);
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_permissions=0700"] {
            command.args(["-c", setting]);
        }
        for setting in launch.profile.durability() {
            command.args(["-c", setting]);
        }
        // Its own process group: Ctrl-C in the terminal must stop HTTP first, and only then,
        // through us, the database.
        command.process_group(0).stdout(launch.log).stderr(errors);
        let child = command.spawn().map_err(PostgresError::io(cannot()))?;
        // The id of a child always fits; it is waited for by `is_gone`, which also serves
        // postmasters that are not our children.
        let pid = Pid::from_child(&child);
        Ok(Self { pid, armed: true })
    }

    pub(super) fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    pub(super) fn wrote(&self, file: &PidFile) -> bool {
        self.pid == file.pid
    }

    pub(super) fn has_ended(&self) -> bool {
        is_gone(self.pid)
    }

    /// For a postmaster that has ended or is to live on without us.
    pub(super) fn release(mut self) {
        self.armed = false;
    }

    /// Ends all sessions, writes a checkpoint and ends. A postmaster that does not manage that in
    /// time is stopped at once; the next start then recovers.
    pub(super) async fn stop(mut self) -> Result<(), PostgresError> {
        self.armed = false;
        for (signal, patience) in [(Signal::INT, STOP_FAST), (Signal::QUIT, STOP_AT_ONCE)] {
            match kill_process(self.pid, signal) {
                Ok(()) | Err(Errno::SRCH) => {}
                Err(error) => return Err(PostgresError::io("stop PostgreSQL")(error.into())),
            }
            let end = Instant::now() + patience;
            while Instant::now() < end {
                if is_gone(self.pid) {
                    return Ok(());
                }
                tokio::time::sleep(POLL).await;
            }
            tracing::warn!(?signal, "PostgreSQL does not stop");
        }
        let seconds = (STOP_FAST + STOP_AT_ONCE).as_secs();
        Err(PostgresError::DidNotStop { process: self.id(), seconds })
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        if self.armed && !is_gone(self.pid) {
            // A start that was given up, or a server that unwinds: nobody is left to tell of an
            // error.
            let _ = kill_process(self.pid, Signal::INT);
        }
    }
}

/// Whether a process has ended. Reaps it if it was our child.
fn is_gone(pid: Pid) -> bool {
    match waitpid(Some(pid), WaitOptions::NOHANG) {
        Ok(Some(_)) => true,
        Ok(None) => false,
        // Not our child. A process of another user answers EPERM, and lives.
        Err(_) => test_kill_process(pid) == Err(Errno::SRCH),
    }
}

/// Whether `cluster` is among the arguments of a process.
fn runs_with(pid: Pid, cluster: &Path) -> bool {
    let pid = pid.as_raw_nonzero();
    let wanted = cluster.as_os_str().as_bytes();
    if let Ok(arguments) = fs::read(format!("/proc/{pid}/cmdline")) {
        return arguments.split(|byte| *byte == 0).any(|argument| argument == wanted);
    }
    // macOS and the BSDs have no /proc.
    let output = Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid.to_string()]).output();
    output.is_ok_and(|output| output.stdout.windows(wanted.len()).any(|part| part == wanted))
}

/// PostgreSQL splits its list of socket folders at commas, except in double quotes.
fn quoted(folder: &Path) -> OsString {
    let mut quoted = OsString::from("\"");
    quoted.push(folder);
    quoted.push("\"");
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_may_be_unfinished_and_garbage_is_none() {
        let full = PidFile::parse("12\n/d\n1700000000\n5433\n/d/socket\n127.0.0.1\n 1 2\nready\n");
        let full = full.unwrap();
        assert_eq!(full.port, Some(5433));
        assert_eq!(full.socket_dir, Some("/d/socket".into()));

        let early = PidFile::parse("12\n/d\n1700000000\n5433\n\n").unwrap();
        assert_eq!(early.socket_dir, None);
        assert!(full.is_ready && !early.is_ready);

        for garbage in ["", "\n", "abc\n", "0\n", "-7\n"] {
            assert!(PidFile::parse(garbage).is_none(), "{garbage:?}");
        }
    }

    #[test]
    fn a_living_process_that_is_not_the_postmaster_is_told_apart() {
        let own = PidFile::parse(&format!("{}\n", std::process::id())).unwrap();
        assert!(own.is_alive());
        assert!(!own.is_postmaster_of(Path::new("/no/such/cluster")));
    }
}
