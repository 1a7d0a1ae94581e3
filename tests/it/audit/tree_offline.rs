//! The program in the hands of an auditor: keys, checkpoints, exports and proofs as files.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use super::{export, ndjson};
use crate::support::program::{Program, text};
use eventlog::ExportLine;
use sqlx::{Executor, PgPool};
use tempfile::TempDir;

/// An auditor's folder, on a machine without a database.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, contents: &str) {
        fs::write(self.path(name), contents).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ledgerline"))
            .arg("audit")
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .output()
            .unwrap()
    }

    #[track_caller]
    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    #[track_caller]
    fn fail(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
        text(&output.stderr)
    }
}

/// The checkpoint that the program signs now, and its verifier key.
async fn checkpoint(program: &Program) -> (String, String) {
    let output = program.run(&["audit", "checkpoint"]).await;
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    let vkey = said.trim().strip_prefix("verifier key: ").expect("the verifier key").to_owned();
    (text(&output.stdout), vkey)
}

/// Changes one event and covers all traces within the database.
async fn rewrite(pool: &PgPool) {
    let changed = pool
        .execute(
            "ALTER TABLE events DISABLE TRIGGER USER;
             ALTER TABLE tree_heads DISABLE TRIGGER USER;
             ALTER TABLE tree_tiles DISABLE TRIGGER USER;
             ALTER TABLE signed_checkpoints DISABLE TRIGGER USER;
             DELETE FROM tree_heads; DELETE FROM tree_tiles; DELETE FROM signed_checkpoints;
             UPDATE events SET event_version = '1.1' WHERE event_id = (
                SELECT event_id FROM events WHERE aggregate_type = 'stock_item' AND sequence = 1 LIMIT 1)",
        )
        .await
        .unwrap();
    assert!(changed.rows_affected() > 0);
    let events = eventlog::feed::read(pool, eventlog::Position::START, 10_000).await.unwrap();
    let mut last = std::collections::HashMap::new();
    for mut event in events {
        let stream = (event.aggregate_type.clone(), event.aggregate_id.clone());
        event.prev_hash = last.get(&stream).copied().unwrap_or(eventlog::GENESIS);
        let hash = eventlog::verify::recomputed(&event);
        last.insert(stream, hash);
        sqlx::query("UPDATE events SET prev_hash = $1, hash = $2 WHERE event_id = $3")
            .bind(&event.prev_hash[..])
            .bind(&hash[..])
            .bind(event.event_id)
            .execute(pool)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn an_auditor_works_from_files_alone_and_catches_a_rewritten_log() {
    let program = Program::new("[audit]\norigin = \"shop.example\"\n");
    let serving = program.serve(&["--demo"]).await;
    let pool = program.pool().await;
    let (note, vkey) = checkpoint(&program).await;
    assert!(note.starts_with("shop.example\n"), "{note}");
    let desk = Desk::new();
    desk.put("old.txt", &note);
    let size: u64 = note.lines().nth(1).unwrap().parse().unwrap();
    let lines: Vec<ExportLine> = export(&pool).await;
    assert_eq!(lines.len() as u64, size);
    desk.put("log.ndjson", &ndjson(&lines));

    let old = ["verify-checkpoint", "--vkey", &vkey, "--checkpoint", "old.txt"];
    let said = desk.succeed(&[&old[..], &["--export", "log.ndjson"]].concat());
    assert!(
        said.contains(&format!("its first {size} events are those of the checkpoint")),
        "{said}"
    );

    let event = lines[7].event_id.to_string();
    let prove = ["prove", "--export", "log.ndjson", "--checkpoint", "old.txt"];
    desk.put("event.json", &desk.succeed(&[&prove[..], &["--event", &event]].concat()));
    let said = desk.succeed(&[&old[..], &["--proof", "event.json"]].concat());
    let proved = format!("proof: the event with the hash {} is leaf 7 of the log", lines[7].hash);
    assert!(said.contains(&proved), "{said}");
    let with_export = [&old[..], &["--proof", "event.json", "--export", "log.ndjson"]].concat();
    let said = desk.succeed(&with_export);
    assert!(said.contains(&format!("proof: the event {event} is leaf 7 of the log")), "{said}");
    let another = fs::read_to_string(desk.path("event.json")).unwrap();
    // The id is no part of what a proof proves: only the export says whose hash it is.
    desk.put("event.json", &another.replace(&event, &lines[8].event_id.to_string()));
    let said = desk.fail(&with_export);
    assert!(said.contains(&format!("but leaf 7 is the event {event}")), "{said}");
    desk.put("event.json", &another.replace("\"leaf_index\": 7", "\"leaf_index\": 6"));
    let said = desk.fail(&[&old[..], &["--proof", "event.json"]].concat());
    assert!(said.contains("the event is not leaf 6 of the tree"), "{said}");

    desk.put("cut.ndjson", &ndjson(&lines[..lines.len() - 1]));
    let said = desk.fail(&[&old[..], &["--export", "cut.ndjson"]].concat());
    assert!(said.contains("its end was cut off"), "{said}");

    // The log grows: a proof that it only grew, from the export alone.
    let seller = serving.guest();
    let account = serde_json::json!({ "email": "new@example.com", "password": "correct horse" });
    seller.post("/auth/register", account).await.expect(201);
    let (newer, same) = checkpoint(&program).await;
    assert_eq!(same, vkey);
    desk.put("new.txt", &newer);
    desk.put("log.ndjson", &ndjson(&export(&pool).await));
    let from = size.to_string();
    let prove =
        ["prove", "--export", "log.ndjson", "--checkpoint", "new.txt", "--from-size", &from];
    desk.put("grown.json", &desk.succeed(&prove));
    let new = ["verify-checkpoint", "--vkey", &vkey, "--checkpoint", "new.txt"];
    let grown = ["--proof", "grown.json", "--older", "old.txt"];
    let said = desk.succeed(&[&new[..], &grown].concat());
    assert!(said.contains("are still the first ones"), "{said}");

    let old_path = desk.path("old.txt").into_os_string().into_string().unwrap();
    let against = ["verify", "--checkpoint", &old_path, "--vkey", &vkey];
    let said = program.succeed(&against).await;
    assert!(said.contains(&format!("intact since the checkpoint of {size} events")), "{said}");

    assert_eq!(serving.terminate().await, Some(0));
    // Keeps the database up between the commands.
    let serving = program.serve(&["--role", "all"]).await;
    drop(pool);
    let pool = program.pool().await;
    rewrite(&pool).await;
    eventlog::tree::seal(&pool).await.unwrap();
    assert!(program.succeed(&["verify"]).await.starts_with("intact: "), "nothing inside shows it");
    let found = program.run(&against).await;
    assert_eq!(found.status.code(), Some(1));
    let said = text(&found.stderr);
    assert!(
        said.contains(&format!("the checkpoint of {size} events: the log has another")),
        "{said}"
    );
    desk.put("log.ndjson", &ndjson(&export(&pool).await));
    let said = desk.fail(&[&old[..], &["--export", "log.ndjson"]].concat());
    assert!(said.contains("do not have the root of the checkpoint"), "{said}");
    pool.close().await;
    assert_eq!(serving.terminate().await, Some(0));
}

#[tokio::test]
async fn a_generated_key_signs_and_another_one_does_not_verify() {
    let desk = Desk::new();
    let said = desk.succeed(&["keygen", "--origin", "shop.example", "--out", "audit.key"]);
    let vkey = said.lines().find_map(|line| line.strip_prefix("verifier key: ")).unwrap();
    let said = desk.fail(&["keygen", "--out", "audit.key"]);
    assert!(said.contains("audit.key"), "a key is never overwritten: {said}");
    let other = desk.succeed(&["keygen", "--origin", "shop.example", "--out", "other.key"]);
    let other = other.lines().find_map(|line| line.strip_prefix("verifier key: ")).unwrap();

    let program = Program::new("[audit]\norigin = \"shop.example\"\n");
    let serving = program.serve(&["--demo"]).await;
    let key = fs::read_to_string(desk.path("audit.key")).unwrap();
    let output = program.run(&["audit", "checkpoint", "--audit-key", key.trim()]).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    desk.put("checkpoint.txt", &text(&output.stdout));
    let verify = ["verify-checkpoint", "--checkpoint", "checkpoint.txt", "--vkey"];
    desk.succeed(&[&verify[..], &[vkey]].concat());
    let said = desk.fail(&[&verify[..], &[other]].concat());
    assert!(said.contains("it is not signed by the key shop.example+"), "{said}");
    let note = text(&output.stdout);
    desk.put("checkpoint.txt", &note.replacen("shop.example\n", "shop.example \n", 1));
    let said = desk.fail(&[&verify[..], &[vkey]].concat());
    assert!(said.contains("the note was altered or forged"), "{said}");
    assert_eq!(serving.terminate().await, Some(0));
}
