//! Attacks on what an auditor gets: exports and checkpoints. Without a database, every one is found,
//! and the message names the line.

use super::{export, head, history, ndjson, signer};
use ed25519_dalek::SigningKey;
use eventlog::tree::Head;
use eventlog::{ExportLine, Recorded, verify};
use ledgerline::audit::checkpoint;
use ledgerline::audit::export::{check, read};
use ledgerline::audit::note::NoteSigner;

const EVENTS: usize = 60;

async fn honest() -> (Vec<ExportLine>, Head) {
    let (_database, pool) = history(EVENTS).await;
    (export(&pool).await, head(&pool).await)
}

fn said(lines: &[ExportLine], head: &Head) -> String {
    check(ndjson(lines).as_bytes(), head, |_, _| {}).unwrap_err().to_string()
}

/// Gives a line the hash that its contents have.
fn rehash(line: &mut ExportLine) {
    let event = Recorded::try_from(line.clone()).unwrap();
    line.hash = hex::encode(verify::recomputed(&event));
}

fn renumber(lines: &mut [ExportLine]) {
    for (index, line) in (0..).zip(lines) {
        line.leaf_index = index;
    }
}

#[tokio::test]
async fn an_honest_export_has_the_root_of_its_checkpoint_and_of_older_ones() {
    let (lines, head) = honest().await;
    assert_eq!(check(ndjson(&lines).as_bytes(), &head, |_, _| {}).unwrap(), 60);
    let older = read(ndjson(&lines[..41]).as_bytes(), |_, _| {}).unwrap();
    assert_eq!(check(ndjson(&lines).as_bytes(), &older, |_, _| {}).unwrap(), 60);
    // The last line end may be missing.
    let text = ndjson(&lines);
    assert_eq!(check(text.trim_end().as_bytes(), &head, |_, _| {}).unwrap(), 60);
}

#[tokio::test]
async fn changed_contents_are_named_by_line_and_event() {
    let (honest, head) = honest().await;
    let changes: [fn(&mut ExportLine); 7] = [
        |line| line.payload = line.payload.replace("41", "42"),
        |line| line.payload.push(' '),
        |line| line.metadata = line.metadata.replace("tester", "nobody"),
        |line| line.event_type = "Uncounted".to_owned(),
        |line| line.event_id = uuid::Uuid::nil(),
        |line| line.recorded_at += chrono::TimeDelta::microseconds(1),
        |line| line.hash = hex::encode([0; 32]),
    ];
    for change in changes {
        let mut lines = honest.clone();
        change(&mut lines[41]);
        let said = said(&lines, &head);
        let expected =
            "line 42 of the export (thing/1 event 5): its contents do not match its hash";
        assert_eq!(said, expected);
    }
}

#[tokio::test]
async fn a_re_hashed_event_is_named_by_the_one_that_should_follow_it() {
    let (mut lines, head) = honest().await;
    lines[41].payload = lines[41].payload.replace("41", "999");
    rehash(&mut lines[41]);
    let expected = "line 52 of the export (thing/1 event 6): it does not follow the event before it \
                    (previous hash)";
    assert_eq!(said(&lines, &head), expected);
}

#[tokio::test]
async fn a_history_that_was_re_hashed_to_its_end_does_not_have_the_root() {
    let (mut lines, head) = honest().await;
    lines[41].payload = lines[41].payload.replace("41", "999");
    rehash(&mut lines[41]);
    lines[51].prev_hash = lines[41].hash.clone();
    rehash(&mut lines[51]);
    let forged = read(ndjson(&lines).as_bytes(), |_, _| {}).unwrap();
    assert_eq!(forged.size, head.size, "every line is right in itself");
    let expected = "the first 60 events of the export do not have the root of the checkpoint: it is \
                    another history than the one that was signed";
    assert_eq!(said(&lines, &head), expected);
}

#[tokio::test]
async fn a_truncated_export_says_where_it_ends() {
    let (lines, head) = honest().await;
    let expected =
        "the export ends after 59 events, and the checkpoint covers 60: its end was cut off";
    assert_eq!(said(&lines[..59], &head), expected);
    assert_eq!(
        said(&[], &head),
        "the export ends after 0 events, and the checkpoint covers 60: its end was cut off"
    );
    let text = ndjson(&lines);
    let cut = check(&text.as_bytes()[..text.len() - 20], &head, |_, _| {}).unwrap_err().to_string();
    assert!(cut.starts_with("line 60 of the export is not an event: "), "{cut}");
}

