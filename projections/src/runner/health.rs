//! What the leader looks at from time to time: which generations are current, and who lags behind.

use sqlx::PgConnection;

/// A current generation, as the database says.
pub(super) struct Seen {
    pub name: String,
    pub generation: i32,
    pub version: i32,
}

/// Looks, and publishes the lag of each as metrics.
pub(super) async fn look(
    db: &mut PgConnection,
    names: &[String],
) -> Result<Vec<Seen>, sqlx::Error> {
    let head = eventlog::feed::head(&mut *db).await?;
    let rows = sqlx::query!(
        r#"SELECT c.name, c.generation, p.version, c.global_position,
                  coalesce(extract(epoch FROM clock_timestamp() - n.recorded_at), 0)::float8
                  AS "lag_seconds!"
             FROM checkpoints c
             JOIN projections p ON p.name = c.name AND p.generation = c.generation
             LEFT JOIN LATERAL (
                  SELECT e.recorded_at FROM events e
                   WHERE (e.transaction_id, e.global_position) > (c.transaction_id, c.global_position)
                   ORDER BY e.transaction_id, e.global_position LIMIT 1
             ) n ON true
            WHERE c.name = ANY ($1)"#,
        names
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let events = (head.global_position - row.global_position).max(0);
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
            metrics::gauge!("ledgerline_projection_lag_events", "projection" => row.name.clone())
                .set(events as f64);
            metrics::gauge!("ledgerline_projection_lag_seconds", "projection" => row.name.clone())
                .set(row.lag_seconds);
            Seen { name: row.name, generation: row.generation, version: row.version }
        })
        .collect())
}
