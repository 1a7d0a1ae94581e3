//! What can go wrong with the log.

/// Why an append stored nothing.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// A stream has moved on since it was loaded: load again and decide again.
    #[error("a stream has moved on since it was loaded")]
    Conflict,
    /// The same idempotency key was recorded before.
    #[error("the idempotency key is recorded already")]
    KeyRecorded,
    /// Some other unique constraint, for instance of an e-mail address.
    #[error("a unique value is taken: {constraint}")]
    Duplicate { constraint: String },
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
}

impl From<sqlx::Error> for AppendError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(database) = &error {
            if database.is_unique_violation() {
                return match database.constraint() {
                    Some("events_pkey") => Self::Conflict,
                    Some("idempotency_pkey") => Self::KeyRecorded,
                    other => Self::Duplicate { constraint: other.unwrap_or_default().to_owned() },
                };
            }
            // Serialisation failure and deadlock: nothing was stored, another try may pass.
            if matches!(database.code().as_deref(), Some("40001" | "40P01")) {
                return Self::Conflict;
            }
        }
        Self::Unavailable(error)
    }
}

/// Why a unit of work changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum UnitError<E> {
    /// The domain refused.
    #[error(transparent)]
    Rejected(E),
    /// Other processes kept changing the same streams; the caller may try again.
    #[error("the streams kept changing; try again")]
    Conflict,
    #[error("a unique value is taken: {constraint}")]
    Duplicate { constraint: String },
    /// The idempotency key was used with another request.
    #[error("the idempotency key was used with another request")]
    KeyReused,
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// A stored event does not parse (the program is older than the log, or the log is damaged), or
    /// the code that reads or decides panicked: `source` says which.
    #[error("stream {stream} cannot be read")]
    Unreadable { stream: String, source: Box<dyn std::error::Error + Send + Sync> },
    /// The process is stopping.
    #[error("the event log is shutting down")]
    Stopped,
}

impl UnitError<std::convert::Infallible> {
    /// The same error where the domain could have refused too.
    pub fn widen<E>(self) -> UnitError<E> {
        match self {
            Self::Rejected(never) => match never {},
            Self::Conflict => UnitError::Conflict,
            Self::Duplicate { constraint } => UnitError::Duplicate { constraint },
            Self::KeyReused => UnitError::KeyReused,
            Self::Unavailable(error) => UnitError::Unavailable(error),
            Self::Unreadable { stream, source } => UnitError::Unreadable { stream, source },
            Self::Stopped => UnitError::Stopped,
        }
    }
}
