//! The rules of a product, by what breaks them. Lengths are in characters.

use super::rules;

/// Why a product refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the product exists already")]
    AlreadyExists,
    #[error("there is no such product")]
    NotFound,
    /// To be shown as "not found": an archived product is hidden.
    #[error("the product was archived")]
    Archived,
    #[error("the product belongs to another seller")]
    NotOwner,
    #[error("a name has 1 to {max} characters, not {length}", max = rules::NAME_MAX)]
    NameLength { length: usize },
    #[error("a description has at most {max} characters, not {length}", max = rules::DESCRIPTION_MAX)]
    DescriptionTooLong { length: usize },
    #[error("a category has 1 to {max} characters, not {length}", max = rules::CATEGORY_MAX)]
    CategoryLength { length: usize },
    #[error("a product has at most {max} attributes, not {count}", max = rules::ATTRIBUTES_MAX)]
    TooManyAttributes { count: usize },
    #[error("the key of an attribute has at most {max} characters, not {length}", max = rules::KEY_MAX)]
    AttributeKeyTooLong { length: usize },
    #[error(
        "the attribute {key:?} has at most {max} characters, not {length}",
        max = rules::VALUE_MAX
    )]
    AttributeValueTooLong { key: String, length: usize },
    #[error("a product has at most {max} images, not {count}", max = rules::IMAGES_MAX)]
    TooManyImages { count: usize },
    #[error("the URL of an image has at most {max} characters, not {length}", max = rules::URL_MAX)]
    ImageUrlTooLong { length: usize },
    #[error("an album is named after its artist and its title")]
    NamedByAlbum,
}
