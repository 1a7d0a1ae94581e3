//! The database role for tools of analysts: reads figures, and nothing of a person; also after a
//! read model was built anew.

use super::{buy, product};
use crate::support::app::TestApp;
use sqlx::{Executor, PgPool};

/// What a statement of the role gives: the SQLSTATE where it is refused.
async fn as_analyst(pool: &PgPool, statement: &str) -> Result<i64, String> {
    let mut tx = pool.begin().await.unwrap();
    tx.execute("SET LOCAL ROLE ledgerline_analyst").await.unwrap();
    let found = sqlx::query_scalar(statement).fetch_one(&mut *tx).await;
    found.map_err(|error| error.into_database_error().unwrap().code().unwrap().into_owned())
}

#[tokio::test]
async fn the_role_reads_figures_and_no_personal_data_before_and_after_a_rebuild() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let lamp = product(&seller, "Lamp", "10.00", "home", "").await;
    buy(&app.customer().await, &[(&lamp, 2)]).await;
    app.prove().await;
    let pool = app.pool().await;
    let units = "SELECT units FROM read.sales_sums WHERE dimension = 'all' AND grain = 'all'";
    assert_eq!(as_analyst(&pool, units).await, Ok(2));
    let views = "SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'read'::regnamespace
                   AND has_table_privilege('ledgerline_analyst', c.oid, 'SELECT')";
    let before = as_analyst(&pool, views).await.unwrap();
    let state = &app.server.state;
    for definition in projections::all() {
        let holder = state.entropy.new_id();
        projections::rebuild(&state.pool, &definition, holder).await.unwrap();
    }
    assert_eq!(as_analyst(&pool, units).await, Ok(2));
    assert_eq!(as_analyst(&pool, views).await, Ok(before));
    // Every view that the manual lists for the role, and no other.
    let manual = include_str!("../../../docs/OPERATIONS.md");
    let table = manual.split_once("| view | a row for each |").unwrap().1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let listed: Vec<&str> =
        rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect();
    assert_eq!(i64::try_from(listed.len()).unwrap(), before, "{listed:?}");
    for view in listed {
        let count = format!("SELECT count(*) FROM read.{view}");
        assert!(as_analyst(&pool, &count).await.is_ok(), "{view}");
    }
    // A view whose columns change is made anew, as a new version of a read model does.
    pool.execute("DROP VIEW read.sales_sums").await.unwrap();
    let sales = projections::all().into_iter().find(|one| one.name == "sales").unwrap();
    projections::rebuild(&state.pool, &sales, state.entropy.new_id()).await.unwrap();
    assert_eq!(as_analyst(&pool, units).await, Ok(2));

    let refused = Err("42501".to_owned());
    for secret in [
        "public.personal_data",
        "public.events",
        "public.sessions",
        "public.idempotency",
        "read.carts",
        "read.cart_fillings",
        "read.gift_cards",
        "read.reviews",
        "read.webhooks",
    ] {
        let count = format!("SELECT count(*) FROM {secret}");
        assert_eq!(as_analyst(&pool, &count).await, refused, "{secret}");
    }
    for change in [
        "DELETE FROM read.sales_sums RETURNING 1::bigint",
        "UPDATE read.orders SET total = 0 RETURNING 1::bigint",
    ] {
        assert_eq!(as_analyst(&pool, change).await, refused, "{change}");
    }
    // What the role reads holds nothing that was typed in about a person.
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT to_json(o)::text FROM read.orders o UNION ALL
         SELECT to_json(a)::text FROM read.accounts a UNION ALL
         SELECT to_json(p)::text FROM read.payments p UNION ALL
         SELECT to_json(s)::text FROM read.sales_sources s",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    for personal in ["Almaty, Abay 1", "+7 700", "@example.com"] {
        assert!(!rows.iter().any(|row| row.contains(personal)), "{personal}");
    }
    pool.close().await;
    app.finish().await;
}
