//! Codes, points and times as requests name them: parsed here, looked up where they stand for a card.

use crate::gift_cards::GiftCards;
use crate::http::extract::{Authentication, RequestInfo};
use crate::http::problem::Problem;
use crate::state::AppState;
use aggregates::cart::AppliedCard;
use aggregates::gift_card::Code;
use aggregates::{GiftCardId, Money, Points, PromoCode};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::{DateTime, Datelike, Utc};

/// Finds gift cards by their codes, for one request: wrong codes count against the caller and the
/// address.
#[derive(Debug, Clone)]
pub struct CardFinder {
    authentication: Authentication,
    info: RequestInfo,
}

impl<S: Send + Sync> FromRequestParts<S> for CardFinder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(info) = parts.extensions.get::<RequestInfo>().cloned() else {
            tracing::error!("a request is served without the layer that identifies requests");
            return Err(Problem::opaque());
        };
        let authentication = parts.extensions.get::<Authentication>().cloned();
        let authentication = authentication.unwrap_or(Authentication::Anonymous);
        Ok(Self { authentication, info })
    }
}

impl CardFinder {
    /// The card of a code. To whoever guesses, a mistyped code is as good as an unknown one.
    pub async fn find(&self, state: &AppState, text: &str) -> Result<(GiftCardId, Code), Problem> {
        state.limits.may_guess(&self.authentication, self.info.client)?;
        let found = match text.parse::<Code>() {
            Ok(code) => GiftCards::of(state).find(&code).await?.map(|id| (id, code)),
            Err(_) => None,
        };
        found.ok_or_else(|| {
            state.limits.guessed_wrong(&self.authentication, self.info.client);
            Problem::not_found("gift_card_not_found", "there is no such gift card")
        })
    }

    /// The card of a code or of an id: whoever lost the code does not know it. For those who may
    /// name any card.
    pub async fn named(&self, state: &AppState, name: &str) -> Result<GiftCardId, Problem> {
        match name.parse::<GiftCardId>() {
            Ok(id) => Ok(id),
            Err(_) => self.find(state, name).await.map(|(id, _)| id),
        }
    }

    /// The same, as a cart or an order notes it.
    pub async fn applied(
        &self,
        state: &AppState,
        text: &str,
        amount: Option<Money>,
    ) -> Result<AppliedCard, Problem> {
        let (gift_card_id, code) = self.find(state, text).await?;
        let code_hash = state.code_keys.hash(&code);
        Ok(AppliedCard { gift_card_id, code_hash, hint: code.hint(), amount })
    }
}

/// A code that nobody could have made names no promotion.
pub fn promo_code(text: &str) -> Result<PromoCode, Problem> {
    text.parse().map_err(|_| Problem::not_found("promo_not_found", "there is no such promotion"))
}

/// Refuses a text of nothing but space.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde passes the context by reference")]
pub fn filled(text: &str, (): &()) -> garde::Result {
    if text.trim().is_empty() {
        return Err(garde::Error::new("this is needed, and not only space"));
    }
    Ok(())
}

pub fn points(points: u64) -> Result<Points, Problem> {
    Points::try_from(points).map_err(|error| Problem::invalid_field("/points", error.to_string()))
}

/// Whether a time has a year of four digits. Others are read by us, but not by PostgreSQL: an event
/// with one would stop the read models.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde passes the context by reference")]
pub fn is_in_the_calendar(time: &DateTime<Utc>, (): &()) -> garde::Result {
    match time.year() {
        1..=9999 => Ok(()),
        _ => Err(garde::Error::new("the year has four digits")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_nothing_but_space_is_refused() {
        for text in ["", " ", "\t\n ", "\u{a0}"] {
            assert!(filled(text, &()).is_err(), "{text:?}");
        }
        assert!(filled(" Abay Avenue 10 ", &()).is_ok());
    }

    #[test]
    fn a_year_that_does_not_have_four_digits_is_refused() {
        for (time, is_in) in [
            ("0001-01-01T00:00:00Z", true),
            ("9999-12-31T23:59:59Z", true),
            ("+10000-01-01T00:00:00Z", false),
            ("0000-12-31T23:59:59Z", false),
            ("-0001-01-01T00:00:00Z", false),
        ] {
            let time: DateTime<Utc> = time.parse().unwrap();
            assert_eq!(is_in_the_calendar(&time, &()).is_ok(), is_in, "{time}");
        }
    }
}
