//! Webhooks: what they are told, how it is signed, and what becomes of what does not arrive. What
//! their targets must not be is in `security::api07_server_side_requests`.

mod access;
mod content;
mod crash;
pub mod receiver;
mod retries;
mod signing;

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::{Client, text};
use crate::support::wait::eventually;
use receiver::Receiver;

/// Receivers of tests are on this machine.
pub const TOML: &str = "[webhooks]\nallow_http = true\nallow_private = true\ntimeout_s = 20\n";

async fn start() -> TestApp {
    TestApp::setup().file(TOML).start().await
}

/// Registers a webhook; returns it with its secret.
async fn register(owner: &Client, receiver: &Receiver, events: &[&str]) -> Value {
    let body = json!({ "url": receiver.url(), "events": events });
    owner.post("/webhooks", body).await.expect(201).body
}

fn path(webhook: &Value) -> String {
    format!("/webhooks/{}", text(webhook, "id"))
}

/// The deliveries of a webhook, the newest first.
async fn deliveries(owner: &Client, webhook: &Value) -> Vec<Value> {
    let path = format!("{}/deliveries", path(webhook));
    owner.get(&path).await.expect(200).body["items"].as_array().unwrap().clone()
}

/// Waits until the latest delivery is as wanted, and returns it.
pub async fn delivery_when(
    owner: &Client,
    webhook: &Value,
    what: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    eventually(what, async || deliveries(owner, webhook).await.into_iter().next().filter(&wanted))
        .await
}
