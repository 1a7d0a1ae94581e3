//! The program is killed between sending a message and recording that it was sent: the message comes
//! again, with the same id, and there is one delivery of it.

use serde_json::json;

use super::receiver::Receiver;
use super::{TOML, delivery_when, path, register};
use crate::support::program::Program;
use crate::support::shop::{self, ARGUMENTS};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_sender_died_comes_again_under_the_same_id() {
    let toml = format!("{}{TOML}", shop::TOML);
    let program = Program::new(&toml);
    let mut serving = program.serve(&ARGUMENTS).await;
    let admin = shop::admin(&serving).await;
    let receiver = Receiver::start().await;
    let webhook = register(&admin, &receiver, &["product.created"]).await;
    receiver.hold(true);
    let body = json!({ "name": "Lamp", "price": "10.00", "quantity": 1 });
    let product = admin.post("/products", body).await.expect(201).id();
    let first = receiver.when(1).await.remove(0);
    serving.kill();
    receiver.hold(false);

    let serving = program.serve(&ARGUMENTS).await;
    // As if the dead one's lease had run out.
    let pool = program.pool().await;
    sqlx::query("DELETE FROM leases").execute(&pool).await.unwrap();
    pool.close().await;
    let admin = admin.at(&serving.base);
    let second = receiver.when(2).await.remove(1);
    assert_eq!((&second.id, &second.text), (&first.id, &first.text));
    assert_eq!(second.body["data"]["id"], product.as_str());
    let secret = webhook["secret"].as_str().unwrap();
    assert_eq!(second.signed_by(secret), (1, true));
    let done = delivery_when(&admin, &webhook, "done", |one| one["status"] == "delivered").await;
    assert_eq!((&done["id"], &done["attempts"]), (&json!(first.id), &json!(1)));
    let all = format!("{}/deliveries", path(&webhook));
    assert_eq!(admin.get(&all).await.expect(200).body["items"].as_array().unwrap().len(), 1);
    assert_eq!(receiver.received().len(), 2);
    shop::prove(&program).await;
    assert_eq!(serving.terminate().await, Some(0));
}
