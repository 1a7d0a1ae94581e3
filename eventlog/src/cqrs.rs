//! The log as an event store of cqrs-es: any aggregate runs under its `CqrsFramework`.
//!
//! Streams are loaded by postgres-es, stored by our one-statement append. Its snapshot stores,
//! replay and in-memory dispatch are not used (see DESIGN, section 2).

use crate::append::{Append, NewEvent, StreamAppend, append};
use crate::load::Entity;
use crate::recorded::hash_from_stored;
use crate::{AppendError, Hash, Options, StreamId};
use cqrs_es::persist::{PersistedEventRepository, PersistenceError};
use cqrs_es::{AggregateContext, AggregateError, DomainEvent, EventEnvelope, EventStore};
use postgres_es::PostgresEventRepository;
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::Arc;

/// An [`EventStore`] over the log.
pub struct CqrsStore {
    pool: PgPool,
    repository: PostgresEventRepository,
    options: Options,
}

impl std::fmt::Debug for CqrsStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CqrsStore").finish_non_exhaustive()
    }
}

impl CqrsStore {
    pub fn new(pool: PgPool, options: Options) -> Self {
        let repository = PostgresEventRepository::new(pool.clone());
        Self { pool, repository, options }
    }

    async fn head_hash<A: Entity>(&self, id: &str, sequence: i64) -> Result<Hash, sqlx::Error> {
        let hash = sqlx::query_scalar!(
            "SELECT hash FROM events
              WHERE aggregate_type = $1 AND aggregate_id = $2 AND sequence = $3",
            A::TYPE,
            id,
            sequence
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(hash_from_stored(hash.flatten().as_deref()))
    }
}

/// An aggregate with its place in its stream.
#[derive(Debug)]
pub struct Context<A> {
    id: String,
    aggregate: A,
    sequence: i64,
    hash: Hash,
}

impl<A: Entity> AggregateContext<A> for Context<A> {
    fn aggregate(&mut self) -> &mut A {
        &mut self.aggregate
    }
}

fn unavailable<E: std::error::Error>(
    error: impl std::error::Error + Send + Sync + 'static,
) -> AggregateError<E> {
    AggregateError::UnexpectedError(Box::new(error))
}

impl<A: Entity> EventStore<A> for CqrsStore {
    type AC = Context<A>;

    async fn load_events(
        &self,
        id: &str,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let stored = self.repository.get_events::<A>(id).await?;
        stored
            .into_iter()
            .map(|event| {
                let mut event = self.options.codec.upcast_loaded(event);
                event.metadata = as_text_map(&event.metadata);
                EventEnvelope::try_from(event).map_err(|e: PersistenceError| e.into())
            })
            .collect()
    }

    async fn load_aggregate(&self, id: &str) -> Result<Self::AC, AggregateError<A::Error>> {
        let events: Vec<EventEnvelope<A>> = self.load_events(id).await?;
        let sequence = events.last().map_or(0, |event| event.sequence);
        let sequence = i64::try_from(sequence).unwrap_or(i64::MAX);
        let hash = self.head_hash::<A>(id, sequence).await.map_err(unavailable)?;
        let mut aggregate = A::default();
        for event in events {
            aggregate.apply(event.payload);
        }
        Ok(Context { id: id.to_owned(), aggregate, sequence, hash })
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        context: Self::AC,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let text: Arc<str> = serde_json::to_string(&metadata).map_err(unavailable)?.into();
        let mut new_events = Vec::with_capacity(events.len());
        for event in &events {
            new_events.push(NewEvent {
                event_id: (self.options.new_id)(),
                event_type: event.event_type(),
                event_version: event.event_version(),
                payload: serde_json::to_string(event).map_err(unavailable)?,
                metadata: Arc::clone(&text),
            });
        }
        let batch = Append {
            streams: vec![StreamAppend {
                stream: StreamId::new(A::TYPE, context.id.as_str()),
                expected: context.sequence,
                prev_hash: context.hash,
                events: new_events,
                snapshot: None,
            }],
            ..Append::default()
        };
        let appended = append(&self.pool, &batch, (self.options.now)()).await;
        let appended = appended.map_err(|error| match error {
            AppendError::Conflict => AggregateError::AggregateConflict,
            other => unavailable(other),
        })?;
        if let Some(position) = appended.position {
            (self.options.on_append)(position);
        }
        let first = usize::try_from(context.sequence).unwrap_or(usize::MAX);
        let envelopes =
            events.into_iter().zip(first + 1..).map(|(payload, sequence)| EventEnvelope {
                aggregate_id: context.id.clone(),
                sequence,
                payload,
                metadata: metadata.clone(),
            });
        Ok(envelopes.collect())
    }
}

/// cqrs-es keeps metadata as a map of texts; ours has numbers too.
fn as_text_map(metadata: &serde_json::Value) -> serde_json::Value {
    let Some(fields) = metadata.as_object() else {
        return serde_json::json!({});
    };
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let entry = |(key, value): (&String, _)| (key.clone(), serde_json::Value::from(text(value)));
    fields.iter().map(entry).collect()
}
