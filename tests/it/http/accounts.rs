//! Accounts: registering, logging in and out, being blocked, promoted and forgotten.

use std::future::IntoFuture;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::{Answer, Client, text};

async fn refresh(client: &Client, token: &str) -> Answer {
    client.post("/auth/refresh", json!({ "refresh_token": token })).await
}

#[tokio::test]
async fn who_registers_can_log_in_and_is_shown_as_they_are() {
    let app = TestApp::start().await;
    let guest = app.guest();
    let body =
        json!({ "email": "Aigerim@Example.com", "password": PASSWORD, "first_name": " Айгерим " });
    let made = guest.post("/auth/register", body).await.expect(201);
    assert_eq!(made.body["email"], "aigerim@example.com");
    assert_eq!((&made.body["role"], &made.body["is_active"]), (&json!("customer"), &json!(true)));
    assert_eq!(made.body["first_name"], "Айгерим");
    assert!(!made.text.contains("password"));
    let login = app.login("AIGERIM@example.com").await;
    assert_eq!((&login["token_type"], &login["expires_in"]), (&json!("bearer"), &json!(900)));
    assert_eq!(login["user"], made.body);
    let user = guest.with_token(&text(&login, "access_token"), made.id().parse().unwrap());
    let me = user.get("/auth/me").await.expect(200).body;
    assert_eq!(me["id"], made.body["id"]);

    let profile = json!({ "last_name": "Н.", "phone": "+7 701 123 45 67" });
    let changed = user.patch("/auth/profile", profile).await.expect(200).body;
    assert_eq!((&changed["first_name"], &changed["last_name"]), (&json!("Айгерим"), &json!("Н.")));
    user.put("/auth/profile", json!({ "phone": null })).await.expect(200);
    assert_eq!(user.get("/auth/me").await.expect(200).body["phone"], json!(null));
    app.finish().await;
}

