//! What a query of the server asks the database, as a script for pgbench: the library is asked once,
//! and what it told the database is written down, so that both sides always run the same statements.

use crate::Result;
use crate::database::Database;
use sqlx::postgres::PgPoolOptions;
use sqlx::{ConnectOptions, Executor, PgPool, Row};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::{Event, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Where sqlx tells of each statement.
const STATEMENTS: &str = "sqlx::query";
const TYPES: &str = "SELECT array_to_string(parameter_types, ',') FROM pg_prepared_statements
                      WHERE name = 'asked'";
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
    let level = "info".parse().map_err(|_| "no such level")?;
    // Our options tell of no statement, and take all of them for slow ones.
    let options = database.options.clone().log_statements(level);
    let options = options.log_slow_statements(level, Duration::MAX);
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let heard = Heard::default();
    ask(&pool).with_subscriber(Registry::default().with(heard.clone())).await?;
    let mut script = format!("\\set n random(1, {})\n", values.number());
    let statements = heard.take();
    if statements.is_empty() {
        return Err("no statement was heard of".into());
    }
    for statement in statements {
        pool.execute(format!("PREPARE asked AS {statement}").as_str()).await?;
        let types: String = pool.fetch_one(TYPES).await?.try_get(0)?;
        pool.execute("DEALLOCATE asked").await?;
        script.push_str(&filled(statement, &types, values)?);
        script.push_str(";\n");
    }
    pool.close().await;
    Ok(script)
}

/// Writes down the statements that sqlx tells of.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == STATEMENTS {
            let mut told = Told::default();
            event.record(&mut told);
            let statement = if told.whole.is_empty() { told.summary } else { told.whole };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
        }
    }
}

/// A statement: its beginning, and the whole where that is more.
#[derive(Default)]
struct Told {
    summary: String,
    whole: String,
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.trim().clone_into(&mut self.summary),
            "db.statement" => value.trim().clone_into(&mut self.whole),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

fn filled(mut statement: String, types: &str, values: &Values<'_>) -> Result<String> {
    let types: Vec<&str> = types.split(',').filter(|name| !name.is_empty()).collect();
    let mut numbers = types.iter().filter(|name| **name == "bigint").count();
    // From the last, so that $1 is not found within $10.
    for (index, name) in types.iter().enumerate().rev() {
        let parameter = format!("${}", index + 1);
        let literal = match *name {
            // Of how many found products are counted.
            "bigint" if statement.contains(&format!("{parameter}::bigint + 1")) => {
                numbers -= 1;
                "1000".to_owned()
            }
            // What the public catalogue shows.
            "boolean" => "false".to_owned(),
            // LIMIT comes before OFFSET.
            "bigint" => {
                numbers -= 1;
                if numbers == 0 { "21" } else { "0" }.to_owned()
            }
            "text" => values.text(),
            "numeric" => format!("{}::numeric", values.text()),
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
        let asked = "SELECT $1, $2::numeric[], $3, $4 LIMIT $5 OFFSET $6".to_owned();
        let filled = filled(asked, "text,text[],text[],numeric,bigint,bigint", &values).unwrap();
        let text = "(ARRAY['lamp','tent'])[:n]";
        assert_eq!(
            filled,
            format!(
                "SELECT {text}, {BOUNDS}::numeric[], ARRAY[{text}], {text}::numeric LIMIT 21 OFFSET 0"
            )
        );
    }
}
