//! Two servers share the work by leases. The one that has them is stopped for longer than they last,
//! and goes on later as if nothing had been: nothing is done twice, and nothing undone.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::Signal;

use crate::mail::server::SmtpServer;
use crate::support::database::TestDatabase;
use crate::support::program::{Program, Serving};
use crate::support::shop::{self, ARGUMENTS, Goods, TOML, Told, long, shop_once};
use crate::support::wait::eventually;

const KEY: &str = "a text that keys the codes of the tests, long enough";
const AUDIT_KEY: &str = "ed25519:9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
/// Longer than the leases of projections, checkout and tree.
const ASLEEP: Duration = Duration::from_secs(7);
/// Longer than that of mail, too.
const LONG_ASLEEP: Duration = Duration::from_secs(35);

fn node(database: &TestDatabase, smtp: &SmtpServer) -> Program {
    Program::on(&database.url(), TOML)
        .environment("LEDGERLINE_CODE_KEY", KEY)
        .environment("LEDGERLINE_AUDIT_KEY", AUDIT_KEY)
        .environment("SMTP_URL", smtp.url())
}

/// Some orders of new customers.
async fn some_orders(serving: &Serving, goods: &Goods, told: &Told, name: &str) {
    let buyers = shop::buyers(serving, name, 3).await;
    join_all(buyers.iter().map(async |buyer| {
        for number in 0..4 {
            shop_once(buyer, goods, told, number).await.expect("an answer");
        }
    }))
    .await;
}

/// Of each mail that arrived, in their order.
fn ids(smtp: &SmtpServer) -> Vec<String> {
    let id = |mail: String| {
        let (_, rest) = mail.split_once("Message-ID: <").unwrap();
        rest.split('@').next().unwrap().to_owned()
    };
    smtp.received().into_iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_sleeps_past_its_leases_repeats_nothing_when_it_wakes() {
    let smtp = SmtpServer::start().await;
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let (one, two) = (node(&database, &smtp), node(&database, &smtp));
    let nodes = [one.serve(&ARGUMENTS).await, two.serve(&ARGUMENTS).await];
    let admin = shop::admin(&nodes[0]).await;
    let (goods, told) = (shop::goods(&admin).await, Told::default());
    let rounds = if long() { 6 } else { 2 };
    for round in 0..rounds {
        // The first one has the leases, as it came first; then the one that took them over.
        let (leader, other) = (&nodes[round % 2], &nodes[(round + 1) % 2]);
        // So that it sleeps in the middle of its letters.
        smtp.slowly(Duration::from_millis(60));
        some_orders(leader, &goods, &told, &format!("before-{round}")).await;
        leader.signal(Signal::STOP);
        let asleep = async {
            let sleep = if long() { LONG_ASLEEP } else { ASLEEP };
            tokio::time::sleep(sleep).await;
            // As if it had slept for as long as the lease of mail lasts.
            sqlx::query("DELETE FROM leases WHERE name = 'mail'").execute(&pool).await.unwrap();
        };
        let name = format!("asleep-{round}");
        tokio::join!(asleep, some_orders(other, &goods, &told, &name));
        eventually("all mail by the other", async || {
            let arrived: BTreeSet<String> = ids(&smtp).into_iter().collect();
            shop::causes_of_mail(&pool).await.is_subset(&arrived).then_some(())
        })
        .await;
        leader.signal(Signal::CONT);
        smtp.slowly(Duration::ZERO);
        some_orders(leader, &goods, &told, &format!("after-{round}")).await;
    }
    eventually("a mail for each cause", async || {
        let arrived: BTreeSet<String> = ids(&smtp).into_iter().collect();
        (arrived == shop::causes_of_mail(&pool).await).then_some(())
    })
    .await;
    let (all, causes) = (ids(&smtp).len(), shop::causes_of_mail(&pool).await.len());
    println!("{rounds} sleeps, {} orders, {causes} causes, {all} mails", told.placed());
    // The one that was on its way when the sender fell asleep, at most.
    assert!(all - causes <= rounds, "{all} mails of {causes} causes");
    shop::check(&one, &admin, &goods, &told).await;
    pool.close().await;
    for node in nodes {
        assert_eq!(node.terminate().await, Some(0));
    }
}
