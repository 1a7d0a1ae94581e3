//! What the server asks the database for a kind of list, for pgbench.

use super::{Kind, PEOPLE, Places};
use crate::Result;
use crate::database::Database;
use crate::same_sql::{Values, script};
use aggregates::UserId;
use ledgerline::demo::scale::{CATEGORIES, MATERIALS, Scale, THINGS, customer, seller};
use projections::catalogue::{self, CommonWords, Cursor, Filter, PageRequest, Show, Sort};
use projections::sales::{self, ProductFilter};
use projections::{accounts, orders};

const LIMIT: u32 = 20;
/// Of statements whose values do not matter.
const NONE: Values<'_> = Values { texts: &["unused"], ids: &[] };

/// `None` where a statement names times, for which nothing stands in a script.
pub(super) async fn of(
    kind: Kind,
    database: &Database,
    scale: Scale,
    places: &Places,
) -> Result<Option<String>> {
    let sellers = people(scale.sellers(), seller);
    let counted = PageRequest { limit: LIMIT, with_total: true, ..PageRequest::default() };
    let cheapest = PageRequest { sort: Sort::Price, ..counted.clone() };
    let managed = PageRequest { limit: LIMIT, ..PageRequest::default() };
    let (all, of_ids) = (Filter::default(), |ids| Values { texts: &[], ids });
    let any_order = orders::Filter { limit: LIMIT, ..orders::Filter::default() };
    Ok(Some(match kind {
        Kind::Search => {
            let of = |material| THINGS.iter().map(move |thing| format!("{material} {thing}"));
            let texts: Vec<String> = MATERIALS.iter().flat_map(of).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            products(database, Values { texts: &texts, ids: &[] }, &words(texts[0]), &counted)
                .await?
        }
        Kind::SearchOneWord => {
            let values = Values { texts: &THINGS, ids: &[] };
            products(database, values, &words(THINGS[0]), &counted).await?
        }
        Kind::FirstPage => products(database, NONE, &all, &cheapest).await?,
        Kind::NextPage => {
            let texts = ["10000.00", "15000.00", "20000.00", "30000.00"];
            let ids = places.products.get(..texts.len()).ok_or("too few products")?;
            let after =
                Some(Cursor::Price(texts[1].parse()?, ids[0].parse::<uuid::Uuid>()?.into()));
            let values = Values { texts: &texts, ids };
            products(database, values, &all, &PageRequest { after, ..cheapest }).await?
        }
        Kind::Category => {
            let filter = Filter { categories: vec![CATEGORIES[0].to_owned()], ..all };
            let values = Values { texts: &CATEGORIES, ids: &[] };
            products(database, values, &filter, &cheapest).await?
        }
        Kind::Product => {
            let ids = &places.products[..places.products.len().min(64)];
            let id = ids.first().ok_or("no product")?.parse::<uuid::Uuid>()?;
            script(database, &of_ids(ids), async |pool| {
                catalogue::product(pool, id.into()).await?;
                Ok(())
            })
            .await?
        }
        Kind::SellerProducts => {
            let filter = Filter { seller_id: Some(seller(0)), show: Show::Unarchived, ..all };
            products(database, of_ids(&sellers), &filter, &managed).await?
        }
        Kind::AdminProducts => {
            products(database, NONE, &Filter { show: Show::All, ..all }, &managed).await?
        }
        Kind::OrderHistory => {
            let filter = orders::Filter { user_id: Some(customer(0)), ..any_order };
            placed(database, of_ids(&people(scale.customers(), customer)), &filter).await?
        }
        Kind::SellerOrders => {
            let filter = orders::Filter { seller_id: Some(seller(0)), ..any_order };
            placed(database, of_ids(&sellers), &filter).await?
        }
        Kind::AdminOrders => placed(database, NONE, &any_order).await?,
        Kind::AdminUsers => {
            let filter = accounts::Filter { limit: LIMIT, ..accounts::Filter::default() };
            script(database, &NONE, async |pool| {
                accounts::list(pool, &filter).await?;
                Ok(())
            })
            .await?
        }
        Kind::AnalyticsProducts => {
            let filter = ProductFilter { limit: LIMIT, ..ProductFilter::default() };
            script(database, &NONE, async |pool| {
                sales::products(pool, &filter).await?;
                Ok(())
            })
            .await?
        }
        Kind::SellerAnalytics
        | Kind::AdminDashboard
        | Kind::AnalyticsSales
        | Kind::AnalyticsProductsOfMonth
        | Kind::AnalyticsUsers
        | Kind::AnalyticsGenres
        | Kind::AnalyticsDashboard
        | Kind::AnalyticsLiabilities => return Ok(None),
    }))
}

/// People from all over the shop.
fn people(number: u64, id: impl Fn(u64) -> UserId) -> Vec<String> {
    (0..PEOPLE).map(|n| id(n * number / PEOPLE).to_string()).collect()
}

fn words(q: &str) -> Filter {
    Filter { q: Some(q.to_owned()), ..Filter::default() }
}

/// As the server, which remembers for a while which words are common.
async fn products(
    database: &Database,
    values: Values<'_>,
    filter: &Filter,
    page: &PageRequest,
) -> Result<String> {
    let common = CommonWords::default();
    catalogue::list(&database.pool, &common, filter, page).await?;
    script(database, &values, async |pool| {
        catalogue::list(pool, &common, filter, page).await?;
        Ok(())
    })
    .await
}

async fn placed(
    database: &Database,
    values: Values<'_>,
    filter: &orders::Filter,
) -> Result<String> {
    script(database, &values, async |pool| {
        orders::list(pool, filter).await?;
        Ok(())
    })
    .await
}
