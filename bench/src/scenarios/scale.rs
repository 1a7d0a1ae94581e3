//! A large shop, made by `ledgerline demo --scale`: what people look at in it, one kind after the
//! other. The server keeps no pages here; figures that take long to add up it keeps as it always does,
//! which is why the first answer of each kind is measured too. Beside each kind: what PostgreSQL alone
//! needs for the same statements.

mod library;
mod statements;

use crate::closed_loop::{self, Tally};
use crate::database::Database;
use crate::pgbench::Pgbench;
use crate::process::Process;
use crate::report::Measured;
use crate::site::Site;
use crate::visitors::{Visitor, Visitors};
use crate::{Bench, Result};
use aggregates::account::Role;
use chrono::Days;
use ledgerline::clock::{Clock, SystemClock};
use ledgerline::demo::scale::{CATEGORIES, MATERIALS, Scale, THINGS, customer, seller};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Clients of the aim.
const CLIENTS: usize = 16;
/// Customers and sellers whose lists are looked at, of each client.
const PEOPLE: u64 = 16;
/// Places in the list of products from which pages are asked.
const CURSORS: usize = 64;

/// What is looked at, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Search,
    SearchOneWord,
    FirstPage,
    NextPage,
    Category,
    Product,
    OrderHistory,
    SellerProducts,
    SellerOrders,
    SellerAnalytics,
    AdminOrders,
    AdminProducts,
    AdminUsers,
    AdminDashboard,
    AnalyticsSales,
    AnalyticsProducts,
    AnalyticsProductsOfMonth,
    AnalyticsUsers,
    AnalyticsGenres,
    AnalyticsDashboard,
    AnalyticsLiabilities,
}

impl Kind {
    const ALL: [(Self, &str); 21] = [
        (Self::Search, "search"),
        (Self::SearchOneWord, "search_one_word"),
        (Self::FirstPage, "first_page"),
        (Self::NextPage, "next_page"),
        (Self::Category, "category"),
        (Self::Product, "product"),
        (Self::OrderHistory, "order_history"),
        (Self::SellerProducts, "seller_products"),
        (Self::SellerOrders, "seller_orders"),
        (Self::SellerAnalytics, "seller_analytics"),
        (Self::AdminOrders, "admin_orders"),
        (Self::AdminProducts, "admin_products"),
        (Self::AdminUsers, "admin_users"),
        (Self::AdminDashboard, "admin_dashboard"),
        (Self::AnalyticsSales, "analytics_sales"),
        (Self::AnalyticsProducts, "analytics_products"),
        (Self::AnalyticsProductsOfMonth, "analytics_products_of_month"),
        (Self::AnalyticsUsers, "analytics_users"),
        (Self::AnalyticsGenres, "analytics_genres"),
        (Self::AnalyticsDashboard, "analytics_dashboard"),
        (Self::AnalyticsLiabilities, "analytics_liabilities"),
    ];

    fn role(self) -> Role {
        match self {
            Self::SellerProducts | Self::SellerOrders | Self::SellerAnalytics => Role::Seller,
            Self::AdminOrders | Self::AdminProducts | Self::AdminUsers | Self::AdminDashboard => {
                Role::Admin
            }
            Self::AnalyticsSales
            | Self::AnalyticsProducts
            | Self::AnalyticsProductsOfMonth
            | Self::AnalyticsUsers
            | Self::AnalyticsGenres
            | Self::AnalyticsDashboard
            | Self::AnalyticsLiabilities => Role::Analyst,
            _ => Role::Customer,
        }
    }

    fn path(self, visitor: &mut Visitor, places: &Places) -> String {
        match self {
            Self::Search => {
                let (material, thing) = (visitor.pick(MATERIALS.len()), visitor.pick(THINGS.len()));
                format!("/products?q={}+{}", MATERIALS[material], THINGS[thing])
            }
            Self::SearchOneWord => format!("/products?q={}", THINGS[visitor.pick(THINGS.len())]),
            Self::FirstPage => {
                let sorts = ["newest", "price", "-price", "name", "rating"];
                format!("/products?sort={}", sorts[visitor.pick(sorts.len())])
            }
            Self::NextPage => {
                let cursor = &places.cursors[visitor.pick(places.cursors.len())];
                format!("/products?sort=price&cursor={cursor}")
            }
            Self::Category => {
                let category = CATEGORIES[visitor.pick(CATEGORIES.len())];
                format!("/products?category={category}&sort=price")
            }
            Self::Product => {
                format!("/products/{}", places.products[visitor.pick(places.products.len())])
            }
            Self::OrderHistory => "/orders".to_owned(),
            Self::SellerProducts => "/seller/products".to_owned(),
            Self::SellerOrders => "/seller/orders".to_owned(),
            Self::SellerAnalytics => "/seller/analytics".to_owned(),
            Self::AdminOrders => "/admin/orders".to_owned(),
            Self::AdminProducts => "/admin/products".to_owned(),
            Self::AdminUsers => "/admin/users".to_owned(),
            Self::AdminDashboard => "/admin/dashboard".to_owned(),
            Self::AnalyticsSales => "/analytics/sales?period=month".to_owned(),
            Self::AnalyticsProducts => "/analytics/products".to_owned(),
            Self::AnalyticsProductsOfMonth => format!("/analytics/products?{}", places.month),
            Self::AnalyticsUsers => "/analytics/users".to_owned(),
            Self::AnalyticsGenres => "/analytics/genres".to_owned(),
            Self::AnalyticsDashboard => "/analytics/dashboard".to_owned(),
            Self::AnalyticsLiabilities => "/analytics/liabilities".to_owned(),
        }
    }
}

