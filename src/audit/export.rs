//! Reading an export as an auditor does: trusting nothing but the hashes and the tree, without a
//! database, line by line.
//!
//! What is checked, in memory that does not grow with the export:
//! - each line is an event, in its place (`leaf_index`), behind the one before in the feed;
//! - its contents have the hash that it carries;
//! - it follows the event before it in its stream, where that one is among the last
//!   [`REMEMBERED`] streams that were seen; a first event follows nothing;
//! - and at the end, by the caller, that the hashes make the root of a signed checkpoint.
//!
//! The last point is the one that decides. An event's hash covers the hash before it, and the root
//! fixes every hash and its place; so an export with the root is what was signed, links and all. The
//! links are checked only to name the place where one that does not have the root was changed.

use eventlog::tree::{Frontier, Head};
use eventlog::{ExportLine, GENESIS, Hash, InvalidLine, Position, Recorded, verify};
use std::collections::HashMap;
use std::io::{BufRead, Read as _};

/// Streams whose last event is remembered at least; at most twice as many.
pub const REMEMBERED: usize = 50_000;
/// The longest line, in bytes: far above what an event can be.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Why an export cannot be trusted, and where.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("line {line} of the export is not an event: {problem}")]
    NotAnEvent { line: u64, problem: String },
    #[error("line {line} of the export ({event}): {problem}")]
    BadEvent { line: u64, event: String, problem: String },
    #[error(
        "the export ends after {events} events, and the checkpoint covers {size}: its end was cut off"
    )]
    TooShort { events: u64, size: u64 },
    #[error(
        "the first {size} events of the export do not have the root of the checkpoint: it is \
         another history than the one that was signed"
    )]
    OtherRoot { size: u64 },
    #[error("the export cannot be read")]
    Io(#[from] std::io::Error),
}

impl ExportError {
    fn not_an_event(line: u64, problem: &impl ToString) -> Self {
        Self::NotAnEvent { line, problem: problem.to_string() }
    }
}

/// The events of an export, each checked as far as it can be.
#[derive(Debug)]
pub struct ExportReader<R> {
    input: R,
    text: Vec<u8>,
    events: u64,
    position: Position,
    recent: Recent,
}

/// The last events of the streams that were seen last.
#[derive(Debug, Default)]
struct Recent {
    young: HashMap<(String, String), (i64, Hash)>,
    old: HashMap<(String, String), (i64, Hash)>,
}

impl Recent {
    /// Remembers the event as the last one of its stream, and returns the one before.
    fn replace(&mut self, event: &Recorded) -> Option<(i64, Hash)> {
        let stream = (event.aggregate_type.clone(), event.aggregate_id.clone());
        let forgotten = self.old.remove(&stream);
        let before = self.young.insert(stream, (event.sequence, event.hash)).or(forgotten);
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        before
    }
}

impl<R: BufRead> ExportReader<R> {
    pub fn new(input: R) -> Self {
        let (text, position) =
            (Vec::new(), Position { transaction_id: 0, global_position: i64::MIN });
        Self { input, text, events: 0, position, recent: Recent::default() }
    }

    /// The next event; `None` at the end.
    pub fn next_event(&mut self) -> Result<Option<Recorded>, ExportError> {
        let line = self.events + 1;
        self.text.clear();
        let read = self.input.by_ref().take(LONGEST).read_until(b'\n', &mut self.text)?;
        if read == 0 {
            return Ok(None);
        }
        let parsed = serde_json::from_slice::<ExportLine>(&self.text);
        let parsed = parsed.map_err(|error| ExportError::not_an_event(line, &error))?;
        let leaf_index = parsed.leaf_index;
        let event = Recorded::try_from(parsed)
            .map_err(|error: InvalidLine| ExportError::not_an_event(line, &error))?;
        if let Err(problem) = self.check(leaf_index, &event) {
            let stream = format!("{}/{}", event.aggregate_type, event.aggregate_id);
            let event = format!("{stream} event {}", event.sequence);
            return Err(ExportError::BadEvent { line, event, problem });
        }
        self.events += 1;
        self.position = event.position;
        Ok(Some(event))
    }

    fn check(&mut self, leaf_index: u64, event: &Recorded) -> Result<(), String> {
        if leaf_index != self.events {
            return Err(format!(
                "its leaf_index is {leaf_index}, and {} was expected: lines are missing, were added \
                 or reordered",
                self.events
            ));
        }
        if event.position <= self.position {
            return Err("it stands before the line before it in the feed".to_owned());
        }
        if verify::recomputed(event) != event.hash {
            return Err("its contents do not match its hash".to_owned());
        }
        let first = event.sequence == 1;
        if first != (event.prev_hash == GENESIS) {
            return Err("only the first event of a stream follows nothing".to_owned());
        }
        match self.recent.replace(event) {
            Some((before, _)) if before + 1 != event.sequence => {
                Err(format!("it follows event {before} of its stream"))
            }
            Some((_, hash)) if hash != event.prev_hash => {
                Err("it does not follow the event before it (previous hash)".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Reads an export to its end, and calls `each` with every event and its leaf index. Returns the
/// head over all of it.
pub fn read(
    input: impl BufRead,
    mut each: impl FnMut(u64, &Recorded),
) -> Result<Head, ExportError> {
    let mut reader = ExportReader::new(input);
    let mut frontier = Frontier::default();
    while let Some(event) = reader.next_event()? {
        each(frontier.size(), &event);
        frontier.push(&event.hash);
    }
    Ok(Head { size: frontier.size(), root: frontier.root() })
}

/// Reads an export to its end; its first events must be exactly those of the checkpoint. Returns how
/// many events it has: what is behind the checkpoint is vouched for by nobody.
pub fn check(
    input: impl BufRead,
    head: &Head,
    mut each: impl FnMut(u64, &Recorded),
) -> Result<u64, ExportError> {
    let other = ExportError::OtherRoot { size: head.size };
    let mut frontier = Frontier::default();
    let mut right = (head.size == 0).then(|| frontier.root() == head.root);
    let all = read(input, |index, event| {
        each(index, event);
        if index < head.size {
            frontier.push(&event.hash);
            if frontier.size() == head.size {
                right = Some(frontier.root() == head.root);
            }
        }
    })?;
    match right {
        Some(true) => Ok(all.size),
        Some(false) => Err(other),
        None => Err(ExportError::TooShort { events: all.size, size: head.size }),
    }
}
