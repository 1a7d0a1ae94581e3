//! The webhook process: follows the feed, makes a delivery for each event and each webhook that is to
//! be told of it, and sends what is due. Its place and the deliveries are stored together, so that each
//! event is told once; sending is repeated until it is answered.

use super::content::{self, News, body};
use super::courier::{Courier, Resolver};
use super::deliveries::{self, Due, New};
use super::{TEST, attempt, react};
use crate::state::AppState;
use aggregates::webhook::{Audience, Event, Topic};
use aggregates::{Account, DeliveryId, Fact, UserId, WebhookId};
use chrono::TimeDelta;
use eventlog::checkpoints::{self, Checkpoint};
use eventlog::{Position, Recorded, UnitError, feed, leases, load_stream};
use projections::webhooks::Row;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The name of the process, its lease and its place. Not that of a read model: those have places too.
const NAME: &str = "tell-webhooks";
/// Of its place: nothing is told anew.
const GENERATION: i32 = 1;
const LEASE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(500);
const PAGE: i64 = 500;
/// How long the read models are waited for: they say which webhooks there are.
const CATCH_UP: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Deliveries to one webhook at once, so that a slow one leaves room for the others.
const EACH: usize = 4;
/// A delivery that could not be tried or recorded for reasons of ours rests this long.
const REST: Duration = Duration::from_secs(5);
/// What happened longer ago than this is no news any more, as in a log that was imported.
const NEWS: TimeDelta = TimeDelta::days(3);
/// How long what is under way is waited for at the end.
const END_WITHIN: Duration = Duration::from_secs(3);

/// Why the process could not go on for now.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a stream cannot be loaded: {0}")]
    Load(#[from] UnitError<Infallible>),
}

