//! Every schedule of a few units on two streams: all sets of wishes, all orders in which units come and
//! groups end, as a model checker would run them. The queue and the lanes are driven as the scheduler
//! drives them; between its steps nothing else touches them, so that these are all there are.

use super::tests::unit;
use super::{Claim, Lanes, Queue};
use crate::StreamId;
use crate::unit::Access::{self, Create, Peek, Read, Write};
use crate::unit::Pending;

/// What a unit may want.
const WISHES: [&[(&str, Access)]; 7] = [
    &[("a", Write)],
    &[("b", Create)],
    &[("a", Read)],
    &[("a", Read), ("b", Write)],
    &[("a", Write), ("b", Write)],
    &[("a", Peek), ("b", Write)],
    &[("a", Read), ("b", Read)],
];
const UNITS: usize = 4;
const MOST_IN_FLIGHT: usize = 2;
const MOST_IN_GROUP: usize = 2;

/// Makes the choices of one run, and then those of the next one, until all were made.
#[derive(Default)]
struct Choices {
    /// What was chosen, of how many.
    made: Vec<(usize, usize)>,
    next: usize,
}

impl Choices {
    fn choose(&mut self, of: usize) -> usize {
        if self.next == self.made.len() {
            self.made.push((0, of));
        }
        let (chosen, _) = self.made[self.next];
        self.next += 1;
        chosen
    }

    /// Whether there is another run.
    fn another(&mut self) -> bool {
        self.next = 0;
        while let Some((chosen, of)) = self.made.pop() {
            if chosen + 1 < of {
                self.made.push((chosen + 1, of));
                return true;
            }
        }
        false
    }
}

/// Whether two units must not run beside each other.
fn clash(one: &[(&str, Access)], two: &[(&str, Access)]) -> bool {
    let writes = |access: &Access| matches!(access, Write | Create);
    let counts = |access: &Access| !matches!(access, Peek);
    one.iter().any(|(stream, access)| {
        two.iter().any(|(other, wanted)| {
            stream == other
                && counts(access)
                && counts(wanted)
                && (writes(access) || writes(wanted))
        })
    })
}

struct Run<'w> {
    wishes: &'w [&'w [(&'static str, Access)]],
    queue: Queue,
    lanes: Lanes,
    came: usize,
    under_way: Vec<(Vec<usize>, Claim)>,
    started: Vec<usize>,
}

impl Run<'_> {
    /// As `Scheduler::dispatch`.
    fn dispatch(&mut self) {
        while self.under_way.len() < MOST_IN_FLIGHT {
            let group = self.queue.next_group(&self.lanes, MOST_IN_GROUP);
            if group.is_empty() {
                return self.nobody_waits_for_nothing();
            }
            let units: Vec<usize> = group.iter().map(number).collect();
            for unit in &units {
                self.may_start(*unit);
            }
            let claim = Claim::of(&group);
            self.lanes.take(&claim);
            self.under_way.push((units, claim));
        }
    }

    /// Nobody is beside it whom it must not meet, and nobody is passed by it.
    fn may_start(&mut self, unit: usize) {
        assert!(!self.started.contains(&unit), "{unit} runs twice, {}", self.told());
        for other in self.under_way.iter().flat_map(|(units, _)| units) {
            let meet = clash(self.wishes[unit], self.wishes[*other]);
            assert!(!meet, "{unit} runs beside {other}, {}", self.told());
        }
        for earlier in 0..unit {
            let passed = clash(self.wishes[unit], self.wishes[earlier]);
            let passed = passed && !self.started.contains(&earlier);
            assert!(!passed, "{unit} passes {earlier}, {}", self.told());
        }
        self.started.push(unit);
    }

    /// Whoever waits is held up by a unit under way, or by one that came before and waits itself.
    fn nobody_waits_for_nothing(&self) {
        for unit in (0..self.came).filter(|unit| !self.started.contains(unit)) {
            let waiting = (0..unit).filter(|earlier| !self.started.contains(earlier));
            let running = self.under_way.iter().flat_map(|(units, _)| units).copied();
            let held_up =
                waiting.chain(running).any(|by| clash(self.wishes[unit], self.wishes[by]));
            assert!(held_up, "{unit} waits for nothing, {}", self.told());
        }
    }

    fn told(&self) -> String {
        format!("wishes {:?}, started {:?}", self.wishes, self.started)
    }
}

fn number(unit: &Pending) -> usize {
    unit.metadata.parse().unwrap()
}

/// One schedule, from the first unit to the end of the last group.
fn run(wishes: &[&[(&'static str, Access)]], choices: &mut Choices) {
    let (queue, lanes) = (Queue::default(), Lanes::default());
    let mut run = Run { wishes, queue, lanes, came: 0, under_way: Vec::new(), started: Vec::new() };
    loop {
        let comes = usize::from(run.came < wishes.len());
        let next = comes + run.under_way.len();
        if next == 0 {
            break;
        }
        let chosen = choices.choose(next);
        if chosen < comes {
            run.queue.push(unit(&run.came.to_string(), wishes[run.came]));
            run.came += 1;
        } else {
            let (_, claim) = run.under_way.remove(chosen - comes);
            run.lanes.release(&claim);
            run.queue.streams_were_freed();
        }
        run.dispatch();
    }
    assert_eq!(run.started.len(), wishes.len(), "somebody starves, {}", run.told());
    assert_eq!(run.queue.len(), 0);
    for stream in ["a", "b"] {
        let free = run.lanes.is_free(&StreamId::new("thing", stream), Write);
        assert!(free, "{stream} is never freed, {}", run.told());
    }
}

#[test]
fn in_every_schedule_units_exclude_each_other_keep_their_order_and_all_run() {
    let mut schedules = 0_u32;
    for all in 0..WISHES.len().pow(u32::try_from(UNITS).unwrap()) {
        let wish = |place: u32| WISHES[all / WISHES.len().pow(place) % WISHES.len()];
        let wishes: Vec<_> = (0..u32::try_from(UNITS).unwrap()).map(wish).collect();
        let mut choices = Choices::default();
        loop {
            run(&wishes, &mut choices);
            schedules += 1;
            if !choices.another() {
                break;
            }
        }
    }
    assert!(schedules > 30_000, "{schedules} schedules are not all");
}
