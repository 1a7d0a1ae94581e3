//! What can have happened to an artist. Changing this file changes the storage contract.

use super::Profile;
use crate::{ProductId, UserId, cqrs::domain_event};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    Created {
        #[serde(flatten)]
        profile: Profile,
        /// `None` in what version 1.0 stored.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        created_by: Option<UserId>,
    },
    /// All of what is told about the artist as it is now; the albums stay.
    Changed {
        #[serde(flatten)]
        profile: Profile,
    },
    /// In the same append as the product's own event.
    AlbumAdded {
        product_id: ProductId,
    },
    /// It was archived, or moved to another artist.
    AlbumRemoved {
        product_id: ProductId,
    },
    Deleted {},
}

// 1.1 adds who created it, which nobody knows of those of 1.0.
domain_event!(Event {
    Created => "1.1",
    Changed => "1.0",
    AlbumAdded => "1.0",
    AlbumRemoved => "1.0",
    Deleted => "1.0",
});