/// Tells webhooks of what happens until it is told to stop; in one process at a time.
pub async fn run(state: AppState, resolver: Arc<dyn Resolver>, stop: CancellationToken) {
    let courier = match Courier::new(&state.config.webhooks, resolver) {
        Ok(courier) => courier,
        Err(error) => return tracing::error!(%error, "webhooks cannot be told of anything"),
    };
    let holder = state.entropy.new_id();
    let mut teller = Teller { state, courier, under_way: UnderWay::default() };
    let mut pause = FIRST_PAUSE;
    while !stop.is_cancelled() {
        let wait = match teller.round(holder).await {
            Ok(true) => {
                pause = FIRST_PAUSE;
                continue;
            }
            Ok(false) => {
                pause = FIRST_PAUSE;
                POLL
            }
            Err(error) => {
                tracing::warn!(%error, "webhooks wait");
                pause = (pause * 2).min(LONGEST_PAUSE);
                pause
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = teller.under_way.ended() => {}
            () = stop.cancelled() => {}
        }
    }
    let Teller { state, mut under_way, .. } = teller;
    if tokio::time::timeout(END_WITHIN, under_way.all_ended()).await.is_err() {
        tracing::debug!("deliveries that are under way are repeated at the next start");
    }
    if let Err(error) = leases::release(&state.pool, NAME, holder).await {
        tracing::debug!(%error, "the lease of the webhook process runs out by itself");
    }
}

struct Teller {
    state: AppState,
    courier: Courier,
    under_way: UnderWay,
}

/// What an event of a webhook itself asks for.
enum Wish {
    Make(New),
    Repeat(WebhookId, DeliveryId),
}

impl Teller {
    /// Does what there is to do; `true` where there is more.
    async fn round(&mut self, holder: Uuid) -> Result<bool, Trouble> {
        if !leases::acquire(&self.state.pool, NAME, holder, LEASE).await? {
            return Ok(false);
        }
        let more = self.follow().await?;
        self.dispatch().await?;
        Ok(more)
    }

    /// Makes the deliveries of the next events; `true` where there are more events.
    async fn follow(&self) -> Result<bool, Trouble> {
        let state = &self.state;
        let head = feed::head(&state.pool).await?;
        let from = self.place().await?;
        // Which webhooks there are is known up to where the read models are.
        if head <= from || !state.read_models.wait_for(head, CATCH_UP).await {
            return Ok(false);
        }
        let hooks = projections::webhooks::enabled(&state.pool).await?;
        if hooks.is_empty() {
            // Who is enabled later is not told of what was before.
            self.store(&[], &[], from, head).await?;
            return Ok(false);
        }
        let mut page = feed::read(&state.pool, from, PAGE).await?;
        let is_full = page.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
        page.retain(|event| event.position <= head);
        let Some(last) = page.last().map(|event| event.position) else { return Ok(false) };
        let (mut new, mut repeated) = (Vec::new(), Vec::new());
        let mut audiences = Audiences { state, known: HashMap::new() };
        for place in 0..page.len() {
            let Some(fact) =
                page.get(place).filter(|event| react::concerns(event)).and_then(decoded)
            else {
                continue;
            };
            match self.wish(&page[place], &fact, &mut audiences).await? {
                Some(Wish::Make(one)) => new.push(one),
                Some(Wish::Repeat(webhook_id, id)) => repeated.push((webhook_id, id)),
                None => self.tell(&page, place, &fact, &hooks, &mut audiences, &mut new).await?,
            }
        }
        Ok(self.store(&new, &repeated, from, last).await? && is_full)
    }

    async fn place(&self) -> Result<Position, sqlx::Error> {
        if let Some(known) = checkpoints::load(&self.state.pool, NAME).await? {
            return Ok(known.position);
        }
        let start = Checkpoint { generation: GENERATION, position: Position::START };
        checkpoints::set(&self.state.pool, NAME, start).await?;
        Ok(Position::START)
    }

    /// Stores deliveries together with the place behind their causes; `false` where another process
    /// has moved the place.
    async fn store(
        &self,
        new: &[New],
        repeated: &[(WebhookId, DeliveryId)],
        from: Position,
        to: Position,
    ) -> Result<bool, sqlx::Error> {
        let now = self.state.clock.now();
        let mut transaction = self.state.pool.begin().await?;
        if !new.is_empty() {
            deliveries::make(&mut *transaction, new, now).await?;
            eventlog::fault!("webhook.made");
        }
        for (webhook_id, id) in repeated {
            deliveries::repeat(&mut *transaction, *webhook_id, *id, now).await?;
        }
        let names = [NAME.to_owned()];
        let moved =
            checkpoints::advance(&mut *transaction, &names, &[GENERATION], from, to).await? == 1;
        if moved {
            transaction.commit().await?;
            eventlog::fault!("webhook.stored");
        } else {
            transaction.rollback().await?;
        }
        Ok(moved)
    }

    /// What an event of a webhook asks for, if it is one.
    async fn wish(
        &self,
        event: &Recorded,
        fact: &Fact,
        audiences: &mut Audiences<'_>,
    ) -> Result<Option<Wish>, Trouble> {
        let Fact::Webhook(fact) = fact else { return Ok(None) };
        let Ok(id) = event.aggregate_id.parse::<WebhookId>() else { return Ok(None) };
        match fact {
            Event::ResendRequested { delivery_id, .. } => Ok(Some(Wish::Repeat(id, *delivery_id))),
            Event::TestRequested { delivery_id, at } => {
                let row = projections::webhooks::webhook(&self.state.pool, id).await?;
                let Some(row) = row else { return Ok(None) };
                let Some(audience) = audiences.of(row.owner).await? else { return Ok(None) };
                Ok(Some(Wish::Make(New {
                    id: *delivery_id,
                    webhook_id: id,
                    event_id: event.event_id,
                    event_type: TEST,
                    audience,
                    body: body(TEST, *at, &json!({ "webhook_id": id })),
                })))
            }
            Event::Registered { .. }
            | Event::Changed { .. }
            | Event::SecretRotated { .. }
            | Event::Enabled { .. }
            | Event::Disabled { .. }
            | Event::Removed { .. } => Ok(None),
        }
    }

    /// Adds what each webhook is to be told of the event at `place`.
    async fn tell(
        &self,
        page: &[Recorded],
        place: usize,
        fact: &Fact,
        hooks: &[Row],
        audiences: &mut Audiences<'_>,
        new: &mut Vec<New>,
    ) -> Result<(), Trouble> {
        let Some(topic) = react::topic(fact) else { return Ok(()) };
        let (event, later) = (&page[place], page.get(place + 1..).unwrap_or_default());
        if self.state.clock.now() - event.recorded_at > NEWS {
            return Ok(());
        }
        let at = event.position.global_position;
        let listening: Vec<&Row> =
            hooks.iter().filter(|hook| hook.since < at && wants(hook, topic)).collect();
        if listening.is_empty() || react::is_told_later(topic, event, later) {
            return Ok(());
        }
        let Some(news) = content::news(&self.state, page, place, fact, topic).await? else {
            return Ok(());
        };
        for hook in listening {
            let Some(audience) = audiences.of(hook.owner).await? else { continue };
            if !wants_exactly(hook, news.topic) || !audience.admits(news.topic) {
                continue;
            }
            let Some(data) = part(&news, audience, hook.owner) else { continue };
            new.push(New {
                id: self.state.entropy.new_id().into(),
                webhook_id: hook.id,
                event_id: event.event_id,
                event_type: news.topic.as_str(),
                audience,
                body: body(news.topic.as_str(), event.recorded_at, data),
            });
        }
        Ok(())
    }

    /// Begins to send what is due, as far as there is room.
    async fn dispatch(&mut self) -> Result<(), Trouble> {
        let room = usize::try_from(self.state.config.webhooks.concurrency)
            .unwrap_or(usize::MAX)
            .saturating_sub(self.under_way.len());
        if room == 0 {
            return Ok(());
        }
        let (ids, busy) = (self.under_way.ids(), self.under_way.busy());
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let now = self.state.clock.now();
        let all =
            deliveries::due(&self.state.pool, now, &ids, &busy, count(EACH), count(room)).await?;
        for due in all {
            if !self.under_way.has_room(due.webhook_id) {
                continue;
            }
            let (state, courier) = (self.state.clone(), self.courier.clone());
            self.under_way.begin(due, async move |due| {
                if let Err(error) = attempt::run(&state, &courier, &due).await {
                    tracing::warn!(%error, delivery = %due.id, "a delivery waits");
                    tokio::time::sleep(REST).await;
                }
            });
        }
        Ok(())
    }
}

/// An event that cannot be read is not told.
fn decoded(event: &Recorded) -> Option<Fact> {
    let decoded = Fact::decode(
        &event.aggregate_type,
        &event.event_type,
        &event.event_version,
        &event.payload,
    );
    if let Err(error) = &decoded {
        tracing::warn!(event_id = %event.event_id, %error, "webhooks are not told of an event");
    }
    decoded.ok()
}

/// Whether a webhook may have to be told: what a command did to a product may be told as its creation.
fn wants(hook: &Row, topic: Topic) -> bool {
    wants_exactly(hook, topic)
        || (topic == Topic::ProductUpdated && wants_exactly(hook, Topic::ProductCreated))
}

fn wants_exactly(hook: &Row, topic: Topic) -> bool {
    let topics = hook.state.enabled().map(|details| &details.endpoint.topics);
    topics.is_some_and(|topics| topics.contains(&topic) || topics.contains(&Topic::Any))
}

fn part(news: &News, audience: Audience, owner: UserId) -> Option<&serde_json::Value> {
    match audience {
        Audience::Store => Some(&news.whole),
        Audience::Seller => news.parts.get(&owner),
    }
}

/// What owners may be told of, asked once for each page.
struct Audiences<'s> {
    state: &'s AppState,
    known: HashMap<UserId, Option<Audience>>,
}

