//! Stored events in any form: `aggregate_type event_type event_version`, a line feed, the payload.

use super::must;
use crate::log;
use aggregates::{
    Account, Artist, Cart, Decider, Fact, GiftCard, LoyaltyAccount, Order, Payment, Product,
    Promotion, PromotionUsage, Review, StockItem, Webhook, Wishlist, decode_event,
};
use cqrs_es::DomainEvent;
use eventlog::Codec;
use std::sync::LazyLock;

static CODEC: LazyLock<Codec> = LazyLock::new(log::codec);

/// An event as the log has it.
#[derive(Clone, Copy)]
struct Stored<'a> {
    event_type: &'a str,
    version: &'a str,
    payload: &'a str,
}

/// The log and the read models read the same event or none; and what they read, written in the
/// current form, is read as the same event again.
pub fn upcasters(data: &[u8]) {
    let Some((kind, payload)) = str::from_utf8(data).ok().and_then(|text| text.split_once('\n'))
    else {
        return;
    };
    let [aggregate_type, event_type, version] = kind.split(' ').collect::<Vec<_>>()[..] else {
        return;
    };
    let fact = Fact::decode(aggregate_type, event_type, version, payload).ok();
    let stored = Stored { event_type, version, payload };
    macro_rules! check_by_type {
        ($($aggregate:ident),+ $(,)?) => {
            match (aggregate_type, fact) {
                $((<$aggregate as Decider>::TYPE, fact) => {
                    let event = fact.map(|fact| match fact {
                        Fact::$aggregate(event) => event,
                        other => panic!("an event of {aggregate_type} is read as {other:?}"),
                    });
                    check::<$aggregate>(stored, event.as_ref());
                })+
                (_, fact) => assert_eq!(fact, None, "there are no streams of this type"),
            }
        };
    }
    check_by_type!(
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
}

fn check<A: Decider>(stored: Stored<'_>, fact: Option<&A::Event>)
where
    A::Event: DomainEvent,
{
    let Stored { event_type, version, payload } = stored;
    let event: Option<A::Event> = CODEC.decode(A::TYPE, event_type, version, payload).ok();
    assert_eq!(event.as_ref(), fact, "the log and the read models read the same");
    let Some(event) = event else { return };
    let (event_type, version) = (event.event_type(), event.event_version());
    let text = must(serde_json::to_string(&event), "an event is JSON");
    let again = must(decode_event::<A>(&event_type, &version, &text), "what is written is read");
    assert_eq!(again, event);
    assert_eq!(must(serde_json::to_string(&again), "an event is JSON"), text);
}
