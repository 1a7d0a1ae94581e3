//! What can go wrong in a query.

/// Why a list cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The cursor comes from a list in another order.
    #[error("the cursor belongs to a list in another order")]
    Cursor,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}
