//! The sequential models: what a stock of something and an order do when nobody else is there. As
//! trivial as can be; that they are far simpler than the server is their point.

use super::checker::Model;

/// Units of a product, points of a customer, or minor units of money on a gift card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pot {
    pub available: i64,
    pub held: i64,
}

/// What an answer said of a pot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PotOp {
    /// Set aside for an order that is not paid yet.
    Hold(i64),
    /// Set aside: all there is, but at most `wanted`; more than nothing.
    HoldUpTo {
        wanted: i64,
        got: i64,
    },
    /// Taken at once: all there is, but at most `wanted`; more than nothing.
    SpendUpTo {
        wanted: i64,
        got: i64,
    },
    Spend(i64),
    /// What was held is taken for good.
    Commit(i64),
    /// What was held is free again.
    Release(i64),
    /// What was taken came back, or more arrived.
    Add(i64),
    /// Somebody set what is available.
    Set(i64),
    /// A change and what it left.
    Changed {
        by: i64,
        left: i64,
    },
    /// Refused, for only so much was available.
    TooLittle {
        wanted: i64,
        available: i64,
    },
    /// Nothing had to change, for so much was available already.
    Was(i64),
    Read {
        available: i64,
        held: Option<i64>,
    },
}

impl Model for Pot {
    type State = Self;
    type Op = PotOp;

    fn after(pot: &Self, op: &PotOp) -> Option<Self> {
        let Self { available, held } = *pot;
        let upto = |wanted: i64, got: i64| got > 0 && got == wanted.min(available);
        let (available, held) = match *op {
            PotOp::Hold(units) => (available - units, held + units),
            PotOp::HoldUpTo { wanted, got } if upto(wanted, got) => (available - got, held + got),
            PotOp::SpendUpTo { wanted, got } if upto(wanted, got) => (available - got, held),
            PotOp::Spend(units) => (available - units, held),
            PotOp::Commit(units) => (available, held - units),
            PotOp::Release(units) => (available + units, held - units),
            PotOp::Add(units) => (available + units, held),
            PotOp::Set(units) => (units, held),
            PotOp::Changed { by, left } if available + by == left => (left, held),
            PotOp::TooLittle { wanted, available: said }
                if said == available && (wanted > said || said == 0) =>
            {
                (available, held)
            }
            PotOp::Was(said) if said == available => (available, held),
            PotOp::Read { available: said, held: and }
                if said == available && and.is_none_or(|and| and == held) =>
            {
                (available, held)
            }
            PotOp::HoldUpTo { .. }
            | PotOp::SpendUpTo { .. }
            | PotOp::Changed { .. }
            | PotOp::TooLittle { .. }
            | PotOp::Was(_)
            | PotOp::Read { .. } => return None,
        };
        (available >= 0 && held >= 0).then_some(Self { available, held })
    }
}

/// How far an order has come, and a version that it has at least reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Order {
    pub status: &'static str,
    pub version: i64,
}

/// What an answer said of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderOp {
    /// The payment came through.
    Paid,
    /// The payment was declined.
    Declined,
    /// Refused, for it was paid before.
    PaidBefore,
    /// It went on to this status.
    Became {
        status: &'static str,
        version: i64,
    },
    /// Something else changed: it is not paid yet, and has a new version.
    Changed {
        version: i64,
    },
    /// Refused, for it had this status.
    Was(&'static str),
    Read {
        status: &'static str,
        version: i64,
    },
}

impl Order {
    pub const STATUSES: [&'static str; 7] =
        ["pending", "confirmed", "processing", "shipped", "delivered", "cancelled", "refunded"];

    fn may_become(self, next: &str) -> bool {
        match self.status {
            "pending" => next == "cancelled",
            "confirmed" => ["processing", "refunded"].contains(&next),
            "processing" => ["shipped", "refunded"].contains(&next),
            "shipped" => next == "delivered",
            _ => false,
        }
    }
}

impl Model for Order {
    type State = Self;
    type Op = OrderOp;

    fn after(order: &Self, op: &OrderOp) -> Option<Self> {
        let Self { status, version } = *order;
        let fits = match *op {
            OrderOp::Paid | OrderOp::Declined => status == "pending",
            OrderOp::PaidBefore => !["pending", "cancelled"].contains(&status),
            OrderOp::Became { status, version: new } => order.may_become(status) && new > version,
            OrderOp::Changed { version: new } => status == "pending" && new > version,
            OrderOp::Was(said) => status == said,
            OrderOp::Read { status: said, version: read } => status == said && read >= version,
        };
        let (status, version) = match *op {
            OrderOp::Paid => ("confirmed", version),
            OrderOp::Became { status, version } | OrderOp::Read { status, version } => {
                (status, version)
            }
            OrderOp::Changed { version } => (status, version),
            OrderOp::Declined | OrderOp::PaidBefore | OrderOp::Was(_) => (status, version),
        };
        fits.then_some(Self { status, version })
    }
}
