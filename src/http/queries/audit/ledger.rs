//! The double-entry journal and its trial balance, now or as of any moment: `/audit/ledger`.

use super::replay::{AsOfQuery, PATIENCE, moment};
use crate::http::docs::{Amount, JournalAccount, SignedAmount};
use crate::http::extract::{Auditor, Query};
use crate::http::pagination::{List, PageQuery};
use crate::http::problem::{FieldError, Problem};
use crate::http::value::is_in_the_calendar;
use crate::replay::show_as_of;
use crate::state::AppState;
use aggregates::{GiftCardId, Money, OrderId, UserId};
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use eventlog::{AsOf, feed};
use garde::Validate;
use projections::ledger::{self, Account, Balance, Filter, Row, TrialBalance};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Which lines of the journal are wanted. The trial balance is always of all of them.
#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JournalQuery {
    /// Recorded at or after.
    #[garde(inner(custom(is_in_the_calendar)))]
    from: Option<DateTime<Utc>>,
    /// Recorded before.
    #[garde(inner(custom(is_in_the_calendar)))]
    to: Option<DateTime<Utc>>,
    /// cash_clearing, gift_card_liability, gift_card_breakage, loyalty_liability, loyalty_expense,
    /// sales, discounts, delivery_income or refunds.
    #[garde(length(max = 100))]
    #[param(value_type = Option<JournalAccount>, example = "gift_card_liability")]
    account: Option<String>,
}

impl JournalQuery {
    fn account(&self) -> Result<Option<Account>, Problem> {
        let named = self.account.as_deref().map(str::parse).transpose();
        named.map_err(|error: ledger::UnknownAccount| {
            let error = FieldError::parameter("account", error.to_string());
            Problem::invalid(vec![error.code("invalid")])
        })
    }
}

/// The sums of an account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccountBalance {
    #[schema(value_type = JournalAccount)]
    pub account: Account,
    #[schema(value_type = SignedAmount)]
    pub debit: Decimal,
    #[schema(value_type = SignedAmount)]
    pub credit: Decimal,
    /// Debits less credits: negative where the store owes or has earned.
    #[schema(value_type = SignedAmount)]
    pub balance: Decimal,
}

impl From<&Balance> for AccountBalance {
    fn from(sums: &Balance) -> Self {
        let Balance { account, debit, credit } = *sums;
        Self { account, debit, credit, balance: sums.balance() }
    }
}

/// Over all accounts: both are the same.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JournalTotals {
    #[schema(value_type = SignedAmount)]
    pub debit: Decimal,
    #[schema(value_type = SignedAmount)]
    pub credit: Decimal,
}

impl From<&TrialBalance> for JournalTotals {
    fn from(sums: &TrialBalance) -> Self {
        Self { debit: sums.debit(), credit: sums.credit() }
    }
}

/// One line of an entry. The lines of an event have the same debits as credits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JournalLine {
    pub event_id: Uuid,
    /// From 1 within the event.
    pub line: i16,
    /// The place of the event in the feed, as a token.
    #[schema(example = "2f5-3a")]
    pub position: String,
    pub recorded_at: DateTime<Utc>,
    #[schema(value_type = JournalAccount)]
    pub account: Account,
    #[schema(value_type = Amount)]
    pub debit: Money,
    #[schema(value_type = Amount)]
    pub credit: Money,
    #[schema(example = "KZT")]
    pub currency: String,
    /// The stream of the event: `/audit/streams/{aggregate_type}/{aggregate_id}`.
    #[schema(example = "order")]
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub order_id: Option<Uuid>,
    pub gift_card_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    #[schema(example = "order confirmed")]
    pub description: String,
}

impl From<Row> for JournalLine {
    fn from(row: Row) -> Self {
        Self {
            position: row.position().to_string(),
            event_id: row.event_id,
            line: row.line,
            recorded_at: row.recorded_at,
            account: row.account,
            debit: row.debit,
            credit: row.credit,
            currency: row.currency.to_string(),
            aggregate_type: row.stream_type,
            aggregate_id: row.stream_id,
            order_id: row.order_id.map(OrderId::uuid),
            gift_card_id: row.gift_card_id.map(GiftCardId::uuid),
            user_id: row.user_id.map(UserId::uuid),
            description: row.description,
        }
    }
}

/// The journal as of a moment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LedgerResource {
    /// The moment that is answered for: asking with it again gives the same bytes.
    #[schema(example = "2f5-3a")]
    pub as_of: String,
    pub trial_balance: Vec<AccountBalance>,
    pub totals: JournalTotals,
    /// In the order of the feed.
    #[serde(flatten)]
    pub page: List<JournalLine>,
}

/// Get the journal and its trial balance
///
/// As of any moment. The filters choose among the lines; the trial balance is of all accounts and
/// all time up to that moment. To read on, pass `as_of` of the first page beside the cursor.
#[utoipa::path(get, path = "/audit/ledger", tag = "audit", security(("bearer" = [])),
    params(AsOfQuery, JournalQuery, PageQuery),
    responses((status = 200, description = "The journal as of then", body = LedgerResource)))]
async fn show(
    State(state): State<AppState>,
    _auditor: Auditor,
    Query(when): Query<AsOfQuery>,
    Query(query): Query<JournalQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<LedgerResource>, Problem> {
    let (account, after) = (query.account()?, page.after()?);
    let as_of = moment(&state, &when).await?;
    projected(&state, as_of).await?;
    let (from, to, limit, offset) = (query.from, query.to, page.limit(), page.offset());
    let filter = Filter { account, from, to, as_of: Some(as_of), after, limit, offset };
    let sums = ledger::trial_balance(&state.read_pool, Some(as_of)).await?;
    let found = ledger::entries(&state.read_pool, &filter).await?;
    let items = found.items.into_iter().map(JournalLine::from).collect();
    Ok(Json(LedgerResource {
        as_of: show_as_of(as_of),
        trial_balance: sums.accounts.iter().map(AccountBalance::from).collect(),
        totals: JournalTotals::from(&sums),
        page: List::new(items, found.next.as_ref()),
    }))
}

/// Waits until the journal has all that belongs to a settled moment.
async fn projected(state: &AppState, as_of: AsOf) -> Result<(), Problem> {
    let position = match as_of {
        AsOf::Position(position) => position,
        // All that may bear that time is in the feed by now.
        AsOf::Time(_) => feed::head(&state.pool).await?,
    };
    state.books.wait_for(position, PATIENCE).await;
    // What stopped only the journal does not stop the other books.
    if ledger::reached(&state.read_pool).await? >= position {
        return Ok(());
    }
    Err(Problem::overloaded("the journal has not come to that moment yet; try again"))
}