/// Where in the catalogue the visitors look.
struct Places {
    cursors: Vec<String>,
    products: Vec<String>,
    /// The last thirty days, as parameters of a report.
    month: String,
}

pub async fn run(bench: &Bench, database: &Database) -> Result<Measured> {
    let scale = Scale { products: bench.scale, orders: bench.scale };
    if !bench.is_prepared() {
        Process::fill(database, bench.scale).await?;
    }
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("ledgerline.toml");
    std::fs::write(&config, "[http]\npage_cache_mib = 0\n")?;
    let site =
        Site::open_with(bench, database, &["--config", &config.display().to_string()]).await?;
    site.must_be_ours()?;
    database.at_rest().await?;
    database.settle().await?;
    let places = Arc::new(places(&site).await?);
    let time = bench.time / 4;
    let (mut total, mut more) = (Tally::default(), Vec::new());
    for (kind, name) in Kind::ALL {
        let visitors = visitors(&site, kind.role(), scale).await?;
        more.push((format!("{name}_first_ms"), first(kind, &visitors, &places).await?));
        look(kind, &visitors, &places, Duration::from_millis(500)).await;
        let tally = look(kind, &visitors, &places, time).await;
        more.push((format!("{name}_p50_ms"), tally.millis(0.50)));
        more.push((format!("{name}_p99_ms"), tally.millis(0.99)));
        more.push((format!("{name}_per_second"), tally.per_second()));
        let alone = match statements::of(kind, database, scale, &places).await? {
            Some(script) => Pgbench::with(database, CLIENTS, &[script]).await?.run(time).await?,
            None => library::per_second(kind, database, scale, time).await?,
        };
        more.push((format!("{name}_postgresql_alone_per_second"), alone));
        total += tally;
    }
    let memory = site.memory();
    site.close().await?;
    let mut measured = Measured::new(CLIENTS, total);
    (measured.more, measured.rss_mib) = (more, memory.map(|memory| memory.now));
    Ok(measured)
}

/// How many milliseconds the first answer takes, of which nothing is kept.
async fn first(kind: Kind, visitors: &Visitors, places: &Places) -> Result<f64> {
    let mut visitor = visitors.of(0).await;
    let path = kind.path(&mut visitor, places);
    let began = Instant::now();
    visitor.ask("GET", &path, "").await?.expect(200)?;
    Ok(began.elapsed().as_secs_f64() * 1_000.0)
}

async fn look(kind: Kind, visitors: &Visitors, places: &Arc<Places>, time: Duration) -> Tally {
    let (visitors, places) = (visitors.clone(), Arc::clone(places));
    closed_loop::run(CLIENTS, time, move |client, _| {
        let (visitors, places) = (visitors.clone(), Arc::clone(&places));
        async move {
            let mut visitor = visitors.of(client).await;
            visitor.next();
            let path = kind.path(&mut visitor, &places);
            visitor.ask("GET", &path, "").await?.expect(200).map(drop)
        }
    })
    .await
}

/// People from all over the shop.
async fn visitors(site: &Site, role: Role, scale: Scale) -> Result<Visitors> {
    let clients = u64::try_from(CLIENTS)?;
    let mut made = Vec::new();
    for client in 0..CLIENTS {
        let mut people = Vec::new();
        for n in 0..PEOPLE {
            let number = u64::try_from(client)? * PEOPLE + n;
            let id = match role {
                Role::Seller => seller(number * scale.sellers() / (clients * PEOPLE)).uuid(),
                Role::Customer => customer(number * scale.customers() / (clients * PEOPLE)).uuid(),
                _ => site.shop.new_id(),
            };
            people.push(site.user(id, role)?);
        }
        let mut visitor = site.visitor(client, people);
        visitor.open().await?;
        made.push(visitor);
    }
    Ok(Visitors::new(made))
}

async fn places(site: &Site) -> Result<Places> {
    let mut visitor = site.staff(0, Role::Customer)?;
    let today = SystemClock.now().date_naive();
    let month = format!("from={}&to={today}", today - Days::new(30));
    let mut places = Places { cursors: Vec::new(), products: Vec::new(), month };
    let mut path = "/products?sort=price".to_owned();
    while places.cursors.len() < CURSORS {
        let page: serde_json::Value = serde_json::from_slice(&visitor.look(&path).await?.body)?;
        let items = page["items"].as_array().ok_or("a page without items")?;
        places
            .products
            .extend(items.iter().filter_map(|item| item["id"].as_str()).map(str::to_owned));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/products?sort=price&cursor={cursor}");
        places.cursors.push(cursor.to_owned());
    }
    Ok(places)
}
