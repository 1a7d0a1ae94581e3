//! Keys that the server makes for itself and keeps in the data folder. Only their owner may read
//! them; what they are used for is not known here.

use crate::entropy::Entropy;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Why a key cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep a key in {path}")]
pub struct KeyFileError {
    path: PathBuf,
    source: std::io::Error,
}

/// The key in the file, as `ed25519:` and 64 hexadecimal digits where it is made here: 32 random
/// bytes. Made where it is missing, by one process even where several start at once.
pub fn kept(path: &Path, entropy: &Entropy) -> Result<String, KeyFileError> {
    let failed = |source| KeyFileError { path: path.to_owned(), source };
    match std::fs::read_to_string(path) {
        Ok(key) => return Ok(key),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let draft = path.with_extension(format!("{}.new", hex::encode(entropy.bytes::<8>())));
    let written =
        write_private(&draft, &format!("ed25519:{}\n", hex::encode(entropy.bytes::<32>())))
            // A link is made whole or not at all, and never over a file that is there.
            .and_then(|()| std::fs::hard_link(&draft, path));
    let removed = std::fs::remove_file(&draft);
    match written {
        Ok(()) => removed.map_err(failed)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    std::fs::read_to_string(path).map_err(failed)
}

pub(crate) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;

    #[test]
    fn a_kept_key_is_made_once_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").join("some.key");
        let entropy = Entropy::new(Arc::new(SystemClock));
        let first = kept(&path, &entropy).unwrap();
        assert_eq!(kept(&path, &entropy).unwrap(), first);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert_eq!(first.trim().strip_prefix("ed25519:").map(str::len), Some(64));
    }
}
