//! Signed notes (C2SP signed-note) with Ed25519: a text, and lines that say who vouches for it. What a
//! note says is not known here.
//!
//! <https://c2sp.org/signed-note>

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// Ed25519, as signed-note numbers it.
const ALGORITHM: u8 = 1;
/// What a line with a signature begins with: an em dash.
const DASH: &str = "\u{2014} ";

/// Why a note is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("it is no signed note: {0}")]
    Malformed(&'static str),
    #[error("line {line} of the note is no signature")]
    BadLine { line: usize },
    #[error("it is not signed by the key {wanted}; it has signatures by {found}")]
    OtherKey { wanted: String, found: String },
    #[error("the signature by {name} is not of this text: the note was altered or forged")]
    BadSignature { name: String },
    #[error("{0:?} is no name of a key: it must not be empty, nor have spaces or `+`")]
    Name(String),
    #[error("it is no verifier key: {0}")]
    VerifierKey(&'static str),
}

/// Whose signatures are believed: `name+hash+key`, as an auditor keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: Box<VerifyingKey>,
}

/// Signs notes under a name.
#[derive(Clone)]
pub struct NoteSigner {
    verifier: Verifier,
    key: SigningKey,
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NoteSigner").field(&self.verifier.to_string()).finish()
    }
}

impl Verifier {
    /// Whose name it is; a checkpoint's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells keys of the same name apart.
    fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', ALGORITHM])
            .chain_update(self.key.as_bytes())
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The text of a note, if it carries this key's signature. Signatures by others are not looked
    /// at, whatever they are.
    pub fn open<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        let (text, signatures) = split(note)?;
        let first = text.lines().count() + 2;
        let mut found = Vec::new();
        for (line, signature) in (first..).zip(signatures.lines()) {
            let bad = || NoteError::BadLine { line };
            let (name, encoded) = signature
                .strip_prefix(DASH)
                .and_then(|rest| rest.split_once(' '))
                .ok_or_else(bad)?;
            let bytes = BASE64.decode(encoded).map_err(|_| bad())?;
            let (id, signature) = bytes.split_first_chunk::<4>().ok_or_else(bad)?;
            if name != self.name || *id != self.id() {
                found.push(format!("{name}+{}", hex::encode(id)));
                continue;
            }
            let altered = |_| NoteError::BadSignature { name: name.to_owned() };
            let signature = Signature::from_slice(signature).map_err(altered)?;
            self.key.verify_strict(text.as_bytes(), &signature).map_err(altered)?;
            return Ok(text);
        }
        let wanted = format!("{}+{}", self.name, hex::encode(self.id()));
        Err(NoteError::OtherKey { wanted, found: found.join(", ") })
    }
}

/// The text with its line end, and the lines with signatures.
fn split(note: &str) -> Result<(&str, &str), NoteError> {
    let malformed = NoteError::Malformed;
    if note.chars().any(|c| c.is_control() && c != '\n') {
        return Err(malformed("it has control characters"));
    }
    let blank = note.rfind("\n\n").ok_or(malformed("no blank line before the signatures"))?;
    let (text, signatures) = (&note[..=blank], &note[blank + 2..]);
    if signatures.is_empty() || !signatures.ends_with('\n') {
        return Err(malformed("its end is missing"));
    }
    Ok((text, signatures))
}

/// The text of a note, whoever signed it. Proves nothing.
pub fn unverified_text(note: &str) -> Result<&str, NoteError> {
    split(note).map(|(text, _)| text)
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ALGORITHM], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), BASE64.encode(key))
    }
}

impl FromStr for Verifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let malformed = NoteError::VerifierKey;
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed("it must be name+hash+key"));
        };
        let key = BASE64.decode(key).map_err(|_| malformed("its key is not base64"))?;
        let Some((&ALGORITHM, key)) = key.split_first() else {
            return Err(malformed("it is not for Ed25519"));
        };
        let key = key.try_into().ok().and_then(|key| VerifyingKey::from_bytes(key).ok());
        let key = key.ok_or(malformed("its key is not one of Ed25519"))?;
        let verifier = Self { name: checked(name)?, key: Box::new(key) };
        if hex::encode(verifier.id()) != id {
            return Err(malformed("its hash is not that of its name and key"));
        }
        Ok(verifier)
    }
}

