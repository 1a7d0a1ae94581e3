//! A whole server in the test's process, over a database of its own, and users of every role.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aggregates::Account;
use aggregates::account::Role;
use chrono::{DateTime, Utc};
use clap::Parser;
use eventlog::{Committed, Metadata, Outcome};
use futures_util::future::join_all;
use ledgerline::auth::{Caller, Registration};
use ledgerline::clock::{Clock, ManualClock, SystemClock};
use ledgerline::config::{Config, Flags};
use ledgerline::ledgers;
use ledgerline::server::{Server, World};
use ledgerline::webhooks::Resolver;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;
use uuid::Uuid;

use super::client::{Client, text};
use super::database::TestDatabase;
use super::wait::eventually;

/// Of everybody who has one.
pub const PASSWORD: &str = "correct horse battery staple";
/// Shared by the processes of a divided server.
pub const JWT_KEY: &str = "a text that signs the tokens of the tests, long enough";
/// Shared by them, too: any of them must know the gift cards that another has made.
const CODE_KEY: &str = "a text that keys the codes of the tests, long enough";
const ADMIN: &str = "admin@example.com";

#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
}

/// How a server differs from the usual one of tests.
#[derive(Debug)]
pub struct Setup {
    arguments: Vec<String>,
    file: String,
    world: World,
}

/// A running server.
#[derive(Debug)]
pub struct TestApp {
    pub server: Server,
    pub base: String,
    database: Arc<TestDatabase>,
    folder: TempDir,
}

impl Setup {
    fn new() -> Self {
        Self { arguments: Vec::new(), file: String::new(), world: World::default() }
    }

    /// Further command line arguments; a flag given again replaces the one of the tests.
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// The configuration file.
    pub fn file(self, toml: &str) -> Self {
        Self { file: toml.to_owned(), ..self }
    }

    pub fn clock(self, clock: Arc<ManualClock>) -> Self {
        Self { world: World { clock, ..self.world }, ..self }
    }

    /// Finds the targets of webhooks.
    pub fn resolver(self, resolver: Arc<dyn Resolver>) -> Self {
        Self { world: World { resolver, ..self.world }, ..self }
    }

    pub async fn start(self) -> TestApp {
        self.start_on(Arc::new(TestDatabase::create().await)).await
    }

    /// Over a database that other servers use too.
    pub async fn start_on(self, database: Arc<TestDatabase>) -> TestApp {
        let folder = tempfile::tempdir().unwrap();
        let config = self.config(&database, &folder);
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let server = Server::start_in(config, metrics, self.world).await.unwrap();
        let base = format!("http://{}", server.addr);
        TestApp { server, base, database, folder }
    }

    fn config(&self, database: &TestDatabase, folder: &TempDir) -> Config {
        let file = folder.path().join("ledgerline.toml");
        // A busy machine may take its time; a test that reads its writes must not depend on it.
        let patience = "[http]\nprojection_wait_ms = 10000\nslow_figures_age_s = 0\n";
        let text = if self.file.contains("[http]") { "" } else { patience };
        std::fs::write(&file, format!("{text}{}", self.file)).unwrap();
        let path = |path: PathBuf| path.into_os_string().into_string().unwrap();
        let usual = [
            ("--addr", "127.0.0.1:0".to_owned()),
            ("--data-dir", path(folder.path().to_owned())),
            ("--database-url", database.url()),
            ("--jwt-key", JWT_KEY.to_owned()),
            ("--code-key", CODE_KEY.to_owned()),
            ("--rate-limits", "off".to_owned()),
            ("--config", path(file)),
        ];
        let replaced = |name: &str| self.arguments.iter().any(|argument| argument == name);
        let usual = usual.into_iter().filter(|(name, _)| !replaced(name));
        let usual = usual.flat_map(|(name, value)| [name.to_owned(), value]);
        let program = ["ledgerline".to_owned()].into_iter();
        let arguments = program.chain(usual).chain(self.arguments.iter().cloned());
        Config::load(Arguments::parse_from(arguments).flags).unwrap()
    }
}

impl TestApp {
    /// By the machine's clock, without rate limits.
    pub async fn start() -> Self {
        Self::setup().start().await
    }

    pub fn setup() -> Setup {
        Setup::new()
    }

