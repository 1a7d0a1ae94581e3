//! What form of answer the client wants: JSON, or CSV where it says so.

use crate::http::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

/// The form of an answer, by the `Accept` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Csv,
}

impl<S: Send + Sync> FromRequestParts<S> for Format {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let lines = parts.headers.get_all(header::ACCEPT).iter();
        let accept: Vec<&str> = lines.filter_map(|value| value.to_str().ok()).collect();
        Ok(preferred(&accept.join(",")))
    }
}

/// CSV only where it is named and not less wanted than JSON: a browser, which takes everything, gets
/// JSON, as does a client that only takes what there is none of.
fn preferred(accept: &str) -> Format {
    let (mut csv, mut json) = (0, None);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
        match media.as_str() {
            "text/csv" | "text/*" => csv = csv.max(quality),
            "application/json" | "application/*" => json = Some(quality),
            _ => {}
        }
    }
    if csv > 0 && json.is_none_or(|json| csv >= json) { Format::Csv } else { Format::Json }
}

/// `0.85` as 850; nothing where it is no number from 0 to 1.
fn thousandths(quality: &str) -> u16 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    let digits = format!("{whole}{fraction:0<3}");
    digits.parse().ok().filter(|number| *number <= 1000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_for_those_who_ask_for_it() {
        for csv in ["text/csv", "text/csv; charset=utf-8", "TEXT/CSV", "text/csv, */*;q=0.1"] {
            assert_eq!(preferred(csv), Format::Csv, "{csv}");
        }
        assert_eq!(preferred("text/csv;q=0.9, application/json;q=0.8"), Format::Csv);
        for json in ["", "*/*", "application/json", "text/html, */*", "text/csv;q=0", "image/png"] {
            assert_eq!(preferred(json), Format::Json, "{json}");
        }
        assert_eq!(preferred("text/csv;q=0.5, application/json"), Format::Json);
    }
}