impl Audiences<'_> {
    async fn of(&mut self, owner: UserId) -> Result<Option<Audience>, Trouble> {
        if let Some(known) = self.known.get(&owner) {
            return Ok(*known);
        }
        let (pool, codec) = (&self.state.pool, self.state.log.codec());
        let (account, _) = load_stream::<Account>(pool, codec, &owner.to_string()).await?;
        let audience = super::audience(&account);
        self.known.insert(owner, audience);
        Ok(audience)
    }
}

/// The deliveries that are being sent.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    by_task: HashMap<Id, (Uuid, Uuid)>,
}

impl UnderWay {
    fn len(&self) -> usize {
        self.by_task.len()
    }

    fn ids(&self) -> Vec<Uuid> {
        self.by_task.values().map(|(_, id)| *id).collect()
    }

    fn has_room(&self, webhook_id: Uuid) -> bool {
        self.by_task.values().filter(|(webhook, _)| *webhook == webhook_id).count() < EACH
    }

    /// Webhooks that are told as much at once as is allowed.
    fn busy(&self) -> Vec<Uuid> {
        let all: HashSet<Uuid> = self.by_task.values().map(|(webhook, _)| *webhook).collect();
        all.into_iter().filter(|webhook| !self.has_room(*webhook)).collect()
    }

    fn begin<F>(&mut self, due: Due, send: impl FnOnce(Due) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let name = (due.webhook_id, due.id);
        let task = self.tasks.spawn(send(due));
        self.by_task.insert(task.id(), name);
    }

    /// Waits until one has ended; for ever where there is none.
    async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => self.by_task.remove(&id),
            Some(Err(error)) => self.by_task.remove(&error.id()),
            None => std::future::pending().await,
        };
    }

    async fn all_ended(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
