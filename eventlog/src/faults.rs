//! Fail points: places where a test may let the process die. They exist with the feature `faults`
//! only; without it [`fault!`](crate::fault) is nothing at all. Never changes what a program does
//! that nobody has asked to die.
//!
//! A test names a file in [`FILE`] and writes `POINT HITS MICROSECONDS` into it, before the start or
//! while the program runs: it dies that long after that hit. The file is removed first, so that the
//! next start lives, and so that the test knows.

use std::ffi::OsString;
use std::sync::Mutex;
use std::time::Duration;

/// The variable that names the file.
pub const FILE: &str = "LEDGERLINE_FAULT_FILE";

/// All of them, by what is cut in two there.
pub const POINTS: [&str; 42] = [
    // The one statement of an append; its cache and its telling; its answer.
    "append.before",
    "append.committed",
    "append.told",
    // A reader's place in the feed.
    "checkpoint.before",
    "checkpoint.moved",
    // Who does a piece of work.
    "lease.before",
    "lease.taken",
    "lease.releasing",
    "lease.released",
    // The tree over the log, and its signature.
    "seal.before",
    "seal.stored",
    "sign.before",
    "sign.stored",
    // Rows and checkpoints of read models.
    "project.before",
    "project.stored",
    "project.committed",
    "rebuild.piece",
    "rebuild.swapping",
    "rebuild.swapped",
    // Notices to other processes.
    "notice.before",
    "notice.sent",
    "wake.before",
    "wake.sent",
    // A payment: marked as started, taken by the provider, recorded.
    "pay.started",
    "pay.charged",
    "pay.settled",
    // The same for a gift card.
    "card.requested",
    "card.charged",
    "card.settled",
    // What the checkout process finishes.
    "task.taken",
    "task.asked",
    "task.refunded",
    // Jobs, and the record of their runs.
    "job.leased",
    "job.performed",
    "job.recorded",
    // Mail, also that of a new gift card, and its place.
    "mail.before",
    "mail.sent",
    "mail.moved",
    // What webhooks are told: made together with its place, sent, recorded.
    "webhook.made",
    "webhook.stored",
    "webhook.sent",
    "webhook.recorded",
];

/// What the file asked for last, and how often that point was hit since.
static SEEN: Mutex<(String, u32)> = Mutex::new((String::new(), 0));

/// Dies here if the file says so.
pub fn hit(point: &str) {
    let Some(file) = std::env::var_os(FILE) else { return };
    let Ok(order) = std::fs::read_to_string(&file) else { return };
    let mut words = order.split_whitespace();
    if words.next() != Some(point) {
        return;
    }
    let mut number = || words.next().and_then(|word| word.parse().ok());
    let (hits, micros) = (number().unwrap_or(1), number().unwrap_or(0));
    let mut seen = SEEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if seen.0 != order {
        *seen = (order, 0);
    }
    seen.1 += 1;
    if u64::from(seen.1) == hits {
        die(point, &file, Duration::from_micros(micros));
    }
}

fn die(point: &str, file: &OsString, after: Duration) {
    // Where it cannot be removed the next start dies too, and the test says so.
    let _ = std::fs::remove_file(file);
    if after.is_zero() {
        std::process::abort();
    }
    tracing::warn!(point, ?after, "about to die");
    std::thread::spawn(move || {
        std::thread::sleep(after);
        std::process::abort();
    });
}
