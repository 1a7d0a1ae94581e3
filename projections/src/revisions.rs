//! How often the rows of each read model have changed, for those who keep what they made of them.
//! Only the process that projects knows that; the others are told that they do not.

use crate::Definition;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct Revisions {
    counts: HashMap<&'static str, AtomicU64>,
    since: Instant,
    /// Milliseconds after `since` until which nobody else may have changed a row.
    known_until: AtomicU64,
    /// Transactions that change rows, and may be committed already.
    changing: AtomicUsize,
}

/// A transaction that changes rows: until it is told what became of it, nothing is known. Readers may
/// see its rows, and its checkpoint, before we hear that it is committed.
#[derive(Debug)]
pub(crate) struct Changing<'r> {
    revisions: &'r Revisions,
    is_decided: bool,
}

impl Changing<'_> {
    /// Changes nothing after all, or what it changes has been counted.
    pub fn done(mut self) {
        self.is_decided = true;
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        if !self.is_decided {
            self.revisions.forget();
        }
        self.revisions.changing.fetch_sub(1, Ordering::Release);
    }
}

impl Revisions {
    pub fn of(definitions: &[Definition]) -> Self {
        let names = definitions.iter().map(|definition| definition.name);
        Self {
            counts: names.map(|name| (name, AtomicU64::new(0))).collect(),
            since: Instant::now(),
            known_until: AtomicU64::new(0),
            changing: AtomicUsize::new(0),
        }
    }

    /// To be called before a transaction that changes rows is committed.
    pub fn changing(&self) -> Changing<'_> {
        self.changing.fetch_add(1, Ordering::AcqRel);
        Changing { revisions: self, is_decided: false }
    }

    /// To be called after the commit, and before it is [done](Changing::done).
    pub fn changed(&self, name: &str) {
        if let Some(count) = self.counts.get(name) {
            count.fetch_add(1, Ordering::Release);
        }
    }

    /// From now on for that long nobody else changes rows.
    pub fn know_for(&self, time: Duration) {
        let until = (self.since.elapsed() + time).as_millis();
        self.known_until.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Release);
    }

    /// Rows may change without notice, or have.
    pub fn forget(&self) {
        self.known_until.store(0, Ordering::Release);
        for count in self.counts.values() {
            count.fetch_add(1, Ordering::Release);
        }
    }

    /// A number that differs whenever a row of one of these read models does. `None` where this
    /// process cannot know.
    pub fn of_all(&self, names: &[&str]) -> Option<u64> {
        let now = self.since.elapsed().as_millis();
        if now >= u128::from(self.known_until.load(Ordering::Acquire))
            || self.changing.load(Ordering::Acquire) > 0
        {
            return None;
        }
        names
            .iter()
            .map(|name| Some(self.counts.get(name)?.load(Ordering::Acquire)))
            // Each only grows, so the sum is the same only where all are.
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Group;

    #[test]
    fn a_revision_is_known_only_to_who_leads_and_differs_after_each_change() {
        let revisions = Revisions::of(&Group::Shop.definitions());
        let of = || revisions.of_all(&["catalogue", "albums"]);
        assert_eq!(of(), None);
        revisions.know_for(Duration::from_mins(1));
        let before = of().unwrap();
        revisions.changed("orders");
        assert_eq!(of(), Some(before));
        revisions.changed("albums");
        assert_ne!(of().unwrap(), before);
        let before = of().unwrap();
        revisions.forget();
        assert_eq!(of(), None);
        revisions.know_for(Duration::from_mins(1));
        assert_ne!(of().unwrap(), before);
        assert_eq!(revisions.of_all(&["sales"]), None);
    }

    #[test]
    fn nothing_is_known_while_rows_may_be_committed_of_which_we_have_not_heard() {
        let revisions = Revisions::of(&Group::Shop.definitions());
        let of = || revisions.of_all(&["catalogue"]);
        revisions.know_for(Duration::from_mins(1));
        let before = of().unwrap();

        let elsewhere = revisions.changing();
        assert_eq!(of(), None);
        elsewhere.done();
        assert_eq!(of(), Some(before), "what was kept is still right");

        let changing = revisions.changing();
        revisions.changed("catalogue");
        assert_eq!(of(), None);
        changing.done();
        assert_ne!(of().unwrap(), before);

        // Cut off: it may have been committed.
        let before = of().unwrap();
        drop(revisions.changing());
        assert_eq!(of(), None);
        revisions.know_for(Duration::from_mins(1));
        assert_ne!(of().unwrap(), before);
    }
}
