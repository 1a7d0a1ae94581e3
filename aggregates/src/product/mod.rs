//! A product as its seller describes it. Knows nothing of how many there are: that is its stock
//! item, the stream of the same id.

mod album;
mod command;
mod error;
mod event;
mod rules;
#[cfg(test)]
mod tests;

pub use album::{Album, AlbumError, Format, ReleaseYear, Track, TrackPosition, Tracks};
pub use command::{Command, Editor};
pub use error::Error;
pub use event::Event;
pub use rules::IMAGES_MAX;

use crate::{Currency, Decider, Money, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One product of one seller.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Product {
    #[default]
    Nonexistent,
    Listed(Details),
    /// For good, and hidden: orders keep what they bought.
    Archived,
}

/// What the seller says about a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub seller_id: UserId,
    pub name: String,
    pub description: String,
    /// Of one unit; may be zero.
    pub price: Money,
    pub currency: Currency,
    pub category: String,
    pub attributes: BTreeMap<String, String>,
    pub image_urls: Vec<String>,
    /// Whether it is offered for sale now.
    pub is_active: bool,
    /// Where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub album: Option<Box<Album>>,
}

impl Product {
    /// `None` where the product never existed or is archived.
    pub fn details(&self) -> Option<&Details> {
        match self {
            Self::Listed(details) => Some(details),
            Self::Nonexistent | Self::Archived => None,
        }
    }

    /// The details where it can be bought now: listed and active.
    pub fn for_sale(&self) -> Option<&Details> {
        self.details().filter(|details| details.is_active)
    }

    /// The album that it is; `None` where it is none, or archived.
    pub fn album(&self) -> Option<&Album> {
        self.details().and_then(|details| details.album.as_deref())
    }

    fn editable(&self, by: Editor) -> Result<&Details, Error> {
        let details = match self {
            Self::Nonexistent => return Err(Error::NotFound),
            Self::Listed(details) => details,
            Self::Archived => return Err(Error::Archived),
        };
        match by {
            Editor::Admin => Ok(details),
            Editor::Seller(seller_id) if seller_id == details.seller_id => Ok(details),
            Editor::Seller(_) => Err(Error::NotOwner),
        }
    }

    fn edit(self, change: impl FnOnce(&mut Details)) -> Self {
        match self {
            Self::Listed(mut details) => {
                change(&mut details);
                Self::Listed(details)
            }
            Self::Nonexistent | Self::Archived => self,
        }
    }
}

/// A change of details in which nothing changed.
const NO_DETAILS: Event = Event::DetailsChanged {
    name: None,
    description: None,
    category: None,
    attributes: None,
    image_urls: None,
};

/// The wanted value where it differs from the current one.
fn changed<T: PartialEq>(wanted: Option<T>, current: &T) -> Option<T> {
    wanted.filter(|wanted| wanted != current)
}

/// Keeps what everybody sees of the product in step with the album.
fn describe(now: &Details, album: Box<Album>) -> Result<Vec<Event>, Error> {
    let attributes = rules::attributes(album.with_attributes(now.attributes.clone()))?;
    let details = Event::DetailsChanged {
        name: changed(Some(album.product_name()), &now.name),
        description: None,
        category: None,
        attributes: changed(Some(attributes), &now.attributes),
        image_urls: None,
    };
    let mut events = Vec::new();
    if now.album.as_ref() != Some(&album) {
        events.push(Event::AlbumDescribed { album });
    }
    if details != NO_DETAILS {
        events.push(details);
    }
    Ok(events)
}

impl Decider for Product {
    const TYPE: &'static str = "product";
    type Command = Command;
    type Event = Event;
    type Error = Error;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Create {
                seller_id,
                name,
                description,
                price,
                currency,
                category,
                attributes,
                image_urls,
            } => match self {
                Self::Nonexistent => Ok(vec![Event::Created {
                    seller_id,
                    name: rules::name(&name)?,
                    description: rules::description(description)?,
                    price,
                    currency,
                    category: rules::category(&category)?,
                    attributes: rules::attributes(attributes)?,
                    image_urls: rules::image_urls(image_urls)?,
                }]),
                Self::Listed(_) => Err(Error::AlreadyExists),
                Self::Archived => Err(Error::Archived),
            },
            Command::Change {
                by,
                name,
                description,
                price,
                category,
                attributes,
                image_urls,
                is_active,
            } => {
                let now = self.editable(by)?;
                let name = name.as_deref().map(rules::name).transpose()?;
                let description = description.map(rules::description).transpose()?;
                let category = category.as_deref().map(rules::category).transpose()?;
                let attributes = match (attributes, &now.album) {
                    (Some(wanted), Some(album)) => Some(album.with_attributes(wanted)),
                    (wanted, _) => wanted,
                };
                let attributes = attributes.map(rules::attributes).transpose()?;
                let image_urls = image_urls.map(rules::image_urls).transpose()?;

                let name = changed(name, &now.name);
                if name.is_some() && now.album.is_some() {
                    return Err(Error::NamedByAlbum);
                }

                let details = Event::DetailsChanged {
                    name,
                    description: changed(description, &now.description),
                    category: changed(category, &now.category),
                    attributes: changed(attributes, &now.attributes),
                    image_urls: changed(image_urls, &now.image_urls),
                };
                let mut events = Vec::new();
                if details != NO_DETAILS {
                    events.push(details);
                }
                if let Some(price) = changed(price, &now.price) {
                    events.push(Event::PriceChanged { price, previous: now.price });
                }
                events.extend(changed(is_active, &now.is_active).map(|active| {
                    if active { Event::Activated {} } else { Event::Deactivated {} }
                }));
                Ok(events)
            }
            Command::DescribeAlbum { by, album } => describe(self.editable(by)?, album),
            Command::Archive { by } => {
                self.editable(by)?;
                Ok(vec![Event::Archived {}])
            }
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::Created {
                seller_id,
                name,
                description,
                price,
                currency,
                category,
                attributes,
                image_urls,
            } => Self::Listed(Details {
                seller_id: *seller_id,
                name: name.clone(),
                description: description.clone(),
                price: *price,
                currency: *currency,
                category: category.clone(),
                attributes: attributes.clone(),
                image_urls: image_urls.clone(),
                is_active: true,
                album: None,
            }),
            Event::DetailsChanged { name, description, category, attributes, image_urls } => self
                .edit(|details| {
                    replace(&mut details.name, name.as_ref());
                    replace(&mut details.description, description.as_ref());
                    replace(&mut details.category, category.as_ref());
                    replace(&mut details.attributes, attributes.as_ref());
                    replace(&mut details.image_urls, image_urls.as_ref());
                }),
            Event::PriceChanged { price, .. } => self.edit(|details| details.price = *price),
            Event::AlbumDescribed { album } => {
                self.edit(|details| details.album = Some(album.clone()))
            }
            Event::Activated {} => self.edit(|details| details.is_active = true),
            Event::Deactivated {} => self.edit(|details| details.is_active = false),
            Event::Archived {} => Self::Archived,
        }
    }
}

fn replace<T: Clone>(field: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        field.clone_from(new);
    }
}
