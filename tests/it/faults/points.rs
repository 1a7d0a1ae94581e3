//! The server dies at each fail point in turn. Its client sends the same command again under the
//! same key, and finds that it has happened once.

mod kind;
mod scene;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use eventlog::faults::POINTS;
use kind::Kind;
use scene::{Death, Scene};

use crate::support::shop::long;

/// Where a statement is under way, it is cut off this long after it was sent.
const MICROS: [u32; 2] = [800, 2500];
const MORE_MICROS: [u32; 6] = [200, 500, 1000, 1500, 3000, 6000];

/// What makes the server come to a point.
enum Way {
    /// One of these commands, or what follows from it.
    Commands(&'static [Kind]),
    /// `ledgerline jobs run`.
    Job,
    /// `ledgerline projections rebuild`.
    Rebuild,
    /// The end of the server.
    Stop,
}

fn way_to(point: &str) -> Way {
    match point.split('.').next().unwrap() {
        "job" => Way::Job,
        "rebuild" => Way::Rebuild,
        "pay" | "mail" | "webhook" => Way::Commands(&[Kind::Payment]),
        "card" => Way::Commands(&[Kind::GiftCard]),
        "task" if point == "task.refunded" => Way::Commands(&[Kind::Cancel]),
        "task" => Way::Commands(&[Kind::Uncertain]),
        "lease" if point.contains("releas") => Way::Stop,
        _ => Way::Commands(&Kind::ALL),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_at_any_point_has_done_each_command_once() {
    let begun = Instant::now();
    let mut scene = Scene::set().await;
    let mut deaths = 0;
    for (number, point) in POINTS.into_iter().enumerate() {
        match way_to(point) {
            Way::Job => scene.die_in(point, &["jobs", "run", "expire-points"]).await,
            Way::Rebuild => scene.die_in(point, &["projections", "rebuild", "orders"]).await,
            Way::Stop => scene.die_while_stopping(point).await,
            Way::Commands(kinds) if long() => {
                for kind in kinds {
                    scene.die_during(*kind, Death::at(point)).await;
                }
                deaths += kinds.len() - 1;
            }
            Way::Commands(kinds) => {
                scene.die_during(kinds[number % kinds.len()], Death::at(point)).await;
            }
        }
        deaths += 1;
    }
    // In the middle of the statement, during each kind of command.
    let micros = if long() { &MORE_MICROS[..] } else { &MICROS[..] };
    for kind in Kind::ALL {
        for micros in micros {
            let death = Death { micros: *micros, ..Death::at("append.before") };
            scene.die_during(kind, death).await;
            deaths += 1;
        }
    }
    // In the second append of what takes two: what the provider said is to be recorded.
    for kind in [Kind::Payment, Kind::Uncertain, Kind::Cancel, Kind::GiftCard] {
        for point in ["append.before", "append.committed", "append.told"] {
            scene.die_during(kind, Death { hit: 2, ..Death::at(point) }).await;
            deaths += 1;
        }
    }
    scene.end().await;
    println!("{deaths} deaths at {} points in {:?}", POINTS.len(), begun.elapsed());
}

#[test]
fn the_list_of_fail_points_is_that_of_the_code() {
    let mut found = BTreeSet::new();
    for folder in ["src", "eventlog/src", "projections/src"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    }
    let listed: BTreeSet<String> = POINTS.into_iter().map(str::to_owned).collect();
    assert_eq!(found, listed);
    assert_eq!(listed.len(), POINTS.len(), "a name stands for one point");
}

fn collect(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text.split("fault!(\"").skip(1);
            found.extend(names.map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
}
