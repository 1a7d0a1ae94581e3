//! Carts, prices and sessions that change while an order is made of them: what is ordered is what was
//! in the cart at one moment, at the prices of that moment, and it is what is paid.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{CROWD, at_once, count, crowd, kept_by_provider, minor, order, others_refused, start};
use crate::support::client::{Answer, Call, Client};

/// Units of each product in the lines of a cart or an order.
pub(super) fn units(body: &Value) -> BTreeMap<String, i64> {
    let lines = body["items"].as_array().unwrap().iter();
    let line =
        |line: &Value| (line["product_id"].as_str().unwrap().to_owned(), line["quantity"].as_i64());
    lines.map(line).map(|(product, units)| (product, units.unwrap())).collect()
}

/// The sums of an order are those of its lines, and `paid` is what it costs.
fn adds_up(order: &Value, paid: &Value) {
    let lines = order["items"].as_array().unwrap();
    for line in lines {
        let quantity = line["quantity"].as_i64().unwrap();
        assert_eq!(minor(line, "line_total"), minor(line, "price") * quantity, "{order}");
    }
    let goods: i64 = lines.iter().map(|line| minor(line, "line_total")).sum();
    assert_eq!(minor(order, "subtotal"), goods, "{order}");
    assert_eq!(minor(order, "total_amount"), goods + minor(order, "delivery_cost"), "{order}");
    assert_eq!(paid["amount"], order["total_amount"], "{order}");
}

