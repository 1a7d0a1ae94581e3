//! What lists say of how much there is, while it changes and where there is too much to count or to
//! put in order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::{Client, text};

/// As the price bands of the facets begin, in hundredths.
const BOUNDS: [u64; 5] = [100_000, 500_000, 2_000_000, 5_000_000, 10_000_000];

/// All pages of a list.
async fn everything(client: &Client, parameters: &[(&str, &str)]) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let query = [parameters, &[("limit", "100"), ("cursor", &*cursor)]].concat();
        let page = client.find("/products", &query).await.expect(200).body;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return all,
        }
    }
}

fn band(product: &Value) -> usize {
    let price = text(product, "price").replace('.', "").parse::<u64>().unwrap();
    BOUNDS.iter().filter(|bound| price >= **bound).count()
}

/// The counts of a facet: its entries that are not zero, in order.
fn counts(facet: &Value) -> Vec<(String, u64)> {
    let entries = facet.as_array().unwrap().iter();
    let entries = entries.map(|entry| {
        let name = entry["name"].as_str().or(entry["from"].as_str());
        (name.unwrap().to_owned(), entry["count"].as_u64().unwrap())
    });
    entries.filter(|(_, count)| *count > 0).collect()
}

/// What is kept of the counts, against the products themselves.
async fn check(client: &Client) {
    let all = everything(client, &[("sort", "price")]).await;
    let (mut categories, mut bands) = (BTreeMap::<String, u64>::new(), [0_u64; 6]);
    for product in &all {
        *categories.entry(text(product, "category")).or_default() += 1;
        bands[band(product)] += 1;
    }
    let page = client.find("/products", &[("facets", "true")]).await.expect(200).body;
    assert_eq!((&page["total"], &page["total_is_exact"]), (&json!(all.len()), &json!(true)));
    let found: BTreeMap<_, _> = counts(&page["facets"]["categories"]).into_iter().collect();
    assert_eq!(found, categories);
    let found: Vec<u64> =
        counts(&page["facets"]["prices"]).into_iter().map(|(_, count)| count).collect();
    let expected: Vec<u64> = bands.into_iter().filter(|count| *count > 0).collect();
    assert_eq!(found, expected);
    let listed = client.get("/categories").await.expect(200).body;
    let found: BTreeMap<_, _> = counts(&listed["items"]).into_iter().collect();
    assert_eq!(found, categories);
    for (category, count) in categories {
        let query = [("category", &*category), ("facets", "true")];
        let page = client.find("/products", &query).await.expect(200).body;
        assert_eq!(page["total"], count, "{category}");
        let in_it: u64 =
            counts(&page["facets"]["prices"]).into_iter().map(|(_, count)| count).sum();
        assert_eq!(in_it, count, "{category}");
    }
}

/// When it was made, and its id.
fn place(product: &Value) -> (DateTime<Utc>, String) {
    (text(product, "created_at").parse().unwrap(), text(product, "id"))
}

#[tokio::test]
async fn counts_follow_every_change() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    check(&seller).await;
    let mut paths = Vec::new();
    for (number, price) in
        ["999.99", "1000", "4999.99", "5000", "99999.99", "100000"].iter().enumerate()
    {
        let category = ["books", "home"][number % 2];
        let body = json!({ "name": format!("Thing {number}"), "price": price,
                           "category": category, "quantity": 3 });
        paths.push(format!("/products/{}", seller.post("/products", body).await.expect(201).id()));
    }
    check(&seller).await;
    for (path, change) in [
        (&paths[0], json!({ "price": "1000.00" })),
        (&paths[1], json!({ "category": "vinyl" })),
        (&paths[2], json!({ "is_active": false })),
        (&paths[2], json!({ "price": "7000.00", "category": "toys" })),
        (&paths[2], json!({ "is_active": true })),
        (&paths[3], json!({ "name": "Another name" })),
        (&paths[4], json!({ "price": "20000.00", "category": "books", "quantity": 0 })),
    ] {
        seller.patch(path, change).await.expect(200);
        check(&seller).await;
    }
    for path in &paths {
        seller.delete(path).await.expect(204);
        check(&seller).await;
    }
    app.finish().await;
}

#[tokio::test]
async fn a_word_that_too_many_have_gives_the_newest_first_and_all_page_by_page() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let row = |number| json!({ "name": format!("Lamp {number}"), "price": "10", "quantity": 1 });
    let rows: Vec<Value> = (0..1100).map(row).collect();
    seller.post("/products/bulk", json!(rows)).await.expect(200);
    let rare = json!({ "name": "Oak lamp", "price": "20.00", "description": "A lamp for lamps" });
    seller.post("/products", rare).await.expect(201);
    let guest = app.guest();

    let page = guest.find("/products", &[("q", "lamp")]).await.expect(200).body;
    assert_eq!((&page["total"], &page["total_is_exact"]), (&json!(1000), &json!(false)));
    assert_eq!(page["items"][0]["name"], "Oak lamp");
    for sort in ["relevance", "name"] {
        let all = everything(&guest, &[("q", "lamp"), ("sort", sort)]).await;
        let names: BTreeSet<_> = all.iter().map(|product| text(product, "name")).collect();
        assert_eq!((all.len(), names.len()), (1101, 1101), "{sort}");
        let places: Vec<_> = all.iter().map(place).collect();
        assert_eq!(places.is_sorted_by(|a, b| a > b), sort == "relevance", "the newest first");
    }

    let page = guest.find("/products", &[("q", "oak lamp")]).await.expect(200).body;
    assert_eq!((&page["total"], &page["total_is_exact"]), (&json!(1), &json!(true)));
    let cheap = guest.find("/products", &[("q", "lamp"), ("max_price", "9")]).await.expect(200);
    assert_eq!((&cheap.body["total"], &cheap.body["items"]), (&json!(0), &json!([])));
    app.finish().await;
}
