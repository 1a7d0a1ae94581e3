//! Makes the cluster and prepares its folder for a start, always as the user that the database runs
//! as. It must never leave half a cluster under the name of a whole one.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use sqlx::Executor as _;
use sqlx::postgres::PgConnection;

use super::account::last_lines;
use super::endpoint::SUPERUSER;
use super::error::PostgresError;
use super::layout::Layout;
use super::locate::Programs;
use super::process::PidFile;
use super::settings::{self, Profile};

/// The last one always exists.
const LOCALES: [&str; 3] = ["C.UTF-8", "en_US.UTF-8", "C"];

/// `$1` database folder, `$2` socket folder, `$3` and `$4` leftovers or nothing.
const PREPARE: &str = r#"
umask 077
rm -rf "$1/cluster.new" "$2"
if [ -n "$3" ]; then rm -f "$3"; fi
if [ -n "$4" ]; then rm -rf "$4"; fi
mkdir "$2"
cat > "$1/ledgerline.conf.new"
mv "$1/ledgerline.conf.new" "$1/ledgerline.conf"
"#;

/// To be called when no postmaster of ours lives: removes what one may have left, and writes the
/// settings.
pub(super) fn prepare(
    layout: &Layout,
    socket_dir: &Path,
    profile: Profile,
) -> Result<(), PostgresError> {
    let cluster = layout.cluster();
    let left = PidFile::read(&cluster);
    // PostgreSQL itself recognises its leftover file, unless the process id belongs to another
    // process by now: then it would refuse to start.
    let misleading = left.as_ref().filter(|file| file.is_alive()).map(|_| PidFile::path(&cluster));
    let outside = left.and_then(|file| file.socket_dir).filter(|dir| Layout::is_outside(dir));
    let path_or_nothing = |path: Option<PathBuf>| path.unwrap_or_default().into_os_string();
    let (misleading, outside) = (path_or_nothing(misleading), path_or_nothing(outside));
    let arguments: [&OsStr; 4] =
        [layout.home().as_os_str(), socket_dir.as_os_str(), &misleading, &outside];
    layout.account.script(PREPARE, &arguments, &settings::file(profile))
}

/// Makes the cluster.
pub(super) async fn init(
    layout: &Layout,
    programs: &Programs,
    profile: Profile,
) -> Result<(), PostgresError> {
    let begun = Instant::now();
    let unfinished = layout.unfinished();
    let mut output = String::new();
    for locale in LOCALES {
        let mut command = layout.account.command(&programs.initdb);
        command.arg("-D").arg(&unfinished).arg(format!("--username={SUPERUSER}"));
        command.args(["--encoding=UTF8", &format!("--locale={locale}"), "--data-checksums"]);
        command.args(["--auth-local=trust", "--auth-host=scram-sha-256"]);
        if profile == Profile::Test {
            command.arg("--no-sync");
        }
        let mut command = tokio::process::Command::from(command);
        let ended = command.kill_on_drop(true).output().await;
        let ended = ended.map_err(PostgresError::io("run initdb"))?;
        if ended.status.success() {
            let include = format!("\ninclude_if_exists = '../{}'\n", settings::FILE);
            let cluster = layout.cluster();
            layout.account.script(
                "cat >> \"$1/postgresql.conf\"; mv \"$1\" \"$2\"",
                &[unfinished.as_os_str(), cluster.as_os_str()],
                &include,
            )?;
            let home = File::open(layout.home());
            home.and_then(|home| home.sync_all()).map_err(PostgresError::io("sync the folder"))?;
            tracing::info!(locale, milliseconds = begun.elapsed().as_millis(), "made a cluster");
            return Ok(());
        }
        output = last_lines(&String::from_utf8_lossy(&ended.stderr));
    }
    Err(PostgresError::Program { program: "initdb".into(), output })
}

/// lz4 costs far less than the compression that every build has, but not every build has it.
pub(super) async fn prefer_lz4(session: &mut PgConnection) -> Result<(), PostgresError> {
    let offered: Option<bool> = sqlx::query_scalar(
        "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'wal_compression'",
    )
    .fetch_one(&mut *session)
    .await?;
    if offered == Some(true) {
        session.execute("ALTER SYSTEM SET wal_compression = 'lz4'").await?;
        session.execute("SELECT pg_reload_conf()").await?;
    }
    Ok(())
}
