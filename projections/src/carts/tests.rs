//! The fold of carts.
