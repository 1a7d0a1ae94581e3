//! Finding things: by words in two languages, by filters, page by page.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::{Client, text};

const SHOP: [(&str, &str, &str, &str, u32); 8] = [
    ("Механическая клавиатура", "Тихие переключатели", "24990.00", "electronics", 5),
    ("Беспроводная мышь", "Для работы и игр", "2599.00", "electronics", 10),
    ("Книга о мышах", "Сказки для детей", "1800.00", "books", 3),
    ("Running shoes", "Light shoes for long runs", "32000.00", "sports", 0),
    ("Notebook", "Paper for running notes", "450.50", "books", 100),
    ("Vinyl record", "A rare pressing", "150000.00", "vinyl", 1),
    ("Teapot", "Чайник из фарфора", "5000.00", "home", 7),
    ("Teapot", "Another one of the same name and price", "5000.00", "home", 2),
];

async fn shop(app: &TestApp) -> Client {
    let seller = app.seller().await;
    for (name, description, price, category, quantity) in SHOP {
        let body = json!({ "name": name, "description": description, "price": price,
                           "category": category, "quantity": quantity });
        seller.post("/products", body).await.expect(201);
    }
    seller
}

fn names(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| text(item, "name")).collect()
}

async fn found(app: &TestApp, parameters: &[(&str, &str)]) -> BTreeSet<String> {
    let page = app.guest().find("/products", parameters).await.expect(200).body;
    let names = names(&page);
    assert_eq!(page["total"], names.len(), "all of it is on one page");
    names.into_iter().collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test]
async fn words_are_found_in_both_languages_in_any_form_and_with_typing_errors() {
    let app = TestApp::start().await;
    shop(&app).await;
    for (words, expected) in [
        ("клавиатура", &["Механическая клавиатура"][..]),
        ("клавиатуры", &["Механическая клавиатура"]),
        ("КЛАВИАТУРУ", &["Механическая клавиатура"]),
        ("клавиатра", &["Механическая клавиатура"]),
        ("мышь", &["Беспроводная мышь", "Книга о мышах"]),
        ("shoe", &["Running shoes"]),
        ("run", &["Running shoes", "Notebook"]),
        ("vinil", &["Vinyl record"]),
        ("фарфоровый слон", &[]),
        ("zzzzzz", &[]),
        ("\"rare pressing\"", &["Vinyl record"]),
        ("& | ! ( ) : * ' \\", &[]),
    ] {
        assert_eq!(found(&app, &[("q", words)]).await, set(expected), "{words}");
    }
    assert_eq!(found(&app, &[("q", "  ")]).await.len(), 7);
    app.finish().await;
}

#[tokio::test]
async fn filters_narrow_and_facets_count_what_other_choices_would_give() {
    let app = TestApp::start().await;
    let seller = shop(&app).await;
    let other = app.product("1.00", 1).await;
    let id = seller.id.to_string();
    assert!(!found(&app, &[("seller_id", &id)]).await.is_empty());
    let of_seller = app.guest().find("/products", &[("seller_id", &id)]).await.expect(200).body;
    assert_eq!(of_seller["total"], 8);
    let books = found(&app, &[("category", "books")]).await;
    assert_eq!(books, set(&["Книга о мышах", "Notebook"]));
    let two = found(&app, &[("category", "vinyl"), ("category", "sports")]).await;
    assert_eq!(two, set(&["Vinyl record", "Running shoes"]));
    let band = found(&app, &[("min_price", "1800"), ("max_price", "2599.00")]).await;
    assert_eq!(band, set(&["Книга о мышах", "Беспроводная мышь"]));
    let in_stock = found(&app, &[("in_stock", "true"), ("category", "sports")]).await;
    assert_eq!(in_stock, set(&[]));
    assert_eq!(found(&app, &[("min_rating", "0.5")]).await, set(&[]));
    for wrong in [
        ("min_rating", "6"),
        ("limit", "0"),
        ("limit", "101"),
        ("sort", "cheap"),
        ("in_stock", "maybe"),
        ("cursor", "x"),
    ] {
        let refused = app.guest().find("/products", &[wrong]).await.expect(422).body;
        assert_eq!(refused["errors"][0]["parameter"], wrong.0, "{refused}");
    }
    let upside_down = [("min_price", "2"), ("max_price", "1")];
    app.guest().find("/products", &upside_down).await.expect(422);

    let query = [("facets", "true"), ("category", "books"), ("seller_id", &*id)];
    let page = app.guest().find("/products", &query).await.expect(200).body;
    let count = |name: &str| {
        let categories = page["facets"]["categories"].as_array().unwrap();
        categories.iter().find(|one| one["name"] == name).map(|one| one["count"].clone())
    };
    assert_eq!(
        (count("books"), count("home"), count("vinyl")),
        (Some(json!(2)), Some(json!(2)), Some(json!(1)))
    );
    let prices = page["facets"]["prices"].as_array().unwrap();
    let counted: i64 = prices.iter().map(|band| band["count"].as_i64().unwrap()).sum();
    assert_eq!(counted, 2);

    let categories = app.guest().get("/categories").await.expect(200).body;
    let names: Vec<_> =
        categories["items"].as_array().unwrap().iter().map(|one| text(one, "name")).collect();
    assert!(
        ["electronics", "beauty", "other", "vinyl"]
            .iter()
            .all(|name| names.contains(&(*name).to_owned()))
    );
    seller.delete(&format!("/products/{other}")).await.refused(403, "not_owner");
    app.finish().await;
}

