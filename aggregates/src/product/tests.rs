//! The rules of product, given / when / then.
