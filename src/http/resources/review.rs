//! A review.

use crate::http::docs::ReviewStatusSchema;
use crate::reviews::ReviewState;
use aggregates::review::{Details, Status};
use aggregates::{Review, ReviewId};
use chrono::{DateTime, Utc};
use projections::reviews::ReviewView;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A review of a product.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Review)]
pub struct ReviewResource {
    pub id: Uuid,
    pub product_id: Uuid,
    /// The author.
    pub user_id: Uuid,
    /// 1 to 5.
    #[schema(minimum = 1, maximum = 5)]
    pub rating: u8,
    /// `null` where there is none, and once the author's personal data is erased.
    pub comment: Option<String>,
    /// `pending`, `published` or `rejected`. Others than its author and administrators only see
    /// published ones.
    #[schema(value_type = ReviewStatusSchema)]
    pub status: Status,
    /// Why it was rejected, where somebody said so.
    pub reason: Option<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl ReviewResource {
    fn of(
        id: ReviewId,
        status: Status,
        details: &Details,
        version: i64,
        comment: Option<String>,
    ) -> Self {
        Self {
            id: id.uuid(),
            product_id: details.product_id.uuid(),
            user_id: details.user_id.uuid(),
            rating: details.rating.get(),
            comment,
            status,
            reason: details.reason.clone(),
            version,
            created_at: details.created_at,
            updated_at: details.updated_at,
        }
    }

    /// `None` where it was deleted.
    pub fn after(state: &ReviewState, comment: Option<String>) -> Option<Self> {
        Self::existing(state.id, &state.review, state.version, comment)
    }

    /// `None` where it was deleted.
    pub fn from_view(view: ReviewView) -> Option<Self> {
        let row = view.review;
        Self::existing(row.id, &row.state, row.version, view.comment)
    }

    fn existing(
        id: ReviewId,
        review: &Review,
        version: i64,
        comment: Option<String>,
    ) -> Option<Self> {
        match review {
            Review::Posted { status, details } => {
                Some(Self::of(id, *status, details, version, comment))
            }
            Review::Nonexistent | Review::Deleted(_) => None,
        }
    }

    /// Without what its author wrote.
    pub fn impersonal(&self) -> Self {
        Self { comment: None, ..self.clone() }
    }
}