#[tokio::test]
async fn every_order_gives_each_product_once_page_by_page() {
    let app = TestApp::start().await;
    shop(&app).await;
    for sort in ["price", "-price", "name", "-name", "rating", "newest", "relevance"] {
        let all = app.guest().find("/products", &[("sort", sort)]).await.expect(200).body;
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let query = [("sort", sort), ("limit", "3"), ("cursor", &*cursor)];
            let page = app.guest().find("/products", &query).await.expect(200).body;
            assert_eq!(page["total"], 8);
            ids.extend(page["items"].as_array().unwrap().iter().map(|item| text(item, "id")));
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        let expected: Vec<_> =
            all["items"].as_array().unwrap().iter().map(|item| text(item, "id")).collect();
        assert_eq!(ids, expected, "{sort}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 8, "{sort}");
        let query = [("sort", sort), ("limit", "2"), ("offset", "5")];
        let page = app.guest().find("/products", &query).await.expect(200).body;
        let skipped: Vec<_> =
            page["items"].as_array().unwrap().iter().map(|item| text(item, "id")).collect();
        assert_eq!(skipped, ids[5..7], "{sort}");
    }
    let sorted = async |sort: &str| {
        names(&app.guest().find("/products", &[("sort", sort)]).await.expect(200).body)
    };
    assert_eq!(sorted("price").await[..2], ["Notebook", "Книга о мышах"]);
    assert_eq!(sorted("-price").await[0], "Vinyl record");
    assert_eq!(sorted("newest").await[0], "Teapot");
    app.finish().await;
}

#[tokio::test]
async fn what_is_archived_or_withdrawn_is_not_found() {
    let app = TestApp::start().await;
    let seller = shop(&app).await;
    let page = seller.find("/products", &[("q", "мышь"), ("sort", "price")]).await.expect(200).body;
    let path = |index: usize| format!("/products/{}", text(&page["items"][index], "id"));
    seller.delete(&path(0)).await.expect(204);
    seller.get(&path(0)).await.refused(404, "product_not_found");
    seller.patch(&path(0), json!({ "price": "1.00" })).await.refused(404, "product_not_found");
    assert_eq!(found(&app, &[("q", "мышь")]).await, set(&["Беспроводная мышь"]));
    seller.patch(&path(1), json!({ "is_active": false })).await.expect(200);
    assert_eq!(found(&app, &[("q", "мышь")]).await, set(&[]));
    seller.patch(&path(1), json!({ "is_active": true })).await.expect(200);
    assert_eq!(found(&app, &[("q", "мышь")]).await, set(&["Беспроводная мышь"]));
    app.finish().await;
}

#[tokio::test]
async fn stock_is_set_corrected_and_never_below_what_is_held() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "10.00", 10).await;
    let stock = |body: Value| seller.put(&format!("/products/{product}/stock"), body);
    assert_eq!(stock(json!({ "quantity": 4 })).await.expect(200).body["quantity"], 4);
    let counted = json!({ "delta": 3, "reason": "found three" });
    assert_eq!(stock(counted).await.expect(200).body["quantity"], 7);
    let order = app.customer().await;
    let id = order.order_items(&[(&product, 5)]).await.expect(201).id();
    assert_eq!(app.stock(&product).await, 2);
    let lost = stock(json!({ "delta": -3, "reason": "broken" })).await.expect(409);
    assert!(lost.body["code"].is_string());
    for wrong in
        [json!({}), json!({ "delta": 1 }), json!({ "quantity": 1, "delta": 1, "reason": "x" })]
    {
        stock(wrong).await.expect(422);
    }
    order.put(&format!("/orders/{id}/cancel"), json!({})).await.expect(200);
    assert_eq!(app.stock(&product).await, 7);
    app.finish().await;
}

#[tokio::test]
async fn a_list_that_has_not_changed_is_not_sent_again() {
    let app = TestApp::start().await;
    let seller = shop(&app).await;
    for path in ["/products?category=books", "/categories"] {
        let shown = seller.get(path).await.expect(200);
        let tag = shown.header("etag").to_owned();
        seller.get(path).header("If-None-Match", &tag).await.expect(304);
    }
    let path = "/products?category=books";
    let tag = seller.get(path).await.expect(200).header("etag").to_owned();
    let more = json!({ "name": "Atlas", "price": "9000", "category": "books" });
    seller.post("/products", more).await.expect(201);
    seller.get(path).header("If-None-Match", &tag).await.expect(200);
    app.finish().await;
}
