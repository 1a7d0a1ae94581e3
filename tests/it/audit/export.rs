//! Out of one database and into another: the same log, or nothing at all.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use eventlog::import::{Import, ImportError, Imported};
use eventlog::tree::Frontier;
use eventlog::{ExportLine, Hash, verify};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::database::TestDatabase;
use crate::support::program::{Program, text};
use crate::support::wait::eventually;

/// A database with some events in it, and nothing that still runs.
async fn some_history() -> (Arc<TestDatabase>, PgPool) {
    let database = Arc::new(TestDatabase::create().await);
    let app = TestApp::setup().start_on(Arc::clone(&database)).await;
    let product = app.product("100.00", 10).await;
    let buyer = app.customer().await;
    buyer.add_to_cart(&product, 3).await;
    let order = buyer.order().await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    app.finish().await;
    let pool = database.pool().await;
    (database, pool)
}

/// All lines of a whole export, once the feed shows every event.
async fn exported(pool: &PgPool) -> Vec<String> {
    let stored: i64 =
        sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(pool).await.unwrap();
    eventually("a feed that shows all events", async || {
        let lines = super::export(pool).await;
        let lines: Vec<String> =
            lines.iter().map(|line| serde_json::to_string(line).unwrap()).collect();
        (i64::try_from(lines.len()).unwrap() == stored).then_some(lines)
    })
    .await
}

async fn import(
    pool: &PgPool,
    lines: &[String],
    root: Option<Hash>,
) -> Result<Imported, ImportError> {
    let mut import = Import::begin(pool).await?;
    for line in lines {
        import.line(line).await?;
    }
    import.finish(root).await
}

fn root_of(lines: &[String]) -> Hash {
    let mut tree = Frontier::default();
    for line in lines {
        let line: ExportLine = serde_json::from_str(line).unwrap();
        tree.push(&eventlog::Recorded::try_from(line).unwrap().hash);
    }
    tree.root()
}

/// Any change of a line that is valid JSON still.
fn changed(line: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(line).unwrap();
    change(&mut value);
    value.to_string()
}

#[tokio::test]
async fn what_is_imported_is_the_log_that_was_exported() {
    let (_source_database, source) = some_history().await;
    let lines = exported(&source).await;
    let database = Arc::new(TestDatabase::create().await);
    let pool = database.pool().await;
    let root = root_of(&lines);
    let imported = import(&pool, &lines, Some(root)).await.unwrap();
    assert_eq!((imported.events, imported.root), (lines.len() as u64, root));
    assert_eq!(exported(&pool).await, lines, "every byte of every event, in the same order");
    let report = verify::chains(&pool, None, |_| {}).await.unwrap();
    assert_eq!(report.events, imported.events);

    // The log goes on behind what was imported, and the read models show it.
    let app = TestApp::setup().start_on(Arc::clone(&database)).await;
    app.product("5.00", 1).await;
    app.finish().await;
    let longer = exported(&pool).await;
    assert!(longer.len() > lines.len());
    assert_eq!(longer[..lines.len()], lines[..]);
}

#[tokio::test]
async fn a_bad_line_is_named_and_nothing_is_imported() {
    let (_source_database, source) = some_history().await;
    let lines = exported(&source).await;
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let bad = 4;
    let zeros = "00".repeat(32);
    let with = |line: String| {
        let mut lines = lines.clone();
        lines[bad] = line;
        lines
    };
    let line = lines[bad].as_str();
    let event: Value = serde_json::from_str(line).unwrap();
    let name = format!(
        "line 5, {}/{} event {}",
        event["aggregate_type"].as_str().unwrap(),
        event["aggregate_id"].as_str().unwrap(),
        event["sequence"]
    );
    let spaced =
        changed(line, |e| e["payload"] = json!(format!("{} ", e["payload"].as_str().unwrap())));
    let mut swapped = lines.clone();
    swapped.swap(bad, bad + 1);
    let mut short = lines.clone();
    short.remove(bad);
    let cases = [
        (with(spaced), name.as_str(), "contents do not match its hash"),
        (with(changed(line, |e| e["hash"] = json!(zeros))), &name, "match its hash"),
        (with(changed(line, |e| e["recorded_at"] = json!("2020-01-01T00:00:00Z"))), &name, "hash"),
        (with(changed(line, |e| e["transaction_id"] = json!("1"))), &name, "behind the line"),
        (with(changed(line, |e| e["global_position"] = json!(0))), "line 5", "begin at 1"),
        (with("{".to_owned()), "line 5:", "EOF"),
        (swapped, "line 5", "event 4 is due"),
        (short, "line 5", "event 4 is due"),
        (lines[1..].to_vec(), "line 1", "only an export of the whole log"),
    ];
    for (lines, place, problem) in cases {
        let said = import(&pool, &lines, None).await.unwrap_err().to_string();
        assert!(said.contains(place) && said.contains(problem), "{said}");
        assert!(said.ends_with("nothing was imported"), "{said}");
        assert_eq!(exported(&pool).await, [""; 0], "after {said}");
    }
    // What came before the bad lines did not use anything up.
    import(&pool, &lines, None).await.unwrap();
}

