//! What can be asked of an artist.

use super::Profile;
use crate::ProductId;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Also of one that was deleted.
    Create {
        profile: Profile,
    },
    /// Causes nothing where nothing changes.
    Change {
        profile: Profile,
    },
    /// Causes nothing where it is there already.
    AddAlbum {
        product_id: ProductId,
    },
    /// Causes nothing where it is not there.
    RemoveAlbum {
        product_id: ProductId,
    },
    Delete,
}
