//! The folders and files of an embedded cluster, and the lock on them.
//!
//! `data/postgres` belongs to the user that the database runs as; everything else in the data
//! folder belongs to the server. Where root keeps the data folder in a place that the other user
//! cannot enter (`/root/…`), `data/postgres` is a link to a folder of its own under
//! `/var/lib/ledgerline`. It must never start an empty database where an earlier one can be
//! assumed.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, lchown, symlink,
};
use std::path::{Path, PathBuf};

use super::account::Account;
use super::error::PostgresError;

pub(super) const HOME: &str = "postgres";
pub(super) const URL_FILE: &str = "database-url";
const LOCK_FILE: &str = "ledgerline.lock";
const LOG_FILE: &str = "postgres.log";
const OLD_LOGS: u32 = 4;
const FALLBACK: &str = "/var/lib/ledgerline";
/// Where a socket goes whose path would be too long for the operating system (104 bytes on macOS).
const SHORT_FOLDER: &str = "/tmp";
const LONGEST_SOCKET: usize = 100;

/// A data folder that this process has locked.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) account: Account,
    data: PathBuf,
    home: PathBuf,
    /// Released when the process ends, however it ends: no program that it starts inherits them.
    _locks: Vec<Lock>,
}

/// The cluster itself, in the database folder.
pub(super) fn cluster_folder(home: &Path) -> PathBuf {
    home.join("cluster")
}

impl Layout {
    /// Makes the folders where they are missing, and locks them.
    pub(super) fn prepare(data_dir: &Path) -> Result<Self, PostgresError> {
        let shown = data_dir.display();
        // Open to passers-by where root has to let the database's user pass.
        let mode = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(data_dir)
            .map_err(PostgresError::io(format!("make the data folder {shown}")))?;
        let data = data_dir
            .canonicalize()
            .map_err(PostgresError::io(format!("open the data folder {shown}")))?;
        let mut locks = vec![lock_file(&data)?];

        let link = data.join(HOME);
        let account = match fs::metadata(&link) {
            Ok(found) => Account::choose(&link, Some((found.uid(), found.gid())))?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if link.is_symlink() {
                    return Err(PostgresError::Dangling { link });
                }
                let account = Account::choose(&link, None)?;
                make_home(&link, &data, &account)?;
                account
            }
            Err(error) => return Err(PostgresError::io("look into the data folder")(error)),
        };
        let home = link.canonicalize().map_err(PostgresError::io("open the database folder"))?;
        if let Account::Other { uid, gid } = account {
            // Once more, for a start that was cut off between making the folder and giving it away.
            lchown(&home, Some(uid), Some(gid))
                .map_err(PostgresError::io("give the folder away"))?;
            if !account.can_enter(&home) {
                return Err(PostgresError::Unreachable { folder: home, user: uid });
            }
        }
        if home != link {
            // A copied data folder has a copy of the link: the folder behind it needs a lock too.
            let folder =
                File::open(&home).map_err(PostgresError::io("open the database folder"))?;
            locks.push(lock(folder, &data)?);
        }
        Ok(Self { account, data, home, _locks: locks })
    }

    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    pub(super) fn cluster(&self) -> PathBuf {
        cluster_folder(&self.home)
    }

    /// Where `initdb` works; renamed when it is done, so that half a cluster is never started.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.home.join("cluster.new")
    }

    pub(super) fn url_file(&self) -> PathBuf {
        self.data.join(URL_FILE)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.data.join(LOG_FILE)
    }

    /// Where downloaded programs go: beside the database folder, so that both users get there, but
    /// not in it, since root writes them.
    pub(super) fn programs(&self) -> &Path {
        self.home.parent().unwrap_or(&self.data)
    }

    /// A folder for the socket, to be made by the database's user.
    pub(super) fn socket_folder(&self) -> PathBuf {
        let folder = self.home.join("socket");
        if folder.join(".s.PGSQL.65535").as_os_str().as_bytes().len() <= LONGEST_SOCKET {
            return folder;
        }
        Path::new(SHORT_FOLDER).join(format!("ledgerline-{}", unguessable()))
    }

    /// Whether a socket folder is one of those outside the database folder.
    pub(super) fn is_outside(folder: &Path) -> bool {
        folder.parent() == Some(Path::new(SHORT_FOLDER))
            && folder.file_name().is_some_and(|name| name.as_bytes().starts_with(b"ledgerline-"))
    }

    /// A new log; the ones of the last few runs are kept.
    pub(super) fn rotate_log(&self) -> Result<File, PostgresError> {
        let log = self.log();
        let numbered = |number: u32| self.data.join(format!("{LOG_FILE}.{number}"));
        if fs::metadata(&log).is_ok_and(|found| found.len() > 0) {
            for number in (1..OLD_LOGS).rev() {
                let _ = fs::rename(numbered(number), numbered(number + 1));
            }
            fs::rename(&log, numbered(1)).map_err(PostgresError::io("rotate the database log"))?;
        }
        self.open_log()
    }

    /// The log, to be appended to.
    pub(super) fn open_log(&self) -> Result<File, PostgresError> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(self.log())
            .map_err(PostgresError::io("open the database log"))
    }
}

