//! An artist of the record store, with the set of its albums. The albums themselves are products;
//! the set is kept here so that deleting an artist, and which albums a new name concerns, is decided
//! from this stream alone, whatever happens to albums meanwhile.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::Event;

use crate::product::Editor;
use crate::text::{ArtistName, Bio, Country, ImageUrl};
use crate::{Decider, ProductId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// More albums than this one artist cannot have: renaming it writes to all of them at once.
pub const ALBUMS_MAX: usize = 10_000;

/// One artist.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Artist {
    #[default]
    Nonexistent,
    Listed(Details),
    /// An import that names the artist may list it again.
    Deleted,
}

/// What is told about an artist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: ArtistName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bio: Option<Bio>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<ImageUrl>,
}

/// What is known of an artist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub profile: Profile,
    /// `None` where nobody knows any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserId>,
    /// Those that are not archived.
    pub albums: BTreeSet<ProductId>,
}

impl Artist {
    /// `None` where there is no artist (any more).
    pub fn details(&self) -> Option<&Details> {
        match self {
            Self::Listed(details) => Some(details),
            Self::Nonexistent | Self::Deleted => None,
        }
    }

    fn existing(&self) -> Result<&Details, Error> {
        self.details().ok_or(Error::NotFound)
    }

    /// The artist, where they may change it: a seller only one all of whose albums are theirs, and one
    /// without albums that they created.
    fn editable(&self, by: Editor, sellers: &BTreeSet<UserId>) -> Result<&Details, Error> {
        let details = self.existing()?;
        let may = match by {
            Editor::Admin => true,
            Editor::Seller(id) if details.albums.is_empty() => {
                details.created_by.is_none_or(|creator| creator == id)
            }
            Editor::Seller(id) => sellers.iter().all(|seller| *seller == id),
        };
        if may { Ok(details) } else { Err(Error::NotOwner) }
    }

    fn change(self, change: impl FnOnce(&mut Details)) -> Self {
        match self {
            Self::Listed(mut details) => {
                change(&mut details);
                Self::Listed(details)
            }
            Self::Nonexistent | Self::Deleted => self,
        }
    }
}

impl Decider for Artist {
    const TYPE: &'static str = "artist";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Create { profile, created_by } => match self {
                Self::Nonexistent | Self::Deleted => {
                    Ok(vec![Event::Created { profile, created_by: Some(created_by) }])
                }
                Self::Listed(_) => Err(Error::AlreadyExists),
            },
            Command::Change { by, sellers, profile } => {
                let unchanged = self.editable(by, &sellers)?.profile == profile;
                Ok(if unchanged { vec![] } else { vec![Event::Changed { profile }] })
            }
            Command::AddAlbum { product_id } => {
                let albums = &self.existing()?.albums;
                if albums.contains(&product_id) {
                    return Ok(vec![]);
                }
                if albums.len() >= ALBUMS_MAX {
                    return Err(Error::TooManyAlbums);
                }
                Ok(vec![Event::AlbumAdded { product_id }])
            }
            Command::RemoveAlbum { product_id } => {
                let known = self.existing()?.albums.contains(&product_id);
                Ok(if known { vec![Event::AlbumRemoved { product_id }] } else { vec![] })
            }
            Command::Delete { by, sellers } => match self.editable(by, &sellers)?.albums.len() {
                0 => Ok(vec![Event::Deleted {}]),
                count => Err(Error::HasAlbums { count }),
            },
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::Created { profile, created_by } => Self::Listed(Details {
                profile: profile.clone(),
                created_by: *created_by,
                albums: BTreeSet::new(),
            }),
            Event::Changed { profile } => {
                self.change(|details| details.profile.clone_from(profile))
            }
            Event::AlbumAdded { product_id } => self.change(|details| {
                details.albums.insert(*product_id);
            }),
            Event::AlbumRemoved { product_id } => self.change(|details| {
                details.albums.remove(product_id);
            }),
            Event::Deleted {} => Self::Deleted,
        }
    }
}
