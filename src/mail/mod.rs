//! Mail: what is written to whom, and the port to whoever carries it. Sent by a process that follows
//! the feed, at least once, one mail for each cause by its message id. Never decides anything.

mod carriers;
mod letters;
mod process;
mod receipt;

pub use carriers::{Folder, Smtp, SmtpSetupError, sender};
pub use letters::{Language, Letter, Price};
pub use process::{LANGUAGE, run};

use async_trait::async_trait;
use uuid::Uuid;

/// A mail that is ready to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Of the event that caused it: a second mail with the same id is the same mail.
    pub cause: Uuid,
    pub from: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a mail did not go.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It never will: the address is refused, or is none.
    #[error("the mail is refused: {0}")]
    Refused(String),
    /// It may later.
    #[error("the mail cannot be sent now: {0}")]
    Unavailable(String),
}

/// Carries mail.
#[async_trait]
pub trait Mailer: Send + Sync + std::fmt::Debug {
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
