//! The rules of stock_item, given / when / then.
