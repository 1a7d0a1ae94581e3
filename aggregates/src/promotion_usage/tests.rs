//! Given / when / then.
