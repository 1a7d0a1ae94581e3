//! What somebody may do in a random sequence of commands, and how such sequences are drawn. Steps name
//! orders by number, so that a sequence makes sense however it is shortened.

use proptest::prelude::*;

/// One command. Amounts are whole units of the currency.
#[derive(Debug, Clone)]
pub enum Step {
    Add {
        buyer: usize,
        product: usize,
        units: i64,
    },
    SetUnits {
        buyer: usize,
        product: usize,
        units: i64,
    },
    TakeOut {
        buyer: usize,
        product: usize,
    },
    Empty {
        buyer: usize,
    },
    NotePromo {
        buyer: usize,
        wanted: bool,
    },
    /// `None` takes it out again.
    NoteCard {
        buyer: usize,
        amount: Option<Share>,
    },
    /// None takes them out again.
    NotePoints {
        buyer: usize,
        points: Option<i64>,
    },
    Order {
        buyer: usize,
        cash: bool,
    },
    OrderItem {
        buyer: usize,
        product: usize,
        units: i64,
        cash: bool,
        with: With,
    },
    Pay {
        order: usize,
        declined: bool,
    },
    Cancel {
        order: usize,
    },
    Advance {
        order: usize,
        to: &'static str,
    },
    /// All that is left, or an amount.
    Refund {
        order: usize,
        amount: Option<i64>,
    },
    Redeem {
        order: usize,
        amount: i64,
    },
    Stock {
        product: usize,
        units: i64,
    },
    Price {
        product: usize,
        price: i64,
    },
    /// By the seller of this product, for the own part of the order.
    AdvancePart {
        order: usize,
        product: usize,
        to: &'static str,
    },
    Review {
        buyer: usize,
        product: usize,
        rating: i64,
    },
    EditReview {
        buyer: usize,
        product: usize,
        rating: i64,
    },
    Moderate {
        buyer: usize,
        product: usize,
        publish: bool,
    },
    DeleteReview {
        buyer: usize,
        product: usize,
    },
    Wish {
        buyer: usize,
        product: usize,
        wanted: bool,
    },
    /// The promotion begins in a far future, or has begun.
    Pause {
        paused: bool,
    },
    BuyCard {
        buyer: usize,
        amount: i64,
    },
    /// Takes the spare product out of the catalogue.
    Archive,
}

/// How much of a gift card: as much as there is, or an amount.
#[derive(Debug, Clone, Copy)]
pub enum Share {
    All,
    Part(i64),
}

impl Share {
    pub fn of(self, all: i64) -> i64 {
        match self {
            Self::All => all,
            Self::Part(amount) => amount,
        }
    }
}

/// What an order is to be paid with besides money.
#[derive(Debug, Clone, Copy, Default)]
pub struct With {
    pub promo: bool,
    pub card: bool,
    pub points: Option<i64>,
}

fn with() -> impl Strategy<Value = With> {
    let points = prop::option::weighted(0.3, 1..60_i64);
    (prop::bool::weighted(0.4), prop::bool::weighted(0.4), points)
        .prop_map(|(promo, card, points)| With { promo, card, points })
}

fn share() -> impl Strategy<Value = Share> {
    prop_oneof![Just(Share::All), (1..900_i64).prop_map(Share::Part)]
}

pub fn step() -> impl Strategy<Value = Step> {
    let (buyer, product, order) = (|| 0..2_usize, || 0..2_usize, || 0..6_usize);
    let cart = prop_oneof![
        4 => (buyer(), product(), 1..5_i64)
            .prop_map(|(buyer, product, units)| Step::Add { buyer, product, units }),
        1 => (buyer(), product(), 1..8_i64)
            .prop_map(|(buyer, product, units)| Step::SetUnits { buyer, product, units }),
        1 => (buyer(), product()).prop_map(|(buyer, product)| Step::TakeOut { buyer, product }),
        1 => buyer().prop_map(|buyer| Step::Empty { buyer }),
        2 => (buyer(), prop::bool::weighted(0.8))
            .prop_map(|(buyer, wanted)| Step::NotePromo { buyer, wanted }),
        2 => (buyer(), prop::option::weighted(0.8, share()))
            .prop_map(|(buyer, amount)| Step::NoteCard { buyer, amount }),
        2 => (buyer(), prop::option::weighted(0.8, 1..60_i64))
            .prop_map(|(buyer, points)| Step::NotePoints { buyer, points }),
    ];
    let orders = prop_oneof![
        3 => (buyer(), prop::bool::weighted(0.2)).prop_map(|(buyer, cash)| Step::Order { buyer, cash }),
        3 => (buyer(), product(), 1..4_i64, prop::bool::weighted(0.3), with()).prop_map(
            |(buyer, product, units, cash, with)| {
                Step::OrderItem { buyer, product, units, cash, with }
            }),
        4 => (order(), prop::bool::weighted(0.2))
            .prop_map(|(order, declined)| Step::Pay { order, declined }),
        2 => order().prop_map(|order| Step::Cancel { order }),
        6 => (order(), prop::sample::select(vec!["processing", "shipped", "delivered"]))
            .prop_map(|(order, to)| Step::Advance { order, to }),
        3 => (order(), prop::option::weighted(0.6, 1..2_000_i64))
            .prop_map(|(order, amount)| Step::Refund { order, amount }),
        1 => (order(), 1..900_i64).prop_map(|(order, amount)| Step::Redeem { order, amount }),
        4 => (order(), product(), prop::sample::select(vec!["processing", "shipped", "delivered"]))
            .prop_map(|(order, product, to)| Step::AdvancePart { order, product, to }),
    ];
    let goods = prop_oneof![
        (product(), 0..9_i64).prop_map(|(product, units)| Step::Stock { product, units }),
        (product(), 1..900_i64).prop_map(|(product, price)| Step::Price { product, price }),
    ];
    let community = prop_oneof![
        3 => (buyer(), product(), 1..6_i64)
            .prop_map(|(buyer, product, rating)| Step::Review { buyer, product, rating }),
        2 => (buyer(), product(), 1..6_i64)
            .prop_map(|(buyer, product, rating)| Step::EditReview { buyer, product, rating }),
        2 => (buyer(), product(), prop::bool::ANY)
            .prop_map(|(buyer, product, publish)| Step::Moderate { buyer, product, publish }),
        1 => (buyer(), product())
            .prop_map(|(buyer, product)| Step::DeleteReview { buyer, product }),
        2 => (buyer(), product(), prop::bool::weighted(0.7))
            .prop_map(|(buyer, product, wanted)| Step::Wish { buyer, product, wanted }),
    ];
    let offers = prop_oneof![
        2 => prop::bool::ANY.prop_map(|paused| Step::Pause { paused }),
        1 => (buyer(), 500..2_000_i64)
            .prop_map(|(buyer, amount)| Step::BuyCard { buyer, amount }),
        1 => Just(Step::Archive),
    ];
    prop_oneof![8 => cart, 16 => orders, 2 => goods, 3 => community, 1 => offers]
}
