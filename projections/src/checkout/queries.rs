//! Reads of the checkout's to-do list.

use super::Row;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use sqlx::types::Json;

/// At most `limit` tasks that are due, but those named in `except`; the longest waiting first.
pub async fn due(
    db: &PgPool,
    now: DateTime<Utc>,
    except: &[String],
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"SELECT to_json(t) AS "row!: Json<Row>" FROM read.checkout_tasks t
            WHERE t.due_at <= $1 AND t.key <> ALL ($3) ORDER BY t.due_at, t.key LIMIT $2"#,
        now,
        limit,
        except
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
