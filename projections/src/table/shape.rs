//! What the engine needs to know of a table, asked from the database that made it.

use sqlx::PgConnection;

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub name: String,
    pub sql_type: String,
}

/// A table in the schema of one generation. Generated columns are left out: nobody stores them.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Qualified and quoted.
    pub table: String,
    pub columns: Vec<Column>,
    /// The place of the primary key among them.
    pub key: usize,
}

impl Column {
    pub fn is_json(&self) -> bool {
        matches!(self.sql_type.as_str(), "json" | "jsonb")
    }
}

impl Shape {
    pub fn key(&self) -> &Column {
        &self.columns[self.key]
    }

    pub async fn load(
        db: &mut PgConnection,
        schema: &str,
        table: &str,
    ) -> Result<Self, sqlx::Error> {
        let rows = sqlx::query!(
            r#"SELECT quote_ident(a.attname) AS "name!",
                      format_type(a.atttypid, a.atttypmod) AS "sql_type!",
                      i.indrelid IS NOT NULL AS "is_key!"
                 FROM pg_attribute a
                 LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
                      AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum
                WHERE a.attrelid = (quote_ident($1) || '.' || quote_ident($2))::regclass
                  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                ORDER BY a.attnum"#,
            schema,
            table
        )
        .fetch_all(db)
        .await?;
        let mut key = None;
        let mut columns = Vec::with_capacity(rows.len());
        for (place, row) in rows.into_iter().enumerate() {
            if row.is_key {
                key = Some(place);
            }
            columns.push(Column { name: row.name, sql_type: row.sql_type });
        }
        let key = key.ok_or_else(|| {
            sqlx::Error::Protocol(format!("{schema}.{table} needs a primary key of one column"))
        })?;
        Ok(Self { table: format!("\"{schema}\".\"{table}\""), columns, key })
    }
}
