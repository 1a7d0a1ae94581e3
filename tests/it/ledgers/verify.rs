//! `ledgerline verify --ledgers`: what breaks a law is named, whoever wrote it.

use super::story;
use crate::support::app::TestApp;
use crate::support::client::text as member;
use crate::support::program::{Program, text};
use ledgerline::ledgers::{self, LedgersError, Problem};
use serde_json::json;
use sqlx::PgPool;

/// Changes history, as only somebody can who owns the database.
async fn tamper(pool: &PgPool, statement: &str) {
    sqlx::query("ALTER TABLE events DISABLE TRIGGER USER").execute(pool).await.unwrap();
    let done = sqlx::query(statement).execute(pool).await.unwrap();
    assert_eq!(done.rows_affected(), 1, "{statement}");
}

/// What the checker says of a story of which one event was changed.
async fn problem(statement: &str) -> (String, Problem) {
    let app = TestApp::start().await;
    story(&app).await;
    let pool = app.pool().await;
    ledgers::verify(&pool, |_| {}).await.unwrap();
    tamper(&pool, statement).await;
    let error = ledgers::verify(&pool, |_| {}).await.unwrap_err();
    pool.close().await;
    app.stop().await;
    match error {
        LedgersError::Broken(broken) => (broken.stream, broken.problem),
        LedgersError::Unavailable(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_card_that_gives_more_than_was_held_is_named() {
    let (stream, found) = problem(
        "UPDATE events SET payload = replace(payload::text, '\"500.00\"', '\"400.00\"')::json
          WHERE aggregate_type = 'gift_card' AND event_type = 'Captured'",
    )
    .await;
    assert!(stream.starts_with("gift_card/"), "{stream}");
    assert_eq!(found, Problem::OtherHold { held: 50_000, found: 40_000 });
}

#[tokio::test]
async fn points_out_of_nowhere_are_named() {
    let (stream, found) = problem(
        "UPDATE events SET payload = replace(payload::text, '\"points\":9', '\"points\":90')::json
          WHERE event_type = 'Activated' AND payload::text LIKE '%\"points\":9,%'",
    )
    .await;
    assert!(stream.starts_with("loyalty_account/"), "{stream}");
    assert_eq!(found, Problem::Overdrawn { what: "pending", found: 9, wanted: 90 });
}

#[tokio::test]
async fn an_event_that_was_dropped_is_missed() {
    let (_, found) =
        problem("DELETE FROM events WHERE aggregate_type = 'gift_card' AND event_type = 'Held'")
            .await;
    assert_eq!(found, Problem::Gap { expected: 2 });
}

#[tokio::test]
async fn the_program_checks_the_ledgers_and_fails_where_one_is_not_right() {
    let program = Program::new("");
    let admin = ["--admin-email", "root@example.com", "--admin-password", "correct horse"];
    let serving = program.serve(&admin).await;
    let guest = serving.guest();
    let login = json!({ "email": "root@example.com", "password": "correct horse" });
    let login = guest.post("/auth/login", login).await.expect(200).body;
    let id = member(&login["user"], "id").parse().unwrap();
    let admin = guest.with_token(&member(&login, "access_token"), id);
    admin.post("/giftcards/create", json!({ "amount": "500.00" })).await.expect(201);

    let all = program.succeed(&["verify", "--all"]).await;
    assert!(all.starts_with("intact: ") && all.contains("500.00 owed on 1 gift cards"), "{all}");
    let ledgers = program.succeed(&["verify", "--ledgers"]).await;
    assert!(ledgers.starts_with("ledgers right: 1 events, 2 lines"), "{ledgers}");

    let pool = program.pool().await;
    tamper(&pool, "UPDATE events SET sequence = 2 WHERE aggregate_type = 'gift_card'").await;
    pool.close().await;
    let failed = program.run(&["verify", "--ledgers"]).await;
    assert_eq!(failed.status.code(), Some(1));
    let said = text(&failed.stderr);
    assert!(said.starts_with("error: the ledgers are not right: gift_card/"), "{said}");
    assert_eq!(serving.terminate().await, Some(0));
}
