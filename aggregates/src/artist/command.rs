//! What can be asked of an artist.

use super::Profile;
use crate::product::Editor;
use crate::{ProductId, UserId};
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Also of one that was deleted.
    Create { profile: Profile, created_by: UserId },
    /// Causes nothing where nothing changes. `sellers` are those of the artist's albums.
    Change { by: Editor, sellers: BTreeSet<UserId>, profile: Profile },
    /// Causes nothing where it is there already.
    AddAlbum { product_id: ProductId },
    /// Causes nothing where it is not there.
    RemoveAlbum { product_id: ProductId },
    /// `sellers` are those of the artist's albums.
    Delete { by: Editor, sellers: BTreeSet<UserId> },
}
