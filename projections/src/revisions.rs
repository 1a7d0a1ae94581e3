//! How often the rows of each read model have changed, for those who keep what they made of them.
//! Only the process that projects knows that; the others are told that they do not.

use crate::Definition;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct Revisions {
    counts: HashMap<&'static str, AtomicU64>,
    since: Instant,
    /// Milliseconds after `since` until which nobody else may have changed a row.
    known_until: AtomicU64,
}

impl Revisions {
    pub fn of(definitions: &[Definition]) -> Self {
        let names = definitions.iter().map(|definition| definition.name);
        Self {
            counts: names.map(|name| (name, AtomicU64::new(0))).collect(),
            since: Instant::now(),
            known_until: AtomicU64::new(0),
        }
    }

    /// To be called after the commit, and before anybody is told of it.
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
        if now >= u128::from(self.known_until.load(Ordering::Acquire)) {
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
}
