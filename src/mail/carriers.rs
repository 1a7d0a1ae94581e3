//! Who carries mail: an SMTP server where one is configured, else a folder of `.eml` files.

use super::{Mail, MailError, Mailer};
use async_trait::async_trait;
use lettre::address::AddressError;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::error::Error;
use std::path::PathBuf;

/// The mail as it goes over the wire. Only the recipient can be what is wrong with it: the sender is
/// checked when the server starts.
fn message(mail: &Mail) -> Result<Message, MailError> {
    let refused = |error: &dyn std::error::Error| MailError::Refused(error.to_string());
    let from = sender(&mail.from).map_err(|error| MailError::Unavailable(error.to_string()))?;
    let to: Mailbox = mail.to.parse().map_err(|error| refused(&error))?;
    Message::builder()
        .message_id(Some(format!("<{}@{}>", mail.cause, from.email.domain())))
        .from(from)
        .to(to)
        .subject(&mail.subject)
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
        .map_err(|error| refused(&error))
}

/// Whoever all mail is from: `Shop <shop@example.com>`, or the address alone.
pub fn sender(text: &str) -> Result<Mailbox, AddressError> {
    text.parse()
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
            Err(error) if refuses_recipient(&error, &mail.to) => {
                Err(MailError::Refused(error.to_string()))
            }
            Err(error) => Err(MailError::Unavailable(error.to_string())),
        }
    }
}

/// Whether nobody can be reached at the address, and never will. What is wrong with the shop (its
/// password, its address, its right to send) would be the same with every mail, and is put right.
fn refuses_recipient(error: &SmtpError, to: &str) -> bool {
    let reason = error.source().map(ToString::to_string).unwrap_or_default();
    if error.is_client() {
        // The server takes no addresses but those in ASCII.
        return !to.is_ascii() && reason.contains("SMTPUTF8");
    }
    error.is_permanent() && error.status().is_some_and(|code| is_of_recipient(code.into(), &reason))
}

/// Whether a reply that refuses for good is about the mailbox of the recipient. The enhanced status
/// code (RFC 3463) tells, where there is one: 5.1 is about addresses, of which 0, 7, 8 and 9 may be the
/// sender's; 5.2 is about the mailbox. Otherwise the reply code does (RFC 5321, 4.2.3), unless the words
/// are about the sender: the client does not tell which of its commands was refused.
fn is_of_recipient(code: u16, reason: &str) -> bool {
    if let Some((subject, detail)) = enhanced(reason) {
        return subject == 2 || subject == 1 && matches!(detail, 1..=6 | 10);
    }
    let reason = reason.to_lowercase();
    let is_of_shop = ["sender", "relay"].iter().any(|word| reason.contains(word));
    matches!(code, 550 | 551 | 553) && !is_of_shop
}

/// Subject and detail of an enhanced status code of class 5, which a reply begins with.
fn enhanced(reason: &str) -> Option<(u16, u16)> {
    let mut numbers = reason.split_whitespace().next()?.strip_prefix("5.")?.split('.');
    let code = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    numbers.next().is_none().then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_replies_about_the_mailbox_refuse_the_recipient() {
        for (code, reason) in [
            (550, "no such user here"),
            (551, "user not local"),
            (553, "mailbox name not allowed"),
            (550, "5.1.1 <nobody@example.kz>: unknown"),
            (554, "5.1.10 null MX"),
            (552, "5.2.2 mailbox full"),
        ] {
            assert!(is_of_recipient(code, reason), "{code} {reason}");
        }
        for (code, reason) in [
            (535, "5.7.8 wrong password"),
            (535, "wrong password"),
            (530, "5.7.0 log in first"),
            (554, "no service"),
            (554, "5.7.1 relay access denied"),
            (550, "5.7.1 not permitted"),
            (553, "5.1.8 sender unknown"),
            (550, "5.1.0 sender rejected"),
            (550, "relay not permitted"),
            (553, "Sender verify failed"),
            (552, "message too large"),
            (500, "what?"),
        ] {
            assert!(!is_of_recipient(code, reason), "{code} {reason}");
        }
    }
}
