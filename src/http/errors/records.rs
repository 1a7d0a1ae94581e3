//! The refusals of artists. Holds no rule, like the module above.

use crate::http::problem::Problem;
use aggregates::artist;

impl From<artist::Error> for Problem {
    fn from(error: artist::Error) -> Self {
        use artist::Error;
        let detail = error.to_string();
        match error {
            Error::AlreadyExists => Self::conflict("artist_exists", detail),
            Error::NotFound => Self::not_found("artist_not_found", detail),
            Error::NotOwner => Self::forbidden("not_owner", detail),
            Error::HasAlbums { count } => {
                Self::conflict("artist_has_albums", detail).with("albums", count)
            }
            Error::TooManyAlbums => Self::conflict("too_many_albums", detail),
        }
    }
}
