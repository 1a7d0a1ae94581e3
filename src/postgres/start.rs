//! From a locked data folder to a database that answers: taking over the one that runs, or starting
//! one. It must never start a second postmaster beside a living one.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Connection as _};

use super::account::last_lines;
use super::endpoint::{self, Endpoint, SUPERUSER};
use super::error::PostgresError;
use super::layout::{self, Layout};
use super::locate::{self, Programs};
use super::process::{Launch, POLL, PidFile, Postmaster};
use super::settings::Profile;
use super::{download, init};

/// How long the database may take to become ready.
const START: Duration = Duration::from_mins(1);
/// How long it may take if it lives and works: after a crash it reads up to `max_wal_size` again.
const RECOVERY: Duration = Duration::from_mins(15);
const MORE_ATTEMPTS: u32 = 20;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(250);

pub(super) type Running = (Postmaster, Endpoint, PgConnection);

/// The cluster that a killed server left running, once it answers; `None` if there is none (any
/// more).
pub(super) async fn adopt(layout: &Layout) -> Result<Option<Running>, PostgresError> {
    let cluster = layout.cluster();
    let begun = Instant::now();
    loop {
        // It may be starting still, or stopping: then the file goes away, and we start it
        // ourselves.
        let Some(file) = PidFile::read(&cluster) else {
            return Ok(None);
        };
        if !file.is_postmaster_of(&cluster) {
            return Ok(None);
        }
        if let (true, Some(port), Some(socket_dir)) = (file.is_ready, file.port, &file.socket_dir) {
            let (_, password) = recorded(layout);
            let endpoint = Endpoint { socket_dir: socket_dir.clone(), port, password };
            if let Ok(session) = connect(&endpoint).await {
                tracing::info!("took over the database that an earlier server left running");
                return Ok(Some((file.postmaster(), endpoint, session)));
            }
        }
        let patience = if file.is_ready { START } else { RECOVERY };
        if begun.elapsed() > patience {
            return Err(PostgresError::NoAnswer { seconds: patience.as_secs(), log: layout.log() });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Starts the cluster, and makes it first if there is none.
pub(super) async fn start(layout: &Layout, profile: Profile) -> Result<Running, PostgresError> {
    let cluster = layout.cluster();
    let made_by = locate::major_of(&cluster);
    let programs = programs(layout, made_by).await?;
    let socket_dir = layout.socket_folder();
    init::prepare(layout, &socket_dir, profile)?;
    if made_by.is_none() {
        init::init(layout, &programs, profile).await?;
    }
    let (port, password) = recorded(layout);
    let mut endpoint = Endpoint { socket_dir, port: free_port(port)?, password };
    let mut log = layout.rotate_log()?;
    let mut attempts_left = MORE_ATTEMPTS;
    loop {
        let postmaster = Postmaster::launch(Launch {
            profile,
            programs: &programs,
            account: &layout.account,
            cluster: &cluster,
            socket_dir: &endpoint.socket_dir,
            port: endpoint.port,
            log,
        })?;
        match answer(&postmaster, &endpoint, layout).await {
            Ok(mut session) => {
                if made_by.is_none() {
                    init::prefer_lz4(&mut session).await?;
                }
                return Ok((postmaster, endpoint, session));
            }
            Err(PostgresError::DidNotStart { tail, .. })
                if attempts_left > 0 && is_passing(&tail) =>
            {
                attempts_left -= 1;
                postmaster.release();
                tokio::time::sleep(BETWEEN_ATTEMPTS).await;
                endpoint.port = free_port(endpoint.port)?;
                log = layout.open_log()?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// The port and the password of the last start, or new ones (0 stands for any free port).
fn recorded(layout: &Layout) -> (u16, String) {
    endpoint::read_url(&layout.url_file()).unwrap_or_else(|| (0, layout::unguessable()))
}

async fn programs(layout: &Layout, made_by: Option<u32>) -> Result<Programs, PostgresError> {
    let path = std::env::var_os("PATH");
    let folders = locate::folders(path.as_deref(), layout.programs());
    let found = match locate::find(&folders, &layout.account, made_by) {
        Ok(programs) => return Ok(programs),
        Err(found) => found,
    };
    let download = match download::download(layout.programs(), made_by).await {
        Ok(folder) => match locate::find(&[folder], &layout.account, made_by) {
            Ok(programs) => return Ok(programs),
            Err(_) => "the downloaded programs do not run here".into(),
        },
        Err(error) => error,
    };
    Err(PostgresError::NoPrograms { wanted: PostgresError::wanted(made_by), found, download })
}

/// Below the ports that systems hand out to outgoing connections, so that nothing takes the port of
/// a stopped cluster by chance.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// `wanted` if it is free, else another port that is.
fn free_port(wanted: u16) -> Result<u16, PostgresError> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.local_addr();
    let address = if wanted == 0 { bind(layout::any(PORTS)) } else { bind(wanted) };
    let address = address.or_else(|_| bind(layout::any(PORTS))).or_else(|_| bind(0));
    Ok(address.map_err(PostgresError::io("find a free port on 127.0.0.1"))?.port())
}

/// Whether another attempt may succeed: the last processes of a postmaster that was killed still
/// end, or somebody took the port after we looked.
fn is_passing(tail: &str) -> bool {
    ["shared memory block", "create any TCP/IP sockets", "lock file"]
        .iter()
        .any(|sign| tail.contains(sign))
}

/// Waits until the database answers.
async fn answer(
    postmaster: &Postmaster,
    endpoint: &Endpoint,
    layout: &Layout,
) -> Result<PgConnection, PostgresError> {
    let cluster = layout.cluster();
    let begun = Instant::now();
    let mut patience = START;
    while begun.elapsed() < patience {
        let own = PidFile::read(&cluster).filter(|file| postmaster.wrote(file));
        if let Some(file) = own {
            if file.is_ready
                && let Ok(session) = connect(endpoint).await
            {
                return Ok(session);
            }
            if patience == START && begun.elapsed() > START / 10 {
                tracing::warn!("the database is still starting: it recovers after a crash");
                patience = RECOVERY;
            }
        }
        if postmaster.has_ended() {
            let log = layout.log();
            let tail = last_lines(&fs::read_to_string(&log).unwrap_or_default());
            return Err(PostgresError::DidNotStart { log, tail });
        }
        tokio::time::sleep(POLL).await;
    }
    Err(PostgresError::NoAnswer { seconds: patience.as_secs(), log: layout.log() })
}

async fn connect(endpoint: &Endpoint) -> Result<PgConnection, sqlx::Error> {
    // This session sets the password: no statement of it may reach the log.
    let options = endpoint.connect_options(SUPERUSER).disable_statement_logging();
    tokio::time::timeout(Duration::from_secs(5), PgConnection::connect_with(&options))
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}
