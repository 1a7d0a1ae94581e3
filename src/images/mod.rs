//! Product images: told by their content, named by their hash, kept in the data folder.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The kinds of images that are taken.
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

/// The folder of the images.
#[derive(Debug, Clone)]
pub struct Images(PathBuf);

impl Images {
    pub fn new(data_dir: &Path) -> Self {
        Self(data_dir.join("images"))
    }

    /// Stores an image; returns its name. The same image stored again has the same name.
    pub async fn store(&self, format: Format, bytes: &[u8]) -> std::io::Result<String> {
        let name = format!("{}.{}", hex::encode(Sha256::digest(bytes)), format.extension());
        tokio::fs::create_dir_all(&self.0).await?;
        let path = self.0.join(&name);
        if !tokio::fs::try_exists(&path).await? {
            // Written beside and renamed, so that nobody ever sees half an image.
            let part = self.0.join(format!("{name}.part"));
            tokio::fs::write(&part, bytes).await?;
            tokio::fs::rename(&part, &path).await?;
        }
        Ok(name)
    }

    /// The image of that name, `None` where there is none.
    pub async fn load(&self, name: &str) -> std::io::Result<Option<(Format, Vec<u8>)>> {
        if !is_name(name) {
            return Ok(None);
        }
        match tokio::fs::read(self.0.join(name)).await {
            Ok(bytes) => Ok(Format::of(&bytes).map(|format| (format, bytes))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Only names that [`Images::store`] makes: no path can be named.
fn is_name(name: &str) -> bool {
    let Some((hash, extension)) = name.split_once('.') else { return false };
    hash.len() == 64
        && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        && matches!(extension, "png" | "jpg" | "webp")
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
    async fn only_stored_names_are_served() {
        let folder = tempfile::tempdir().unwrap();
        let images = Images::new(folder.path());
        let png = b"\x89PNG\r\n\x1a\nrest";
        let name = images.store(Format::Png, png).await.unwrap();
        assert_eq!(images.store(Format::Png, png).await.unwrap(), name);
        assert_eq!(images.load(&name).await.unwrap(), Some((Format::Png, png.to_vec())));
        std::fs::write(folder.path().join("secret"), png).unwrap();
        for trick in ["../secret", "..%2fsecret", "", "a.png", &format!("../images/{name}")] {
            assert_eq!(images.load(trick).await.unwrap(), None, "{trick}");
        }
    }
}
