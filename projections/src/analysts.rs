//! What the database role `ledgerline_analyst` may read: the views named here and nothing else, so that a
//! new read model is closed to it until somebody has looked for personal data in it. Grants nothing
//! but SELECT.
//!
//! The ids in these views are pseudonyms: names and addresses are in `personal_data`, which the role
//! cannot read. Left out on purpose: `carts` (the id of a guest's cart is the secret of the guest's
//! session), `gift_cards` (hashed and sealed codes), `checkout_tasks` (nobody's figures), and all that
//! holds texts which customers write.

use sqlx::{Executor, PgConnection};

const VIEWS: [&str; 20] = [
    "accounts",
    "albums",
    "artists",
    "cart_sums",
    "gift_card_entries",
    "journal",
    "journal_sums",
    "loyalty_accounts",
    "loyalty_entries",
    "orders",
    "payments",
    "price_history",
    "products",
    "promotions",
    "sales_cohorts",
    "sales_customers",
    "sales_products",
    "sales_sources",
    "sales_sums",
    "stock_movements",
];

/// Lets the role read a view, where it is one for analysts and the role is there.
pub(crate) async fn admit(db: &mut PgConnection, view: &str) -> Result<(), sqlx::Error> {
    if !VIEWS.contains(&view) {
        return Ok(());
    }
    let is_missing = sqlx::query_scalar!(
        r#"SELECT coalesce(NOT has_table_privilege(r.oid, to_regclass('read.' || quote_ident($1)),
                                                   'SELECT'), false) AS "is_missing!"
             FROM pg_roles r WHERE r.rolname = 'ledgerline_analyst'"#,
        view
    )
    .fetch_optional(&mut *db)
    .await?;
    if is_missing == Some(true) {
        db.execute(&*format!("GRANT SELECT ON read.\"{view}\" TO ledgerline_analyst")).await?;
    }
    Ok(())
}
