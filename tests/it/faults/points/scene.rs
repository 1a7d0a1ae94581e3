//! A shop in which the server dies where it is told to, and is started again.

use std::collections::BTreeSet;
use std::path::PathBuf;

use eventlog::faults::FILE;
use serde_json::json;
use sqlx::PgPool;

use super::kind::{Kind, Prepared};
use crate::support::client::{Answer, Call, Client, text};
use crate::support::database::TestDatabase;
use crate::support::program::{Program, Serving};
use crate::support::shop::{self, ARGUMENTS, long};
use crate::support::wait::eventually;
use crate::webhooks::receiver::Receiver;

const TOML: &str = "[http]\nprojection_wait_ms = 10000\n[tokens]\naccess_minutes = 600\n\
    [webhooks]\nallow_http = true\nallow_private = true\n";

pub struct Scene {
    pub buyer: Client,
    pub admin: Client,
    /// What is sold.
    pub product: String,
    /// Whose stock is changed.
    pub shelf: String,
    /// Of a gift card.
    pub code: String,
    /// Who is told of payments.
    told: Receiver,
    program: Program,
    serving: Serving,
    armed: PathBuf,
    pool: PgPool,
    database: TestDatabase,
    commands: u32,
}

/// Where and how the server is to die.
#[derive(Debug, Clone, Copy)]
pub struct Death {
    pub point: &'static str,
    /// At which time that it comes there.
    pub hit: u32,
    /// How long after that.
    pub micros: u32,
}

impl Death {
    pub fn at(point: &'static str) -> Self {
        Self { point, hit: 1, micros: 0 }
    }
}

async fn new_product(admin: &Client, price: &str) -> String {
    let body = json!({ "name": price, "price": price, "quantity": 100_000 });
    admin.post("/products", body).await.expect(201).id()
}

impl Scene {
    pub async fn set() -> Self {
        let database = TestDatabase::create().await;
        // Outside of the data folder: it goes with the program.
        let program = Program::on(&database.url(), TOML);
        let armed = program.file("fault");
        let program = program.environment(FILE, armed.as_os_str());
        let serving = program.serve(&ARGUMENTS).await;
        let admin = shop::admin(&serving).await;
        let buyer = shop::buyers(&serving, "points", 1).await.remove(0);
        let (product, shelf, dear) = (
            new_product(&admin, "10.00").await,
            new_product(&admin, "20.00").await,
            new_product(&admin, "50000.00").await,
        );
        let promo = json!({ "code": "TEN", "kind": "percent", "value": 10 });
        admin.post("/promos/create", promo).await.expect(201);
        let card = json!({ "amount": "900000.00" });
        let card = admin.post("/giftcards/create", card).await.expect(201).body;
        let told = Receiver::start().await;
        let webhook = json!({ "url": told.url(), "events": ["payment.completed"] });
        admin.post("/webhooks", webhook).await.expect(201);
        let pool = database.pool().await;
        let code = text(&card, "code");
        let commands = 0;
        let scene = Self {
            buyer,
            admin,
            product,
            shelf,
            code,
            told,
            program,
            serving,
            armed,
            pool,
            database,
            commands,
        };
        // One percent of it are points to spend.
        scene.delivered(&dear).await;
        scene
    }

    /// That nothing has yet.
    pub fn new_name(&self) -> String {
        format!("NEW-{}", self.commands)
    }

    pub async fn new_product(&self, price: &str) -> String {
        new_product(&self.admin, price).await
    }

    pub async fn placed(&self) -> String {
        self.placed_of(&self.product).await
    }

    async fn placed_of(&self, product: &str) -> String {
        self.buyer.order_items(&[(product, 1)]).await.expect(201).id()
    }

    pub async fn paid(&self, product: &str) -> String {
        let order = self.placed_of(product).await;
        let paid = self.buyer.pay(&order, "tok_ok").await.expect(201).body;
        assert_eq!(paid["status"], "completed");
        order
    }

    pub async fn shipped(&self, product: &str) -> String {
        let order = self.paid(product).await;
        for status in ["processing", "shipped"] {
            self.step(&order, status).await.expect(200);
        }
        order
    }

    pub async fn delivered(&self, product: &str) -> String {
        let order = self.shipped(product).await;
        self.step(&order, "delivered").await.expect(200);
        order
    }

    pub fn step(&self, order: &str, status: &str) -> Call {
        self.admin.put(&format!("/orders/{order}/status"), json!({ "status": status }))
    }

    /// The ids of what the webhook was told of the payment of an order, once there is one.
    pub async fn messages_about(&self, order: &str) -> BTreeSet<String> {
        eventually(&format!("a message about the payment of {order}"), async || {
            let all = self.told.of("payment.completed").into_iter();
            let about = all.filter(|one| one.body["data"]["order_id"] == order);
            Some(about.map(|one| one.id).collect::<BTreeSet<_>>()).filter(|ids| !ids.is_empty())
        })
        .await
    }

