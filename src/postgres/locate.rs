//! Finds the PostgreSQL programs on the machine. It must never settle for a version that did not
//! make the cluster: PostgreSQL reads only the files of its own major version.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::account::Account;

/// The oldest major version that the migrations are tried with.
pub(super) const OLDEST_MAJOR: u32 = 15;

/// Folders that hold one folder per version, and where the programs are in that one.
const VERSIONED: [(&str, &str, &str); 7] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The two programs that are needed, of one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Programs {
    pub(super) postgres: PathBuf,
    pub(super) initdb: PathBuf,
    pub(super) major: u32,
}

/// The major version that made a cluster, if there is one.
pub(super) fn major_of(cluster: &Path) -> Option<u32> {
    fs::read_to_string(cluster.join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// Where to look, in order: the PATH, the package managers' folders (newest first), and
/// `downloads`.
pub(super) fn folders(path: Option<&OsStr>, downloads: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
    for (parent, prefix, programs) in VERSIONED {
        folders.extend(versions(Path::new(parent), prefix, programs));
    }
    folders.extend(versions(downloads, super::download::PREFIX, "bin"));
    // A relative PATH entry would mean another folder to the child, which runs in `/`.
    folders.retain(|folder| folder.is_absolute());
    folders
}

fn versions(parent: &Path, prefix: &str, programs: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = leading_number(entry.file_name().to_str()?.strip_prefix(prefix)?)?;
            Some((version, entry.path().join(programs)))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// The first installation that fits and that `account` may run; else the versions that were seen.
pub(super) fn find(
    folders: &[PathBuf],
    account: &Account,
    wanted: Option<u32>,
) -> Result<Programs, String> {
    let mut seen = BTreeSet::new();
    for folder in folders {
        let Some(programs) = programs_in(folder, account) else {
            continue;
        };
        if wanted.map_or(programs.major >= OLDEST_MAJOR, |wanted| programs.major == wanted) {
            return Ok(programs);
        }
        seen.insert(programs.major);
    }
    if seen.is_empty() {
        return Err("neither in the PATH nor in the usual folders".into());
    }
    let seen: Vec<String> = seen.iter().map(ToString::to_string).collect();
    Err(format!("only version {}", seen.join(", ")))
}

fn programs_in(folder: &Path, account: &Account) -> Option<Programs> {
    let linked = folder.join("postgres");
    // `initdb` looks for `postgres` beside itself, so a pair of links is followed to the real pair.
    let real = linked.canonicalize().ok()?;
    let folder = match real.parent() {
        Some(parent) if real.ends_with("postgres") && parent.join("initdb").is_file() => parent,
        _ => folder,
    };
    let (postgres, initdb) = (folder.join("postgres"), folder.join("initdb"));
    if !initdb.is_file() {
        return None;
    }
    // Run as the account, so that programs out of its reach do not count.
    let output = account.command(&postgres).arg("--version").output().ok()?;
    let major = parse_version(&String::from_utf8_lossy(&output.stdout))?;
    Some(Programs { postgres, initdb, major })
}

/// `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` is 15.
fn parse_version(output: &str) -> Option<u32> {
    leading_number(output.split_once("(PostgreSQL)")?.1.trim_start())
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).map_or(text, |end| &text[..end]);
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn installation(folder: &Path, version: &str) {
        fs::create_dir_all(folder).unwrap();
        for name in ["postgres", "initdb"] {
            let script = format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n");
            fs::write(folder.join(name), script).unwrap();
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(folder.join(name), executable).unwrap();
        }
    }

    #[test]
    fn versions_are_read_from_what_the_program_says() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.13 (Debian 15.13-0)\n"), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_version("bash: postgres: not found"), None);
    }

    #[test]
    fn the_first_folder_that_fits_wins_and_a_cluster_wants_its_own_version() {
        let machine = tempfile::tempdir().unwrap();
        let folders: Vec<PathBuf> =
            ["14", "17", "16"].iter().map(|version| machine.path().join(version)).collect();
        for folder in &folders {
            installation(folder, &format!("{}.4", folder.file_name().unwrap().display()));
        }

        let major = |wanted| find(&folders, &Account::Own, wanted).map(|found| found.major);
        assert_eq!(major(None), Ok(17));
        assert_eq!(major(Some(16)), Ok(16));
        assert_eq!(major(Some(18)), Err("only version 14, 16, 17".into()));
        assert!(find(&[], &Account::Own, None).is_err());
    }

    #[test]
    fn a_pair_of_links_is_followed_and_a_lone_program_does_not_count() {
        let machine = tempfile::tempdir().unwrap();
        let (real, links) = (machine.path().join("real"), machine.path().join("links"));
        installation(&real, "15.1");
        fs::create_dir(&links).unwrap();
        std::os::unix::fs::symlink(real.join("postgres"), links.join("postgres")).unwrap();

        let found = find(&[links], &Account::Own, None).unwrap();
        assert_eq!(found.initdb, real.canonicalize().unwrap().join("initdb"));

        fs::remove_file(real.join("initdb")).unwrap();
        assert!(find(&[real], &Account::Own, None).is_err());
    }

    #[test]
    fn downloads_come_last_and_the_newest_of_a_folder_first() {
        let downloads = tempfile::tempdir().unwrap();
        for version in ["16", "17", "9"] {
            fs::create_dir(downloads.path().join(format!("postgresql-{version}"))).unwrap();
        }
        let folders = folders(Some(OsStr::new("/first:relative")), downloads.path());
        assert_eq!(folders.first().unwrap(), Path::new("/first"));
        let names: Vec<String> = folders
            .iter()
            .filter_map(|folder| folder.strip_prefix(downloads.path()).ok())
            .map(|folder| folder.display().to_string())
            .collect();
        assert_eq!(names, ["postgresql-17/bin", "postgresql-16/bin", "postgresql-9/bin"]);
        assert!(!folders.contains(&PathBuf::from("relative")));
    }
}
