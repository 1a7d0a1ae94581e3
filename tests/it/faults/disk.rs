//! The disk under the embedded database is full: commands are refused and say so, nothing that was
//! acknowledged is lost, and all goes on when there is space again.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::program::Program;
use crate::support::shop::{self, ARGUMENTS, TOML, Told, long, shop_once};
use crate::support::wait::eventually;

/// A small disk. Dropping it takes it away.
struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// `None` where this machine does not let us.
    fn at(folder: PathBuf) -> Option<Self> {
        fs::create_dir_all(&folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=160m,mode=0711", "ledgerline-test"]).arg(&folder);
        match mount.output() {
            Ok(output) if output.status.success() => Some(Self { folder }),
            Ok(output) => {
                println!("NOT RUN: no disk: {}", String::from_utf8_lossy(&output.stderr).trim());
                None
            }
            Err(error) => {
                println!("NOT RUN: no disk: {error}");
                None
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
        let _ = self.folder.parent().map(fs::remove_dir_all);
    }
}

/// Writes until there is no space left, after what is there already.
fn fill(path: &Path) {
    let mut ballast = OpenOptions::new().create(true).append(true).open(path).unwrap();
    for block in [vec![0; 1 << 20], vec![0; 1 << 12]] {
        while ballast.write_all(&block).is_ok() {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_commands_and_keeps_what_it_has() {
    let program = Program::new(TOML);
    let Some(disk) = Disk::at(program.data_dir()) else { return };
    // It has to stop the database before the disk goes.
    let program = (program, disk);
    let (program, _) = (&program.0, &program.1);
    let mut serving = program.serve(&ARGUMENTS).await;
    let mut admin = shop::admin(&serving).await;
    let goods = shop::goods(&admin).await;
    let told = Told::default();
    for round in 0..if long() { 5 } else { 1 } {
        let buyers = shop::buyers(&serving, &round.to_string(), 4).await;
        let ballast = program.data_dir().join("ballast");
        let refused = join_all(buyers.iter().map(async |buyer| {
            for number in 0.. {
                if shop_once(buyer, &goods, &told, number).await.is_none() {
                    return;
                }
                if number == 3 {
                    fill(&ballast);
                }
            }
        }));
        refused.await;
        let line = json!({ "product_id": goods.product, "quantity": 1 });
        let said = eventually("an answer that it cannot", async || {
            // The database gives space back of its own, as when a checkpoint drops old segments.
            fill(&ballast);
            let answer = admin.post("/cart/items", &line).attempt().await?;
            (answer.status >= 500).then_some(answer)
        })
        .await;
        said.refused(503, "unavailable");
        fs::remove_file(&ballast).unwrap();
        // Where the database itself gave up, whoever looks after the server starts it again.
        if crate::support::program::postmaster(&program.data_dir()).is_none() {
            println!("the database had given up; the server was started again");
            serving.kill();
            serving = program.serve(&ARGUMENTS).await;
            admin = shop::admin(&serving).await;
        }
        eventually("commands again", async || {
            let answer = admin.post("/cart/items", &line).attempt().await?;
            (answer.status == 201).then_some(())
        })
        .await;
    }
    println!("{} orders were acknowledged around full disks", told.placed());
    shop::check(program, &admin, &goods, &told).await;
    assert_eq!(serving.terminate().await, Some(0));
}
