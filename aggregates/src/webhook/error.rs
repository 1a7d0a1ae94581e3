//! The rules of a webhook, by what breaks them.

use super::{SECRETS_MAX, Topic};

/// Why a webhook refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the webhook exists already")]
    AlreadyExists,
    #[error("there is no such webhook")]
    NotFound,
    #[error("a webhook needs at least one event type")]
    NoTopics,
    #[error("{topic} is not for sellers")]
    NotForSellers { topic: Topic },
    #[error("an account has at most {limit} webhooks")]
    TooMany { limit: u32 },
    #[error("{SECRETS_MAX} secrets sign already; wait until an old one has ended")]
    TooManySecrets,
    #[error("the webhook is disabled")]
    Disabled,
}
