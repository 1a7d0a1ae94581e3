//! The two groups of projections. Each is read, stored and waited for as one, on its own.
//!
//! A command is answered once the shop's read models show it. The books are heavier and nobody's next
//! click needs them: they take larger batches, and whoever reads them waits until they are level with
//! the shop ([`crate::ReadModels::level_with`]).

use crate::{Definition, all};
use std::time::Duration;

/// Which round a projection takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// What customers and sellers see of what they just did.
    Shop,
    /// Figures and ledgers, for analysts and auditors.
    Books,
}

impl Group {
    pub const ALL: [Self; 2] = [Self::Shop, Self::Books];

    /// The projections that belong to it.
    pub fn definitions(self) -> Vec<Definition> {
        all().into_iter().filter(|definition| definition.group == self).collect()
    }

    /// Of the lease of whoever leads it.
    pub(crate) fn lease(self) -> &'static str {
        match self {
            Self::Shop => "projections",
            Self::Books => "projections:books",
        }
    }

    /// The channel that carries how far it has come.
    pub(crate) fn channel(self) -> &'static str {
        match self {
            Self::Shop => "ledgerline_projected",
            Self::Books => "ledgerline_projected_books",
        }
    }

    /// How long it lets events gather at the head of the feed.
    pub(crate) fn pause(self) -> Duration {
        match self {
            Self::Shop => Duration::ZERO,
            Self::Books => Duration::from_millis(150),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_projection_is_in_one_group() {
        let grouped: usize = Group::ALL.iter().map(|group| group.definitions().len()).sum();
        assert_eq!(grouped, all().len());
        assert!(Group::ALL.iter().all(|group| !group.definitions().is_empty()));
    }
}
