//! The embedded PostgreSQL, as `ledgerline serve` uses it: started, reused, refused, taken over and
//! recovered, on real clusters in throw-away folders.

#![cfg(test)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use ledgerline::postgres::{Cluster, ClusterOptions, DATABASE, Endpoint, PostgresError, Profile};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};
use tempfile::TempDir;

/// A folder that the database's user can pass through even where the tests run as root.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

async fn start(data_dir: &Path) -> Result<Cluster, PostgresError> {
    let data_dir = data_dir.to_path_buf();
    Cluster::start(ClusterOptions { data_dir, profile: Profile::Serve }).await
}

async fn session(endpoint: &Endpoint) -> PgConnection {
    PgConnection::connect_with(&endpoint.connect_options(DATABASE)).await.unwrap()
}

async fn setting(session: &mut PgConnection, name: &str) -> String {
    let query = sqlx::query_scalar("SELECT current_setting($1)").bind(name);
    query.fetch_one(session).await.unwrap()
}

async fn remember(cluster: &Cluster, what: &str) {
    cluster.ensure_database(DATABASE).await.unwrap();
    let mut session = session(cluster).await;
    session.execute("CREATE TABLE IF NOT EXISTS kept (what text)").await.unwrap();
    let insert = sqlx::query("INSERT INTO kept VALUES ($1)").bind(what);
    insert.execute(&mut session).await.unwrap();
}

async fn kept(cluster: &Cluster) -> Vec<String> {
    let query = sqlx::query_scalar("SELECT what FROM kept ORDER BY what");
    query.fetch_all(&mut session(cluster).await).await.unwrap()
}

fn postmaster(data_dir: &Path) -> String {
    let file = data_dir.join("postgres/cluster/postmaster.pid");
    fs::read_to_string(file).unwrap().lines().next().unwrap().to_owned()
}

fn signal(signal: &str, process: &str) -> bool {
    Command::new("kill").args([signal, process]).output().unwrap().status.success()
}

#[tokio::test]
async fn a_second_start_finds_the_data_the_port_and_the_password_of_the_first() {
    let folder = folder();
    let data_dir = folder.path().join("data");

    let first = start(&data_dir).await.unwrap();
    remember(&first, "first").await;
    let url = first.url(DATABASE);
    let process = postmaster(&data_dir);
    first.stop().await.unwrap();
    assert!(!signal("-0", &process), "the database has stopped with its server");

    let second = start(&data_dir).await.unwrap();
    assert_eq!(second.url(DATABASE), url);
    assert_eq!(kept(&second).await, ["first"]);
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_is_fully_durable_and_reachable_over_loopback_with_the_password_only() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let cluster = start(&data_dir).await.unwrap();
    cluster.ensure_database(DATABASE).await.unwrap();
    cluster.ensure_database(DATABASE).await.unwrap();

    let mut session = session(&cluster).await;
    for name in ["fsync", "synchronous_commit", "full_page_writes", "data_checksums"] {
        assert_eq!(setting(&mut session, name).await, "on", "{name}");
    }
    assert_eq!(setting(&mut session, "listen_addresses").await, "127.0.0.1");
    assert_eq!(setting(&mut session, "server_encoding").await, "UTF8");

    let recorded = fs::read_to_string(data_dir.join("database-url")).unwrap();
    assert_eq!(recorded.trim(), cluster.url(DATABASE));
    PgConnection::connect(recorded.trim()).await.unwrap().close().await.unwrap();
    let (role, place) = recorded.trim().split_once('@').unwrap();
    let guess = format!("{role}x@{place}");
    assert!(PgConnection::connect(&guess).await.is_err());

    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused_and_harms_nothing() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let first = start(&data_dir).await.unwrap();
    remember(&first, "first").await;

    let refused = start(&data_dir).await.unwrap_err();
    let message = refused.to_string();
    assert!(matches!(refused, PostgresError::InUse { .. }), "{message}");
    assert!(message.contains(&std::process::id().to_string()), "{message}");
    assert!(message.contains("--data-dir"), "{message}");

    assert_eq!(kept(&first).await, ["first"]);
    first.stop().await.unwrap();
}

#[tokio::test]
async fn the_database_of_a_killed_server_is_taken_over_and_then_stopped() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let killed = start(&data_dir).await.unwrap();
    remember(&killed, "before").await;
    let process = postmaster(&data_dir);
    // What is left after SIGKILL: the database without its server, and a lock that nobody holds.
    let left = killed.detach();
    assert_eq!(Endpoint::of_running(&data_dir), Some(left));

    let next = start(&data_dir).await.unwrap();
    assert_eq!(postmaster(&data_dir), process, "the same database process");
    assert_eq!(kept(&next).await, ["before"]);
    next.stop().await.unwrap();
    assert!(!signal("-0", &process));
    assert_eq!(Endpoint::of_running(&data_dir), None);
}

#[tokio::test]
async fn a_killed_database_recovers_every_confirmed_commit() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let killed = start(&data_dir).await.unwrap();
    remember(&killed, "confirmed").await;
    let process = postmaster(&data_dir);
    assert!(signal("-9", &process));
    drop(killed);

    let next = start(&data_dir).await.unwrap();
    assert_ne!(postmaster(&data_dir), process);
    assert_eq!(kept(&next).await, ["confirmed"]);
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_leftover_file_that_names_a_stranger_stops_nothing_and_hurts_nobody() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let first = start(&data_dir).await.unwrap();
    remember(&first, "first").await;
    first.stop().await.unwrap();
    // As after a restart of the machine: the number in the file is somebody else's by now.
    let cluster = data_dir.join("postgres/cluster");
    let stranger = std::process::id();
    let file = format!("{stranger}\n{}\n1\n5432\n/none\n\n 1 2\nready\n", cluster.display());
    fs::write(cluster.join("postmaster.pid"), file).unwrap();

    let next = start(&data_dir).await.unwrap();
    assert_eq!(kept(&next).await, ["first"]);
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_data_folder_in_a_place_that_only_its_owner_can_enter_works() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let data_dir = folder.path().join("data");

    let first = start(&data_dir).await.unwrap();
    remember(&first, "first").await;
    first.stop().await.unwrap();
    let second = start(&data_dir).await.unwrap();
    assert_eq!(kept(&second).await, ["first"]);
    second.stop().await.unwrap();

    // As root, the database lies elsewhere, behind a link.
    if let Ok(elsewhere) = fs::read_link(data_dir.join("postgres")) {
        fs::remove_dir_all(&elsewhere).unwrap();
        // Only if no other server of this machine keeps its database there.
        let _ = fs::remove_dir(elsewhere.parent().unwrap());
        let message = start(&data_dir).await.unwrap_err().to_string();
        assert!(message.contains("is gone"), "{message}");
    }
}
