//! How long the texts of a product may be. Lengths are in characters, not bytes.

use super::Error;
use std::collections::BTreeMap;

pub(super) const NAME_MAX: usize = 200;
pub(super) const DESCRIPTION_MAX: usize = 10_000;
pub(super) const CATEGORY_MAX: usize = 64;
pub(super) const ATTRIBUTES_MAX: usize = 50;
pub(super) const KEY_MAX: usize = 64;
pub(super) const VALUE_MAX: usize = 1000;
/// Images of a product at most.
pub const IMAGES_MAX: usize = 20;
pub(super) const URL_MAX: usize = 2000;

fn length(text: &str) -> usize {
    text.chars().count()
}

/// The name without the space around it.
pub(super) fn name(text: &str) -> Result<String, Error> {
    let text = text.trim();
    match length(text) {
        1..=NAME_MAX => Ok(text.to_owned()),
        length => Err(Error::NameLength { length }),
    }
}

/// The category without the space around it.
pub(super) fn category(text: &str) -> Result<String, Error> {
    let text = text.trim();
    match length(text) {
        1..=CATEGORY_MAX => Ok(text.to_owned()),
        length => Err(Error::CategoryLength { length }),
    }
}

pub(super) fn description(text: String) -> Result<String, Error> {
    match length(&text) {
        0..=DESCRIPTION_MAX => Ok(text),
        length => Err(Error::DescriptionTooLong { length }),
    }
}

pub(super) fn attributes(
    attributes: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Error> {
    if attributes.len() > ATTRIBUTES_MAX {
        return Err(Error::TooManyAttributes { count: attributes.len() });
    }
    for (key, value) in &attributes {
        if length(key) > KEY_MAX {
            return Err(Error::AttributeKeyTooLong { length: length(key) });
        }
        if length(value) > VALUE_MAX {
            return Err(Error::AttributeValueTooLong { key: key.clone(), length: length(value) });
        }
    }
    Ok(attributes)
}

pub(super) fn image_urls(urls: Vec<String>) -> Result<Vec<String>, Error> {
    if urls.len() > IMAGES_MAX {
        return Err(Error::TooManyImages { count: urls.len() });
    }
    match urls.iter().map(|url| length(url)).find(|length| *length > URL_MAX) {
        None => Ok(urls),
        Some(length) => Err(Error::ImageUrlTooLong { length }),
    }
}
