//! What can be asked of a cart.

use super::AppliedCard;
use super::event::MergedLine;
use crate::promotion::PromoCode;
use crate::{CartId, Money, OrderId, Points, ProductId, Quantity};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// `available` units are in stock now; the line may not exceed them.
    AddItem {
        product_id: ProductId,
        quantity: Quantity,
        price: Money,
        available: u32,
    },
    /// The new quantity of a line that exists.
    ChangeQuantity {
        product_id: ProductId,
        quantity: Quantity,
        available: u32,
    },
    RemoveItem {
        product_id: ProductId,
    },
    /// Causes nothing where the cart is empty.
    Clear,
    /// Takes the lines of a guest's cart in. A line in both keeps the larger quantity; lines past
    /// the largest cart are left out. `into` is this cart, which does not know its own id.
    Merge {
        from: CartId,
        into: CartId,
        lines: Vec<MergedLine>,
    },
    /// Empties a guest's cart after its lines were merged.
    HandOver {
        to: CartId,
    },
    /// Notes what the order is to be paid with; `None` takes it out again. Causes nothing where it
    /// is so already.
    UsePromo {
        code: Option<PromoCode>,
    },
    UseGiftCard {
        card: Option<AppliedCard>,
    },
    UsePoints {
        points: Points,
    },
    CheckOut {
        order_id: OrderId,
    },
}
