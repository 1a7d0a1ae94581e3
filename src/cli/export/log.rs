//! The columns of the log: the members of [`ExportLine`].

use super::SinkError;
use super::columns::{Columns, Group, bytes, numbers, texts};
use eventlog::ExportLine;
use parquet::data_type::ByteArray;

impl Columns for ExportLine {
    const NAMES: &'static [&'static str] = &[
        "leaf_index",
        "aggregate_type",
        "aggregate_id",
        "sequence",
        "event_type",
        "event_version",
        "event_id",
        "transaction_id",
        "global_position",
        "recorded_at",
        "prev_hash",
        "hash",
        "payload",
        "metadata",
    ];

    const SCHEMA: &'static str = "
message event {
    REQUIRED INT64 leaf_index;
    REQUIRED BYTE_ARRAY aggregate_type (STRING);
    REQUIRED BYTE_ARRAY aggregate_id (STRING);
    REQUIRED INT64 sequence;
    REQUIRED BYTE_ARRAY event_type (STRING);
    REQUIRED BYTE_ARRAY event_version (STRING);
    REQUIRED BYTE_ARRAY event_id (STRING);
    REQUIRED INT64 transaction_id (INTEGER(64, false));
    REQUIRED INT64 global_position;
    REQUIRED INT64 recorded_at (TIMESTAMP(MICROS, true));
    REQUIRED BYTE_ARRAY prev_hash (STRING);
    REQUIRED BYTE_ARRAY hash (STRING);
    REQUIRED BYTE_ARRAY payload (STRING);
    REQUIRED BYTE_ARRAY metadata (STRING);
}";

    fn bytes(&self) -> usize {
        self.payload.len() + self.metadata.len()
    }

    fn write(lines: &[Self], group: &mut Group<'_>) -> Result<(), SinkError> {
        let transaction_ids = lines
            .iter()
            .map(|line| line.transaction_id.parse())
            .collect::<Result<Vec<u64>, _>>()?;
        let leaves = lines.iter().map(|line| i64::try_from(line.leaf_index));
        numbers(group, &leaves.collect::<Result<Vec<i64>, _>>()?)?;
        texts(group, lines, |line| &line.aggregate_type)?;
        texts(group, lines, |line| &line.aggregate_id)?;
        numbers(group, &lines.iter().map(|line| line.sequence).collect::<Vec<_>>())?;
        texts(group, lines, |line| &line.event_type)?;
        texts(group, lines, |line| &line.event_version)?;
        let ids: Vec<ByteArray> =
            lines.iter().map(|line| line.event_id.to_string().into_bytes().into()).collect();
        bytes(group, &ids)?;
        // The column is unsigned: the same 64 bits.
        let ids = transaction_ids.into_iter().map(u64::cast_signed);
        numbers(group, &ids.collect::<Vec<_>>())?;
        numbers(group, &lines.iter().map(|line| line.global_position).collect::<Vec<_>>())?;
        let times = lines.iter().map(|line| line.recorded_at.timestamp_micros());
        numbers(group, &times.collect::<Vec<_>>())?;
        texts(group, lines, |line| &line.prev_hash)?;
        texts(group, lines, |line| &line.hash)?;
        texts(group, lines, |line| &line.payload)?;
        texts(group, lines, |line| &line.metadata)?;
        Ok(())
    }
}
