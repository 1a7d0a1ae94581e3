//! Exports of the log: lines in any form, and a true export that somebody changed.

use super::bytes::Bytes;
use super::must;
use crate::audit::export::{check, read};
use chrono::DateTime;
use eventlog::tree::Head;
use eventlog::{ExportLine, GENESIS, Hash, HashedFields, Position, Recorded, event_hash};
use std::sync::LazyLock;
use uuid::Uuid;

/// A true export, its lines, and the head that was signed of it.
struct Export {
    lines: Vec<ExportLine>,
    text: String,
    head: Head,
}

static EXPORT: LazyLock<Export> = LazyLock::new(true_export);

/// An export that begins with `{` is read as it is. Otherwise the bytes say how the true one is
/// changed: then it is refused, or still has the same events.
pub fn export_lines(data: &[u8]) {
    if data.first() == Some(&b'{') {
        return made_up(data);
    }
    let mut text = EXPORT.text.clone().into_bytes();
    let mut bytes = Bytes(data);
    while !bytes.is_empty() {
        change(&mut text, &mut bytes);
    }
    let mut found = Vec::new();
    let checked = check(text.as_slice(), &EXPORT.head, |index, event| {
        found.push(ExportLine::new(index, event.clone()));
    });
    if let Ok(size) = checked {
        assert_eq!(size, found.len() as u64);
        let signed = EXPORT.lines.iter().cloned().map(signed);
        let found = found.into_iter().map(self::signed);
        assert!(found.eq(signed), "what was signed, and nothing else");
    }
}

/// What the signature is about: not the place in the database that it came from, which an import may
/// change. The order is that of the tree.
fn signed(line: ExportLine) -> ExportLine {
    ExportLine { transaction_id: String::new(), global_position: 0, ..line }
}

/// What is read as an export is written in one form only, and has the head that it is checked by.
fn made_up(data: &[u8]) {
    let mut found = Vec::new();
    let head = read(data, |index, event| found.push(ExportLine::new(index, event.clone())));
    if let Ok(head) = head {
        assert_eq!(head.size, found.len() as u64);
        assert_eq!(check(data, &head, |_, _| {}).ok(), Some(head.size));
    }
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(line) = serde_json::from_slice::<ExportLine>(line) else { continue };
        let Ok(event) = Recorded::try_from(line.clone()) else { continue };
        assert_eq!(ExportLine::new(line.leaf_index, event), line, "nothing is lost");
        let text = must(serde_json::to_string(&line), "a line is JSON");
        assert_eq!(must(serde_json::from_str::<ExportLine>(&text), "a line is read"), line);
    }
}

/// One byte of it is another, more or less; or a line is moved, repeated or gone.
fn change(text: &mut Vec<u8>, bytes: &mut Bytes<'_>) {
    let (action, place, byte) = (bytes.byte() % 6, bytes.below(text.len() + 1), bytes.byte());
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let (from, to) = (place % lines.len().max(1), usize::from(byte) % lines.len().max(1));
    match action {
        0 if place < text.len() => text[place] = byte,
        1 => text.insert(place, byte),
        2 if place < text.len() => {
            text.remove(place);
        }
        3 if !lines.is_empty() => {
            lines.swap(from, to);
            *text = lines.concat();
        }
        4 if !lines.is_empty() => {
            lines.insert(to, lines[from]);
            *text = lines.concat();
        }
        5 if !lines.is_empty() => {
            lines.remove(from);
            *text = lines.concat();
        }
        _ => {}
    }
}

/// Two streams of three events each, in turns.
fn true_export() -> Export {
    let mut last = [GENESIS; 2];
    let lines: Vec<ExportLine> = (0..6_u8)
        .map(|number| {
            let stream = usize::from(number % 2);
            let event = recorded(number, last[stream]);
            last[stream] = event.hash;
            ExportLine::new(number.into(), event)
        })
        .collect();
    let json = |line: &ExportLine| must(serde_json::to_string(line), "a line is JSON") + "\n";
    let text: String = lines.iter().map(json).collect();
    let head = must(read(text.as_bytes(), |_, _| {}), "a true export");
    Export { lines, text, head }
}

fn recorded(number: u8, prev_hash: Hash) -> Recorded {
    let (aggregate_type, aggregate_id) = ("cart", (number % 2).to_string());
    let (sequence, payload) =
        (i64::from(number / 2 + 1), format!("{{\"Cleared\":{{\"n\":{number}}}}}"));
    let (event_id, metadata) = (Uuid::from_u128(number.into()), "{\"actor\":\"system\"}");
    let recorded_at = DateTime::UNIX_EPOCH + chrono::TimeDelta::microseconds(number.into());
    let fields = HashedFields {
        aggregate_type,
        aggregate_id: &aggregate_id,
        sequence,
        event_type: "Cleared",
        event_version: "1.0",
        event_id,
        recorded_at,
        payload: &payload,
        metadata,
    };
    Recorded {
        hash: event_hash(&prev_hash, &fields),
        prev_hash,
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: aggregate_id.clone(),
        sequence,
        event_type: "Cleared".to_owned(),
        event_version: "1.0".to_owned(),
        payload: payload.clone(),
        metadata: metadata.to_owned(),
        event_id,
        position: Position { transaction_id: number.into(), global_position: number.into() },
        recorded_at,
    }
}
