//! The one place where our deciders become cqrs-es aggregates.

/// Implements [`cqrs_es::Aggregate`] for deciders by delegation.
macro_rules! cqrs_aggregates {
    ($($aggregate:ty),+ $(,)?) => {$(
        impl cqrs_es::Aggregate for $aggregate {
            const TYPE: &'static str = <Self as crate::Decider>::TYPE;
            type Command = <Self as crate::Decider>::Command;
            type Event = <Self as crate::Decider>::Event;
            type Error = <Self as crate::Decider>::Error;
            type Services = ();

            async fn handle(
                &mut self,
                command: Self::Command,
                _services: &Self::Services,
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), Self::Error> {
                for event in crate::Decider::decide(self, command)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: Self::Event) {
                *self = crate::Decider::evolve(std::mem::take(self), &event);
            }
        }
    )+};
}

cqrs_aggregates!(
    crate::Account,
    crate::Artist,
    crate::Cart,
    crate::GiftCard,
    crate::LoyaltyAccount,
    crate::Order,
    crate::Payment,
    crate::Product,
    crate::Promotion,
    crate::PromotionUsage,
    crate::Review,
    crate::StockItem,
    crate::Webhook,
    crate::Wishlist,
);

/// Implements [`cqrs_es::DomainEvent`]: each variant's stored name is its Rust name, its version
/// is the given one. A variant that is left out does not compile.
macro_rules! domain_event {
    ($event:ty { $($variant:ident => $version:literal),+ $(,)? }) => {
        impl $event {
            /// The name and the current version of every event of this aggregate.
            pub const TYPES: &'static [(&'static str, &'static str)] =
                &[$((stringify!($variant), $version)),+];
        }

        impl cqrs_es::DomainEvent for $event {
            fn event_type(&self) -> String {
                match self { $(Self::$variant { .. } => stringify!($variant),)+ }.to_owned()
            }

            fn event_version(&self) -> String {
                match self { $(Self::$variant { .. } => $version,)+ }.to_owned()
            }
        }
    };
}
pub(crate) use domain_event;
