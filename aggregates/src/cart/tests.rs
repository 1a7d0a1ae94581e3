//! The rules of cart, given / when / then.
