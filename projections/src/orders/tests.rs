//! The fold of orders.
