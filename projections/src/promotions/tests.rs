//! The fold of promotions.

use super::{Promotions, Status};
use crate::ApplyError;
use crate::testing::{History, at};
use aggregates::promotion::{Event, Kind, Terms};
use aggregates::{Fact, Money, OrderId, UserId};
use uuid::Uuid;

const CODE: &str = "SUMMER25";
const ORDER: OrderId = OrderId::new(Uuid::from_u128(2));

fn by() -> String {
    "admin".to_owned()
}

fn created() -> Fact {
    let terms = Terms {
        kind: Kind::Fixed(Money::from_minor(50_000).unwrap()),
        min_subtotal: None,
        max_discount: None,
        categories: None,
        starts_at: None,
        ends_at: Some(at(100)),
        usage_limit: Some(7),
        usage_limit_per_user: None,
        stackable: true,
    };
    Fact::Promotion(Event::Created { terms, at: at(0), by: by() })
}

fn held() -> Fact {
    Fact::Promotion(Event::UseHeld {
        order_id: ORDER,
        user_id: UserId::new(Uuid::from_u128(3)),
        discount: Money::from_minor(50_000).unwrap(),
        expires_at: at(15),
        at: at(1),
        by: by(),
    })
}

#[test]
fn a_promotion_shows_how_often_it_was_used_and_is_held() {
    let history = History::default().then(CODE, created()).then(CODE, held());
    let row = history.row::<Promotions>();
    assert_eq!((row.code.as_str(), row.used, row.held, row.usage_limit), (CODE, 0, 1, Some(7)));
    let (user_id, discount) = (UserId::new(Uuid::from_u128(3)), Money::from_minor(50_000).unwrap());
    let used = Event::Used { order_id: ORDER, user_id, discount, at: at(2), by: by() };
    let row = history.then(CODE, Fact::Promotion(used)).row::<Promotions>();
    assert_eq!((row.used, row.held, row.version), (1, 0, 3));
}

#[test]
fn a_promotion_ends_by_its_time_or_by_hand() {
    let after = |event| {
        History::default()
            .then(CODE, created())
            .then(CODE, Fact::Promotion(event))
            .row::<Promotions>()
    };
    let row = after(Event::Expired { at: at(100), by: by() });
    assert_eq!((row.status, row.ends_at), (Status::Expired, Some(at(100))));
    assert_eq!(after(Event::Withdrawn { at: at(5), by: by() }).status, Status::Withdrawn);
}

#[test]
fn a_use_of_nothing_stops_the_fold() {
    let error = History::default().then(CODE, held()).fold::<Promotions>().unwrap_err();
    assert!(matches!(error, ApplyError::NotCreated(_)), "{error}");
}
