//! Decides whether a concurrent history is linearizable: whether all its calls can be put in one
//! order that a sequential model takes, such that a call that ended before another began comes
//! first. Knows nothing of commerce and never touches a server.
//!
//! The search of Wing and Gong over a list of calls and returns, with Lowe's memory of
//! configurations (which calls are placed, and the state after them) that led nowhere.

use std::collections::HashSet;
use std::fmt::{Debug, Write as _};
use std::hash::Hash;

/// What one object does when its calls come one after another.
pub trait Model {
    type State: Clone + Eq + Hash + Debug;
    /// A call with its answer.
    type Op: Debug;

    /// The state after the call; `None` where it cannot have had this answer in this state.
    fn after(state: &Self::State, op: &Self::Op) -> Option<Self::State>;
}

/// A call of one client. Times are of one clock, and no two are the same.
#[derive(Debug, Clone)]
pub struct Call<O> {
    pub client: usize,
    pub op: O,
    pub start: u64,
    /// `None` where no answer came: it may have happened at any time since, or not at all.
    pub end: Option<u64>,
}

/// Why a history is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No order explains it. The most calls that could be placed, in their order.
    Impossible { placed: Vec<usize> },
    /// The search was given up: the history is too concurrent to be checked.
    Undecided,
}

/// Configurations that a search remembers at most; some hundred bytes each.
const MOST_CONFIGURATIONS: usize = 2_000_000;

/// Checks the history of one object.
pub fn check<M: Model>(initial: &M::State, calls: &[Call<M::Op>]) -> Result<(), Refusal> {
    let mut search = Search::<M> {
        calls,
        events: Events::of(calls),
        state: initial.clone(),
        placed: Placed::none(calls.len()),
        answered: calls.iter().filter(|call| call.end.is_some()).count(),
        path: Vec::new(),
        seen: HashSet::new(),
        longest: Vec::new(),
    };
    search.run()
}

/// What somebody needs to see why a history was refused.
pub fn explain<M: Model>(initial: &M::State, calls: &[Call<M::Op>], refusal: &Refusal) -> String {
    let Refusal::Impossible { placed } = refusal else { return format!("{refusal:?}") };
    let mut text = format!("from {initial:?}:\n");
    let mut state = initial.clone();
    for index in placed {
        state = M::after(&state, &calls[*index].op).unwrap_or(state);
        let _ = writeln!(text, "  {} -> {state:?}", told(&calls[*index]));
    }
    text.push_str("and then none of these fits:\n");
    for (index, call) in calls.iter().enumerate() {
        if !placed.contains(&index) {
            let _ = writeln!(text, "  {}", told(call));
        }
    }
    text
}

fn told<O: Debug>(call: &Call<O>) -> String {
    let Call { client, op, start, end } = call;
    let end = end.map_or("never".to_owned(), |end| end.to_string());
    format!("client {client}, {start} to {end}: {op:?}")
}

struct Search<'c, M: Model> {
    calls: &'c [Call<M::Op>],
    events: Events,
    state: M::State,
    placed: Placed,
    /// Calls with an answer that are not placed yet.
    answered: usize,
    /// The placed calls, each with the state before it.
    path: Vec<(usize, M::State)>,
    seen: HashSet<(Placed, M::State)>,
    longest: Vec<usize>,
}

impl<M: Model> Search<'_, M> {
    fn run(&mut self) -> Result<(), Refusal> {
        let mut at = self.events.first();
        while self.answered > 0 {
            // The return of an answered call that is not placed is always still in the list.
            let Some(event) = at else { return self.impossible() };
            at = match self.events.kind(event) {
                Kind::Call(call) if self.place(call) => self.events.first(),
                Kind::Call(_) => self.events.next(event),
                Kind::Return => match self.take_back() {
                    Some(call) => self.events.next(self.events.call(call)),
                    None => return self.impossible(),
                },
            };
            if self.seen.len() > MOST_CONFIGURATIONS {
                return Err(Refusal::Undecided);
            }
        }
        Ok(())
    }

    fn impossible(&self) -> Result<(), Refusal> {
        Err(Refusal::Impossible { placed: self.longest.clone() })
    }

    /// Places the call next, unless its answer forbids that or it led nowhere before.
    fn place(&mut self, call: usize) -> bool {
        let Some(after) = M::after(&self.state, &self.calls[call].op) else { return false };
        self.placed.flip(call);
        if !self.seen.insert((self.placed.clone(), after.clone())) {
            self.placed.flip(call);
            return false;
        }
        self.path.push((call, std::mem::replace(&mut self.state, after)));
        self.events.lift(call);
        self.answered -= usize::from(self.calls[call].end.is_some());
        if self.path.len() > self.longest.len() {
            self.longest = self.path.iter().map(|(call, _)| *call).collect();
        }
        true
    }

    fn take_back(&mut self) -> Option<usize> {
        let (call, before) = self.path.pop()?;
        self.state = before;
        self.placed.flip(call);
        self.events.put_back(call);
        self.answered += usize::from(self.calls[call].end.is_some());
        Some(call)
    }
}

/// A set of calls.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Placed(Box<[u64]>);

impl Placed {
    fn none(calls: usize) -> Self {
        Self(vec![0; calls.div_ceil(64)].into())
    }

    fn flip(&mut self, call: usize) {
        self.0[call / 64] ^= 1 << (call % 64);
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Call(usize),
    Return,
}

/// Calls and returns in the order of their times, as a list from which placed calls are lifted. Place
/// 0 is before the first one; 0 as a successor is the end.
struct Events {
    kinds: Vec<Kind>,
    after: Vec<usize>,
    before: Vec<usize>,
    /// Where each call begins and, if it was answered, returns.
    places: Vec<(usize, Option<usize>)>,
}

impl Events {
    fn of<O>(calls: &[Call<O>]) -> Self {
        let starts = calls.iter().enumerate().map(|(index, call)| (call.start, index, true));
        let ends = calls.iter().enumerate().filter_map(|(index, c)| Some((c.end?, index, false)));
        let mut events: Vec<_> = starts.chain(ends).collect();
        events.sort_unstable();
        let mut kinds = vec![Kind::Return];
        let mut places = vec![(0, None); calls.len()];
        for (place, (_, call, begins)) in (1..).zip(&events) {
            kinds.push(if *begins { Kind::Call(*call) } else { Kind::Return });
            if *begins {
                places[*call].0 = place;
            } else {
                places[*call].1 = Some(place);
            }
        }
        let size = kinds.len();
        let after = (1..=size).map(|place| place % size).collect();
        let before = (0..size).map(|place| (place + size - 1) % size).collect();
        Self { kinds, after, before, places }
    }

    fn kind(&self, place: usize) -> Kind {
        self.kinds[place]
    }

    fn first(&self) -> Option<usize> {
        self.next(0)
    }

    fn next(&self, place: usize) -> Option<usize> {
        Some(self.after[place]).filter(|next| *next != 0)
    }

    fn call(&self, call: usize) -> usize {
        self.places[call].0
    }

    fn lift(&mut self, call: usize) {
        let (start, end) = self.places[call];
        for place in [Some(start), end].into_iter().flatten() {
            self.after[self.before[place]] = self.after[place];
            self.before[self.after[place]] = self.before[place];
        }
    }

    /// The reverse of the last lift that is not reversed yet.
    fn put_back(&mut self, call: usize) {
        let (start, end) = self.places[call];
        for place in [end, Some(start)].into_iter().flatten() {
            self.after[self.before[place]] = place;
            self.before[self.after[place]] = place;
        }
    }
}