#[tokio::test]
async fn an_address_belongs_to_one_account_whatever_its_case() {
    let app = TestApp::start().await;
    let register = |email: &str| {
        app.guest().post("/auth/register", json!({ "email": email, "password": PASSWORD }))
    };
    register("same@example.com").await.expect(201);
    register("SAME@Example.COM").await.refused(409, "email_taken");
    let both =
        ["twice@example.com", "Twice@example.com"].map(|email| register(email).into_future());
    let mut answers: Vec<u16> =
        futures_util::future::join_all(both).await.iter().map(|answer| answer.status).collect();
    answers.sort_unstable();
    assert_eq!(answers, [201, 409]);
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_registration_is_refused() {
    let app = TestApp::start().await;
    let guest = app.guest();
    for (email, password, pointer) in [
        ("nobody", PASSWORD, "/email"),
        ("", PASSWORD, "/email"),
        ("a@b@c", PASSWORD, "/email"),
        ("short@example.com", "1234567", "/password"),
        ("long@example.com", &"x".repeat(129), "/password"),
    ] {
        let body = json!({ "email": email, "password": password });
        let problem = guest.post("/auth/register", body).await.expect(422).body;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    for role in ["admin", "auditor", "analyst"] {
        let body = json!({ "email": "up@example.com", "password": PASSWORD, "role": role });
        guest.post("/auth/register", body.clone()).await.refused(403, "role_not_allowed");
        app.seller().await.post("/auth/register", body).await.refused(403, "role_not_allowed");
    }
    let body = json!({ "email": "up@example.com", "password": PASSWORD, "role": "emperor" });
    guest.post("/auth/register", body).await.expect(422);
    let body = json!({ "email": "auditor@example.com", "password": PASSWORD, "role": "auditor" });
    let made = app.admin().await.post("/auth/register", body).await.expect(201).body;
    assert_eq!(made["role"], "auditor");
    app.finish().await;
}

#[tokio::test]
async fn nobody_learns_which_addresses_are_registered() {
    let app = TestApp::start().await;
    app.registered("known@example.com", "customer").await;
    let tries = [("known@example.com", "wrong password"), ("unknown@example.com", PASSWORD)];
    let mut answers = Vec::new();
    for (email, password) in tries {
        let body = json!({ "email": email, "password": password });
        let mut problem =
            app.guest().post("/auth/login", body).await.refused(401, "wrong_credentials");
        problem["trace_id"] = json!(null);
        answers.push(problem);
    }
    assert_eq!(answers[0], answers[1]);
    app.finish().await;
}

#[tokio::test]
async fn the_password_form_logs_in_under_every_path() {
    let app = TestApp::start().await;
    app.registered("form@example.com", "customer").await;
    for path in ["/token", "/token/", "/api/v1/token", "/api/token"] {
        let form =
            [("grant_type", "password"), ("username", "form@example.com"), ("password", PASSWORD)];
        let login = app.guest().call(Method::POST, path).form(&form).await.expect(200);
        assert_eq!(login.header("cache-control"), "no-store");
        assert_eq!(login.body["token_type"], "bearer");
    }
    let form = [("username", "form@example.com"), ("password", "wrong")];
    let refused = app.guest().call(Method::POST, "/token").form(&form).await.expect(401);
    assert_eq!(refused.body["error"], "invalid_grant");
    let form = [("grant_type", "client_credentials"), ("username", "x"), ("password", "x")];
    app.guest()
        .call(Method::POST, "/token")
        .form(&form)
        .await
        .refused(400, "unsupported_grant_type");
    app.guest()
        .call(Method::POST, "/token")
        .json(&json!({}))
        .await
        .refused(415, "unsupported_media_type");
    let body = json!({ "email": "root@example.com", "password": PASSWORD });
    app.guest().call(Method::POST, "/register").json(&body).await.expect(201);
    app.finish().await;
}

#[tokio::test]
async fn a_refresh_token_works_once_and_a_thief_ends_the_login() {
    let app = TestApp::start().await;
    let (user, login) = app.registered("refresh@example.com", "customer").await;
    let first = text(&login, "refresh_token");
    let pair = refresh(&user, &first).await.expect(200).body;
    let second = text(&pair, "refresh_token");
    assert_ne!(first, second);
    let newer = user.with_token(&text(&pair, "access_token"), user.id);
    newer.get("/auth/me").await.expect(200);

    refresh(&user, &first).await.refused(401, "refresh_token_reused");
    refresh(&user, &second).await.expect(401);
    newer.get("/auth/me").await.refused(401, "token_revoked");
    user.get("/auth/me").await.refused(401, "token_revoked");
    refresh(&user, "made up").await.refused(401, "invalid_refresh_token");
    // Another login of the same user goes on.
    let login = app.login("refresh@example.com").await;
    refresh(&user, &text(&login, "refresh_token")).await.expect(200);
    app.finish().await;
}

#[tokio::test]
async fn of_two_uses_of_a_refresh_token_at_once_one_succeeds() {
    let app = TestApp::start().await;
    let (user, login) = app.registered("race@example.com", "customer").await;
    let token = text(&login, "refresh_token");
    let both = futures_util::future::join_all((0..4).map(|_| refresh(&user, &token))).await;
    let mut statuses: Vec<u16> = both.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401, 401, 401]);
    app.finish().await;
}

#[tokio::test]
async fn a_token_expires_and_a_logout_ends_it_before() {
    let (app, clock) = TestApp::start_with_clock().await;
    let (user, login) = app.registered("out@example.com", "customer").await;
    user.post("/auth/logout", json!({})).await.expect(204);
    user.get("/auth/me").await.refused(401, "token_revoked");
    refresh(&user, &text(&login, "refresh_token")).await.expect(401);
    let login = app.login("out@example.com").await;
    let user = user.with_token(&text(&login, "access_token"), user.id);
    user.get("/auth/me").await.expect(200);
    clock.advance(std::time::Duration::from_mins(15));
    user.get("/auth/me").await.refused(401, "token_expired");
    refresh(&user, &text(&login, "refresh_token")).await.expect(200);
    app.finish().await;
}

