//! The rules of account, given / when / then.
