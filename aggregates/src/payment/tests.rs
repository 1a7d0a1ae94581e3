//! The rules of payment, given / when / then.
