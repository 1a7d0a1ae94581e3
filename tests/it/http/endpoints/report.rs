//! What was not as the contract says: all of it, for the end of the walk.

use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use serde_json::Value;

use super::request::Request;
use super::route::Route;
use crate::support::client::{Call, Client, PREFIX};

/// A status, and the code of a problem where it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected(pub u16, pub Option<&'static str>);

pub fn refused(status: u16, code: &'static str) -> Expected {
    Expected(status, Some(code))
}

/// What came back of it.
#[derive(Debug)]
pub struct Found {
    pub status: u16,
    pub text: String,
    pub body: Value,
}

#[derive(Debug, Default)]
pub struct Report {
    asked: usize,
    wrong: Vec<String>,
}

impl Report {
    pub fn all(reports: impl IntoIterator<Item = Self>) -> Self {
        reports.into_iter().fold(Self::default(), |mut all, report| {
            all.asked += report.asked;
            all.wrong.extend(report.wrong);
            all
        })
    }

    /// Asks, and compares; returns the answer where it was as expected.
    pub async fn ask(
        &mut self,
        what: &str,
        client: &Client,
        (route, request): (&Route, &Request),
        expected: &Expected,
    ) -> Option<Found> {
        self.asked += 1;
        let found = match answered(client, route, request).await {
            Ok(found) => found,
            Err(why) => {
                self.note(what, route, request, &why);
                return None;
            }
        };
        let code = found.body["code"].as_str();
        let is_right = found.status == expected.0 && (expected.1.is_none() || code == expected.1);
        if !is_right {
            let Found { status, text, .. } = &found;
            let shown: String = text.chars().take(160).collect();
            self.note(what, route, request, &format!("{expected:?}, but {status} {shown}"));
        }
        is_right.then_some(found)
    }

    pub fn note(&mut self, what: &str, route: &Route, request: &Request, why: &str) {
        let path: String = request.path(route).chars().take(120).collect();
        self.wrong.push(format!("{what:28} {:6} {path:60} {why}", route.method.as_str()));
    }

    #[track_caller]
    pub fn finish(self) {
        let mut table = String::new();
        for line in &self.wrong {
            let _ = writeln!(table, "{line}");
        }
        let (wrong, asked) = (self.wrong.len(), self.asked);
        assert!(self.wrong.is_empty(), "{wrong} of {asked} answers are not as expected:\n{table}");
        println!("{asked} answers are as expected");
    }
}

async fn answered(client: &Client, route: &Route, request: &Request) -> Result<Found, String> {
    let path = request.path(route);
    if route.operation() == "GET /orders/{}/events" {
        return Ok(streamed(client, &path).await);
    }
    let call = request.call(client.call(route.method.clone(), &path));
    attempted(call).await
}

/// A difference from the OpenAPI document is a line of the report like any other.
async fn attempted(call: Call) -> Result<Found, String> {
    let answer = AssertUnwindSafe(call.attempt()).catch_unwind().await;
    let answer = answer.map_err(|panic| match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(_) => "panics".to_owned(),
    })?;
    let answer = answer.ok_or("the connection broke")?;
    Ok(Found { status: answer.status, text: answer.text, body: answer.body })
}

/// A stream does not end, a refusal to open one does.
async fn streamed(client: &Client, path: &str) -> Found {
    let response = client.open(path.strip_prefix(PREFIX).unwrap()).await;
    let status = response.status().as_u16();
    let text = if status == 200 { String::new() } else { response.text().await.unwrap() };
    let body = serde_json::from_str(&text).unwrap_or_default();
    Found { status, text, body }
}
