//! The rating of a product: exact whatever happens to its reviews, and good for sorting and
//! filtering.

use super::{BEFORE, buy, moderate, owner, rated, review};
use crate::support::app::TestApp;
use crate::support::client::{Client, text};
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Number and sum of the published reviews of each product, counted in the log by what each event
/// says that the review is from then on.
async fn counted(app: &TestApp) -> BTreeMap<String, (i64, i64)> {
    let pool = app.pool().await;
    let events: Vec<(String, String, Value)> = sqlx::query_as(
        "SELECT aggregate_id, event_type, payload::jsonb FROM events
          WHERE aggregate_type = 'review' ORDER BY aggregate_id, sequence",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    pool.close().await;
    let mut reviews: BTreeMap<String, (String, bool, i64)> = BTreeMap::new();
    for (id, name, payload) in events {
        let event = &payload[&name];
        let published = match name.as_str() {
            "Posted" | "Edited" => event["status"] == "published",
            "Published" => true,
            "Rejected" | "Deleted" => false,
            other => panic!("an event {other}"),
        };
        let rating = event["rating"].as_i64().unwrap();
        reviews.insert(id, (text(event, "product_id"), published, rating));
    }
    let mut sums = BTreeMap::new();
    for (product, published, rating) in reviews.into_values() {
        let (count, sum): &mut (i64, i64) = sums.entry(product).or_default();
        *count += i64::from(published);
        *sum += if published { rating } else { 0 };
    }
    sums
}

/// The mean to two digits, halves up, in integers only.
fn mean(count: i64, sum: i64) -> String {
    if count == 0 {
        return "0.00".to_owned();
    }
    let hundredths = (200 * sum + count) / (2 * count);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// What one buyer and one moderator do, some of which is refused.
async fn wander(buyer: Client, admin: Client, seed: u64, products: &[String]) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut reviews: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..30 {
        let product = products.choose(&mut random).unwrap();
        let rating = random.random_range(1..=5_u8);
        let Some(id) = reviews.get(product) else {
            let posted = review(&buyer, product, rating, "Words").await.expect(201);
            reviews.insert(product.clone(), posted.id());
            continue;
        };
        let path = format!("/reviews/{id}");
        let answer = match random.random_range(0..8) {
            0..=2 => buyer.put(&path, json!({ "rating": rating })).await,
            3 => buyer.put(&path, json!({ "comment": format!("Words {rating}") })).await,
            4 => moderate(&admin, id, json!({ "status": "rejected" })).await,
            5 => moderate(&admin, id, json!({ "status": "published" })).await,
            6 => buyer.delete(&path).await,
            _ => review(&buyer, product, rating, "Words anew").await,
        };
        assert!([200, 201, 204, 404, 409].contains(&answer.status), "{}", answer.text);
    }
}

async fn ratings_are_exact(app: TestApp, seed: u64) {
    let products = [app.product("10.00", 99).await, app.product("20.00", 99).await];
    let admin = app.admin().await;
    let buyers = app.crowd(6).await;
    for buyer in &buyers {
        for product in &products {
            buy(&app, buyer, product).await;
        }
    }
    let wandering =
        (seed..).zip(buyers).map(|(seed, buyer)| wander(buyer, admin.clone(), seed, &products));
    join_all(wandering).await;
    let counted = counted(&app).await;
    for product in &products {
        let (count, sum) = counted[product];
        assert_eq!(rated(&app, product).await, (mean(count, sum), count), "{product}");
        let list = format!("/reviews?product_id={product}&limit=100");
        let shown = app.guest().get(&list).await.expect(200).body;
        assert_eq!(i64::try_from(shown["items"].as_array().unwrap().len()).unwrap(), count);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ratings_are_exact_where_reviews_are_published_at_once() {
    ratings_are_exact(TestApp::start().await, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ratings_are_exact_where_reviews_are_approved_first() {
    ratings_are_exact(TestApp::setup().file(BEFORE).start().await, 200).await;
}

async fn names(app: &TestApp, query: &str) -> Vec<String> {
    let page = app.guest().get(&format!("/products?{query}")).await.expect(200).body;
    page["items"].as_array().unwrap().iter().map(|item| text(item, "name")).collect()
}

#[tokio::test]
async fn products_are_sorted_and_filtered_by_rating() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    for (name, ratings) in
        [("Fair", &[3, 4][..]), ("Best", &[5]), ("Good", &[5, 4, 4]), ("Unknown", &[])]
    {
        let product = app.product_of(&seller, name, "10.00", 9).await;
        for &rating in ratings {
            let buyer = owner(&app, &product).await;
            review(&buyer, &product, rating, "").await.expect(201);
        }
    }
    assert_eq!(names(&app, "sort=rating").await, ["Best", "Good", "Fair", "Unknown"]);
    assert_eq!(names(&app, "sort=rating&min_rating=3.5").await, ["Best", "Good", "Fair"]);
    assert_eq!(names(&app, "sort=rating&min_rating=4.33").await, ["Best", "Good"]);
    assert_eq!(names(&app, "min_rating=4.34").await, ["Best"]);
    // Page by page.
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/products?sort=rating&limit=1&cursor={cursor}");
        let page = app.guest().get(&path).await.expect(200).body;
        seen.push(text(&page["items"][0], "name"));
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(seen, ["Best", "Good", "Fair", "Unknown"]);
    app.finish().await;
}

#[tokio::test]
async fn reviews_are_listed_newest_or_best_first_page_by_page() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 9).await;
    for (rating, comment) in [(3, "a"), (5, "b"), (1, "c"), (5, "d"), (3, "e")] {
        let buyer = owner(&app, &product).await;
        review(&buyer, &product, rating, comment).await.expect(201);
    }
    let read = async |query: &str| {
        let (mut found, mut cursor) = (String::new(), String::new());
        loop {
            let path = format!("/reviews?product_id={product}&limit=2&{query}&cursor={cursor}");
            let page = app.guest().get(&path).await.expect(200).body;
            for item in page["items"].as_array().unwrap() {
                found.push_str(item["comment"].as_str().unwrap());
            }
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return (found, cursor),
            }
        }
    };
    assert_eq!(read("sort=newest").await.0, "edcba");
    let (best, cursor) = read("sort=rating").await;
    assert_eq!(best, "dbeac");
    assert_eq!(read("rating=5").await.0, "db");
    assert_eq!(read("rating=2").await.0, "");
    let wrong = format!("/reviews?sort=newest&cursor={cursor}");
    app.guest().get(&wrong).await.refused(422, "validation_failed");
    app.finish().await;
}
