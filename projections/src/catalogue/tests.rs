//! The fold of catalogue.
