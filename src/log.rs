//! Our domain on the event log: how its events are read back, and commands within a unit of work.

use aggregates::{
    Account, Artist, Cart, Decider, GiftCard, LoyaltyAccount, Order, Payment, Product, Promotion,
    PromotionUsage, Review, StockItem, Webhook, Wishlist, upcast,
};
use cqrs_es::Aggregate;
use eventlog::{Codec, Entity, SnapshotPolicy, Work};
use std::fmt::Display;

/// Every old form of our events, and the streams that get long enough for snapshots.
pub fn codec() -> Codec {
    let mut codec = Codec::default();
    for aggregate_type in [
        <Account as Decider>::TYPE,
        <Artist as Decider>::TYPE,
        <Cart as Decider>::TYPE,
        <GiftCard as Decider>::TYPE,
        <LoyaltyAccount as Decider>::TYPE,
        <Order as Decider>::TYPE,
        <Payment as Decider>::TYPE,
        <Product as Decider>::TYPE,
        <Promotion as Decider>::TYPE,
        <PromotionUsage as Decider>::TYPE,
        <Review as Decider>::TYPE,
        <StockItem as Decider>::TYPE,
        <Webhook as Decider>::TYPE,
        <Wishlist as Decider>::TYPE,
    ] {
        codec = codec.upcast(aggregate_type, upcast::upcasters(aggregate_type));
    }
    let often = SnapshotPolicy { every: 500, schema_version: 1 };
    codec
        .snapshot(<StockItem as Decider>::TYPE, often)
        .snapshot(<Promotion as Decider>::TYPE, often)
        .snapshot(
            <LoyaltyAccount as Decider>::TYPE,
            SnapshotPolicy { every: 200, schema_version: 1 },
        )
}

/// What a command answers, and how it is recorded under an idempotency key.
pub trait Answer: Send + 'static {
    fn recorded(&self) -> serde_json::Value;
}

/// For commands that nobody waits for.
impl Answer for () {
    fn recorded(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

/// For commands that make something, and whose caller wants nothing but its id.
impl Answer for uuid::Uuid {
    fn recorded(&self) -> serde_json::Value {
        self.to_string().into()
    }
}

/// Deciding within a unit of work.
pub trait Execute {
    /// Decides the command on the stream as it is now and records what it causes.
    fn execute<A>(
        &mut self,
        id: impl Display,
        command: <A as Decider>::Command,
    ) -> Result<(), <A as Decider>::Error>
    where
        A: Decider + Entity + Aggregate<Event = <A as Decider>::Event>;
}

impl Execute for Work<'_> {
    fn execute<A>(
        &mut self,
        id: impl Display,
        command: <A as Decider>::Command,
    ) -> Result<(), <A as Decider>::Error>
    where
        A: Decider + Entity + Aggregate<Event = <A as Decider>::Event>,
    {
        let id = id.to_string();
        let events = self.state::<A>(&id).decide(command)?;
        self.record::<A>(&id, events);
        Ok(())
    }
}
