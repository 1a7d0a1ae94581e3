//! Importing products: `/products/bulk`. The body is read as it arrives and stored in chunks, so that
//! memory does not grow with it; every row gets its result.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod releases;
mod rows;

use super::products::CreateProduct;
use crate::catalogue::{BulkRow, Import, RowOutcome};
use crate::http::extract::{CommandContext, Query, Seller};
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::{Reply, detached, finish};
use crate::state::AppState;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use eventlog::{Committed, Outcome};
use futures_util::StreamExt;
use garde::Validate;
use rows::{Format, RowReader};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Rows of one import at most.
const MAX_ROWS: usize = 10_000;
/// Bytes of one import at most.
const MAX_BYTES: usize = 32 * 1024 * 1024;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(import))
}

#[derive(Debug, Clone, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct BulkQuery {
    /// All rows or none.
    #[garde(skip)]
    #[serde(default)]
    atomic: bool,
}

/// What became of the rows.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct BulkReport {
    created: usize,
    /// Albums that were imported before.
    exists: usize,
    refused: usize,
    items: Vec<BulkItem>,
}

/// What became of one row.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct BulkItem {
    /// From 1.
    row: usize,
    /// `created`, `exists` or `refused`.
    #[schema(example = "created")]
    status: &'static str,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Import products
///
/// A JSON array (`application/json`), a product a line (`application/x-ndjson`), or CSV with a header
/// (`text/csv`: name, description, price, category, quantity); up to 10,000 rows. A repeated import
/// with the same `Idempotency-Key` makes no product twice. A product whose row has no `quantity` has as
/// many units in stock as are configured.
///
/// A row with `artist` and `title` makes an album, as in lists of releases of Discogs (Artist, Title,
/// Label, Catalog#, Format, Released, Genre, Price, Quantity; in any case), with its artist where that
/// is new. An album that was imported before is left as it is, with or without a key.
#[utoipa::path(post, path = "/products/bulk", tag = "catalogue", security(("bearer" = [])),
    params(BulkQuery),
    request_body(content((Vec<CreateProduct> = "application/json"),
                         (String = "application/x-ndjson"), (String = "text/csv"))),
    responses((status = 200, description = "What became of each row", body = BulkReport)))]
async fn import(
    State(state): State<AppState>,
    seller: Seller,
    ctx: CommandContext,
    Query(query): Query<BulkQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let format = Format::of(content_type.unwrap_or_default())?;
    let reader = RowReader::new(format, state.config.catalogue.imported_quantity);
    let (sender, receiver) = mpsc::channel(4);
    let (whole, came_whole) = oneshot::channel();
    let importer = Import {
        log: state.log.clone(),
        pool: state.pool.clone(),
        entropy: state.entropy.clone(),
        metadata: ctx.metadata(),
        seller_id: seller.id,
        atomic: query.atomic,
        key: ctx.idempotency().map(|key| format!("{} {}", key.scope, key.key)),
    };
    // What has arrived is stored and answered, also where the client hangs up in the middle.
    let storing = detached(async move {
        let outcome = importer.run(receiver, came_whole).await?;
        let (outcomes, position) = outcome;
        let reply = report(outcomes, query.atomic)?;
        finish(&state, &ctx, Outcome::Done(Committed { value: reply, position })).await
    });
    let reading = async move {
        let read = read(reader, body, sender).await;
        if read.is_ok() {
            // Where nobody listens any more, the importer has failed, which is the answer.
            let _ = whole.send(());
        }
        read
    };
    let (read, stored) = tokio::join!(reading, storing);
    read?;
    stored
}

/// Cuts the body into rows as it arrives.
async fn read(
    mut reader: RowReader,
    body: Body,
    rows: mpsc::Sender<BulkRow>,
) -> Result<(), Problem> {
    let mut stream = body.into_data_stream();
    let (mut bytes, mut number) = (0, 0);
    loop {
        let chunk: Option<Bytes> = match stream.next().await {
            Some(Ok(chunk)) => Some(chunk),
            Some(Err(_)) => {
                let detail = "the body ended before it was complete";
                return Err(Problem::bad_request("unreadable_body", detail));
            }
            None => None,
        };
        bytes += chunk.as_ref().map_or(0, Bytes::len);
        if bytes > MAX_BYTES {
            let detail = "an import has at most 32 MiB";
            return Err(Problem::payload_too_large("body_too_large", detail));
        }
        let parsed = match &chunk {
            Some(chunk) => reader.push(chunk)?,
            None => reader.finish()?,
        };
        for item in parsed {
            number += 1;
            if number > MAX_ROWS {
                let detail =
                    "an import has at most 10,000 rows; those before are stored, unless atomic";
                return Err(Problem::unprocessable("too_many_rows", detail));
            }
            if rows.send(BulkRow { number, item }).await.is_err() {
                // The importer has failed; its error is the answer.
                return Ok(());
            }
        }
        if chunk.is_none() {
            return Ok(());
        }
    }
}

fn report(outcomes: Vec<RowOutcome>, atomic: bool) -> Result<Reply, Problem> {
    let refused =
        outcomes.iter().filter(|outcome| matches!(outcome, RowOutcome::Refused(_))).count();
    if atomic && refused > 0 {
        let errors = outcomes.iter().enumerate().filter_map(|(index, outcome)| match outcome {
            RowOutcome::Refused(reason) => Some(FieldError::at(format!("/{index}"), reason)),
            RowOutcome::Created(_) | RowOutcome::Exists(_) | RowOutcome::Skipped => None,
        });
        let detail = format!("{refused} rows are refused, so none is stored");
        return Err(Problem::unprocessable("bulk_refused", detail).errors(errors.collect()));
    }
    let exists = outcomes.iter().filter(|outcome| matches!(outcome, RowOutcome::Exists(_))).count();
    let items: Vec<BulkItem> = outcomes.into_iter().zip(1..).map(BulkItem::from).collect();
    let created = items.len() - refused - exists;
    Ok(Reply::ok(&BulkReport { created, exists, refused, items }))
}

impl From<(RowOutcome, usize)> for BulkItem {
    fn from((outcome, row): (RowOutcome, usize)) -> Self {
        let (status, id, error) = match outcome {
            RowOutcome::Created(id) => ("created", Some(id.uuid()), None),
            RowOutcome::Exists(id) => ("exists", Some(id.uuid()), None),
            RowOutcome::Refused(reason) => ("refused", None, Some(reason)),
            RowOutcome::Skipped => ("skipped", None, None),
        };
        Self { row, status, id, error }
    }
}