#[tokio::test]
async fn missing_added_and_reordered_lines_are_named() {
    let (honest, head) = honest().await;
    let mut dropped = honest.clone();
    dropped.remove(30);
    let expected = "line 31 of the export (thing/1 event 4): its leaf_index is 31, and 30 was";
    assert!(said(&dropped, &head).starts_with(expected), "{}", said(&dropped, &head));
    renumber(&mut dropped);
    let expected = "line 40 of the export (thing/0 event 5): it follows event 3 of its stream";
    assert_eq!(said(&dropped, &head), expected);

    let mut swapped = honest.clone();
    swapped.swap(30, 31);
    let expected = "line 31 of the export (thing/1 event 4): its leaf_index is 31";
    assert!(said(&swapped, &head).starts_with(expected));
    renumber(&mut swapped);
    let expected =
        "line 32 of the export (thing/0 event 4): it stands before the line before it in the feed";
    assert_eq!(said(&swapped, &head), expected);
    // Places in the feed are covered by no hash: with these forged too, the root still is another.
    let (above, below) = swapped.split_at_mut(31);
    std::mem::swap(&mut above[30].transaction_id, &mut below[0].transaction_id);
    std::mem::swap(&mut above[30].global_position, &mut below[0].global_position);
    assert!(said(&swapped, &head).starts_with("the first 60 events of the export do not have"));

    let mut doubled = honest.clone();
    doubled.insert(31, honest[30].clone());
    assert!(said(&doubled, &head).starts_with("line 32 of the export (thing/0 event 4): its leaf"));

    let mut forged = honest.clone();
    forged[59].aggregate_id = "new".to_owned();
    rehash(&mut forged[59]);
    assert!(said(&forged, &head).starts_with("the first 60 events of the export do not have"));
    forged[59].sequence = 1;
    rehash(&mut forged[59]);
    let expected = "line 60 of the export (thing/new event 1): only the first event of a stream";
    assert!(said(&forged, &head).starts_with(expected));
}

#[tokio::test]
async fn what_is_behind_the_checkpoint_is_checked_but_vouched_for_by_nobody() {
    let (mut lines, _) = honest().await;
    let older = read(ndjson(&lines[..50]).as_bytes(), |_, _| {}).unwrap();
    lines[55].payload.push(' ');
    assert!(said(&lines, &older).starts_with("line 56 of the export"));
    rehash(&mut lines[55]);
    assert_eq!(check(ndjson(&lines).as_bytes(), &older, |_, _| {}).unwrap(), 60);
}

#[tokio::test]
async fn a_checkpoint_that_was_forged_altered_or_taken_from_elsewhere_is_refused() {
    let (_, head) = honest().await;
    let vkey = signer().verifier().clone();
    let note = checkpoint::sign(&signer(), &head);
    assert_eq!(checkpoint::open(&note, &vkey).unwrap(), head);
    let refused = |note: &str| checkpoint::open(note, &vkey).unwrap_err().to_string();

    let smaller = note.replacen("\n60\n", "\n59\n", 1);
    let altered =
        "the checkpoint cannot be trusted: the signature by shop.example is not of this text";
    assert!(refused(&smaller).starts_with(altered), "{}", refused(&smaller));

    let thief = NoteSigner::new("shop.example", SigningKey::from_bytes(&[8; 32])).unwrap();
    let forged = checkpoint::sign(&thief, &Head { root: [1; 32], ..head });
    let said = refused(&forged);
    assert!(said.contains("it is not signed by the key shop.example+"), "{said}");

    let elsewhere = NoteSigner::new("other.example", SigningKey::from_bytes(&[7; 32])).unwrap();
    let said = refused(&checkpoint::sign(&elsewhere, &head));
    assert!(said.contains("it has signatures by other.example+"), "{said}");
    // Our key, but in the name of another log.
    let text = checkpoint::sign(&elsewhere, &head);
    let body = &text[..=text.find("\n\n").unwrap()];
    let said = refused(&signer().sign(body));
    assert_eq!(said, "the checkpoint is of the log \"other.example\", not of \"shop.example\"");

    let unsigned = &note[..note.find('\u{2014}').unwrap()];
    assert!(refused(unsigned).contains("its end is missing"), "{}", refused(unsigned));
    assert!(refused("").contains("no blank line"), "{}", refused(""));
}
