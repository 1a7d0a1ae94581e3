//! The columns of the journal: a line of an entry each.

use super::SinkError;
use super::columns::{Columns, Group, bytes, numbers, texts};
use chrono::{DateTime, Utc};
use parquet::data_type::ByteArray;
use projections::ledger::Row;
use serde::Serialize;
use uuid::Uuid;

/// A line of the journal as it is exported. Money is text with two digits; what is absent is empty.
#[derive(Debug, Serialize)]
pub(super) struct JournalLine {
    event_id: Uuid,
    line: i64,
    position: String,
    recorded_at: DateTime<Utc>,
    account: &'static str,
    debit: String,
    credit: String,
    currency: String,
    stream_type: String,
    stream_id: String,
    order_id: String,
    gift_card_id: String,
    user_id: String,
    description: String,
}

impl From<Row> for JournalLine {
    fn from(row: Row) -> Self {
        let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        Self {
            event_id: row.event_id,
            line: row.line.into(),
            position: row.position().to_string(),
            recorded_at: row.recorded_at,
            account: row.account.as_str(),
            debit: row.debit.to_string(),
            credit: row.credit.to_string(),
            currency: row.currency.to_string(),
            stream_type: row.stream_type,
            stream_id: row.stream_id,
            order_id: id(row.order_id.map(aggregates::OrderId::uuid)),
            gift_card_id: id(row.gift_card_id.map(aggregates::GiftCardId::uuid)),
            user_id: id(row.user_id.map(aggregates::UserId::uuid)),
            description: row.description,
        }
    }
}

impl Columns for JournalLine {
    const NAMES: &'static [&'static str] = &[
        "event_id",
        "line",
        "position",
        "recorded_at",
        "account",
        "debit",
        "credit",
        "currency",
        "stream_type",
        "stream_id",
        "order_id",
        "gift_card_id",
        "user_id",
        "description",
    ];

    const SCHEMA: &'static str = "
message journal {
    REQUIRED BYTE_ARRAY event_id (STRING);
    REQUIRED INT64 line;
    REQUIRED BYTE_ARRAY position (STRING);
    REQUIRED INT64 recorded_at (TIMESTAMP(MICROS, true));
    REQUIRED BYTE_ARRAY account (STRING);
    REQUIRED INT64 debit (DECIMAL(18, 2));
    REQUIRED INT64 credit (DECIMAL(18, 2));
    REQUIRED BYTE_ARRAY currency (STRING);
    REQUIRED BYTE_ARRAY stream_type (STRING);
    REQUIRED BYTE_ARRAY stream_id (STRING);
    REQUIRED BYTE_ARRAY order_id (STRING);
    REQUIRED BYTE_ARRAY gift_card_id (STRING);
    REQUIRED BYTE_ARRAY user_id (STRING);
    REQUIRED BYTE_ARRAY description (STRING);
}";

    fn bytes(&self) -> usize {
        self.description.len() + 200
    }

    fn write(lines: &[Self], group: &mut Group<'_>) -> Result<(), SinkError> {
        let ids: Vec<ByteArray> =
            lines.iter().map(|line| line.event_id.to_string().into_bytes().into()).collect();
        bytes(group, &ids)?;
        numbers(group, &lines.iter().map(|line| line.line).collect::<Vec<_>>())?;
        texts(group, lines, |line| &line.position)?;
        let times = lines.iter().map(|line| line.recorded_at.timestamp_micros());
        numbers(group, &times.collect::<Vec<_>>())?;
        texts(group, lines, |line| line.account)?;
        numbers(group, &minor(lines, |line| &line.debit)?)?;
        numbers(group, &minor(lines, |line| &line.credit)?)?;
        texts(group, lines, |line| &line.currency)?;
        texts(group, lines, |line| &line.stream_type)?;
        texts(group, lines, |line| &line.stream_id)?;
        texts(group, lines, |line| &line.order_id)?;
        texts(group, lines, |line| &line.gift_card_id)?;
        texts(group, lines, |line| &line.user_id)?;
        texts(group, lines, |line| &line.description)
    }
}

/// Amounts in hundredths: what a decimal with two digits is to Parquet.
fn minor(
    lines: &[JournalLine],
    amount: impl Fn(&JournalLine) -> &str,
) -> Result<Vec<i64>, SinkError> {
    let minor = |line| Ok(amount(line).replace('.', "").parse::<i64>()?);
    lines.iter().map(minor).collect()
}
