//! What a query of the server asks the database, as a script for pgbench: the library is asked once,
//! and what it prepared is read back, so that both sides always run the same statements.

use crate::Result;
use crate::database::Database;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, PgPool, Row};

const PREPARED: &str = "SELECT statement, array_to_string(parameter_types, ',')
                          FROM pg_prepared_statements WHERE NOT from_sql ORDER BY prepare_time";
/// Of the facets by price; which ones they are does not matter.
const BOUNDS: &str = "ARRAY['0','1000','5000','10000','50000','100000']::text[]";

/// What stands for the parameters, by their type: in each transaction any of these.
#[derive(Default)]
pub struct Values<'v> {
    pub texts: &'v [&'v str],
    pub ids: &'v [String],
}

impl Values<'_> {
    /// Chooses by the variable `n`, so that the statement has a parameter as ours have.
    fn text(&self) -> String {
        format!("(ARRAY['{}'])[:n]", self.texts.join("','"))
    }

    fn id(&self) -> String {
        format!("(ARRAY['{}']::uuid[])[:n]", self.ids.join("','"))
    }

    fn number(&self) -> usize {
        self.texts.len().max(self.ids.len())
    }
}

/// The statements that `ask` runs. Fewer scripts are better than many: each session of pgbench
/// prepares all of them, and the server has only a few statements too.
pub async fn script<F>(database: &Database, values: &Values<'_>, ask: F) -> Result<String>
where
    F: AsyncFnOnce(&PgPool) -> Result<()>,
{
    let pool =
        PgPoolOptions::new().max_connections(1).connect_with(database.options.clone()).await?;
    ask(&pool).await?;
    let mut script = format!("\\set n random(1, {})\n", values.number());
    for row in pool.fetch_all(PREPARED).await? {
        let (statement, types): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        script.push_str(&filled(statement, &types, values)?);
        script.push_str(";\n");
    }
    pool.close().await;
    Ok(script)
}

fn filled(mut statement: String, types: &str, values: &Values<'_>) -> Result<String> {
    let types: Vec<&str> = types.split(',').filter(|name| !name.is_empty()).collect();
    let mut numbers = types.iter().filter(|name| **name == "bigint").count();
    // From the last, so that $1 is not found within $10.
    for (index, name) in types.iter().enumerate().rev() {
        let parameter = format!("${}", index + 1);
        let literal = match *name {
            // LIMIT comes before OFFSET.
            "bigint" => {
                numbers -= 1;
                if numbers == 0 { "21" } else { "0" }.to_owned()
            }
            "text" => values.text(),
            "uuid" => values.id(),
            "uuid[]" => format!("ARRAY[{}]", values.id()),
            "text[]" if statement.contains(&format!("{parameter}::numeric[]")) => BOUNDS.to_owned(),
            "text[]" => format!("ARRAY[{}]", values.text()),
            other => return Err(format!("no value for a parameter of type {other}").into()),
        };
        statement = statement.replace(&parameter, &literal);
    }
    Ok(statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_literals_of_their_types() {
        let values = Values { texts: &["lamp", "tent"], ids: &[] };
        let asked = "SELECT $1, $2::numeric[], $3 LIMIT $4 OFFSET $5".to_owned();
        let filled = filled(asked, "text,text[],text[],bigint,bigint", &values).unwrap();
        let text = "(ARRAY['lamp','tent'])[:n]";
        assert_eq!(
            filled,
            format!("SELECT {text}, {BOUNDS}::numeric[], ARRAY[{text}] LIMIT 21 OFFSET 0")
        );
    }
}
