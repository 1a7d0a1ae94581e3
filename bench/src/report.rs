//! What a scenario found, as text for people or as one JSON object per line.

use crate::closed_loop::Tally;
use serde_json::{Value, json};

/// The result of a scenario.
pub struct Measured {
    pub clients: usize,
    pub tally: Tally,
    /// What pgbench did per second in the same run.
    pub pgbench: Option<f64>,
    /// Further numbers, by name.
    pub more: Vec<(&'static str, f64)>,
}

impl Measured {
    pub fn new(clients: usize, tally: Tally) -> Self {
        Self { clients, tally, pgbench: None, more: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: f64) -> Self {
        self.more.push((name, value));
        self
    }

    fn fields(&self, scenario: &str) -> Vec<(&'static str, Value)> {
        let millis = |quantile| {
            let micros = self.tally.latency.value_at_quantile(quantile);
            #[expect(clippy::cast_precision_loss, reason = "a latency has 3 digits")]
            rounded(micros as f64 / 1000.0, 3)
        };
        let per_second = self.tally.per_second();
        let mut fields = Vec::new();
        let mut put = |name, value: Value| fields.push((name, value));
        put("scenario", json!(scenario));
        put("clients", json!(self.clients));
        put("per_second", rounded(per_second, 1));
        put("p50_ms", millis(0.50));
        put("p95_ms", millis(0.95));
        put("p99_ms", millis(0.99));
        put("errors", json!(self.tally.errors));
        put(
            "ratio_to_pgbench",
            self.pgbench.map_or(Value::Null, |tps| rounded(per_second / tps, 3)),
        );
        put("rss_mib", resident_mib().map_or(Value::Null, |mib| json!(mib)));
        if let Some(tps) = self.pgbench {
            put("pgbench_per_second", rounded(tps, 1));
        }
        for (name, value) in &self.more {
            put(name, rounded(*value, 3));
        }
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

/// The memory of this process: the load generator and the event log, without the database.
fn resident_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}
