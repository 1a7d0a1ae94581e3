//! A provider with books, and with moods. Its books are right whatever its mood: each payment is
//! charged once and each refund given once, as the port demands.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use aggregates::{Money, PaymentId, RefundId};
use async_trait::async_trait;
use ledgerline::payments::{Charge, NoAnswer, PaymentProvider};

/// How it is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    #[default]
    Well,
    /// Does nothing, and never answers.
    Hangs,
    /// Does nothing, and says that something is wrong.
    Fails,
    /// Does what it is asked for, and never answers.
    TakesAndHangs,
    /// Does what it is asked for, and says that something is wrong.
    TakesAndFails,
    /// Does what it is asked for, and answers after this long.
    AnswersLate(Duration),
}

/// What it did with a payment; `None` where it refused it for good.
type Booked = Option<Money>;

#[derive(Debug, Default)]
pub struct Odd {
    mood: Mutex<Mood>,
    charges: Mutex<BTreeMap<PaymentId, Booked>>,
    refunds: Mutex<BTreeMap<RefundId, Money>>,
    asked_back: AtomicU32,
    silent: AtomicBool,
}

impl Odd {
    pub fn is_in(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Asked for payments that it has not heard of, it says nothing from now on.
    pub fn hangs_on_what_it_does_not_know(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }

    /// All money that it has taken.
    pub fn taken(&self) -> String {
        let charges = self.charges.lock().unwrap();
        Money::checked_sum(charges.values().flatten().copied()).unwrap().to_string()
    }

    pub fn given_back(&self) -> String {
        let refunds = self.refunds.lock().unwrap();
        Money::checked_sum(refunds.values().copied()).unwrap().to_string()
    }

    /// How often it was asked to give money back.
    pub fn asked_back(&self) -> u32 {
        self.asked_back.load(Ordering::SeqCst)
    }

    /// What it does in its mood, `work` being what it is asked for.
    async fn moody<T>(&self, work: impl FnOnce() -> T) -> Result<T, NoAnswer> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Well => Ok(work()),
            Mood::Hangs => pending().await,
            Mood::Fails => Err(NoAnswer("out of order".to_owned())),
            Mood::TakesAndHangs => {
                work();
                pending().await
            }
            Mood::TakesAndFails => {
                work();
                Err(NoAnswer("out of order".to_owned()))
            }
            Mood::AnswersLate(by) => {
                let done = work();
                tokio::time::sleep(by).await;
                Ok(done)
            }
        }
    }
}

fn answer(payment: PaymentId, booked: Booked) -> Charge {
    match booked {
        Some(_) => Charge::Captured { transaction_id: format!("odd-{payment}") },
        None => Charge::Declined { reason: "never_charged".to_owned() },
    }
}

#[async_trait]
impl PaymentProvider for Odd {
    async fn charge(
        &self,
        payment: PaymentId,
        amount: Money,
        _: Option<&str>,
    ) -> Result<Charge, NoAnswer> {
        let charge = || {
            let mut charges = self.charges.lock().unwrap();
            answer(payment, *charges.entry(payment).or_insert(Some(amount)))
        };
        self.moody(charge).await
    }

    async fn settle(&self, payment: PaymentId) -> Result<Charge, NoAnswer> {
        let known = self.charges.lock().unwrap().contains_key(&payment);
        if !known && self.silent.load(Ordering::SeqCst) {
            return pending().await;
        }
        let settle = || {
            let mut charges = self.charges.lock().unwrap();
            answer(payment, *charges.entry(payment).or_insert(None))
        };
        self.moody(settle).await
    }

    async fn refund(&self, _: PaymentId, refund: RefundId, amount: Money) -> Result<(), NoAnswer> {
        self.asked_back.fetch_add(1, Ordering::SeqCst);
        let give = || {
            self.refunds.lock().unwrap().entry(refund).or_insert(amount);
        };
        self.moody(give).await
    }
}
