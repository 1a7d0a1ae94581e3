//! Rows that are albums, as lists of releases have them: the columns of Discogs, in any case, and our
//! own. Guesses nothing: what cannot be read is refused, with its column.

use crate::catalogue::{NewItem, NewProduct, Recording, Release};
use crate::http::commands::albums::{MUSIC, NewTrack, tracks};
use aggregates::Money;
use aggregates::product::{Format, ReleaseYear};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

/// What a row says by column, in lower case; empty values are left out.
#[derive(Debug, Clone)]
pub(super) struct Fields(BTreeMap<String, Value>);

/// Columns that become attributes of the product.
const ATTRIBUTES: [(&[&str], &str); 4] = [
    (&["catno", "catalog#", "catalog_number"], "catalog_number"),
    (&["media_condition", "media condition"], "media_condition"),
    (&["sleeve_condition", "sleeve condition"], "sleeve_condition"),
    (&["listing_id"], "listing_id"),
];

impl Fields {
    /// `None` where the header is not one of releases.
    pub fn of_csv(header: &csv::StringRecord, record: &csv::StringRecord) -> Option<Self> {
        let names: Vec<_> = header.iter().map(name).collect();
        if !is_release(&names.iter().collect::<Vec<_>>()) {
            return None;
        }
        let values = record.iter().map(|value| Value::from(value.trim()));
        Some(Self::of(names.into_iter().zip(values)))
    }

    /// `None` where the row is no object, or not one of a release.
    pub fn of_json(row: &[u8]) -> Option<Self> {
        // Most rows are plain products, and need not be read twice.
        if !row.windows(6).any(|bytes| bytes.eq_ignore_ascii_case(b"artist")) {
            return None;
        }
        let row: Map<String, Value> = serde_json::from_slice(row).ok()?;
        let row: Vec<_> = row.into_iter().map(|(key, value)| (name(&key), value)).collect();
        let names: Vec<_> = row.iter().map(|(name, _)| name).collect();
        is_release(&names).then(|| Self::of(row))
    }

    fn of(fields: impl IntoIterator<Item = (String, Value)>) -> Self {
        let is_empty = |value: &Value| match value {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            _ => false,
        };
        Self(fields.into_iter().filter(|(_, value)| !is_empty(value)).collect())
    }

    fn value(&self, names: &[&str]) -> Option<&Value> {
        names.iter().find_map(|name| self.0.get(*name))
    }

    /// A text, or a number as one.
    fn text(&self, names: &[&str]) -> Result<Option<String>, String> {
        match self.value(names) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(format!("{}: a text is needed", names[0])),
        }
    }

    fn parsed<T: FromStr<Err: Display>>(&self, names: &[&str]) -> Result<Option<T>, String> {
        let text = self.text(names)?;
        let parsed =
            text.map(|text| text.parse().map_err(|error| format!("{}: {error}", names[0])));
        parsed.transpose()
    }

    /// The album that the row describes.
    pub fn release(self) -> Result<NewItem, String> {
        let needed = |name: &str| format!("{name}: this is needed");
        let recording = Recording {
            title: self.parsed(&["title"])?.ok_or_else(|| needed("title"))?,
            release_year: self.year()?,
            genre: self.parsed(&["genre"])?,
            label: self.parsed(&["label"])?,
            format: self.text(&["format"])?.map_or(Ok(Format::default()), |text| format(&text))?,
            tracks: tracks(self.tracks()?).map_err(|error| format!("tracks: {error}"))?,
        };
        let artist = self.text(&["artist"])?.ok_or_else(|| needed("artist"))?;
        // Discogs marks a variation of an artist's name by an asterisk.
        let artist = artist.trim_end_matches('*').parse();
        let product = NewProduct {
            name: String::new(),
            description: self.text(&["description", "comments", "notes"])?.unwrap_or_default(),
            price: self.parsed::<Money>(&["price"])?.ok_or_else(|| needed("price"))?,
            category: self.text(&["category"])?.unwrap_or_else(|| MUSIC.to_owned()),
            attributes: self.attributes()?,
            image_urls: self.image_urls()?,
            quantity: self.parsed(&["quantity", "stock"])?.unwrap_or(0),
        };
        let artist = artist.map_err(|error| format!("artist: {error}"))?;
        Ok(NewItem::Release(Box::new(Release { artist, recording, product })))
    }

    /// The first four digits together: `1959`, `1959-08-17`, `17 Aug 1959`. A zero is "not known".
    fn year(&self) -> Result<Option<ReleaseYear>, String> {
        let Some(text) = self.text(&["release_year", "released", "year"])? else {
            return Ok(None);
        };
        if text.bytes().all(|byte| byte == b'0') {
            return Ok(None);
        }
        let mut numbers = text.split(|c: char| !c.is_ascii_digit());
        let year = numbers.find(|digits| digits.len() == 4).and_then(|digits| digits.parse().ok());
        let year: u16 = year.ok_or_else(|| format!("released: {text:?} has no year"))?;
        ReleaseYear::try_from(year).map(Some).map_err(|error| format!("released: {error}"))
    }

    fn attributes(&self) -> Result<BTreeMap<String, String>, String> {
        let mut attributes = BTreeMap::new();
        for (names, key) in ATTRIBUTES {
            if let Some(text) = self.text(names)? {
                attributes.insert(key.to_owned(), text);
            }
        }
        Ok(attributes)
    }

    fn image_urls(&self) -> Result<Vec<String>, String> {
        match self.value(&["image_urls"]) {
            Some(list @ Value::Array(_)) => {
                serde_json::from_value(list.clone()).map_err(|error| format!("image_urls: {error}"))
            }
            _ => Ok(self.text(&["image_urls", "image_url"])?.into_iter().collect()),
        }
    }

    /// A list of objects or titles; in CSV, titles with semicolons between them.
    fn tracks(&self) -> Result<Vec<NewTrack>, String> {
        let names = ["tracks", "tracklist"];
        let titles = match self.value(&names) {
            None => return Ok(vec![]),
            Some(Value::Array(list)) => list.clone(),
            Some(_) => {
                let text = self.text(&names)?.unwrap_or_default();
                text.split(';').filter(|title| !title.trim().is_empty()).map(Value::from).collect()
            }
        };
        let track = |value: Value| match value {
            title @ Value::String(_) => serde_json::json!({ "title": title }),
            other => other,
        };
        let tracks = titles.into_iter().map(track).map(serde_json::from_value);
        tracks.collect::<Result<_, _>>().map_err(|error| format!("tracks: {error}"))
    }
}

