//! The rules of a review, by what breaks them.

/// Why a review refused a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("this product was reviewed by this user already")]
    AlreadyPosted,
    #[error("there is no such review")]
    NotFound,
    #[error("the review is somebody else's")]
    NotAuthor,
    #[error("a product can be reviewed by those to whom an order brought it")]
    NotABuyer,
    #[error("sellers do not review their own products")]
    OwnProduct,
}
