//! Who carries mail: an SMTP server where one is configured, else a folder of `.eml` files.

use super::{Mail, MailError, Mailer};
use async_trait::async_trait;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::path::PathBuf;

/// The mail as it goes over the wire.
fn message(mail: &Mail) -> Result<Message, MailError> {
    let refused = |error: &dyn std::error::Error| MailError::Refused(error.to_string());
    let from: Mailbox = mail.from.parse().map_err(|error| refused(&error))?;
    let to: Mailbox = mail.to.parse().map_err(|error| refused(&error))?;
    Message::builder()
        .message_id(Some(format!("<{}@{}>", mail.cause, from.email.domain())))
        .from(from)
        .to(to)
        .subject(&mail.subject)
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
        .map_err(|error| refused(&error))
}

/// Writes each mail into a file of its own, named after its cause.
#[derive(Debug)]
pub struct Folder {
    folder: PathBuf,
}

impl Folder {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

#[async_trait]
impl Mailer for Folder {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let bytes = message(mail)?.formatted();
        let unavailable = |error: std::io::Error| MailError::Unavailable(error.to_string());
        tokio::fs::create_dir_all(&self.folder).await.map_err(unavailable)?;
        let path = self.folder.join(format!("{}.eml", mail.cause));
        let part = path.with_extension("part");
        tokio::fs::write(&part, bytes).await.map_err(unavailable)?;
        tokio::fs::rename(&part, &path).await.map_err(unavailable)
    }
}

/// Hands mail to an SMTP server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").finish_non_exhaustive()
    }
}

/// Why no SMTP server can be used.
#[derive(Debug, thiserror::Error)]
#[error("SMTP_URL cannot be used: {0}")]
pub struct SmtpSetupError(#[from] SmtpError);

impl Smtp {
    /// `smtp://host:port` without encryption, `smtps://user:password@host`, or `smtp://…?tls=required`.
    pub fn new(url: &str) -> Result<Self, SmtpSetupError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?.build();
        Ok(Self { transport })
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        match self.transport.send(message(mail)?).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(MailError::Refused(error.to_string())),
            Err(error) => Err(MailError::Unavailable(error.to_string())),
        }
    }
}