    /// By a clock that the test moves.
    pub async fn start_with_clock() -> (Self, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(now()));
        let app = Self::setup().clock(Arc::clone(&clock)).start().await;
        (app, clock)
    }

    /// Another server over the same database.
    pub async fn start_another(&self, setup: Setup) -> Self {
        setup.start_on(Arc::clone(&self.database)).await
    }

    /// Somebody without credentials.
    pub fn guest(&self) -> Client {
        Client::guest(&self.base)
    }

    /// Somebody with an account and a token of the server's own, but without a password: hashing
    /// one for each user would take most of the time of the tests.
    pub async fn user(&self, role: Role) -> Client {
        self.user_on(&self.guest(), role).await
    }

    async fn user_on(&self, connection: &Client, role: Role) -> Client {
        let id = any_id();
        let registration = Registration {
            id: id.into(),
            role,
            email: format!("{id}@example.com").parse().unwrap(),
            password_hash: String::new(),
            first_name: None,
            last_name: None,
        };
        let state = &self.server.state;
        let unit = state.log.unit(Metadata::new("test", any_id(), "a user of the tests"));
        let account = unit.create::<Account>(id.to_string());
        let done = account.run(move |work| registration.record(work)).await.unwrap();
        // As the answer to a registration: queries know the account, where anybody projects at all.
        if let Outcome::Done(Committed { position: Some(position), .. }) = done {
            state.read_models.wait_for(position, Duration::from_secs(10)).await;
        }
        self.token_for(connection, id, role)
    }

    /// A customer with a token of now: the one before has expired.
    pub fn renewed(&self, customer: &Client) -> Client {
        self.token_for(customer, customer.id, Role::Customer)
    }

    /// The same for somebody of another role.
    pub fn renewed_as(&self, user: &Client, role: Role) -> Client {
        self.token_for(user, user.id, role)
    }

    fn token_for(&self, connection: &Client, id: Uuid, role: Role) -> Client {
        let state = &self.server.state;
        let caller = Caller { id: id.into(), role, session_id: any_id() };
        let token = state.tokens.issue(caller, state.clock.now()).unwrap();
        connection.with_token(&token, id)
    }

    /// Customers who share connections: hundreds at once need no socket each.
    pub async fn crowd(&self, size: usize) -> Vec<Client> {
        let guest = self.guest();
        join_all((0..size).map(|_| self.user_on(&guest, Role::Customer))).await
    }

    pub async fn customer(&self) -> Client {
        self.user(Role::Customer).await
    }

    pub async fn seller(&self) -> Client {
        self.user(Role::Seller).await
    }

    pub async fn admin(&self) -> Client {
        self.user(Role::Admin).await
    }

    /// Registers and logs in; returns the user and the answer to the login.
    pub async fn registered(&self, email: &str, role: &str) -> (Client, Value) {
        let guest = self.guest();
        let body = json!({ "email": email, "password": PASSWORD, "role": role });
        let id = guest.post("/auth/register", body).await.expect(201).id();
        let login = self.login(email).await;
        let token = text(&login, "access_token");
        (guest.with_token(&token, id.parse().unwrap()), login)
    }

    pub async fn login(&self, email: &str) -> Value {
        self.login_with(email, PASSWORD).await
    }

    pub async fn login_with(&self, email: &str, password: &str) -> Value {
        let body = json!({ "email": email, "password": password });
        self.guest().post("/auth/login", body).await.expect(200).body
    }

    /// The first administrator, with an account.
    pub async fn registered_admin(&self) -> Client {
        let state = &self.server.state;
        ledgerline::auth::bootstrap::first_admin(state, ADMIN, PASSWORD).await.unwrap();
        let login = self.login(ADMIN).await;
        let id = text(&login["user"], "id").parse().unwrap();
        self.guest().with_token(&text(&login, "access_token"), id)
    }

    /// A product of a new seller's.
    pub async fn product(&self, price: &str, stock: u32) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let name = format!("Product {}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.product_of(&self.seller().await, &name, price, stock).await
    }

    pub async fn product_of(&self, seller: &Client, name: &str, price: &str, stock: u32) -> String {
        let body = json!({ "name": name, "price": price, "quantity": stock });
        seller.post("/products", body).await.expect(201).id()
    }

    /// Units that can be ordered, as the catalogue shows them.
    pub async fn stock(&self, product: &str) -> i64 {
        let shown = self.guest().get(&format!("/products/{product}")).await.expect(200).body;
        shown["quantity"].as_i64().unwrap()
    }

    /// Waits until an order is as wanted, and returns it.
    pub async fn order_when(&self, id: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let admin = self.admin().await;
        eventually(what, async || Some(admin.order_now(id).await).filter(&wanted)).await
    }

    /// Waits until the first payment of an order has this status, and returns it.
    pub async fn payment_when(&self, order: &str, status: &str) -> Value {
        let (admin, path) = (self.admin().await, format!("/payments/order/{order}"));
        eventually(&format!("a payment that is {status}"), async || {
            let payments = admin.get(&path).await.expect(200).body;
            Some(payments["items"][0].clone()).filter(|payment| payment["status"] == status)
        })
        .await
    }

    /// As the superuser, for what no client can see.
    pub async fn pool(&self) -> PgPool {
        self.database.pool().await
    }

    /// Proves the log intact, its ledgers right, and the read models equal to it.
    pub async fn prove(&self) {
        let state = &self.server.state;
        eventually("all projections at the head", async || {
            let all = projections::status(&state.pool).await.unwrap();
            for one in &all {
                assert_eq!(one.error, None, "the projection {} has failed", one.name);
            }
            all.iter().all(|one| one.lag_events == 0).then_some(())
        })
        .await;
        let pool = self.pool().await;
        eventlog::verify::chains(&pool, None, |_| {}).await.unwrap();
        eventlog::verify::tree(&pool, |_| {}).await.unwrap();
        ledgers::verify(&pool, |_| {}).await.unwrap();
        pool.close().await;
        for definition in projections::all() {
            let holder = state.entropy.new_id();
            let compared = projections::compare(&state.pool, &definition, holder).await.unwrap();
            assert_eq!(compared.differences, [], "{} is not what the log says", definition.name);
        }
    }

    /// Proves that all is well, then stops.
    pub async fn finish(self) {
        self.prove().await;
        self.stop().await;
    }

    pub async fn stop(self) {
        self.server.stop().await.unwrap();
        drop(self.folder);
    }
}

/// The time, for clocks that tests move from there on.
pub fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// Any id.
pub fn any_id() -> Uuid {
    ledgerline::entropy::Entropy::new(Arc::new(SystemClock)).new_id()
}
