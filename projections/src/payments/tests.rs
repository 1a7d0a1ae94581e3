//! The fold of payments.
