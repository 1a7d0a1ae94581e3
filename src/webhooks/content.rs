//! What is told of an event: the thing as the API shows it, as it was right after the event, without
//! anything personal. A seller's part of it has only what is the seller's. Changes nothing.

use super::react;
use crate::http::resources::{GiftCardResource, OrderResource, PaymentResource, Recipient};
use crate::state::AppState;
use aggregates::webhook::Topic;
use aggregates::{
    Fact, GiftCard, Money, Order, OrderId, Payment, Product, ProductId, Review, StockItem, UserId,
    order,
};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use eventlog::{AsOf, Entity, Position, Recorded, UnitError, load_stream, load_stream_as_of};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use uuid::Uuid;

/// Members of what the API shows that nobody is told: they are personal, or somebody's own words.
const WITHHELD: [&str; 6] =
    ["code", "comment", "delivery_address", "failure_reason", "phone", "reason"];

/// What an event is told as.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    pub topic: Topic,
    /// For whoever runs the store.
    pub whole: Value,
    /// For the sellers whom it concerns.
    pub parts: BTreeMap<UserId, Value>,
}

type Told = Result<Option<News>, UnitError<Infallible>>;

/// The body of a message.
pub fn body(event_type: &str, at: DateTime<Utc>, data: &Value) -> String {
    json!({ "type": event_type, "timestamp": at, "data": data }).to_string()
}

/// The news of the event at `place` of a page, which is told as `topic`; `None` where there is nothing
/// left to tell.
pub async fn news(
    state: &AppState,
    page: &[Recorded],
    place: usize,
    fact: &Fact,
    topic: Topic,
) -> Told {
    let Some(event) = page.get(place) else { return Ok(None) };
    let Ok(id) = event.aggregate_id.parse::<Uuid>() else { return Ok(None) };
    match topic {
        Topic::OrderPlaced
        | Topic::OrderConfirmed
        | Topic::OrderShipped
        | Topic::OrderDelivered
        | Topic::OrderCancelled
        | Topic::OrderRefunded => of_order(state, id.into(), event, fact, topic).await,
        Topic::PaymentCompleted | Topic::PaymentFailed => of_payment(state, id, event, topic).await,
        Topic::ProductCreated | Topic::ProductUpdated => {
            let is_new = react::made_it(event, page.get(..place).unwrap_or_default());
            let topic = if is_new { Topic::ProductCreated } else { topic };
            of_product(state, id.into(), event, topic).await
        }
        Topic::ProductDeleted => of_deleted_product(state, id).await,
        Topic::StockChanged => of_stock(state, id.into()).await,
        Topic::ReviewPublished => of_review(state, id, event).await,
        Topic::GiftCardIssued => of_gift_card(state, id, event).await,
        Topic::Any => Ok(None),
    }
}

async fn of_order(
    state: &AppState,
    id: OrderId,
    event: &Recorded,
    fact: &Fact,
    topic: Topic,
) -> Told {
    let (order, version) = after::<Order>(state, id.uuid(), event.position).await?;
    let Some(details) = order.details() else { return Ok(None) };
    // Its payment may have moved in the same append, on either side of this event.
    let append = Position { global_position: i64::MAX, ..event.position };
    let (payment, _) = after::<Payment>(state, details.payment_id.uuid(), append).await?;
    let Some(whole) =
        OrderResource::of(id, &order, version, payment.status(), Recipient::default())
    else {
        return Ok(None);
    };
    let sellers: BTreeSet<UserId> = details.lines.iter().map(|line| line.seller_id).collect();
    let refund = |seller| match fact {
        Fact::Order(refund) => refund_part(&order, refund, seller),
        _ => None,
    };
    let only = only_for(fact);
    let concerned = sellers.iter().filter(|seller| only.is_none_or(|only| only == **seller));
    let parts = concerned.filter_map(|seller| {
        let part = shown(&whole.clone().part_of(*seller));
        Some((*seller, with_refund(part, topic, refund(Some(*seller)))?))
    });
    let parts = parts.collect();
    let Some(whole) = with_refund(shown(&whole), topic, refund(None)) else { return Ok(None) };
    Ok(Some(News { topic, whole, parts }))
}

/// The one seller whom a step of one part concerns; `None` where it is a step of the whole.
fn only_for(fact: &Fact) -> Option<UserId> {
    use order::Event;
    match fact {
        Fact::Order(
            Event::FulfilmentShipped { seller_id, .. }
            | Event::FulfilmentDelivered { seller_id, .. },
        ) => Some(*seller_id),
        _ => None,
    }
}

/// `None` for a seller whom a refund does not concern.
fn with_refund(order: Value, topic: Topic, refund: Option<Value>) -> Option<Value> {
    if topic != Topic::OrderRefunded {
        return Some(order);
    }
    let Value::Object(mut members) = order else { return None };
    members.insert("refund".to_owned(), refund?);
    Some(Value::Object(members))
}

