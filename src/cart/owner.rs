//! Whose cart it is. A user's cart has the id of the user; a guest's is derived from the session.

use aggregates::CartId;
use uuid::Uuid;

/// Guests' carts live in a name space of their own, so that no session id, however it was chosen,
/// can name a user's cart.
const GUESTS: Uuid = Uuid::from_u128(0x6f1e_6f53_8e0c_5f0c_9a3c_3f5b_7a64_b9d1);

/// The cart of a guest session.
pub fn guest_cart_id(session: Uuid) -> CartId {
    CartId::new(Uuid::new_v5(&GUESTS, session.as_bytes()))
}