fn checked(name: &str) -> Result<String, NoteError> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.contains(bad) {
        return Err(NoteError::Name(name.to_owned()));
    }
    Ok(name.to_owned())
}

impl NoteSigner {
    pub fn new(name: &str, key: SigningKey) -> Result<Self, NoteError> {
        let verifier = Verifier { name: checked(name)?, key: Box::new(key.verifying_key()) };
        Ok(Self { verifier, key })
    }

    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The note: the text, which must end with a line end, and the signature.
    pub fn sign(&self, text: &str) -> String {
        debug_assert!(text.ends_with('\n') && !text.starts_with('\n'));
        let signature = self.key.sign(text.as_bytes());
        let bytes = [self.verifier.id().as_slice(), &signature.to_bytes()].concat();
        format!("{text}\n{DASH}{} {}\n", self.verifier.name, BASE64.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the documentation of Go's `golang.org/x/mod/sumdb/note`.
    const SPECIMEN_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const SPECIMEN: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn signer(name: &str, seed: u8) -> NoteSigner {
        NoteSigner::new(name, SigningKey::from_bytes(&[seed; 32])).unwrap()
    }

    #[test]
    fn a_note_of_another_implementation_is_believed() {
        let verifier: Verifier = SPECIMEN_KEY.parse().unwrap();
        assert!(verifier.open(SPECIMEN).unwrap().ends_with("your problem is.\n"));
        assert_eq!(verifier.to_string(), SPECIMEN_KEY);
    }

    #[test]
    fn what_was_signed_comes_back() {
        let signer = signer("example.com/log", 1);
        let note = signer.sign("a text\nof two lines\n");
        let verifier: Verifier = signer.verifier().to_string().parse().unwrap();
        assert_eq!(verifier.open(&note).unwrap(), "a text\nof two lines\n");
        assert_eq!(unverified_text(&note).unwrap(), "a text\nof two lines\n");
    }

    #[test]
    fn any_changed_character_breaks_a_note() {
        let signer = signer("log", 1);
        let note = signer.sign("log\n12\nabc=\n");
        for at in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(signer.verifier().open(&changed).is_err(), "{at}: {changed}");
            }
            if note.is_char_boundary(at) {
                assert!(signer.verifier().open(&note[..at]).is_err(), "cut at {at}");
            }
        }
    }

    #[test]
    fn an_altered_text_and_another_key_are_told_apart() {
        let (ours, theirs) = (signer("log", 1), signer("log", 2));
        let altered = ours.sign("log\n12\n").replace("12", "13");
        let said = ours.verifier().open(&altered).unwrap_err();
        assert_eq!(said, NoteError::BadSignature { name: "log".to_owned() });
        let said = ours.verifier().open(&theirs.sign("log\n12\n")).unwrap_err();
        assert!(matches!(said, NoteError::OtherKey { .. }), "{said}");
        // The other key's signature under our key's id.
        let note = theirs.sign("log\n12\n");
        let (head, encoded) = note.trim_end().rsplit_once(' ').unwrap();
        let mut bytes = BASE64.decode(encoded).unwrap();
        bytes[..4].copy_from_slice(&ours.verifier().id());
        let forged = format!("{head} {}\n", BASE64.encode(bytes));
        let said = ours.verifier().open(&forged).unwrap_err();
        assert_eq!(said, NoteError::BadSignature { name: "log".to_owned() });
    }

    #[test]
    fn a_second_signature_does_no_harm() {
        let (ours, theirs) = (signer("log", 1), signer("witness", 2));
        let text = "log\n12\n";
        let both = format!("{}{}", theirs.sign(text), &ours.sign(text)[text.len() + 1..]);
        assert_eq!(ours.verifier().open(&both).unwrap(), text);
        assert_eq!(theirs.verifier().open(&both).unwrap(), text);
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        for text in ["", "log", "log+c74f20a3", "log+c74f20a3+AAAA", "log+00000000+!", "+a+b"] {
            assert!(text.parse::<Verifier>().is_err(), "{text}");
        }
        let other_name = signer("log", 1).verifier().to_string().replace("log+", "gol+");
        assert!(other_name.parse::<Verifier>().is_err());
        assert!(NoteSigner::new("a b", SigningKey::from_bytes(&[1; 32])).is_err());
    }
}