/// What a refund gives back: all of it, or a seller's part. In an order of several sellers only the own
/// lines are anybody's part.
fn refund_part(order: &Order, refund: &order::Event, seller: Option<UserId>) -> Option<Value> {
    let order::Event::Refunded { refund_id, lines, amount, .. } = refund else { return None };
    let details = order.details()?;
    let is_own = |product_id| match seller {
        Some(seller) => details.line(product_id).is_some_and(|line| line.seller_id == seller),
        None => true,
    };
    let own: Vec<_> = lines.iter().filter(|line| is_own(line.product_id)).collect();
    let is_alone = details.lines.iter().all(|line| is_own(line.product_id));
    if own.is_empty() && !lines.is_empty() {
        return None;
    }
    let amount = if is_alone {
        *amount
    } else {
        Money::checked_sum(own.iter().map(|line| line.amount)).unwrap_or_default()
    };
    let lines: Vec<Value> = own
        .iter()
        .map(|line| {
            json!({ "product_id": line.product_id, "quantity": line.quantity, "amount": line.amount })
        })
        .collect();
    Some(json!({ "id": refund_id, "amount": amount, "lines": lines }))
}

async fn of_payment(state: &AppState, id: Uuid, event: &Recorded, topic: Topic) -> Told {
    let (payment, version) = after::<Payment>(state, id, event.position).await?;
    Ok(PaymentResource::of(id.into(), &payment, version).map(|payment| News {
        topic,
        whole: shown(&payment),
        parts: BTreeMap::new(),
    }))
}

async fn of_product(state: &AppState, id: ProductId, event: &Recorded, topic: Topic) -> Told {
    let (product, version) = after::<Product>(state, id.uuid(), event.position).await?;
    let Some(details) = product.details() else { return Ok(None) };
    let (stock, _) = now::<StockItem>(state, id.uuid()).await?;
    let whole = json!({
        "id": id,
        "seller_id": details.seller_id,
        "name": details.name,
        "description": details.description,
        "price": details.price,
        "currency": details.currency,
        "quantity": stock.available(),
        "category": details.category,
        "image_urls": details.image_urls,
        "attributes": details.attributes,
        "is_active": details.is_active,
        "version": version,
    });
    Ok(Some(News { topic, parts: [(details.seller_id, whole.clone())].into(), whole }))
}

async fn of_deleted_product(state: &AppState, id: Uuid) -> Told {
    let Some(seller_id) = seller_of(state, id).await? else { return Ok(None) };
    let whole = json!({ "id": id, "seller_id": seller_id });
    let parts = [(seller_id, whole.clone())].into();
    Ok(Some(News { topic: Topic::ProductDeleted, whole, parts }))
}

/// As it is now: of a count, what it was is of no use to anybody.
async fn of_stock(state: &AppState, id: ProductId) -> Told {
    let (stock, version) = now::<StockItem>(state, id.uuid()).await?;
    let (product, _) = now::<Product>(state, id.uuid()).await?;
    // What is archived cannot be ordered, however many there are.
    let Some(details) = product.details() else { return Ok(None) };
    let whole = json!({
        "product_id": id,
        "seller_id": details.seller_id,
        "quantity": stock.available(),
        "reserved": stock.reserved(),
        "version": version,
    });
    let parts = [(details.seller_id, whole.clone())].into();
    Ok(Some(News { topic: Topic::StockChanged, whole, parts }))
}

async fn of_review(state: &AppState, id: Uuid, event: &Recorded) -> Told {
    let (review, version) = after::<Review>(state, id, event.position).await?;
    let (Some(details), Some(status)) = (review.details(), review.status()) else {
        return Ok(None);
    };
    let whole = json!({
        "id": id,
        "product_id": details.product_id,
        "user_id": details.user_id,
        "rating": details.rating.get(),
        "status": status,
        "version": version,
        "created_at": details.created_at,
        "updated_at": details.updated_at,
    });
    let seller = seller_of(state, details.product_id.uuid()).await?;
    let parts = seller.map(|seller| (seller, whole.clone())).into_iter().collect();
    Ok(Some(News { topic: Topic::ReviewPublished, whole, parts }))
}

async fn of_gift_card(state: &AppState, id: Uuid, event: &Recorded) -> Told {
    let (card, version) = after::<GiftCard>(state, id, event.position).await?;
    let card = GiftCardResource::of(id.into(), &card, version, None, event.recorded_at);
    Ok(card.map(|card| News {
        topic: Topic::GiftCardIssued,
        whole: shown(&card),
        parts: BTreeMap::new(),
    }))
}

/// Whose product it is, or was before it was archived. From the read model: it never changes.
async fn seller_of(state: &AppState, id: Uuid) -> Result<Option<UserId>, UnitError<Infallible>> {
    let row = projections::catalogue::product(&state.pool, id.into()).await;
    Ok(row.map_err(UnitError::Unavailable)?.map(|row| row.seller_id))
}

/// An aggregate as it was right after an event, and its version.
async fn after<A: Entity + Aggregate>(
    state: &AppState,
    id: Uuid,
    at: Position,
) -> Result<(A, i64), UnitError<Infallible>> {
    let (codec, as_of) = (state.log.codec(), AsOf::Position(at));
    load_stream_as_of(&state.pool, codec, &id.to_string(), as_of).await
}

/// An aggregate as it is, and its version.
async fn now<A: Entity + Aggregate>(
    state: &AppState,
    id: Uuid,
) -> Result<(A, i64), UnitError<Infallible>> {
    load_stream(&state.pool, state.log.codec(), &id.to_string()).await
}

/// A resource without what is withheld.
fn shown(resource: &impl Serialize) -> Value {
    let mut members = match serde_json::to_value(resource) {
        Ok(Value::Object(members)) => members,
        // Resources are objects.
        Ok(_) | Err(_) => Map::new(),
    };
    members.retain(|name, _| !WITHHELD.contains(&name.as_str()));
    Value::Object(members)
}