    pub async fn stock(&self, product: &str) -> i64 {
        let path = format!("/products/{product}");
        self.admin.get(&path).await.expect(200).body["quantity"].as_i64().unwrap()
    }

    pub async fn number_of(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// Lets the server die at a point while it does a command, and sends it again.
    pub async fn die_during(&mut self, kind: Kind, death: Death) {
        let point = death.point;
        self.commands += 1;
        let key = format!("{point}-{kind:?}-{}", self.commands);
        let command = kind.prepare(self).await;
        self.arm(death);
        let first = command.call(self).key(&key).attempt().await;
        let first = first.filter(|answer| answer.status < 500);
        self.buried(&format!("{point} during {kind:?}")).await;
        self.start().await;
        let second = self.finished(&command, &key).await;
        if let Some(first) = first {
            // It was answered, and then the server died: the answer stands.
            assert!(first.status < 300, "{point}, {kind:?}: {}", first.text);
            assert_eq!(second.body["id"], first.body["id"], "{point}, {kind:?}");
        }
        // A repeated answer does not wait for the read models; this does.
        self.prove().await;
        command.check(self, &second).await;
    }

    /// Sends a command until it is answered for good.
    async fn finished(&self, command: &Prepared, key: &str) -> Answer {
        eventually(&format!("a final answer to {command:?}"), async || {
            let answer = command.call(self).key(key).attempt().await?;
            let waits = answer.status >= 500 || answer.body["code"] == "payment_processing";
            assert!(waits || command.is_final(&answer), "{command:?}: {}", answer.text);
            command.is_final(&answer).then_some(answer)
        })
        .await
    }

    /// Lets a command of the command line die at a point, beside the server, and does it again.
    pub async fn die_in(&mut self, point: &'static str, arguments: &[&str]) {
        self.arm(Death::at(point));
        let died = self.program.run(arguments).await;
        assert!(!self.armed.exists(), "{point} was never reached");
        assert!(!died.status.success() || self.serving.has_ended(), "{point}");
        if self.serving.has_ended() {
            self.start().await;
        }
        self.forget_leases().await;
        self.program.succeed(arguments).await;
        self.prove().await;
    }

    /// Lets the server die at a point of its way to an orderly end.
    pub async fn die_while_stopping(&mut self, point: &'static str) {
        self.arm(Death::at(point));
        self.serving.signal(rustix::process::Signal::TERM);
        self.buried(point).await;
        self.start().await;
        self.prove().await;
    }

    fn arm(&self, Death { point, hit, micros }: Death) {
        // By a rename, so that nobody reads half of it.
        let part = self.armed.with_extension("part");
        std::fs::write(&part, format!("{point} {hit} {micros}")).unwrap();
        std::fs::rename(&part, &self.armed).unwrap();
    }

    async fn buried(&mut self, how: &str) {
        let ended = eventually(how, async || self.serving.has_ended().then_some(()));
        ended.await;
        assert!(!self.armed.exists(), "it died of something else: {how}");
    }

    async fn start(&mut self) {
        self.forget_leases().await;
        self.serving = self.program.serve(&ARGUMENTS).await;
        let base = self.serving.base.clone();
        (self.buyer, self.admin) = (self.buyer.at(&base), self.admin.at(&base));
    }

    /// After each death; in the short form the read models are made anew after every fourth.
    async fn prove(&self) {
        if long() || self.commands.is_multiple_of(4) {
            shop::prove(&self.program).await;
        } else {
            shop::prove_log(&self.program).await;
        }
    }

    /// As if the dead one's leases had run out: `leases.rs` waits for that.
    async fn forget_leases(&self) {
        sqlx::query("DELETE FROM leases").execute(&self.pool).await.unwrap();
    }

    pub async fn end(self) {
        shop::prove(&self.program).await;
        self.all_mail_is_there().await;
        self.pool.close().await;
        assert_eq!(self.serving.terminate().await, Some(0));
        drop(self.database);
    }

    /// Whatever somebody has to be told of by mail, whenever the server died.
    async fn all_mail_is_there(&self) {
        eventually("a mail for each cause", async || {
            let sent = std::fs::read_dir(self.program.data_dir().join("mail")).unwrap();
            let name = |file: std::fs::DirEntry| file.file_name().into_string().unwrap();
            let sent: BTreeSet<String> = sent.map(|file| name(file.unwrap())).collect();
            let causes = shop::causes_of_mail(&self.pool).await;
            causes.iter().all(|cause| sent.contains(&format!("{cause}.eml"))).then_some(())
        })
        .await;
    }
}