#[tokio::test]
async fn a_chain_that_does_not_hold_is_refused_though_each_hash_is_right() {
    let (_source_database, source) = some_history().await;
    let mut lines = exported(&source).await;
    // A second event, right in itself, that follows another first one.
    let second = lines.iter().position(|line| line.contains(r#""sequence":2,"#)).unwrap();
    lines[second] = changed(&lines[second], |event| {
        event["prev_hash"] = json!("11".repeat(32));
        let line: ExportLine = serde_json::from_value(event.clone()).unwrap();
        let line = eventlog::Recorded::try_from(line).unwrap();
        let fields = eventlog::HashedFields {
            aggregate_type: &line.aggregate_type,
            aggregate_id: &line.aggregate_id,
            sequence: line.sequence,
            event_type: &line.event_type,
            event_version: &line.event_version,
            event_id: line.event_id,
            recorded_at: line.recorded_at,
            payload: &line.payload,
            metadata: &line.metadata,
        };
        event["hash"] = json!(hex::encode(eventlog::event_hash(&line.prev_hash, &fields)));
    });
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let said = import(&pool, &lines, None).await.unwrap_err().to_string();
    assert!(said.starts_with(&format!("line {}, ", second + 1)), "{said}");
    assert!(said.contains("previous hash"), "{said}");
    assert_eq!(exported(&pool).await, [""; 0]);
}

#[tokio::test]
async fn a_file_that_was_cut_short_does_not_have_the_root_that_is_asked_for() {
    let (_source_database, source) = some_history().await;
    let lines = exported(&source).await;
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let cut = &lines[..lines.len() - 1];
    let refused = import(&pool, cut, Some(root_of(&lines))).await.unwrap_err();
    assert!(matches!(refused, ImportError::OtherRoot { .. }), "{refused}");
    assert_eq!(exported(&pool).await, [""; 0]);
}

#[tokio::test]
async fn a_log_that_has_events_is_not_imported_into() {
    let (_database, pool) = some_history().await;
    let lines = exported(&pool).await;
    let refused = import(&pool, &lines, None).await.unwrap_err();
    assert!(matches!(refused, ImportError::NotEmpty { what: "events" }), "{refused}");
    assert_eq!(exported(&pool).await, lines);
}

#[tokio::test]
async fn a_log_from_a_cluster_that_is_far_ahead_is_refused_before_it_costs_hours() {
    let (_source_database, source) = some_history().await;
    let mut lines = exported(&source).await;
    lines[0] = changed(&lines[0], |event| event["transaction_id"] = json!("99000000000"));
    let database = TestDatabase::create().await;
    let pool = database.pool().await;
    let refused = import(&pool, &lines, None).await.unwrap_err();
    assert!(matches!(refused, ImportError::TooFarAhead { line: 1, .. }), "{refused}");
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

fn json_lines(file: &str) -> Vec<Value> {
    let lines = fs::read_to_string(file).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of a Parquet file in the form of the NDJSON lines.
fn parquet_rows(file: &str) -> Vec<Value> {
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(|row| {
        let row = row.unwrap();
        let members = row.get_column_iter().map(|(name, field)| {
            let value = match field {
                Field::Str(text) => json!(text),
                Field::Long(number) => json!(number),
                Field::ULong(number) => json!(number.to_string()),
                Field::TimestampMicros(micros) => {
                    let time = chrono::DateTime::from_timestamp_micros(*micros).unwrap();
                    json!(time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
                }
                other => panic!("{name} is {other:?}"),
            };
            (name.clone(), value)
        });
        members.collect()
    });
    rows.collect()
}

/// The rows of a CSV file in the form of the NDJSON lines.
fn csv_rows(file: &str) -> Vec<Value> {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let names = reader.headers().unwrap().clone();
    let numbers = ["leaf_index", "sequence", "global_position"];
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let members = names.iter().zip(row.iter()).map(|(name, text)| {
            let number = || json!(text.parse::<i64>().unwrap());
            let value = if numbers.contains(&name) { number() } else { json!(text) };
            (name.to_owned(), value)
        });
        members.collect()
    });
    rows.collect()
}

#[tokio::test]
async fn all_forms_hold_the_same_and_a_part_is_a_part_of_the_whole() {
    let (database, pool) = some_history().await;
    let whole = exported(&pool).await;
    let (program, folder) = (Program::new(""), tempfile::tempdir().unwrap());
    let url = database.url();
    let export = async |name: &str, arguments: &[&str]| {
        let file = path(&folder, name);
        let usual = ["export", "--database-url", &url, "--output", &file];
        program.succeed(&[&usual, arguments].concat()).await;
        assert!(!Path::new(&format!("{file}.part")).exists());
        file
    };
    let ndjson = export("log.ndjson", &[]).await;
    assert_eq!(fs::read_to_string(&ndjson).unwrap(), whole.join("\n") + "\n");
    let lines = json_lines(&ndjson);
    assert_eq!(csv_rows(&export("log.csv", &["--format", "csv"]).await), lines);
    assert_eq!(parquet_rows(&export("log.parquet", &["--format", "parquet"]).await), lines);
    let printed = program.succeed(&["export", "--database-url", &url]).await;
    assert_eq!(printed, whole.join("\n") + "\n", "standard output holds nothing but the log");

    let place = |line: &Value| {
        let transaction = line["transaction_id"].as_str().unwrap().parse().unwrap();
        let global_position = line["global_position"].as_i64().unwrap();
        eventlog::Position { transaction_id: transaction, global_position }.to_string()
    };
    // Two stretches meet at a position: each event is in one of them.
    let middle = place(&lines[5]);
    let first = export("first", &["--to", &middle]).await;
    let second = export("second", &["--from", &middle]).await;
    assert_eq!(
        (json_lines(&first), json_lines(&second)),
        (lines[..6].to_vec(), lines[6..].to_vec())
    );
    let time = lines[5]["recorded_at"].as_str().unwrap();
    let until = export("until", &["--to", time]).await;
    let by_then = |line: &&Value| line["recorded_at"].as_str().unwrap() <= time;
    assert_eq!(json_lines(&until), lines.iter().filter(by_then).cloned().collect::<Vec<_>>());
    let kind = lines.last().unwrap()["aggregate_type"].as_str().unwrap();
    let id = lines.last().unwrap()["aggregate_id"].as_str().unwrap();
    let stream = export("stream", &["--stream", &format!("{kind}/{id}")]).await;
    let of_it = |line: &&Value| line["aggregate_type"] == kind && line["aggregate_id"] == id;
    assert_eq!(json_lines(&stream), lines.iter().filter(of_it).cloned().collect::<Vec<_>>());

    let missing = path(&folder, "missing");
    let arguments =
        ["export", "--database-url", &url, "--stream", "order/none", "--output", &missing];
    let refused = program.run(&arguments).await;
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused.stderr));
    assert!(!Path::new(&missing).exists());
}

#[tokio::test]
async fn a_shop_moves_to_another_cluster_by_export_and_import() {
    let old = Program::new("");
    let serving = old.serve(&["--demo"]).await;
    let guest = serving.guest();
    for number in 0..20 {
        let email = format!("buyer{number}@example.com");
        let body = json!({ "email": email, "password": PASSWORD });
        guest.post("/auth/register", body).await.expect(201);
    }
    let products = guest.get("/products?limit=50").await.expect(200).body;
    assert_eq!(serving.terminate().await, Some(0));
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "log.ndjson");
    let exported = old.run(&["export", "--output", &file]).await;
    let said = text(&exported.stderr);
    assert!(exported.status.success(), "{said}");
    // Log lines go there too.
    let told = said.lines().find(|line| line.starts_with("exported")).unwrap();
    let root = told.rsplit(' ').next().unwrap().to_owned();

    // A cluster of its own, which has counted fewer transactions.
    let new = Program::new("");
    let said = new.succeed(&["import", "--root", &root, &file]).await;
    assert!(said.contains(&root) && said.contains("transaction ids were skipped"), "{said}");
    assert!(new.succeed(&["verify"]).await.starts_with("intact: "));
    let again = new.run(&["import", &file]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("the database is not empty"), "{}", text(&again.stderr));

    let serving = new.serve(&[]).await;
    let guest = serving.guest();
    eventually("the products of the old shop", async || {
        let shown = guest.get("/products?limit=50").await.expect(200).body;
        (shown == products).then_some(())
    })
    .await;
    let body = json!({ "email": "new@example.com", "password": PASSWORD });
    guest.post("/auth/register", body).await.expect(201);
    assert_eq!(serving.terminate().await, Some(0));
    new.succeed(&["projections", "verify"]).await;
    assert!(new.succeed(&["verify"]).await.starts_with("intact: "));
    let longer = new.succeed(&["export"]).await;
    let before = fs::read_to_string(&file).unwrap();
    assert!(longer.starts_with(&before) && longer.len() > before.len());
}
