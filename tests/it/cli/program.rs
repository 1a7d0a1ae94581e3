//! One binary: it serves, stops when asked, and proves what it has stored.

use reqwest::Method;
use serde_json::json;

use crate::support::client::text as member;
use crate::support::program::{Program, text};

#[tokio::test]
async fn the_program_serves_stops_when_asked_and_finds_its_data_again() {
    let program = Program::new("");
    let admin = ["--admin-email", "root@example.com", "--admin-password", "correct horse"];
    let serving = program.serve(&[&["--demo"][..], &admin].concat()).await;
    let guest = serving.guest();
    guest.call(Method::GET, "/readyz").await.expect(200);
    let login = json!({ "email": "root@example.com", "password": "correct horse" });
    let login = guest.post("/auth/login", login).await.expect(200).body;
    assert_eq!(login["user"]["role"], "admin");
    let total = guest.get("/products").await.expect(200).body["total"].clone();
    assert!(total.as_i64().unwrap() >= 20);
    let shown = guest.get("/products?limit=1").await.expect(200).body;
    let product = member(&shown["items"][0], "id");
    let changed = guest.with_token(&member(&login, "access_token"), product.parse().unwrap());
    changed.patch(&format!("/products/{product}"), json!({ "name": "Kept" })).await.expect(200);

    // Beside the running server, over the same database.
    assert!(program.succeed(&["verify"]).await.starts_with("intact: "));
    assert!(program.succeed(&["projections", "status"]).await.contains("catalogue"));
    program.succeed(&["projections", "verify"]).await;
    program.succeed(&["projections", "rebuild", "catalogue"]).await;
    let addr = serving.base.trim_start_matches("http://").to_owned();
    program.succeed(&["healthcheck", "--addr", &addr]).await;

    let second = program.run(&["serve"]).await;
    assert_eq!(second.status.code(), Some(1));
    let said = text(&second.stderr);
    assert!(said.starts_with("error: ") && said.contains("--data-dir"), "{said}");
    guest.get("/products").await.expect(200);

    assert_eq!(serving.terminate().await, Some(0));
    assert_eq!(program.run(&["healthcheck", "--addr", &addr]).await.status.code(), Some(1));

    // Without a server the commands start the database themselves, and stop it again.
    assert!(program.succeed(&["verify"]).await.starts_with("intact: "));
    let again = program.serve(&[&["--demo"][..], &admin].concat()).await;
    let guest = again.guest();
    assert_eq!(guest.get("/products").await.expect(200).body["total"], total);
    assert_eq!(guest.get(&format!("/products/{product}")).await.expect(200).body["name"], "Kept");
    assert_eq!(again.terminate().await, Some(0));
}

#[tokio::test]
async fn verification_names_the_event_that_was_changed_behind_its_back() {
    let program = Program::new("");
    let serving = program.serve(&["--demo"]).await;
    let pool = program.pool().await;
    for statement in [
        "ALTER TABLE events DISABLE TRIGGER USER",
        "UPDATE events SET payload = replace(payload::text, '\"price\":\"', '\"price\":\"1')::json
          WHERE event_type = 'ProductCreated' AND global_position = (
                SELECT min(global_position) FROM events WHERE payload::text LIKE '%\"price\":\"%')
             OR global_position = (
                SELECT min(global_position) FROM events WHERE payload::text LIKE '%\"price\":\"%')",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
    let found = program.run(&["verify"]).await;
    assert_eq!(found.status.code(), Some(1));
    let said = text(&found.stderr);
    assert!(
        said.contains("product/") && said.contains("event 1") && said.contains("hash"),
        "{said}"
    );
    let models = program.run(&["projections", "verify", "catalogue"]).await;
    assert_eq!(models.status.code(), Some(1));
    assert_eq!(serving.terminate().await, Some(0));
}

#[tokio::test]
async fn commands_say_what_is_wrong_with_how_they_are_called() {
    let program = Program::new("[orders]\nhold_minuets = 5\n");
    let refused = program.run(&["config"]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("hold_minuets"));
    let program = Program::new("[orders]\nhold_minutes = 5\n");
    let shown = program.succeed(&["config"]).await;
    assert!(shown.contains("hold_minutes") && !shown.contains(crate::support::app::JWT_KEY));
    let apart = program.run(&["serve", "--role", "queries"]).await;
    assert_eq!(apart.status.code(), Some(1));
    assert!(text(&apart.stderr).contains("DATABASE_URL"));
}
