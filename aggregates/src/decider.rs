//! The shape of every aggregate: a pure decider.

use cqrs_es::DomainEvent;

/// A consistency boundary. Its state is the fold of its events; its rules live in `decide`.
pub trait Decider: Default {
    /// The stream type under which the log stores it.
    const TYPE: &'static str;
    type Command;
    type Event: DomainEvent;
    type Error: std::error::Error;

    /// Which events the command causes in this state, or which rule it breaks. Every fact it needs
    /// (prices, the time, ids) is in the command.
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Error>;

    /// The state after the event. Infallible: what happened, happened.
    #[must_use]
    fn evolve(self, event: &Self::Event) -> Self;
}
