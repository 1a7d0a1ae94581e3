//! Cutting a body into rows while it arrives: JSON arrays, lines of JSON, CSV. Holds one row and the
//! part of the next that has come.

use super::releases::Fields;
use crate::catalogue::NewItem;
use crate::http::commands::products::CreateProduct;
use crate::http::extract::json_has_nul;
use crate::http::problem::Problem;
use garde::Validate;

/// The longest row, in bytes.
const MAX_ROW: usize = 256 * 1024;
const NUL: &str = "the character U+0000 is not allowed";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Array,
    Lines,
    Csv,
}

impl Format {
    pub fn of(content_type: &str) -> Result<Self, Problem> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/json" => Ok(Self::Array),
            "application/x-ndjson" | "application/jsonl" | "application/json-seq" => {
                Ok(Self::Lines)
            }
            "text/csv" => Ok(Self::Csv),
            _ => Err(Problem::unsupported_media_type(
                "unsupported_media_type",
                "the body must be application/json, application/x-ndjson or text/csv",
            )),
        }
    }
}

pub(super) type Row = Result<NewItem, String>;

/// What some programs begin a file with. The `csv` crate passes over it.
pub(super) const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Where the scan is within a row.
#[derive(Debug, Default)]
struct Scan {
    array: Array,
    depth: u32,
    in_string: bool,
    escaped: bool,
    field: Field,
}

/// Where the scan is within a field of CSV.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Field {
    #[default]
    Start,
    /// Quotes are nothing special here: `12" single` is a text.
    Plain,
    Quoted,
    /// Behind a quote within quotes: the end of the field, unless another quote follows.
    Closed,
}

/// Where the scan is of the array around the rows.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Array {
    #[default]
    Before,
    Within,
    After,
}

pub(super) struct RowReader {
    format: Format,
    /// Units of a product whose row does not say how many.
    stock: u32,
    row: Vec<u8>,
    scan: Scan,
    header: Option<csv::StringRecord>,
}

impl RowReader {
    pub fn new(format: Format, stock: u32) -> Self {
        Self { format, stock, row: Vec::new(), scan: Scan::default(), header: None }
    }