fn name(column: &str) -> String {
    // Programs of offices begin a file with a mark.
    column.trim_start_matches('\u{feff}').trim().to_lowercase()
}

fn is_release(names: &[&String]) -> bool {
    ["artist", "title"].iter().all(|needed| names.iter().any(|name| name == needed))
}

/// From our own names, or from a description such as `2xLP, Album, RE`.
fn format(text: &str) -> Result<Format, String> {
    if let Some(format) = Format::ALL.into_iter().find(|format| format.as_str() == text) {
        return Ok(format);
    }
    let text = text.to_lowercase();
    let words = || text.split(|c: char| !(c.is_alphanumeric() || c == '"')).map(without_count);
    let has = |wanted: &[&str]| words().any(|word| wanted.contains(&word));
    // A file in lossless quality may be described as that of a record: the more special comes first.
    if has(&["file", "digital", "mp3", "flac", "wav"]) {
        Ok(Format::Digital)
    } else if has(&["cass", "cassette"]) {
        Ok(Format::Cassette)
    } else if has(&["cd", "cdr", "sacd"]) {
        Ok(Format::Cd)
    } else if has(&["7\"", "7inch"]) {
        Ok(Format::Vinyl7)
    } else if has(&["lp", "vinyl", "12\"", "10\"", "12inch", "10inch"]) {
        Ok(Format::VinylLp)
    } else {
        Err(format!("format: {text:?} is none that is sold here"))
    }
}

/// `2xlp` is `lp`.
fn without_count(word: &str) -> &str {
    match word.split_once('x') {
        Some((count, rest)) if !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()) => {
            rest
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(row: &Value) -> Result<Release, String> {
        let fields = Fields::of_json(row.to_string().as_bytes()).unwrap();
        match fields.release()? {
            NewItem::Release(release) => Ok(*release),
            NewItem::Product(product) => panic!("{product:?}"),
        }
    }

    fn with(column: &str, value: impl Into<Value>) -> Result<Release, String> {
        let mut row =
            serde_json::json!({ "Artist": "Miles Davis", "Title": "Blue", "Price": "9.5" });
        row[column] = value.into();
        read(&row)
    }

    #[test]
    fn formats_are_told_by_their_descriptions() {
        for (text, format) in [
            ("LP, Album, RE", Format::VinylLp),
            ("2xLP, Comp", Format::VinylLp),
            ("12\", 45 RPM", Format::VinylLp),
            ("Vinyl", Format::VinylLp),
            ("7\", Single", Format::Vinyl7),
            ("CD, Album", Format::Cd),
            ("2xCD", Format::Cd),
            ("Cass, Album", Format::Cassette),
            ("File, FLAC, Album", Format::Digital),
            ("vinyl_7", Format::Vinyl7),
        ] {
            assert_eq!(with("Format", text).unwrap().recording.format, format, "{text}");
        }
        assert!(with("Format", "Shellac").unwrap_err().starts_with("format: "));
    }

    #[test]
    fn years_are_found_in_dates_and_zeros_are_none() {
        let year = |value: &str| {
            with("Released", value).map(|one| one.recording.release_year.map(ReleaseYear::get))
        };
        for date in ["1959", "1959-08-17", "17 Aug 1959"] {
            assert_eq!(year(date), Ok(Some(1959)), "{date}");
        }
        assert_eq!(year("0"), Ok(None));
        assert_eq!(with("Year", 1959).unwrap().recording.release_year.map(u16::from), Some(1959));
        for wrong in ["soon", "59", "3000"] {
            assert!(year(wrong).unwrap_err().starts_with("released: "), "{wrong}");
        }
    }

    #[test]
    fn tracks_are_objects_titles_or_a_text() {
        let titles = |value: Value| {
            let tracks = with("tracks", value)?.recording.tracks;
            Ok(tracks
                .as_slice()
                .iter()
                .map(|one| format!("{} {}", one.position, one.title))
                .collect())
        };
        let expected: Result<Vec<_>, String> =
            Ok(vec!["1 So What".to_owned(), "2 Blue".to_owned()]);
        assert_eq!(titles("So What; Blue;".into()), expected);
        assert_eq!(titles(serde_json::json!(["So What", {"title": "Blue"}])), expected);
        assert!(titles(serde_json::json!([{}])).unwrap_err().starts_with("tracks: "));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert!(with("Price", "$12").unwrap_err().starts_with("price: "));
        assert!(with("Price", Value::Null).unwrap_err().starts_with("price: "));
        assert!(with("Artist", "").unwrap_err().starts_with("artist: "));
        assert!(with("Quantity", "-1").unwrap_err().starts_with("quantity: "));
        assert_eq!(with("Artist", "Miles*").unwrap().artist.as_str(), "Miles");
        let attributes = with("Catalog#", "CL 1355").unwrap().product.attributes;
        assert_eq!(attributes["catalog_number"], "CL 1355");
    }
}