/// Hexadecimal digits that nobody can guess: a password, or the name of a folder.
#[expect(clippy::disallowed_methods, reason = "a secret that is made once is never replayed")]
pub(super) fn unguessable() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// Any number of the range.
#[expect(clippy::disallowed_methods, reason = "any will do: which one decides nothing")]
pub(super) fn any(numbers: std::ops::Range<u16>) -> u16 {
    rand::Rng::random_range(&mut rand::rng(), numbers)
}

/// Replaces a file that only the server may read. A reader sees the old text or the new one.
pub(super) fn write_private(file: &Path, text: &str) -> Result<(), PostgresError> {
    let unfinished = file.with_extension("new");
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut output =
            options.create(true).write(true).truncate(true).mode(0o600).open(&unfinished)?;
        output.write_all(text.as_bytes())?;
        output.sync_all()?;
        fs::rename(&unfinished, file)
    };
    write().map_err(PostgresError::io(format!("write {}", file.display())))
}

fn make_home(link: &Path, data: &Path, account: &Account) -> Result<(), PostgresError> {
    let make = |folder: &Path| {
        let made = DirBuilder::new().mode(0o700).create(folder);
        made.map_err(PostgresError::io(format!("make the database folder {}", folder.display())))
    };
    let Account::Other { uid, gid } = *account else {
        return make(link);
    };
    let give = |folder: &Path| {
        lchown(folder, Some(uid), Some(gid)).map_err(PostgresError::io("give the folder away"))
    };
    if account.can_enter(data) {
        make(link)?;
        return give(link);
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(FALLBACK)
        .map_err(PostgresError::io(format!("make {FALLBACK}")))?;
    let home = Path::new(FALLBACK).join(unguessable());
    make(&home)?;
    give(&home)?;
    symlink(&home, link).map_err(PostgresError::io(format!("link {}", link.display())))?;
    tracing::info!(
        database = %home.display(),
        "the database's user cannot enter the data folder, so the database lies outside it"
    );
    Ok(())
}

/// A lock that ends with its value. Closing the file alone would not do: a child that is just being
/// started has it too until its program runs.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Where it fails, the end of the process releases it.
        let _ = self.0.unlock();
    }
}

fn lock_file(data: &Path) -> Result<Lock, PostgresError> {
    let path = data.join(LOCK_FILE);
    let file = OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(PostgresError::io(format!("open {}", path.display())))?;
    let mut lock = lock(file, data)?;
    lock.0
        .set_len(0)
        .and_then(|()| writeln!(lock.0, "{}", std::process::id()))
        .map_err(PostgresError::io(format!("write {}", path.display())))?;
    Ok(lock)
}

fn lock(mut file: File, data: &Path) -> Result<Lock, PostgresError> {
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Unreadable where the lock is a folder: then the message goes without the number.
            let _ = file.read_to_string(&mut holder);
            let holder = holder.trim().to_owned();
            Err(PostgresError::InUse {
                data_dir: data.to_path_buf(),
                process: (!holder.is_empty()).then_some(holder),
            })
        }
        Err(TryLockError::Error(error)) => Err(PostgresError::io("lock the data folder")(error)),
    }
}