    /// The rows that end within this piece of the body.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Row>, Problem> {
        let mut rows = Vec::new();
        for byte in piece {
            let ended = match self.format {
                Format::Array => self.array_byte(*byte)?,
                Format::Lines => self.line_byte(*byte),
                Format::Csv => self.csv_byte(*byte),
            };
            if self.row.len() > MAX_ROW {
                return Err(Problem::payload_too_large(
                    "row_too_large",
                    "a row has at most 256 KiB",
                ));
            }
            if ended {
                rows.extend(self.take()?);
            }
        }
        Ok(rows)
    }

    /// The last row, which need not end with a line feed.
    pub fn finish(&mut self) -> Result<Vec<Row>, Problem> {
        let complete = match self.format {
            Format::Array => self.scan.array == Array::After,
            Format::Lines => true,
            Format::Csv => self.scan.field != Field::Quoted,
        };
        if !complete {
            return Err(malformed("the body ends in the middle of a row"));
        }
        Ok(self.take()?.into_iter().collect())
    }

    /// Whether an element of the array ends with this byte.
    fn array_byte(&mut self, byte: u8) -> Result<bool, Problem> {
        let scan = &mut self.scan;
        if scan.depth == 0 {
            match (byte, scan.array) {
                (b' ' | b'\t' | b'\r' | b'\n', _) | (b',', Array::Within) => {}
                (b'[', Array::Before) => scan.array = Array::Within,
                (b']', Array::Within) => scan.array = Array::After,
                (b'{', Array::Within) => {
                    scan.depth = 1;
                    self.row.push(byte);
                }
                _ => return Err(malformed("an array of products is needed")),
            }
            return Ok(false);
        }
        self.row.push(byte);
        if scan.in_string {
            match byte {
                _ if scan.escaped => scan.escaped = false,
                b'\\' => scan.escaped = true,
                b'"' => scan.in_string = false,
                _ => {}
            }
            return Ok(false);
        }
        match byte {
            b'"' => scan.in_string = true,
            b'{' | b'[' => scan.depth += 1,
            b'}' | b']' => scan.depth -= 1,
            _ => {}
        }
        Ok(scan.depth == 0)
    }

    fn line_byte(&mut self, byte: u8) -> bool {
        if byte == b'\n' {
            return true;
        }
        self.row.push(byte);
        false
    }

    /// Ends a row where the `csv` crate does: at a line feed or a carriage return that is not within
    /// quotes. A row that were more than one to it would lose all but the first.
    fn csv_byte(&mut self, byte: u8) -> bool {
        self.scan.field = match (self.scan.field, byte) {
            (Field::Quoted, b'"') => Field::Closed,
            (Field::Start | Field::Closed, b'"') | (Field::Quoted, _) => Field::Quoted,
            (Field::Start | Field::Plain | Field::Closed, b'\n' | b'\r') => {
                self.scan.field = Field::Start;
                return true;
            }
            (Field::Start | Field::Plain | Field::Closed, b',') => Field::Start,
            (Field::Start | Field::Plain | Field::Closed, _) => Field::Plain,
        };
        self.row.push(byte);
        if self.row == MARK {
            self.scan.field = Field::Start;
        }
        false
    }

    fn take(&mut self) -> Result<Option<Row>, Problem> {
        let row = std::mem::take(&mut self.row);
        if row.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        match self.format {
            Format::Array | Format::Lines => Ok(Some(json(&row, self.stock))),
            Format::Csv => self.csv_row(&row),
        }
    }

    fn csv_row(&mut self, row: &[u8]) -> Result<Option<Row>, Problem> {
        let read = csv_record(row);
        if matches!(&read, Ok(record) if is_blank(record)) {
            return Ok(None);
        }
        match (&self.header, read) {
            (Some(header), read) => {
                Ok(Some(read.and_then(|record| csv_item(header, &record, self.stock))))
            }
            (None, Ok(header)) => {
                self.header = Some(header);
                Ok(None)
            }
            // Otherwise the first product would be taken for the header.
            (None, Err(error)) => Err(malformed(&format!("the header cannot be read: {error}"))),
        }
    }
}

fn csv_record(row: &[u8]) -> Result<csv::StringRecord, String> {
    if row.contains(&0) {
        return Err(NUL.to_owned());
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(row);
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record).map_err(|error| error.to_string())?;
    Ok(record)
}

/// What looks empty in a table is no row.
pub(super) fn is_blank(record: &csv::StringRecord) -> bool {
    record.len() <= 1 && record.iter().all(str::is_empty)
}

pub(super) fn csv_item(header: &csv::StringRecord, record: &csv::StringRecord, stock: u32) -> Row {
    if let Some(fields) = Fields::of_csv(header, record) {
        return fields.release();
    }
    check(record.deserialize(Some(header)).map_err(|error| error.to_string()), stock)
}

pub(super) fn json(row: &[u8], stock: u32) -> Row {
    if json_has_nul(row) {
        return Err(NUL.to_owned());
    }
    if let Some(fields) = Fields::of_json(row) {
        return fields.release();
    }
    let mut json = serde_json::Deserializer::from_slice(row);
    check(serde_path_to_error::deserialize(&mut json).map_err(|error| error.to_string()), stock)
}

fn check(product: Result<CreateProduct, String>, stock: u32) -> Row {
    let product = product?;
    product.validate().map_err(|report| report.to_string().trim().to_owned())?;
    Ok(NewItem::Product(product.with_stock(stock)))
}

