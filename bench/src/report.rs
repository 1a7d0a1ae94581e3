//! What a scenario found, as text for people or as one JSON object per line.

use crate::closed_loop::Tally;
use crate::process::Memory;
use serde_json::{Value, json};

/// The result of a scenario.
pub struct Measured {
    pub clients: usize,
    pub tally: Tally,
    /// What pgbench did per second in the same run.
    pub pgbench: Option<f64>,
    /// Of the server, in mebibytes; of this process where it is not told.
    pub rss_mib: Option<u64>,
    /// Further numbers, by name.
    pub more: Vec<(String, f64)>,
}

impl Measured {
    pub fn new(clients: usize, tally: Tally) -> Self {
        Self { clients, tally, pgbench: None, rss_mib: None, more: Vec::new() }
    }

    pub fn with(mut self, name: impl Into<String>, value: f64) -> Self {
        self.more.push((name.into(), value));
        self
    }

    fn fields(&self, scenario: &str) -> Vec<(&str, Value)> {
        let millis = |quantile| rounded(self.tally.millis(quantile), 3);
        let per_second = self.tally.per_second();
        let rss_mib = self.rss_mib.or_else(|| Memory::of("self").map(|memory| memory.now));
        let ratio = self.pgbench.map_or(Value::Null, |tps| rounded(per_second / tps, 3));
        let mut fields = vec![
            ("scenario", json!(scenario)),
            ("clients", json!(self.clients)),
            ("per_second", rounded(per_second, 1)),
            ("p50_ms", millis(0.50)),
            ("p95_ms", millis(0.95)),
            ("p99_ms", millis(0.99)),
            ("errors", json!(self.tally.errors)),
            ("ratio_to_pgbench", ratio),
            ("rss_mib", json!(rss_mib)),
        ];
        if let Some(tps) = self.pgbench {
            fields.push(("pgbench_per_second", rounded(tps, 1)));
        }
        fields.extend(self.more.iter().map(|(name, value)| (name.as_str(), rounded(*value, 3))));
        fields
    }
}

pub fn print(scenario: &str, measured: &Measured, as_json: bool) {
    let fields = measured.fields(scenario);
    if as_json {
        let fields = fields.iter().map(|(name, value)| format!("{}:{value}", json!(name)));
        println!("{{{}}}", fields.collect::<Vec<_>>().join(","));
    } else {
        for (name, value) in &fields {
            match value {
                Value::String(text) => println!("{text}"),
                Value::Null => println!("  {name:<36} -"),
                value => println!("  {name:<36} {value}"),
            }
        }
    }
    if let Some(error) = measured.tally.first_error() {
        eprintln!("{scenario}: {} errors, one of them: {error}", measured.tally.errors);
    }
}

fn rounded(value: f64, digits: i32) -> Value {
    let factor = 10_f64.powi(digits);
    json!((value * factor).round() / factor)
}
