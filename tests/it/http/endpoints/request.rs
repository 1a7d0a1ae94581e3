//! What is sent to a route.

use serde_json::Value;

use super::route::Route;
use crate::support::client::{Call, Client};

#[derive(Debug, Clone, Default)]
pub enum Body {
    #[default]
    None,
    Json(Value),
    Form(Vec<(&'static str, String)>),
    /// As it is, with its media type.
    Raw(String, Vec<u8>),
}

/// A request that makes sense, and the status that it then has.
#[derive(Debug, Clone)]
pub struct Request {
    pub status: u16,
    pub values: Vec<String>,
    pub query: String,
    pub body: Body,
    /// Where it is not to be the usual caller.
    pub by: Option<Client>,
    /// Of a guest.
    pub session: Option<String>,
}

pub fn expects(status: u16) -> Request {
    Request {
        status,
        values: Vec::new(),
        query: String::new(),
        body: Body::None,
        by: None,
        session: None,
    }
}

impl Request {
    /// The value of the next parameter of the path.
    pub fn of(mut self, value: impl Into<String>) -> Self {
        self.values.push(value.into());
        self
    }

    pub fn query(self, query: &str) -> Self {
        Self { query: query.to_owned(), ..self }
    }

    pub fn json(self, body: Value) -> Self {
        Self { body: Body::Json(body), ..self }
    }

    pub fn form(self, fields: Vec<(&'static str, String)>) -> Self {
        Self { body: Body::Form(fields), ..self }
    }

    pub fn raw(self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Body::Raw(media_type.to_owned(), body.into()), ..self }
    }

    pub fn by(self, client: Client) -> Self {
        Self { by: Some(client), ..self }
    }

    pub fn path(&self, route: &Route) -> String {
        let path = route.filled(&self.values);
        if self.query.is_empty() { path } else { format!("{path}?{}", self.query) }
    }

    /// The call with the body of this request.
    pub fn call(&self, call: Call) -> Call {
        let call = match &self.session {
            Some(session) => call.header("X-Session-Id", session),
            None => call,
        };
        match &self.body {
            Body::None => call,
            Body::Json(body) => call.json(body),
            Body::Form(fields) => {
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                call.form(&fields)
            }
            Body::Raw(media_type, body) => call.raw(media_type, body.clone()),
        }
    }
}
