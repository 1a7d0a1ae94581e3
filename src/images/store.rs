//! Where images lie: a port with the folder of the server behind it, or an S3-compatible store. A
//! key is what [`super::Images`] makes; no other text reaches a store.

use async_trait::async_trait;
use bytes::Bytes;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the folder of the images cannot be used")]
    Folder(#[from] std::io::Error),
    #[error("the store of the images cannot be reached")]
    Unreachable(#[from] reqwest::Error),
    #[error("the store of the images answered {status}: {said}")]
    Answer { status: u16, said: String },
}

/// Keeps images for ever. Storing one again under its key changes nothing.
#[async_trait]
pub trait Store: Send + Sync {
    async fn put(&self, key: &str, media_type: &str, bytes: Bytes) -> Result<(), StoreError>;
    /// `None` where there is none.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError>;
}

/// Images as files of a folder.
#[derive(Debug)]
pub struct Folder {
    folder: PathBuf,
    /// Tells the unfinished files of one process apart.
    parts: AtomicU64,
}

impl Folder {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, parts: AtomicU64::new(0) }
    }
}

#[async_trait]
impl Store for Folder {
    async fn put(&self, key: &str, _media_type: &str, bytes: Bytes) -> Result<(), StoreError> {
        tokio::fs::create_dir_all(&self.folder).await?;
        let path = self.folder.join(key);
        if tokio::fs::try_exists(&path).await? {
            return Ok(());
        }
        // Written beside and renamed, so that nobody ever sees half an image; on the disk before
        // the log names it.
        let number = self.parts.fetch_add(1, Ordering::Relaxed);
        let part = self.folder.join(format!("{key}.{}.{number}.part", std::process::id()));
        let folder = self.folder.clone();
        let written = tokio::task::spawn_blocking(move || {
            let mut file = std::fs::File::create(&part)?;
            std::io::Write::write_all(&mut file, &bytes)?;
            file.sync_all()?;
            std::fs::rename(&part, &path)?;
            std::fs::File::open(folder)?.sync_all()
        });
        Ok(written.await.map_err(std::io::Error::other)??)
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        match tokio::fs::read(self.folder.join(key)).await {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
