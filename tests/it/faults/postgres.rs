//! The database dies: the embedded one under a server that is then started again, and one of its own
//! under a server that goes on.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use ledgerline::postgres::{Cluster, ClusterOptions, DATABASE, Profile};
use reqwest::Method;
use rustix::process::{Signal, kill_process};
use serde_json::json;

use crate::support::program::{Program, Serving, postmaster};
use crate::support::shop::{self, ARGUMENTS, Goods, TOML, Told, long, shop};
use crate::support::wait::eventually;

const BUYERS: usize = 4;

/// Customers shop until the database is gone, some orders later.
async fn until_it_dies(
    serving: &Serving,
    goods: &Goods,
    told: &Told,
    round: usize,
    kill: impl FnOnce(),
) {
    let buyers = shop::buyers(serving, &round.to_string(), BUYERS).await;
    let shopping = join_all(buyers.iter().map(|buyer| shop(buyer, goods, told)));
    let enough = told.placed() + 5 + 4 * (round % 3);
    let killing = async {
        eventually("some orders", async || (told.placed() >= enough).then_some(())).await;
        kill();
    };
    // Everybody's shopping ends with an answer that there is no database.
    let both = async { tokio::join!(shopping, killing) };
    tokio::time::timeout(Duration::from_mins(1), both).await.expect("answers without a database");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_database_is_killed_and_the_server_started_again() {
    let program = Program::new(TOML);
    let mut serving = program.serve(&ARGUMENTS).await;
    let goods = shop::goods(&shop::admin(&serving).await).await;
    let told = Told::default();
    let rounds = if long() { 15 } else { 2 };
    for round in 0..rounds {
        let pid = postmaster(&program.data_dir()).unwrap();
        let kill = || kill_process(pid, Signal::KILL).unwrap();
        until_it_dies(&serving, &goods, &told, round, kill).await;
        let guest = serving.guest();
        guest.call(Method::GET, "/healthz").await.expect(200);
        guest.call(Method::GET, "/readyz").await.expect(503);
        serving.kill();
        serving = program.serve(&ARGUMENTS).await;
    }
    println!("{rounds} kills of the embedded database, {} orders", told.placed());
    shop::check(&program, &shop::admin(&serving).await, &goods, &told).await;
    assert_eq!(serving.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_goes_on_when_its_database_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let passable = std::fs::Permissions::from_mode(0o711);
    std::fs::set_permissions(folder.path(), passable).unwrap();
    let data_dir = folder.path().join("data");
    let start = async || {
        let options = ClusterOptions { data_dir: data_dir.clone(), profile: Profile::Serve };
        Cluster::start(options).await.unwrap()
    };
    let mut cluster = start().await;
    cluster.ensure_database(DATABASE).await.unwrap();
    let program = Program::on(&cluster.url(DATABASE), TOML);
    let serving = program.serve(&ARGUMENTS).await;
    let admin = shop::admin(&serving).await;
    let goods = shop::goods(&admin).await;
    let told = Told::default();
    let mut away = Vec::new();
    for round in 0..if long() { 25 } else { 2 } {
        let pid = postmaster(&data_dir).unwrap();
        let kill = || kill_process(pid, Signal::KILL).unwrap();
        until_it_dies(&serving, &goods, &told, round, kill).await;
        drop(cluster);
        cluster = start().await;
        let begun = Instant::now();
        eventually("the server on the database that came back", async || {
            let body = json!({ "product_id": goods.product, "quantity": 1 });
            let added = admin.post("/cart/items", body).attempt().await?;
            (added.status == 201 && added.header("ledgerline-projected").is_empty()).then_some(())
        })
        .await;
        away.push(begun.elapsed());
        admin.call(Method::GET, "/readyz").await.expect(200);
    }
    println!("{} orders; back after {:?} at most", told.placed(), away.iter().max().unwrap());
    shop::check(&program, &admin, &goods, &told).await;
    assert_eq!(serving.terminate().await, Some(0));
    cluster.stop().await.unwrap();
}
