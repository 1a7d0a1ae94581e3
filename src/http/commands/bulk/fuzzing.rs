//! Fuzzing of imports: the first byte says in which pieces the body arrives, the rest is the body.
//! Not in a normal build; see `src/fuzzing`.

use super::rows::{Format, MARK, Row, RowReader, csv_item, is_blank, json};
use crate::catalogue::{NewItem, NewProduct, Release};
use crate::fuzzing::must;
use crate::http::extract::json_has_nul;
use crate::http::problem::Problem;
use aggregates::product::{Command, Editor, Event};
use aggregates::{ArtistId, Decider, Product, UserId, decode_event};
use cqrs_es::DomainEvent;
use serde_json::value::RawValue;

/// The rows are those of the `csv` crate, however the body arrives: none is lost, and none is cut.
pub fn bulk_csv(data: &[u8]) {
    let Some((piece, body)) = data.split_first() else { return };
    let Ok(rows) = read(Format::Csv, *piece, body) else { return };
    // Within the body a mark is a text to it, and what a row begins with to us.
    let begin = body.strip_prefix(MARK).unwrap_or(body);
    if !begin.windows(MARK.len()).any(|bytes| bytes == MARK) {
        same(&rows, &reference(begin));
    }
    rows.into_iter().flatten().for_each(accepted);
}

/// The lines, or the elements of an array, are the rows, however the body arrives.
pub fn bulk_json(data: &[u8]) {
    let Some((piece, body)) = data.split_first() else { return };
    if let Ok(rows) = read(Format::Lines, *piece, body) {
        let lines = body.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.iter().all(u8::is_ascii_whitespace));
        same(&rows, &lines.map(|line| json(line, 0)).collect::<Vec<_>>());
        rows.into_iter().flatten().for_each(accepted);
    }
    let rows = read(Format::Array, *piece, body);
    // An array that is none of JSON may be taken, as one with too many commas; not the other way round.
    if let Ok(elements) = serde_json::from_slice::<Vec<&RawValue>>(body)
        && elements.iter().all(|element| element.get().starts_with('{'))
    {
        let rows = must(rows, "an array of objects is read");
        let elements = elements.iter().map(|element| json(element.get().as_bytes(), 0));
        same(&rows, &elements.collect::<Vec<_>>());
        rows.into_iter().flatten().for_each(accepted);
    }
}

/// All rows, read at once and in pieces of at most 256 bytes.
fn read(format: Format, piece: u8, body: &[u8]) -> Result<Vec<Row>, Problem> {
    let whole = in_pieces(format, body.len(), body);
    let pieces = in_pieces(format, usize::from(piece) + 1, body);
    match (&whole, &pieces) {
        (Ok(whole), Ok(pieces)) => same(whole, pieces),
        (Err(whole), Err(pieces)) => assert_eq!(whole.code(), pieces.code()),
        _ => panic!("{whole:?} of the whole, {pieces:?} in pieces"),
    }
    whole
}

fn in_pieces(format: Format, piece: usize, body: &[u8]) -> Result<Vec<Row>, Problem> {
    let mut reader = RowReader::new(format, 0);
    let mut rows = Vec::new();
    for piece in body.chunks(piece.max(1)) {
        rows.extend(reader.push(piece)?);
    }
    rows.extend(reader.finish()?);
    Ok(rows)
}

/// The same products, and the same places of what is refused. Why may be said in other words.
fn same(rows: &[Row], others: &[Row]) {
    let shown = |rows: &[Row]| -> Vec<_> {
        rows.iter().map(|row| row.as_ref().ok().map(|item| format!("{item:?}"))).collect()
    };
    assert_eq!(shown(rows), shown(others));
}

/// What the `csv` crate makes of the whole body.
fn reference(body: &[u8]) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(body);
    let records = reader.byte_records().map(|record| {
        let record = record.map_err(|error| error.to_string())?;
        if record.iter().any(|field| field.contains(&0)) {
            return Err("U+0000".to_owned());
        }
        let record = csv::StringRecord::from_byte_record(record);
        let mut record = record.map_err(|error| error.to_string())?;
        record.trim();
        Ok(record)
    });
    let mut records = records.filter(|record| !matches!(record, Ok(record) if is_blank(record)));
    let Some(header) = records.next() else { return vec![] };
    let header = must(header, "a header that was read");
    records.map(|record| record.and_then(|record| csv_item(&header, &record, 0))).collect()
}

/// What is good in itself is refused by the domain, or its events can be stored and read back.
fn accepted(item: NewItem) {
    match item {
        NewItem::Product(product) => {
            created(product);
        }
        NewItem::Release(release) => {
            let product = release.product();
            if let Some(product) = created(product) {
                described(&product, *release);
            }
        }
    }
}

fn created(new: NewProduct) -> Option<Product> {
    let price = new.price;
    let events = Product::default().decide(new.creation(UserId::default())).ok()?;
    let product = stored(Product::default(), &events);
    let details = product.details().map(|details| details.price);
    assert_eq!(details, Some(price), "it costs what the row says");
    Some(product)
}

/// The import judges an album by its product alone.
fn described(product: &Product, release: Release) {
    let album = Box::new(release.recording.by(ArtistId::default(), release.artist));
    let command = Command::DescribeAlbum { by: Editor::Admin, album };
    let events = must(product.decide(command), "an album whose product is accepted");
    assert!(matches!(events[..], [Event::AlbumDescribed { .. }]), "{events:?}");
    stored(product.clone(), &events);
}

fn stored(product: Product, events: &[Event]) -> Product {
    events.iter().fold(product, |product, event| {
        let text = must(serde_json::to_string(event), "an event is JSON");
        assert!(!json_has_nul(text.as_bytes()), "no database stores this: {text}");
        let (kind, version) = (event.event_type(), event.event_version());
        let read = must(decode_event::<Product>(&kind, &version, &text), "what is written is read");
        assert_eq!(read, *event);
        product.evolve(event)
    })
}
