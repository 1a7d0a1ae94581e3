//! The refusals of webhooks. Holds no rule, like the module above.

use super::stale;
use crate::http::problem::{FieldError, Problem};
use crate::webhooks::WebhookError;
use aggregates::webhook;

impl From<webhook::Error> for Problem {
    fn from(error: webhook::Error) -> Self {
        use webhook::Error;
        let detail = error.to_string();
        match error {
            Error::AlreadyExists => Self::conflict("webhook_exists", detail),
            Error::NotFound => Self::not_found("webhook_not_found", detail),
            Error::NoTopics => Self::invalid_field("/events", detail),
            Error::NotForSellers { .. } => {
                Self::invalid(vec![FieldError::at("/events", detail).code("not_for_sellers")])
            }
            Error::TooMany { limit } => {
                Self::conflict("too_many_webhooks", detail).with("limit", limit)
            }
            Error::TooManySecrets => Self::conflict("too_many_secrets", detail),
            Error::Disabled => Self::conflict("webhook_disabled", detail),
        }
    }
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        let detail = error.to_string();
        match error {
            WebhookError::Webhook(refusal) => refusal.into(),
            WebhookError::Target(_) => {
                Self::invalid(vec![FieldError::at("/url", detail).code("target_not_allowed")])
            }
            WebhookError::NoSuchDelivery => Self::not_found("delivery_not_found", detail),
            WebhookError::Stale { found } => stale(found, detail),
        }
    }
}
