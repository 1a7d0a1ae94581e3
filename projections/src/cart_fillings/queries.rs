//! Reads of how many carts were filled.

use crate::sales::Range;
use sqlx::PgPool;

/// How many carts were filled in a range.
pub(crate) async fn filled(db: &PgPool, range: &Range) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(sum(filled), 0)::bigint AS "filled!" FROM read.cart_sums
            WHERE bucket >= $1 AND bucket < $2"#,
        range.from,
        range.to
    )
    .fetch_one(db)
    .await
}
