//! A stream told anew from its first event, by the same evolve that decides commands: its state as
//! of any moment, and its story event by event. Never reads a snapshot or a read model, and never
//! shows personal data, for there is none in the log.

mod balances;
mod changes;
mod moment;
mod story;

pub use balances::Balances;
pub use changes::Change;
pub use moment::{parse_as_of, show_as_of};
pub use story::{Step, in_one_line};

use aggregates::{
    Account, Artist, Cart, Decider, GiftCard, LoyaltyAccount, Order, Payment, Product, Promotion,
    PromotionUsage, Review, StockItem, Webhook, Wishlist,
};
use chrono::{DateTime, Utc};
use eventlog::history::{self, Stretch};
use eventlog::{AsOf, Codec, Entity, Position, Recorded};
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::PgPool;

/// Events that are held at once.
const PAGE: i64 = 500;

/// Why a stream cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("there are no streams of the type {0:?}; there are {known}", known = TYPES.join(", "))]
    UnknownType(String),
    #[error("{stream} event {sequence} cannot be read")]
    Unreadable { stream: String, sequence: i64, source: serde_json::Error },
    #[error("the log cannot be read")]
    Unavailable(#[from] sqlx::Error),
}

/// An aggregate whose streams can be told.
pub trait Replayable: Entity + Serialize {
    /// The numbers and states that people ask about, by name.
    fn balances(&self) -> Balances;
}

/// Where a stream had come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The sequence of its last event; 0 where there was none.
    pub version: i64,
    /// Of its last event.
    pub position: Position,
    /// When its last event was recorded.
    pub recorded_at: Option<DateTime<Utc>>,
    pub balances: Map<String, Value>,
    /// As the aggregate serialises.
    pub state: Value,
}

/// What is told of each event on the way.
pub type Listener<'l> = &'l mut (dyn FnMut(Step) + Send);

macro_rules! replayable {
    ($($aggregate:ident),+ $(,)?) => {
        /// The stream types that can be told.
        pub const TYPES: &[&str] = &[$(<$aggregate as Decider>::TYPE),+];

        /// Tells a stream up to a moment (all of it where none is given), event by event where
        /// somebody listens. A stream without events is told as its empty aggregate, at version 0.
        pub async fn tell(
            pool: &PgPool,
            codec: &Codec,
            (aggregate_type, id): (&str, &str),
            as_of: Option<AsOf>,
            listener: Option<Listener<'_>>,
        ) -> Result<Told, ReplayError> {
            match aggregate_type {
                $(<$aggregate as Decider>::TYPE => {
                    tell_as::<$aggregate>(pool, codec, id, as_of, listener).await
                })+
                other => Err(ReplayError::UnknownType(other.to_owned())),
            }
        }
    };
}

replayable!(
    Account,
    Artist,
    Cart,
    GiftCard,
    LoyaltyAccount,
    Order,
    Payment,
    Product,
    Promotion,
    PromotionUsage,
    Review,
    StockItem,
    Webhook,
    Wishlist,
);

async fn tell_as<A: Replayable>(
    pool: &PgPool,
    codec: &Codec,
    id: &str,
    as_of: Option<AsOf>,
    mut listener: Option<Listener<'_>>,
) -> Result<Told, ReplayError> {
    let stretch = as_of.map(Stretch::as_of).unwrap_or_default();
    let (mut state, mut last) = (A::default(), None::<Recorded>);
    loop {
        let after = last.as_ref().map_or(0, |event| event.sequence);
        let page = history::page(pool, (A::TYPE, id), after, &stretch, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for event in page {
            let before = listener.as_ref().map(|_| state.clone());
            state.apply(decode::<A>(codec, &event)?);
            if let (Some(listener), Some(before)) = (&mut listener, before) {
                listener(Step::between(&before, &event, &state));
            }
            last = Some(event);
        }
    }
    Ok(Told {
        version: last.as_ref().map_or(0, |event| event.sequence),
        position: last.as_ref().map_or(Position::START, |event| event.position),
        recorded_at: last.map(|event| event.recorded_at),
        balances: balances::named(&state),
        state: changes::value(&state),
    })
}

fn decode<A: Replayable>(codec: &Codec, event: &Recorded) -> Result<A::Event, ReplayError> {
    codec.decode(A::TYPE, &event.event_type, &event.event_version, &event.payload).map_err(
        |source| ReplayError::Unreadable {
            stream: format!("{}/{}", event.aggregate_type, event.aggregate_id),
            sequence: event.sequence,
            source,
        },
    )
}
