//! What can have happened to a product. Changing this file changes the storage contract.

use super::Album;
use crate::{Currency, Money, UserId, cqrs::domain_event};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Version 1.0 had one `image_url`; see [`crate::upcast`].
    Created {
        seller_id: UserId,
        name: String,
        description: String,
        price: Money,
        currency: Currency,
        category: String,
        attributes: BTreeMap<String, String>,
        image_urls: Vec<String>,
    },
    /// Only the fields that changed are present.
    DetailsChanged {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attributes: Option<BTreeMap<String, String>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        image_urls: Option<Vec<String>>,
    },
    PriceChanged {
        price: Money,
        previous: Money,
    },
    /// It is an album: all of what is known of it now. The product's own name and attributes follow by
    /// `DetailsChanged`.
    AlbumDescribed {
        album: Box<Album>,
    },
    /// Offered for sale again.
    Activated {},
    /// Taken off sale, but kept.
    Deactivated {},
    /// Deleted for good; orders keep what they bought.
    Archived {},
}

domain_event!(Event {
    Created => "2.0",
    DetailsChanged => "1.0",
    PriceChanged => "1.0",
    AlbumDescribed => "1.0",
    Activated => "1.0",
    Deactivated => "1.0",
    Archived => "1.0",
});
