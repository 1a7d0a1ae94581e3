//! The rules of order, given / when / then.
