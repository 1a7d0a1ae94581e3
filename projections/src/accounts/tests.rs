//! The fold of accounts.
