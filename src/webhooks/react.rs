//! Which events are worth telling, and as what. Pure: what is told of them is written elsewhere.

use aggregates::review::Status;
use aggregates::webhook::Topic;
use aggregates::{Fact, gift_card, order, payment, product, review, stock_item};
use eventlog::Recorded;

/// The streams that have something to tell.
const STREAMS: [&str; 7] =
    ["gift_card", "order", "payment", "product", "review", "stock_item", "webhook"];

/// Whether an event has to be looked at.
pub fn concerns(event: &Recorded) -> bool {
    STREAMS.contains(&event.aggregate_type.as_str())
}

/// What an event is told as, if it is.
pub fn topic(fact: &Fact) -> Option<Topic> {
    match fact {
        Fact::Order(event) => of_order(event),
        Fact::Payment(event) => of_payment(event),
        Fact::Product(event) => Some(of_product(event)),
        Fact::StockItem(event) => of_stock(event),
        Fact::Review(event) => of_review(event),
        Fact::GiftCard(gift_card::Event::Issued { .. }) => Some(Topic::GiftCardIssued),
        Fact::GiftCard(_)
        | Fact::Account(_)
        | Fact::Artist(_)
        | Fact::Cart(_)
        | Fact::LoyaltyAccount(_)
        | Fact::Promotion(_)
        | Fact::PromotionUsage(_)
        | Fact::Webhook(_)
        | Fact::Wishlist(_) => None,
    }
}

fn of_order(event: &order::Event) -> Option<Topic> {
    use order::Event;
    match event {
        Event::Placed { .. } => Some(Topic::OrderPlaced),
        Event::Confirmed { .. } => Some(Topic::OrderConfirmed),
        // Also of a part: one of several sellers sends it.
        Event::Shipped { .. } | Event::FulfilmentShipped { .. } => Some(Topic::OrderShipped),
        Event::Delivered { .. } | Event::FulfilmentDelivered { .. } => Some(Topic::OrderDelivered),
        Event::Cancelled { .. } => Some(Topic::OrderCancelled),
        Event::Refunded { .. } => Some(Topic::OrderRefunded),
        Event::PaymentReopened { .. }
        | Event::GiftCardApplied { .. }
        | Event::ProcessingStarted { .. }
        | Event::FulfilmentProcessingStarted { .. } => None,
    }
}

fn of_payment(event: &payment::Event) -> Option<Topic> {
    use payment::Event;
    match event {
        Event::Completed { .. } => Some(Topic::PaymentCompleted),
        Event::Failed { .. } => Some(Topic::PaymentFailed),
        Event::Requested { .. }
        | Event::Started { .. }
        | Event::Voided { .. }
        | Event::RefundRequested { .. }
        | Event::Refunded { .. } => None,
    }
}

fn of_product(event: &product::Event) -> Topic {
    use product::Event;
    match event {
        Event::Created { .. } => Topic::ProductCreated,
        Event::DetailsChanged { .. }
        | Event::PriceChanged { .. }
        | Event::AlbumDescribed { .. }
        | Event::Activated {}
        | Event::Deactivated {} => Topic::ProductUpdated,
        Event::Archived {} => Topic::ProductDeleted,
    }
}

/// Where the number of units that can be ordered changes.
fn of_stock(event: &stock_item::Event) -> Option<Topic> {
    use stock_item::Event;
    match event {
        Event::Received { .. }
        | Event::Adjusted { .. }
        | Event::Reserved { .. }
        | Event::Released { .. }
        | Event::Returned { .. } => Some(Topic::StockChanged),
        // They were reserved before.
        Event::Committed { .. } => None,
    }
}

/// Where a review becomes one that everybody sees.
fn of_review(event: &review::Event) -> Option<Topic> {
    use review::Event;
    let appears = match event {
        Event::Posted { status, .. } => *status == Status::Published,
        Event::Edited { status, previous_status, .. } => {
            *status == Status::Published && *previous_status != Status::Published
        }
        Event::Published { previous_status, .. } => *previous_status != Status::Published,
        Event::Rejected { .. } | Event::Deleted { .. } => false,
    };
    appears.then_some(Topic::ReviewPublished)
}

/// Whether this event is told by a later one of the page: what one command does to a product in
/// several events is one change, and of stock only the latest count matters.
pub fn is_told_later(topic: Topic, event: &Recorded, later: &[Recorded]) -> bool {
    let mut later = later.iter().filter(|other| is_same_stream(event, other));
    match topic {
        Topic::StockChanged => later.any(|other| other.event_type != "Committed"),
        Topic::ProductCreated | Topic::ProductUpdated => {
            later.next().is_some_and(|other| is_same_command(event, other))
        }
        Topic::Any
        | Topic::OrderPlaced
        | Topic::OrderConfirmed
        | Topic::OrderShipped
        | Topic::OrderDelivered
        | Topic::OrderCancelled
        | Topic::OrderRefunded
        | Topic::PaymentCompleted
        | Topic::PaymentFailed
        | Topic::ProductDeleted
        | Topic::ReviewPublished
        | Topic::GiftCardIssued => false,
    }
}

/// Whether the command that caused this change of a product also made the product.
pub fn made_it(event: &Recorded, earlier: &[Recorded]) -> bool {
    let of_command =
        |other: &&Recorded| is_same_stream(event, other) && is_same_command(event, other);
    earlier.iter().filter(of_command).any(|other| other.event_type == "Created")
}

fn is_same_stream(one: &Recorded, other: &Recorded) -> bool {
    one.aggregate_type == other.aggregate_type && one.aggregate_id == other.aggregate_id
}

/// All events of one command carry the same metadata.
fn is_same_command(one: &Recorded, other: &Recorded) -> bool {
    one.metadata == other.metadata
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use eventlog::Position;
    use uuid::Uuid;

    fn event(kind: &str, id: &str, event_type: &str, command: &str) -> Recorded {
        Recorded {
            aggregate_type: kind.to_owned(),
            aggregate_id: id.to_owned(),
            sequence: 1,
            event_type: event_type.to_owned(),
            event_version: "1.0".to_owned(),
            payload: "{}".to_owned(),
            metadata: command.to_owned(),
            event_id: Uuid::nil(),
            position: Position::START,
            recorded_at: DateTime::UNIX_EPOCH,
            prev_hash: [0; 32],
            hash: [0; 32],
        }
    }

    #[test]
    fn what_one_command_does_to_a_product_is_told_once() {
        let events = [
            event("product", "1", "Created", "a"),
            event("product", "2", "Created", "b"),
            event("product", "1", "AlbumDescribed", "a"),
            event("product", "1", "PriceChanged", "c"),
        ];
        assert!(is_told_later(Topic::ProductCreated, &events[0], &events[1..]));
        assert!(!is_told_later(Topic::ProductCreated, &events[1], &events[2..]));
        assert!(!is_told_later(Topic::ProductUpdated, &events[2], &events[3..]));
        assert!(made_it(&events[2], &events[..2]));
        assert!(!made_it(&events[3], &events[..3]));
    }

    #[test]
    fn of_stock_the_latest_count_is_told() {
        let events = [
            event("stock_item", "1", "Received", "a"),
            event("stock_item", "1", "Reserved", "b"),
            event("stock_item", "1", "Committed", "c"),
            event("stock_item", "2", "Reserved", "d"),
        ];
        assert!(is_told_later(Topic::StockChanged, &events[0], &events[1..]));
        assert!(!is_told_later(Topic::StockChanged, &events[1], &events[2..]));
        assert!(!is_told_later(Topic::StockChanged, &events[3], &[]));
    }
}