fn malformed(detail: &str) -> Problem {
    Problem::bad_request("malformed_body", detail.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: Format, body: &str, piece: usize) -> Result<Vec<Row>, Problem> {
        let mut reader = RowReader::new(format, 0);
        let mut rows = Vec::new();
        for piece in body.as_bytes().chunks(piece) {
            rows.extend(reader.push(piece)?);
        }
        rows.extend(reader.finish()?);
        Ok(rows)
    }

    fn name(item: NewItem) -> String {
        match item {
            NewItem::Product(product) => product.name,
            NewItem::Release(release) => release.recording.title.to_string(),
        }
    }

    fn names(format: Format, body: &str) -> Vec<Option<String>> {
        let whole = read(format, body, body.len()).unwrap();
        let pieces = read(format, body, 3).unwrap();
        let names =
            |rows: Vec<Row>| rows.into_iter().map(|row| row.ok().map(name)).collect::<Vec<_>>();
        let whole = names(whole);
        assert_eq!(whole, names(pieces), "the same, however the body arrives");
        whole
    }

    #[test]
    fn an_array_is_cut_at_its_elements_and_nowhere_else() {
        let body = r#" [ {"name": "a } ] \" b", "price": 1, "attributes": {"x": "[{"}},
                        {"name": "c", "price": "x"}, {"name": "d", "price": "2.50"} ] "#;
        let expected = [Some("a } ] \" b".to_owned()), None, Some("d".to_owned())];
        assert_eq!(names(Format::Array, body), expected);
    }

    #[test]
    fn lines_may_be_empty_and_need_no_last_line_feed() {
        let body = "{\"name\": \"a\", \"price\": 1}\n\n{\"name\": \"b\", \"price\": 1}";
        assert_eq!(names(Format::Lines, body), [Some("a".to_owned()), Some("b".to_owned())]);
    }

    #[test]
    fn csv_may_have_line_feeds_within_quotes() {
        let body = "price,name\r\n1.00,\"two\nlines\"\r\n2.00,Книга\n";
        let expected = [Some("two\nlines".to_owned()), Some("Книга".to_owned())];
        assert_eq!(names(Format::Csv, body), expected);
    }

    #[test]
    fn a_quote_within_a_text_of_csv_is_a_quote() {
        let body =
            "name,price\nBlue 12\" single,1.00\n\"A \"\"B\"\"\",2.00\n\"C\" 7\",3.00\nD,4.00\n";
        let expected = ["Blue 12\" single", "A \"B\"", "C 7\"", "D"];
        assert_eq!(names(Format::Csv, body), expected.map(|name| Some(name.to_owned())));
    }

    #[test]
    fn csv_may_end_its_lines_by_carriage_returns_and_begin_with_a_mark() {
        let body = "\u{feff}\"name\",price\rA,1.00\r\rB,2.00\r\nC,3.00";
        assert_eq!(names(Format::Csv, body), ["A", "B", "C"].map(|name| Some(name.to_owned())));
    }

    #[test]
    fn a_header_that_cannot_be_read_is_refused_and_no_row_taken_for_it() {
        for header in [b"pr\xE9nom,price\n".as_slice(), b"name\0,price\n"] {
            let mut reader = RowReader::new(Format::Csv, 0);
            assert_eq!(reader.push(header).unwrap_err().status().as_u16(), 400);
        }
        let mut reader = RowReader::new(Format::Csv, 0);
        let rows = reader.push(b"name,price\n\xE9,1.00\nA\0,1.00\nB,1.00\n").unwrap();
        assert_eq!(rows.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn rows_with_an_artist_and_a_title_are_releases_whatever_the_case_of_the_header() {
        let body = "ARTIST,Title,price\nMiles Davis,Kind of Blue,1.00\n,No artist,1.00\n";
        assert_eq!(names(Format::Csv, body), [Some("Kind of Blue".to_owned()), None]);
        let body = "{\"Artist\": \"Miles Davis\", \"title\": \"Sketches\", \"Price\": 1}";
        assert_eq!(names(Format::Lines, body), [Some("Sketches".to_owned())]);
    }

    #[test]
    fn a_body_that_is_cut_off_or_no_array_is_refused() {
        for body in ["[{\"name\"", "{\"name\": 1}", "[1]", "[] []", ""] {
            assert!(read(Format::Array, body, 100).is_err(), "{body}");
        }
        assert!(read(Format::Csv, "name\n\"open", 100).is_err());
        assert!(read(Format::Array, "[]", 100).unwrap().is_empty());
    }
}
