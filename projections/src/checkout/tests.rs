//! The fold of checkout.
