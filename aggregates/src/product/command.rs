//! What can be asked of a product.

use super::Album;
use crate::{Currency, Money, UserId};
use std::collections::BTreeMap;

/// Who edits: a product belongs to its seller, an administrator may edit all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Editor {
    Seller(UserId),
    Admin,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Create {
        seller_id: UserId,
        /// 1 to 200 characters.
        name: String,
        /// At most 10,000 characters.
        description: String,
        price: Money,
        currency: Currency,
        /// 1 to 64 characters.
        category: String,
        attributes: BTreeMap<String, String>,
        image_urls: Vec<String>,
    },
    /// `None` leaves a field as it is. Causes only the events that change something.
    Change {
        by: Editor,
        name: Option<String>,
        description: Option<String>,
        price: Option<Money>,
        category: Option<String>,
        attributes: Option<BTreeMap<String, String>>,
        image_urls: Option<Vec<String>>,
        is_active: Option<bool>,
    },
    /// Makes the product an album, or changes the one that it is. The product is named after it.
    DescribeAlbum {
        by: Editor,
        album: Box<Album>,
    },
    Archive {
        by: Editor,
    },
}
