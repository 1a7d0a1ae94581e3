//! Where a seller or the store wants to be told of what happens, and which secrets sign it. Knows
//! secrets by their ids only, and nothing of what was delivered.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;
mod topic;

pub use command::Command;
pub use error::Error;
pub use event::{DisableReason, Event};
pub use topic::{Audience, Topic, UnknownTopic};

use crate::text::{WebhookNote, WebhookUrl};
use crate::{Decider, UserId, WebhookSecretId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many secrets may sign at once, the current one among them.
pub const SECRETS_MAX: usize = 4;
/// How long a secret signs beside the one that replaced it.
pub const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// One webhook.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Webhook {
    #[default]
    Nonexistent,
    Enabled(Details),
    /// It is told nothing until somebody enables it.
    Disabled {
        details: Details,
        reason: DisableReason,
        at: DateTime<Utc>,
    },
    Removed,
}

/// What its owner says of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub url: WebhookUrl,
    pub topics: BTreeSet<Topic>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<WebhookNote>,
}

/// What is known of a webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub owner: UserId,
    pub endpoint: Endpoint,
    pub secret_id: WebhookSecretId,
    /// Those before it, the latest first; some may have ended.
    pub old_secrets: Vec<OldSecret>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Since when it is told of what happens.
    pub enabled_at: DateTime<Utc>,
}

/// A secret that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldSecret {
    pub id: WebhookSecretId,
    /// Until then it signs too.
    pub until: DateTime<Utc>,
}

impl Details {
    /// The secrets that sign at a moment, the current one first.
    pub fn secrets_at(&self, now: DateTime<Utc>) -> Vec<WebhookSecretId> {
        let old = self.old_secrets.iter().filter(|secret| secret.until > now);
        std::iter::once(self.secret_id).chain(old.map(|secret| secret.id)).collect()
    }
}

impl Endpoint {
    fn check(&self, audience: Audience) -> Result<(), Error> {
        if self.topics.is_empty() {
            return Err(Error::NoTopics);
        }
        match self.topics.iter().find(|topic| !audience.admits(**topic)) {
            Some(topic) => Err(Error::NotForSellers { topic: *topic }),
            None => Ok(()),
        }
    }
}

impl Webhook {
    /// `None` where there is no webhook (any more).
    pub fn details(&self) -> Option<&Details> {
        match self {
            Self::Enabled(details) | Self::Disabled { details, .. } => Some(details),
            Self::Nonexistent | Self::Removed => None,
        }
    }

    /// The details where it is told of what happens.
    pub fn enabled(&self) -> Option<&Details> {
        match self {
            Self::Enabled(details) => Some(details),
            Self::Nonexistent | Self::Disabled { .. } | Self::Removed => None,
        }
    }

    fn existing(&self) -> Result<&Details, Error> {
        self.details().ok_or(Error::NotFound)
    }

    /// Refuses what only makes sense where something can be delivered.
    fn in_use(&self) -> Result<(), Error> {
        match self {
            Self::Enabled(_) => Ok(()),
            Self::Disabled { .. } => Err(Error::Disabled),
            Self::Nonexistent | Self::Removed => Err(Error::NotFound),
        }
    }

    fn rotate(&self, secret_id: WebhookSecretId, at: DateTime<Utc>) -> Result<Event, Error> {
        if self.existing()?.secrets_at(at).len() >= SECRETS_MAX {
            return Err(Error::TooManySecrets);
        }
        Ok(Event::SecretRotated { secret_id, previous_until: at + OVERLAP, at })
    }

    fn change(self, at: DateTime<Utc>, change: impl FnOnce(&mut Details)) -> Self {
        let changed = |mut details: Details| {
            change(&mut details);
            details.updated_at = at;
            details
        };
        match self {
            Self::Enabled(details) => Self::Enabled(changed(details)),
            Self::Disabled { details, reason, at } => {
                Self::Disabled { details: changed(details), reason, at }
            }
            Self::Nonexistent | Self::Removed => self,
        }
    }
}

impl Decider for Webhook {
    const TYPE: &'static str = "webhook";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Register { owner, audience, endpoint, secret_id, others, limit, at } => {
                if *self != Self::Nonexistent {
                    return Err(Error::AlreadyExists);
                }
                endpoint.check(audience)?;
                if others >= limit {
                    return Err(Error::TooMany { limit });
                }
                Ok(vec![Event::Registered { owner, endpoint, secret_id, at }])
            }
            Command::Change { audience, endpoint, at } => {
                let unchanged = self.existing()?.endpoint == endpoint;
                endpoint.check(audience)?;
                Ok(if unchanged { vec![] } else { vec![Event::Changed { endpoint, at }] })
            }
            Command::RotateSecret { secret_id, at } => Ok(vec![self.rotate(secret_id, at)?]),
            Command::Enable { at } => {
                self.existing()?;
                Ok(if self.enabled().is_some() { vec![] } else { vec![Event::Enabled { at }] })
            }
            Command::Disable { reason, at } => {
                self.existing()?;
                let is_on = self.enabled().is_some();
                Ok(if is_on { vec![Event::Disabled { reason, at }] } else { vec![] })
            }
            Command::Remove { at } => self.existing().map(|_| vec![Event::Removed { at }]),
            Command::RequestTest { delivery_id, at } => {
                self.in_use().map(|()| vec![Event::TestRequested { delivery_id, at }])
            }
            Command::RequestResend { delivery_id, at } => {
                self.in_use().map(|()| vec![Event::ResendRequested { delivery_id, at }])
            }
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::Registered { owner, endpoint, secret_id, at } => Self::Enabled(Details {
                owner: *owner,
                endpoint: endpoint.clone(),
                secret_id: *secret_id,
                old_secrets: Vec::new(),
                created_at: *at,
                updated_at: *at,
                enabled_at: *at,
            }),
            Event::Changed { endpoint, at } => {
                self.change(*at, |details| details.endpoint.clone_from(endpoint))
            }
            Event::SecretRotated { secret_id, previous_until, at } => self.change(*at, |details| {
                let old = OldSecret { id: details.secret_id, until: *previous_until };
                details.old_secrets.retain(|secret| secret.until > *at);
                details.old_secrets.insert(0, old);
                details.secret_id = *secret_id;
            }),
            Event::Enabled { at } => match self.change(*at, |details| details.enabled_at = *at) {
                Self::Disabled { details, .. } => Self::Enabled(details),
                other @ (Self::Nonexistent | Self::Enabled(_) | Self::Removed) => other,
            },
            Event::Disabled { reason, at } => match self.change(*at, |_| {}) {
                Self::Enabled(details) => Self::Disabled { details, reason: *reason, at: *at },
                other @ (Self::Nonexistent | Self::Disabled { .. } | Self::Removed) => other,
            },
            Event::Removed { .. } => Self::Removed,
            // What is delivered is no part of the webhook.
            Event::TestRequested { .. } | Event::ResendRequested { .. } => self,
        }
    }
}
