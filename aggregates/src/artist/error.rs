//! The rules of an artist, by what breaks them.

/// Why an artist refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the artist exists already")]
    AlreadyExists,
    #[error("there is no such artist")]
    NotFound,
    #[error("the artist has albums of other sellers, or was listed by somebody else")]
    NotOwner,
    #[error("the artist has {count} albums: delete them first")]
    HasAlbums { count: usize },
    #[error("an artist has at most {max} albums", max = super::ALBUMS_MAX)]
    TooManyAlbums,
}