/// Pays all of these orders at once; returns the payments.
async fn pay_all(orders: &[(&Client, Value)]) -> Vec<Value> {
    let pay =
        |(buyer, order): &(&Client, Value)| buyer.pay(order["id"].as_str().unwrap(), "tok_ok");
    let answers = at_once(orders.iter().map(pay).collect()).await;
    answers.into_iter().map(|answer| answer.expect(201).body).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_added_during_the_checkout_is_ordered_and_paid_or_stays_in_the_cart() {
    let (app, _turn) = start().await;
    let (cheap, dear) = (app.product("10.00", 9_000).await, app.product("9999.00", 9_000).await);
    let buyers = crowd(&app, CROWD / 10).await;
    at_once(buyers.iter().map(|one| add(one, &cheap)).collect()).await;
    // Of each buyer ten requests: somewhere among the additions the checkout.
    let calls = (0..CROWD).map(|number| {
        let buyer = &buyers[number % buyers.len()];
        if number / buyers.len() == 4 { buyer.order() } else { add(buyer, &dear) }
    });
    let answers = at_once(calls.collect()).await;
    let mut orders = Vec::new();
    let mut added = vec![0; buyers.len()];
    for (number, answer) in answers.into_iter().enumerate() {
        let at = number % buyers.len();
        if number / buyers.len() == 4 {
            orders.push((&buyers[at], answer.expect(201).body));
        } else {
            answer.expect(201);
            added[at] += 1;
        }
    }
    let paid = pay_all(&orders).await;
    let (mut sold, mut total) = (0, 0);
    for (at, ((buyer, order), paid)) in orders.iter().zip(&paid).enumerate() {
        adds_up(order, paid);
        let ordered = units(order);
        assert_eq!(ordered.get(&cheap), Some(&1), "{order}");
        let cart = units(&buyer.get("/cart").await.expect(200).body);
        let of = |units: &BTreeMap<String, i64>| units.get(&dear).copied().unwrap_or_default();
        assert_eq!(of(&ordered) + of(&cart), added[at], "{order} {cart:?}");
        assert_eq!(cart.get(&cheap), None);
        sold += of(&ordered);
        total += minor(order, "total_amount");
    }
    assert_eq!(app.stock(&dear).await, 9_000 - sold);
    assert_eq!(app.stock(&cheap).await, 9_000 - i64::try_from(buyers.len()).unwrap());
    assert_eq!(kept_by_provider(&app).await.replace('.', ""), total.to_string());
    app.finish().await;
}

pub(super) fn add(buyer: &Client, product: &str) -> Call {
    buyer.post("/cart/items", json!({ "product_id": product, "quantity": 1 }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_that_changes_during_checkouts_is_in_each_order_the_same_everywhere() {
    let (app, _turn) = start().await;
    let product = app.product("100.00", 9_000).await;
    let (buyers, seller) = (crowd(&app, CROWD).await, app.admin().await);
    let path = format!("/products/{product}");
    let price = |number: usize| format!("{}.00", 100 + number);
    // Every fiftieth request is a new price.
    let calls = buyers.iter().enumerate().map(|(number, buyer)| {
        if number % 50 == 49 {
            seller.patch(&path, json!({ "price": price(number) }))
        } else {
            order(buyer, &product, 2, &json!({}))
        }
    });
    let answers = at_once(calls.collect()).await;
    let orders: Vec<_> = buyers
        .iter()
        .zip(answers)
        .enumerate()
        .filter_map(|(number, (buyer, answer))| {
            if number % 50 == 49 {
                answer.expect(200);
                return None;
            }
            Some((buyer, answer.expect(201).body))
        })
        .collect();
    let paid = pay_all(&orders).await;
    let mut known: Vec<i64> =
        (0..CROWD).filter(|n| n % 50 == 49).map(|n| i64::try_from(n).unwrap() + 100).collect();
    known.push(100);
    for ((_, order), paid) in orders.iter().zip(&paid) {
        adds_up(order, paid);
        assert!(known.contains(&(minor(&order["items"][0], "price") / 100)), "{order}");
    }
    // Whoever orders after the last answer pays the last price.
    let now = app.guest().get(&path).await.expect(200).body;
    let late = order(&buyers[0], &product, 1, &json!({})).await.expect(201).body;
    assert_eq!(late["items"][0]["price"], now["price"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cart_that_is_emptied_during_the_checkout_is_ordered_whole_or_not_at_all() {
    let (app, _turn) = start().await;
    let products = [app.product("10.00", 9_000).await, app.product("20.00", 9_000).await];
    let buyers = crowd(&app, CROWD / 4).await;
    for product in &products {
        at_once(buyers.iter().map(|one| add(one, product)).collect()).await;
    }
    let calls = (0..CROWD).map(|number| {
        let buyer = &buyers[number % buyers.len()];
        match number / buyers.len() {
            0 => buyer.delete("/cart"),
            1 => buyer.delete(&format!("/cart/items/{}", products[0])),
            _ => buyer.order(),
        }
    });
    let answers = at_once(calls.collect()).await;
    let (mut sold, mut orders) = ([0, 0], vec![0; buyers.len()]);
    for (number, answer) in answers.into_iter().enumerate() {
        let at = number % buyers.len();
        match (number / buyers.len(), answer.status) {
            (0, _) => drop(answer.expect(200)),
            (1, 200) => {}
            (1, _) => drop(answer.refused(404, "cart_item_not_found")),
            (_, 201) => {
                let ordered = units(&answer.body);
                // Both, or what was left after the one was taken out.
                assert_eq!(ordered.get(&products[1]), Some(&1), "{}", answer.text);
                for (sold, product) in sold.iter_mut().zip(&products) {
                    *sold += ordered.get(product).copied().unwrap_or_default();
                }
                orders[at] += 1;
            }
            _ => not_there(answer),
        }
    }
    assert!(orders.iter().all(|orders| *orders <= 1), "{orders:?}");
    for (sold, product) in sold.into_iter().zip(&products) {
        assert_eq!(app.stock(product).await, 9_000 - sold);
    }
    app.finish().await;
}

/// The cart was empty, or kept changing.
fn not_there(answer: Answer) {
    if answer.status == 409 {
        answer.refused(409, "concurrent_modification");
    } else {
        answer.refused(422, "cart_empty");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cart_that_fifty_sessions_of_each_of_twenty_customers_order_is_one_order_each() {
    let (app, _turn) = start().await;
    let product = app.product("10.00", 9_000).await;
    let buyers = crowd(&app, CROWD / 50).await;
    for buyer in &buyers {
        buyer.add_to_cart(&product, 3).await;
    }
    let calls = (0..CROWD).map(|number| buyers[number % buyers.len()].order());
    let answers = at_once(calls.collect()).await;
    assert_eq!(count(&answers, 201), buyers.len());
    others_refused(answers, 201, 422, "cart_empty");
    for buyer in &buyers {
        let orders = buyer.get("/orders").await.expect(200).body;
        assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    }
    let sold = 3 * i64::try_from(buyers.len()).unwrap();
    assert_eq!(app.stock(&product).await, 9_000 - sold);
    app.finish().await;
}
