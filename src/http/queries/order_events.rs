//! Following an order: `/orders/{id}/events`, as server-sent events.

use super::orders::visible;
use crate::auth::Caller;
use crate::http::extract::Path;
use crate::http::problem::Problem;
use crate::http::resources::OrderResource;
use crate::state::AppState;
use aggregates::OrderId;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use std::convert::Infallible;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where nothing tells of a change, the order is looked at this often.
const POLL: Duration = Duration::from_secs(2);

/// A server-sent event, by the names of its fields.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Event` writes")]
struct OrderEvent {
    /// `order`.
    event: String,
    /// The version of the order.
    id: String,
    /// The order, as JSON.
    data: String,
}

/// Follow an order
///
/// Sends the order now and after each change, as `event: order` with the version as `id`. Ends once
/// nothing can change any more.
#[utoipa::path(get, path = "/orders/{id}/events", tag = "orders", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The order")),
    responses((status = 200, description = "Server-sent events, each with an order",
               content_type = "text/event-stream", body = OrderEvent)))]
pub(super) async fn follow(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let id = OrderId::new(id);
    visible(&state, id, &caller).await?;
    let lifetime = state.tokens.lifetime().to_std().unwrap_or_default();
    let until = tokio::time::Instant::now() + lifetime;
    let reached = state.read_models.watch();
    let follower = Follower { reached, state, caller, id, until, last: None };
    let events = futures_util::stream::unfold(follower, Follower::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

struct Follower {
    reached: tokio::sync::watch::Receiver<eventlog::Position>,
    state: AppState,
    caller: Caller,
    id: OrderId,
    /// When the access token would have to be renewed: nobody is followed longer on one.
    until: tokio::time::Instant,
    /// What was sent last.
    last: Option<String>,
}

impl Follower {
    /// A caller who was blocked, or has another role by now, is followed no longer.
    async fn may_go_on(&self) -> bool {
        match self.state.account(self.caller.id).await {
            Ok((account, _)) => account.is_active() && account.role() == Some(self.caller.role),
            Err(_) => false,
        }
    }

    /// The next state of the order; `None` once the order, the login or the server has ended.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            // A change that comes while the order is read is seen by the next look.
            self.reached.borrow_and_update();
            if !self.may_go_on().await {
                return None;
            }
            let view = visible(&self.state, self.id, &self.caller).await.ok()?;
            let version = view.order.version;
            let order = OrderResource::from_view(view)?;
            // Of the whole order: a part of it may be worth nothing before the whole has ended.
            let has_ended = order.has_ended();
            let text = serde_json::to_string(&order.seen_by(&self.caller)).ok()?;
            if self.last.as_ref() != Some(&text) {
                self.last = Some(text.clone());
                let event = Event::default().event("order").id(version.to_string()).data(text);
                return Some((Ok(event), self));
            }
            if has_ended {
                return None;
            }
            tokio::select! {
                changed = self.reached.changed() => changed.ok()?,
                () = tokio::time::sleep(POLL) => {}
                () = tokio::time::sleep_until(self.until) => return None,
                () = self.state.stopping.cancelled() => return None,
            }
        }
    }
}