#[tokio::test]
async fn a_blocked_user_is_stopped_at_once_and_let_in_again() {
    let app = TestApp::start().await;
    let (user, login) = app.registered("blocked@example.com", "customer").await;
    let admin = app.registered_admin().await;
    let path = |action: &str| format!("/admin/users/{}/{action}", user.id);
    let blocked = admin.put(&path("block"), json!({ "reason": "fraud" })).await.expect(200).body;
    assert_eq!(blocked["is_active"], false);
    user.get("/auth/me").await.refused(401, "token_revoked");
    let again = json!({ "email": "blocked@example.com", "password": PASSWORD });
    app.guest().post("/auth/login", again).await.refused(403, "account_blocked");
    let refused = refresh(&user, &text(&login, "refresh_token")).await;
    assert!([401, 403].contains(&refused.status), "{}", refused.text);
    admin.put(&path("block"), json!({})).await.refused(409, "already_blocked");

    admin.put(&path("unblock"), json!({})).await.expect(200);
    let login = app.login("blocked@example.com").await;
    user.with_token(&text(&login, "access_token"), user.id).get("/auth/me").await.expect(200);
    admin
        .put(&format!("/admin/users/{}/block", admin.id), json!({}))
        .await
        .refused(409, "own_account");
    app.finish().await;
}

#[tokio::test]
async fn another_role_needs_another_token() {
    let app = TestApp::start().await;
    let (user, _) = app.registered("rise@example.com", "customer").await;
    let product = json!({ "name": "Lamp", "price": "1.00" });
    user.post("/products", product.clone()).await.refused(403, "role_not_allowed");
    let admin = app.registered_admin().await;
    let role = json!({ "role": "seller" });
    let risen = admin.put(&format!("/admin/users/{}/role", user.id), role).await.expect(200).body;
    assert_eq!(risen["role"], "seller");
    user.post("/products", product.clone()).await.refused(401, "token_revoked");
    let login = app.login("rise@example.com").await;
    let seller = user.with_token(&text(&login, "access_token"), user.id);
    seller.post("/products", product).await.expect(201);
    app.finish().await;
}

#[tokio::test]
async fn erasing_an_account_takes_the_person_and_leaves_the_ledger() {
    let app = TestApp::start().await;
    let product = app.product("10.00", 5).await;
    let (user, _) = app.registered("forget@example.com", "customer").await;
    let profile = json!({ "first_name": "Незабудка", "phone": "+7 701 999 88 77" });
    user.patch("/auth/profile", profile).await.expect(200);
    user.add_to_cart(&product, 1).await;
    let order = user.order().key("k").await.expect(201).id();
    user.pay(&order, "tok_ok").await.expect(201);
    let export = user.get("/auth/me/export").await.expect(200);
    for personal in ["forget@example.com", "Незабудка", "Almaty, Abay 1", &order] {
        assert!(export.text.contains(personal), "{personal}");
    }
    assert!(!export.text.contains("argon2"));

    user.delete("/auth/me").await.expect(204);
    user.get("/auth/me").await.refused(401, "token_revoked");
    let again = json!({ "email": "forget@example.com", "password": PASSWORD });
    app.guest().post("/auth/login", again).await.refused(401, "wrong_credentials");
    let left = app.admin().await.order_now(&order).await;
    assert_eq!((&left["delivery_address"], &left["phone"]), (&json!(null), &json!(null)));
    assert_eq!(left["status"], "confirmed");
    nothing_is_left(&app, &["forget@example.com", "Незабудка", "999 88 77", "Abay 1"]).await;
    // The address is free again, for another account.
    let (newcomer, _) = app.registered("forget@example.com", "customer").await;
    assert_ne!(newcomer.id, user.id);
    assert_eq!(newcomer.get("/orders").await.expect(200).body["items"], json!([]));
    app.finish().await;
}

/// Looks into every table of the database.
async fn nothing_is_left(app: &TestApp, personal: &[&str]) {
    let pool = app.pool().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
          WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(tables.len() > 10);
    for table in tables {
        let rows: Vec<Value> = sqlx::query_scalar(&format!("SELECT to_jsonb(t) FROM {table} t"))
            .fetch_all(&pool)
            .await
            .unwrap();
        for text in personal {
            let found = rows.iter().find(|row| row.to_string().contains(text));
            assert_eq!(found, None, "{text} is still in {table}");
        }
    }
    pool.close().await;
}
