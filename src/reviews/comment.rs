//! The text of a review: personal data of its author, and the salted hash of it that the log keeps.
//! Text and salt are stored together and go together; without the salt the hash says nothing.

use crate::entropy::Entropy;
use aggregates::review::CommentHash;
use aggregates::{ReviewId, UserId};
use eventlog::Work;
use sha2::{Digest, Sha256};

/// What its author wrote, never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    text: String,
    /// In hexadecimal.
    salt: String,
}

impl Comment {
    /// `None` where there is nothing but space. `salt` is the one of the text that is to be
    /// replaced, if any: with it the same text has the same hash, and an edit that changes nothing
    /// is seen to be one.
    pub fn new(text: &str, salt: Option<String>, entropy: &Entropy) -> Option<Self> {
        let text = text.trim();
        let salt = salt.unwrap_or_else(|| hex::encode(entropy.bytes::<16>()));
        (!text.is_empty()).then(|| Self { text: text.to_owned(), salt })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of salt and text; the salt has one length, so that the two cannot be confused.
    pub fn hash(&self) -> CommentHash {
        let digest = Sha256::new().chain_update(&self.salt).chain_update(&self.text).finalize();
        CommentHash::new(hex::encode(digest))
    }

    pub(super) fn store(&self, work: &mut Work<'_>, author: UserId, id: ReviewId) {
        set(work, author, id, &self.text, &self.salt);
    }

    /// Removes the text of a review that had one.
    pub(super) fn clear(work: &mut Work<'_>, author: UserId, id: ReviewId) {
        set(work, author, id, "", "");
    }
}

/// The read model joins the same keys.
fn set(work: &mut Work<'_>, author: UserId, id: ReviewId, text: &str, salt: &str) {
    work.set_personal(author.uuid(), format!("review/{id}"), text);
    work.set_personal(author.uuid(), format!("review/{id}/salt"), salt);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::sync::Arc;

    #[test]
    fn a_text_is_recognised_with_its_salt_only() {
        let entropy = Entropy::new(Arc::new(SystemClock));
        let first = Comment::new(" Хорошая лампа\n", None, &entropy).unwrap();
        assert_eq!(first.text(), "Хорошая лампа");
        let same = Comment::new("Хорошая лампа", Some(first.salt.clone()), &entropy).unwrap();
        assert_eq!(first.hash(), same.hash());
        let other = Comment::new("Плохая лампа", Some(first.salt.clone()), &entropy).unwrap();
        assert_ne!(first.hash(), other.hash());
        let salted_anew = Comment::new("Хорошая лампа", None, &entropy).unwrap();
        assert_ne!(first.hash(), salted_anew.hash());
    }

    #[test]
    fn space_is_no_comment() {
        let entropy = Entropy::new(Arc::new(SystemClock));
        assert_eq!(Comment::new(" \n\t", None, &entropy), None);
    }
}
