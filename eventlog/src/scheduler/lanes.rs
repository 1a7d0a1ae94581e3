//! Who waits for which stream. Units run first come first served on each stream: no unit is passed
//! by another one that wants the same stream, unless both only read it.

use crate::StreamId;
use crate::unit::{Access, Pending};
use std::collections::{HashMap, HashSet, VecDeque};

/// The streams in use by the appends under way. One writer, or any number of readers: what a unit
/// reads must stay the same until its events are stored.
#[derive(Default)]
pub(super) struct Lanes {
    written: HashSet<StreamId>,
    /// With the number of groups that read them.
    read: HashMap<StreamId, usize>,
}

/// The streams of a group.
pub(super) struct Claim {
    written: HashSet<StreamId>,
    read: HashSet<StreamId>,
}

impl Claim {
    pub fn of(group: &[Pending]) -> Self {
        let mut claim = Self { written: HashSet::new(), read: HashSet::new() };
        for unit in group {
            claim.add(unit);
        }
        claim
    }

    fn add(&mut self, unit: &Pending) {
        for (stream, role) in &unit.involved {
            match role.access {
                Access::Create | Access::Write => self.written.insert(stream.clone()),
                Access::Read => self.read.insert(stream.clone()),
                Access::Peek => false,
            };
        }
    }
}

impl Lanes {
    pub fn take(&mut self, claim: &Claim) {
        self.written.extend(claim.written.iter().cloned());
        for stream in &claim.read {
            *self.read.entry(stream.clone()).or_default() += 1;
        }
    }

    pub fn release(&mut self, claim: &Claim) {
        for stream in &claim.written {
            self.written.remove(stream);
        }
        for stream in &claim.read {
            if let Some(readers) = self.read.get_mut(stream) {
                *readers -= 1;
                if *readers == 0 {
                    self.read.remove(stream);
                }
            }
        }
    }

    fn is_free(&self, stream: &StreamId, access: Access) -> bool {
        match access {
            Access::Peek => true,
            Access::Read => !self.written.contains(stream),
            Access::Create | Access::Write => {
                !self.written.contains(stream) && !self.read.contains_key(stream)
            }
        }
    }
}

/// The units that wait.
#[derive(Default)]
pub(super) struct Queue {
    /// In the order in which they came; not looked at since streams were freed.
    next: VecDeque<Pending>,
    /// Came before all of `next`, and wait for a stream that is in use.
    blocked: VecDeque<Pending>,
    /// What the blocked units want: others may not take it from them.
    wanted: Lanes,
}

impl Queue {
    pub fn len(&self) -> usize {
        self.next.len() + self.blocked.len()
    }

    pub fn push(&mut self, unit: Pending) {
        self.next.push_back(unit);
    }

    /// Those who were blocked have another chance, before all who came later.
    pub fn streams_were_freed(&mut self) {
        self.blocked.append(&mut self.next);
        std::mem::swap(&mut self.blocked, &mut self.next);
        self.wanted = Lanes::default();
    }

    /// At most `most` units that can run now, together.
    pub fn next_group(&mut self, lanes: &Lanes, most: usize) -> Vec<Pending> {
        let mut group = Vec::new();
        while group.len() < most
            && let Some(unit) = self.next.pop_front()
        {
            let free = unit.involved.iter().all(|(stream, role)| {
                lanes.is_free(stream, role.access) && self.wanted.is_free(stream, role.access)
            });
            if free {
                group.push(unit);
            } else {
                self.wanted.take(&Claim::of(std::slice::from_ref(&unit)));
                self.blocked.push_back(unit);
            }
        }
        group
    }
}

