//! Checkpoints: tree heads as the texts of signed notes (C2SP tlog-checkpoint). Believes nothing whose
//! signature was not checked.
//!
//! <https://c2sp.org/tlog-checkpoint>

use super::note::{NoteError, NoteSigner, Verifier, unverified_text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use eventlog::tree::Head;

/// Why a checkpoint is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    #[error("the checkpoint cannot be trusted: {0}")]
    Note(#[from] NoteError),
    #[error("line {line} of the checkpoint is not {expected}")]
    Line { line: usize, expected: &'static str },
    #[error("the checkpoint is of the log {found:?}, not of {wanted:?}")]
    Origin { found: String, wanted: String },
}

/// The note that says: the log of this name has this tree head.
pub fn sign(signer: &NoteSigner, head: &Head) -> String {
    let root = BASE64.encode(head.root);
    signer.sign(&format!("{}\n{}\n{root}\n", signer.verifier().name(), head.size))
}

/// The head that a note says, if the key has signed it, and for the log of its own name.
pub fn open(note: &str, verifier: &Verifier) -> Result<Head, CheckpointError> {
    let (origin, head) = parse(verifier.open(note)?)?;
    if origin != verifier.name() {
        let wanted = verifier.name().to_owned();
        return Err(CheckpointError::Origin { found: origin.to_owned(), wanted });
    }
    Ok(head)
}

/// The origin and the head that a note claims. Proves nothing.
pub fn unverified(note: &str) -> Result<(&str, Head), CheckpointError> {
    parse(unverified_text(note)?)
}

fn parse(text: &str) -> Result<(&str, Head), CheckpointError> {
    let mut lines = text.lines();
    let bad = |line, expected| CheckpointError::Line { line, expected };
    let origin = lines.next().filter(|origin| !origin.is_empty());
    let origin = origin.ok_or(bad(1, "the name of a log"))?;
    let size = lines.next().unwrap_or_default();
    let canonical = |number: &u64| number.to_string() == size;
    let number = size.parse().ok().filter(canonical);
    let number = number.ok_or(bad(2, "a number of events in decimal"))?;
    let root = BASE64.decode(lines.next().unwrap_or_default()).ok();
    let root = root.and_then(|root| root.try_into().ok());
    let root = root.ok_or(bad(3, "a SHA-256 root in base64"))?;
    // Further lines are extensions, which are signed and not understood.
    Ok((origin, Head { size: number, root }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;

    fn signer() -> NoteSigner {
        NoteSigner::new("shop.example", SigningKey::from_bytes(&[3; 32])).unwrap()
    }

    const HEAD: Head = Head { size: 20_852_163, root: [5; 32] };

    #[test]
    fn a_checkpoint_has_the_form_of_the_specification() {
        let note = sign(&signer(), &HEAD);
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(lines[..2], ["shop.example", "20852163"]);
        assert_eq!(lines[2], "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=");
        assert_eq!(lines[3], "");
        assert!(lines[4].starts_with("\u{2014} shop.example "));
        assert_eq!(lines.len(), 5);
        assert_eq!(open(&note, signer().verifier()).unwrap(), HEAD);
        assert_eq!(unverified(&note).unwrap(), ("shop.example", HEAD));
    }

    #[test]
    fn a_checkpoint_of_another_log_is_refused_though_the_key_is_right() {
        let note =
            signer().sign("other.example\n1\nBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=\n");
        let said = open(&note, signer().verifier()).unwrap_err().to_string();
        assert_eq!(said, "the checkpoint is of the log \"other.example\", not of \"shop.example\"");
    }

    #[test]
    fn lines_that_do_not_belong_are_named() {
        for (text, line) in [
            ("shop.example\n012\nBQU=\n", 2),
            ("shop.example\n-1\nBQU=\n", 2),
            ("shop.example\n12\nBQU=\n", 3),
            ("shop.example\n12\n", 3),
        ] {
            let said = open(&signer().sign(text), signer().verifier()).unwrap_err();
            assert!(matches!(said, CheckpointError::Line { line: at, .. } if at == line), "{said}");
        }
    }
}
