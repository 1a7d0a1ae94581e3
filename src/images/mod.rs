//! Product images. What is uploaded is decoded and encoded anew, so that what is served is an image
//! and nothing else: no EXIF (where and when it was taken), no second file behind its end. Named by
//! the hash of what is stored, so that an address never changes what it shows. Never trusts a name
//! or a declared type.

mod encode;
mod s3;
mod store;

pub use encode::{MAX_PIXELS, Prepared, Refused, Size};
pub use s3::{S3, S3SetupError};
pub use store::{Folder, Store, StoreError};

use std::sync::Arc;
use tokio::sync::Semaphore;

/// The kinds of images that are taken and served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Png,
    Jpeg,
    Webp,
}

impl Format {
    /// By the signature at the start of the file: a name or a declared type proves nothing.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }
}

/// Why an image was not stored.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work on it was cut off: the process stops.
    #[error("the image was not worked on to its end")]
    CutOff,
}

/// Takes images in and gives them out.
#[derive(Clone)]
pub struct Images {
    store: Arc<dyn Store>,
    /// Pixels take far more memory than files: one image at a time.
    desk: Arc<Semaphore>,
}

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Images").finish_non_exhaustive()
    }
}

impl Images {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, desk: Arc::new(Semaphore::new(1)) }
    }

    /// Makes of a file what is to be stored. Changes nothing.
    pub async fn prepare(
        &self,
        format: Format,
        bytes: bytes::Bytes,
    ) -> Result<Prepared, ImageError> {
        let Ok(desk) = Arc::clone(&self.desk).acquire_owned().await else {
            return Err(ImageError::CutOff);
        };
        let work = tokio::task::spawn_blocking(move || {
            let prepared = encode::prepare(format, &bytes);
            drop(desk);
            prepared
        });
        match work.await {
            Ok(prepared) => Ok(prepared?),
            // A decoder that panics has met a file that nobody should have made.
            Err(error) if error.is_panic() => {
                Err(Refused::Unreadable("its decoder gave up".to_owned()).into())
            }
            Err(_) => Err(ImageError::CutOff),
        }
    }

    /// Stores an image with its smaller sizes under its name.
    pub async fn store(&self, prepared: Prepared) -> Result<(), StoreError> {
        let name = prepared.name();
        let Prepared { format, hash, whole, smaller } = prepared;
        for (size, bytes) in smaller {
            let key = key(&hash, Some(size), format.extension());
            self.store.put(&key, format.media_type(), bytes.into()).await?;
        }
        // Last: an image that is there has its smaller sizes.
        self.store.put(&name, format.media_type(), whole.into()).await
    }

    /// The image of that name, `None` where there is none. Where it is not larger than the size asked
    /// for, that is the image itself.
    pub async fn load(
        &self,
        name: &str,
        size: Option<Size>,
    ) -> Result<Option<(Format, bytes::Bytes)>, StoreError> {
        let Some((hash, extension)) = parts(name) else { return Ok(None) };
        if size.is_some()
            && let Some(bytes) = self.store.get(&key(hash, size, extension)).await?
        {
            return Ok(Format::of(&bytes).map(|format| (format, bytes)));
        }
        let found = self.store.get(name).await?;
        Ok(found.and_then(|bytes| Format::of(&bytes).map(|format| (format, bytes))))
    }
}

impl Prepared {
    /// The same image has the same name wherever it is stored.
    pub fn name(&self) -> String {
        key(&self.hash, None, self.format.extension())
    }
}

fn key(hash: &str, size: Option<Size>, extension: &str) -> String {
    match size {
        None => format!("{hash}.{extension}"),
        Some(size) => format!("{hash}.{}.{extension}", size.as_str()),
    }
}

/// Only names that [`Images::store`] makes: no path can be named.
fn parts(name: &str) -> Option<(&str, &str)> {
    let (hash, extension) = name.split_once('.')?;
    let is_hash = hash.len() == 64
        && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    (is_hash && matches!(extension, "png" | "jpg" | "webp")).then_some((hash, extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_told_by_its_content() {
        assert_eq!(Format::of(b"\x89PNG\r\n\x1a\nrest"), Some(Format::Png));
        assert_eq!(Format::of(b"\xff\xd8\xff\xe0rest"), Some(Format::Jpeg));
        assert_eq!(Format::of(b"RIFF\x00\x00\x00\x00WEBPVP8 "), Some(Format::Webp));
        for other in [&b"<svg></svg>"[..], b"GIF89a", b"", b"RIFF\x00\x00\x00\x00WAVE"] {
            assert_eq!(Format::of(other), None);
        }
    }

    #[tokio::test]
    async fn only_stored_names_are_served_in_every_size() {
        let folder = tempfile::tempdir().unwrap();
        let images = Images::new(Arc::new(Folder::new(folder.path().join("images"))));
        let png = bytes::Bytes::from_static(b"\x89PNG\r\n\x1a\nwhole");
        let small = bytes::Bytes::from_static(b"\x89PNG\r\n\x1a\nsmall");
        let prepared = || Prepared {
            format: Format::Png,
            hash: "5e".repeat(32),
            whole: png.to_vec(),
            smaller: vec![(Size::Small, small.to_vec())],
        };
        let name = prepared().name();
        for _ in 0..2 {
            images.store(prepared()).await.unwrap();
        }
        let load = async |name: &str, size| images.load(name, size).await.unwrap();
        assert_eq!(load(&name, None).await, Some((Format::Png, png.clone())));
        assert_eq!(load(&name, Some(Size::Small)).await, Some((Format::Png, small)));
        assert_eq!(load(&name, Some(Size::Large)).await, Some((Format::Png, png.clone())));
        std::fs::write(folder.path().join("secret"), &png).unwrap();
        let sized = name.replace(".png", ".small.png");
        for trick in ["../secret", "..%2fsecret", "", "a.png", &format!("../images/{name}"), &sized]
        {
            assert_eq!(load(trick, None).await, None, "{trick}");
            assert_eq!(load(trick, Some(Size::Small)).await, None, "{trick}");
        }
    }
}
