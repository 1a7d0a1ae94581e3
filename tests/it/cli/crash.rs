//! `kill -9` in the middle of everything: what was acknowledged is there, nothing is held for ever,
//! and every ledger agrees with the orders. Three times, and a hundred times in the long form.

use futures_util::future::join_all;

use crate::support::program::Program;
use crate::support::shop::{self, ARGUMENTS, TOML, Told, shop};
use crate::support::wait::eventually;

const KILLS: usize = 3;
const MANY_KILLS: usize = 100;
const BUYERS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_order_is_lost_and_no_hold_left_when_the_server_is_killed() {
    let kills = if shop::long() { MANY_KILLS } else { KILLS };
    let program = Program::new(TOML);
    let mut serving = program.serve(&ARGUMENTS).await;
    let goods = shop::goods(&shop::admin(&serving).await).await;
    let told = Told::default();
    for round in 0..kills {
        let buyers = shop::buyers(&serving, &round.to_string(), BUYERS).await;
        let shopping = join_all(buyers.iter().map(|buyer| shop(buyer, &goods, &told)));
        // Not the same moment each time: somewhere between the first and the later orders.
        let enough = told.placed() + 5 + 7 * (round % 4);
        let killing = async {
            eventually("some orders", async || (told.placed() >= enough).then_some(())).await;
            serving.kill();
        };
        tokio::join!(shopping, killing);
        serving = program.serve(&ARGUMENTS).await;
    }
    println!("{kills} kills, {} orders acknowledged", told.placed());
    shop::check(&program, &shop::admin(&serving).await, &goods, &told).await;
    assert_eq!(serving.terminate().await, Some(0));
}
