//! API6:2023, unrestricted access to sensitive business flows: guessing, registering and asking for mail
//! by the thousand. Promotions and stock under a rush are in `acidrain`, one wrong code too many of a
//! guest in `value::cards`.

use crate::support::app::TestApp;
use crate::support::client::{Answer, Client};
use serde_json::{Value, json};

/// Few at once, and then hardly any.
const STRICT: &str = "[rate_limits]\nauth = { per_minute = 1, burst = 4 }\n\
                      codes = { per_minute = 1, burst = 4 }\n";

async fn strict() -> TestApp {
    TestApp::setup().with(&["--rate-limits", "on"]).file(STRICT).start().await
}

fn is_limited(answer: &Answer) -> bool {
    answer.status == 429 && !answer.header("retry-after").is_empty()
}

/// Sends it again and again, each time as if from another address; how often it was let through.
async fn let_through(guest: &Client, path: &str, body: impl Fn(u32) -> Value) -> usize {
    let mut passed = 0;
    for n in 0..12 {
        let call = guest.post(path, body(n)).header("X-Forwarded-For", &format!("192.0.2.{n}"));
        let call = call.header("Forwarded", &format!("for=192.0.2.{n}"));
        let call = call.header("X-Real-IP", &format!("192.0.2.{n}"));
        passed += usize::from(!is_limited(&call.await));
    }
    passed
}

#[tokio::test]
async fn passwords_are_guessed_a_few_times() {
    let app = strict().await;
    let login =
        |n: u32| json!({ "email": "a@example.kz", "password": format!("guess {n} of many") });
    let passed = let_through(&app.guest(), "/auth/login", login).await;
    assert!((4..=6).contains(&passed), "{passed}");
    // Another path and another connection are the same door.
    let form = [("username", "a@example.kz"), ("password", "another guess")];
    let token = app.guest().call(reqwest::Method::POST, "/token").form(&form).await;
    assert!(is_limited(&token), "{}", token.text);
    app.stop().await;
}

#[tokio::test]
async fn accounts_are_not_made_by_the_dozen() {
    let app = strict().await;
    let body = |n: u32| json!({ "email": format!("n{n}@example.kz"), "password": "correct horse" });
    let passed = let_through(&app.guest(), "/auth/register", body).await;
    assert!((4..=6).contains(&passed), "{passed}");
    app.stop().await;
}

#[tokio::test]
async fn nobody_is_flooded_with_mail() {
    let app = strict().await;
    let body = |_| json!({ "email": "victim@example.kz" });
    let passed = let_through(&app.guest(), "/auth/password/forgot", body).await;
    assert!((4..=6).contains(&passed), "{passed}");
    app.stop().await;
}

#[tokio::test]
async fn links_are_guessed_a_few_times() {
    let app = strict().await;
    let body = |n: u32| json!({ "token": format!("guess{n}"), "password": "correct horse" });
    let passed = let_through(&app.guest(), "/auth/password/reset", body).await;
    assert!((4..=6).contains(&passed), "{passed}");
    app.stop().await;
}

#[tokio::test]
async fn codes_are_guessed_a_few_times_whoever_guesses_and_wherever() {
    let app = strict().await;
    let product = app.product("1000.00", 9).await;
    let accounts = app.crowd(12).await;
    let mut passed = 0;
    for (n, account) in accounts.iter().enumerate() {
        let code = format!("0000-0000-0000-{:04}", n * 10);
        let answer = match n % 3 {
            0 => account.get(&format!("/giftcards/{code}/balance")).await,
            1 => account.post("/giftcards/redeem", json!({ "code": code })).await,
            _ => {
                let mut order = crate::support::client::order_body("card");
                order["items"] = json!([{ "product_id": product, "quantity": 1 }]);
                order["gift_card_code"] = json!(code);
                account.post("/orders", order).await
            }
        };
        if !is_limited(&answer) {
            assert!([404, 422].contains(&answer.status), "{}", answer.text);
            passed += 1;
        }
    }
    assert!((4..=7).contains(&passed), "{passed} of twelve accounts at one address");
    app.stop().await;
}
