//! What clients saw, by the object that it tells something of, and the verdict over it.
//!
//! Two histories are judged of each object, because a read model follows the log:
//!
//! - what was decided: commands that changed something, and refusals, at the moment of their append;
//! - what was shown: commands that changed something, and reads of the read models, at the moment when
//!   the read models have them. An answer is only given after that, so that a client that has its
//!   answer sees its write, and so does everybody whom it tells.
//!
//! They are not judged together: a refusal may know of a write that the read models do not show yet.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::checker::{Call, Model, check, explain};
use super::models::{Order, OrderOp, Pot, PotOp};

/// An object that has a history of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// The stock of a product.
    Stock(String),
    /// A gift card, in minor units.
    Card(String),
    /// The points of a customer.
    Points(String),
    Order(String),
}

/// How a call was meant, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// It changed something, and its answer waited for the read models.
    Change,
    /// It changed something, and says that the read models may not show it yet.
    Unshown,
    Refusal,
    Read,
}

/// When something was asked and answered.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub client: usize,
    pub start: u64,
    pub end: Option<u64>,
    /// Whether the answer waited for the read models.
    pub shown: bool,
}

type Calls<O> = BTreeMap<Object, (O, Vec<(Effect, Call<<O as Model>::Op>)>)>;

/// Takes down what clients see, while they see it.
#[derive(Debug, Default)]
pub struct Recorder {
    clock: AtomicU64,
    pots: Mutex<Calls<Pot>>,
    orders: Mutex<Calls<Order>>,
}

impl Recorder {
    /// A moment: later ones are greater, for all clients.
    pub fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    pub fn begin_pot(&self, object: Object, available: i64) {
        let pot = Pot { available, held: 0 };
        self.pots.lock().unwrap().insert(object, (pot, Vec::new()));
    }

    pub fn begin_order(&self, id: &str, status: &'static str, version: i64) {
        let object = Object::Order(id.to_owned());
        let order = Order { status, version };
        self.orders.lock().unwrap().insert(object, (order, Vec::new()));
    }

    pub fn pot(&self, object: &Object, span: Span, op: PotOp) {
        let effect = match op {
            PotOp::TooLittle { .. } | PotOp::Was(_) => Effect::Refusal,
            PotOp::Read { .. } => Effect::Read,
            _ if span.shown => Effect::Change,
            _ => Effect::Unshown,
        };
        record(&self.pots, object, effect, span, op);
    }

    pub fn order(&self, id: &str, span: Span, op: OrderOp) {
        let effect = match op {
            OrderOp::PaidBefore | OrderOp::Was(_) => Effect::Refusal,
            OrderOp::Read { .. } => Effect::Read,
            _ if span.shown => Effect::Change,
            _ => Effect::Unshown,
        };
        record(&self.orders, &Object::Order(id.to_owned()), effect, span, op);
    }

    /// Judges everything; returns how many calls were judged, or why a history is impossible.
    pub fn judge(&self) -> Result<usize, String> {
        Ok(judge(&self.pots.lock().unwrap())? + judge(&self.orders.lock().unwrap())?)
    }
}

fn record<M: Model>(
    calls: &Mutex<Calls<M>>,
    object: &Object,
    effect: Effect,
    span: Span,
    op: M::Op,
) {
    let mut calls = calls.lock().unwrap();
    let (_, calls) = calls.get_mut(object).expect("an object whose history has begun");
    let Span { client, start, end, .. } = span;
    calls.push((effect, Call { client, op, start, end }));
}

fn judge<M>(objects: &Calls<M>) -> Result<usize, String>
where
    M: Model<State = M, Op: Clone>,
{
    let mut judged = 0;
    for (object, (initial, calls)) in objects {
        let of = |wanted: &dyn Fn(Effect) -> Option<bool>| -> Vec<Call<M::Op>> {
            let kept = calls.iter().filter_map(|(effect, call)| {
                let answered = wanted(*effect)?;
                Some(Call { end: call.end.filter(|_| answered), ..call.clone() })
            });
            kept.collect()
        };
        let decided = of(&|effect| (effect != Effect::Read).then_some(true));
        // What may not be shown yet is shown at any time later.
        let shown = of(&|effect| match effect {
            Effect::Change | Effect::Read => Some(true),
            Effect::Unshown => Some(false),
            Effect::Refusal => None,
        });
        for (name, calls) in [("decided", decided), ("shown", shown)] {
            if let Err(refusal) = check::<M>(initial, &calls) {
                let why = explain::<M>(initial, &calls, &refusal);
                return Err(format!("what was {name} of {object:?} is not linearizable, {why}"));
            }
        }
        judged += calls.len();
    }
    Ok(judged)
}
