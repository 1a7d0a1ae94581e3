//! The forms of a report: CSV says what JSON says; and what is asked for must make sense.

use super::history::market;
use super::items;
use crate::support::app::TestApp;
use crate::support::client::{Answer, Client};
use aggregates::account::Role;
use serde_json::Value;

async fn as_csv(client: &Client, path: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let answer: Answer = client.get(path).header("Accept", "text/csv").await.expect(200);
    assert!(answer.header("content-type").starts_with("text/csv"), "{path}");
    let vary: Vec<_> = answer.headers.get_all("vary").iter().map(|v| v.to_str().unwrap()).collect();
    assert!(vary.join(",").to_lowercase().contains("accept"), "{vary:?}");
    let mut reader = csv::Reader::from_reader(answer.text.as_bytes());
    let names = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |row: Result<csv::StringRecord, csv::Error>| -> Vec<String> {
        row.unwrap().iter().map(str::to_owned).collect()
    };
    (names, reader.records().map(row).collect())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn at<'v>(report: &'v Value, path: &str) -> &'v Value {
    let pointer = format!("/{}", path.replace('.', "/"));
    report.pointer(&pointer).unwrap_or_else(|| panic!("there is no {path}"))
}

/// How many values there are in it.
fn leaves(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.values().map(leaves).sum(),
        Value::Array(items) => items.iter().map(leaves).sum(),
        _ => 1,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csv_says_what_json_says() {
    let market = market(11, 12).await;
    let analyst = market.app.user(Role::Analyst).await;
    let seller = market.app.renewed_as(&market.sellers[0], Role::Seller);
    let range = "from=2026-03-20&to=2026-05-01&tz=Asia/Almaty";
    for (client, path) in [
        (&analyst, "/analytics/sales"),
        (&analyst, "/analytics/products"),
        (&analyst, "/analytics/genres"),
        (&seller, "/seller/analytics"),
    ] {
        let path = format!("{path}?{range}");
        let report = client.get(&path).await.expect(200).body;
        let (names, rows) = as_csv(client, &path).await;
        assert!(!rows.is_empty() && rows.len() == items(&report).len(), "{path}");
        for (row, item) in rows.iter().zip(items(&report)) {
            assert_eq!(item.as_object().unwrap().len(), names.len(), "{path}");
            let expected: Vec<String> = names.iter().map(|name| plain(&item[name])).collect();
            assert_eq!(*row, expected, "{path}");
        }
    }
    for path in ["/analytics/users", "/analytics/dashboard"] {
        let path = format!("{path}?{range}");
        let report = analyst.get(&path).await.expect(200).body;
        let (names, rows) = as_csv(&analyst, &path).await;
        assert_eq!(names, ["figure", "value"]);
        assert_eq!(rows.len(), leaves(&report), "{path}");
        for row in rows {
            assert_eq!(row[1], plain(at(&report, &row[0])), "{path} {}", row[0]);
        }
    }
    market.app.finish().await;
}

#[tokio::test]
async fn a_range_that_makes_no_sense_is_refused_and_says_why() {
    let app = TestApp::start().await;
    let analyst = app.user(Role::Analyst).await;
    let seller = app.seller().await;
    for (parameter, query) in [
        ("from", "from=yesterday"),
        ("from", "from=2026-02-30"),
        ("from", "from=1999-12-31"),
        ("to", "to=2026-13-01"),
        ("from", "from=2026-02-01&to=2026-02-01"),
        ("from", "from=2026-02-02&to=2026-02-01"),
        ("tz", "tz=Mars/Olympus"),
        ("tz", "tz=%2B05:00"),
        ("tz", "tz=UTC%27%3B--"),
        ("period", "period=year"),
        ("period", "from=2001-01-01&to=2026-01-01&period=day"),
    ] {
        for (client, path) in [(&analyst, "/analytics/sales"), (&seller, "/seller/analytics")] {
            let path = format!("{path}?{query}");
            let problem = client.get(&path).await.refused(422, "validation_failed");
            assert_eq!(problem["errors"][0]["parameter"], parameter, "{path}");
        }
    }
    for path in ["products", "users", "dashboard", "genres"] {
        for (parameter, query) in [("from", "from=x"), ("to", "to=x"), ("tz", "tz=Mars/Olympus")] {
            let path = format!("/analytics/{path}?{query}");
            let problem = analyst.get(&path).await.refused(422, "validation_failed");
            assert_eq!(problem["errors"][0]["parameter"], parameter, "{path}");
        }
    }
    analyst.get("/analytics/products?limit=0").await.refused(422, "validation_failed");
    analyst.get("/analytics/products?limit=101").await.refused(422, "validation_failed");
    analyst.get("/analytics/products?seller_id=me").await.refused(422, "validation_failed");
    app.finish().await;
}

#[tokio::test]
async fn without_parameters_it_is_the_last_thirty_days_of_utc() {
    let (app, clock) = TestApp::start_with_clock().await;
    clock.set("2026-03-10T22:30:00Z".parse().unwrap());
    let analyst = app.user(Role::Analyst).await;
    let report = analyst.get("/analytics/sales").await.expect(200).body;
    let ends = |report: &Value| (plain(&report["from"]), plain(&report["to"]));
    let expected = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    assert_eq!(ends(&report), expected("2026-02-09T00:00:00Z", "2026-03-11T00:00:00Z"));
    assert_eq!(items(&report).len(), 30);
    let report = analyst.get("/analytics/sales?tz=Asia/Almaty").await.expect(200).body;
    assert_eq!(ends(&report), expected("2026-02-09T19:00:00Z", "2026-03-11T19:00:00Z"));
    let query = "from=2026-03-01T10:07:31%2B05:00&to=2026-03-01T10:59:59Z";
    let report = analyst.get(&format!("/analytics/sales?{query}")).await.expect(200).body;
    assert_eq!(ends(&report), expected("2026-03-01T05:00:00Z", "2026-03-01T10:45:00Z"));
    assert_eq!(plain(&report["currency"]), "KZT");
    app.finish().await;
}