#[cfg(test)]
mod schedules;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Loader;
    use crate::unit::{Involved, Role, Unit, Verdict, Work};

    struct Named;

    impl Unit for Named {
        fn decide(&mut self, _: &mut Work<'_>) -> bool {
            true
        }

        fn answer(&mut self, _: Verdict) {}
    }

    /// `name` is kept as the unit's metadata.
    pub(super) fn unit(name: &str, streams: &[(&str, Access)]) -> Pending {
        let loader = Loader {
            empty: || unreachable!("nothing is loaded"),
            thaw: |_| None,
            freeze: |_| None,
            apply: |_, _, _| Ok(()),
        };
        let involved: Involved = streams
            .iter()
            .map(|(id, access)| (StreamId::new("thing", *id), Role { loader, access: *access }))
            .collect();
        Pending { involved, metadata: name.into(), idempotency: None, unit: Box::new(Named) }
    }

    struct Simulation {
        queue: Queue,
        lanes: Lanes,
    }

    impl Simulation {
        fn of(units: Vec<Pending>) -> Self {
            let mut queue = Queue::default();
            for unit in units {
                queue.push(unit);
            }
            Self { queue, lanes: Lanes::default() }
        }

        /// The names of the units that start together now, and what they hold.
        fn start(&mut self, most: usize) -> (Vec<String>, Claim) {
            let group = self.queue.next_group(&self.lanes, most);
            let claim = Claim::of(&group);
            self.lanes.take(&claim);
            (group.iter().map(|unit| unit.metadata.to_string()).collect(), claim)
        }

        fn end(&mut self, claim: &Claim) {
            self.lanes.release(claim);
            self.queue.streams_were_freed();
        }
    }

    use Access::{Create, Peek, Read, Write};

    #[test]
    fn commands_on_one_stream_fold_into_one_group() {
        let mut simulation = Simulation::of(vec![
            unit("1", &[("a", Create)]),
            unit("2", &[("a", Write)]),
            unit("3", &[("b", Write)]),
        ]);
        assert_eq!(simulation.start(10).0, ["1", "2", "3"]);
    }

    #[test]
    fn a_busy_stream_holds_up_only_who_wants_it_and_in_order() {
        let mut simulation = Simulation::of(vec![unit("1", &[("a", Write)])]);
        let (_, first) = simulation.start(10);
        for late in [
            unit("2", &[("a", Write), ("b", Write)]),
            unit("3", &[("b", Write)]),
            unit("4", &[("a", Peek), ("c", Write)]),
        ] {
            simulation.queue.push(late);
        }
        let (names, other) = simulation.start(10);
        assert_eq!(names, ["4"], "3 came after 2 on the same stream");
        simulation.end(&other);
        assert!(simulation.start(10).0.is_empty());
        simulation.end(&first);
        assert_eq!(simulation.start(10).0, ["2", "3"]);
    }

    #[test]
    fn readers_share_a_stream_and_keep_writers_off_it() {
        let mut simulation = Simulation::of(vec![unit("1", &[("a", Read)])]);
        let (_, first) = simulation.start(10);
        simulation.queue.push(unit("2", &[("a", Read)]));
        let (names, second) = simulation.start(10);
        assert_eq!(names, ["2"]);
        simulation.queue.push(unit("3", &[("a", Write)]));
        simulation.queue.push(unit("4", &[("a", Read)]));
        assert!(simulation.start(10).0.is_empty(), "a reader does not pass a waiting writer");
        simulation.end(&first);
        assert!(simulation.start(10).0.is_empty());
        simulation.end(&second);
        assert_eq!(simulation.start(10).0, ["3", "4"]);
    }

    #[test]
    fn a_reader_of_a_busy_stream_is_not_passed_by_later_writers() {
        let mut simulation = Simulation::of(vec![unit("1", &[("a", Write)])]);
        let (_, first) = simulation.start(10);
        simulation.queue.push(unit("2", &[("a", Write), ("b", Read)]));
        simulation.queue.push(unit("3", &[("b", Write)]));
        assert!(simulation.start(10).0.is_empty());
        simulation.end(&first);
        assert_eq!(simulation.start(10).0, ["2", "3"]);
    }

    #[test]
    fn a_group_has_a_limit_and_the_rest_goes_next() {
        let mut simulation =
            Simulation::of((0..5).map(|n| unit(&n.to_string(), &[("a", Write)])).collect());
        let (names, claim) = simulation.start(2);
        assert_eq!(names, ["0", "1"]);
        assert!(simulation.start(2).0.is_empty());
        assert_eq!(simulation.queue.len(), 3);
        simulation.end(&claim);
        let (names, claim) = simulation.start(2);
        assert_eq!(names, ["2", "3"]);
        simulation.end(&claim);
        assert_eq!(simulation.start(2).0, ["4"]);
    }
}
