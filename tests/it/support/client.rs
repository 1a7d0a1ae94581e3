//! An HTTP client of one user, and answers that say what they are when a test did not expect them.

use std::borrow::Borrow;
use std::future::IntoFuture;
use std::pin::Pin;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::contract;

/// Where the API is.
pub const PREFIX: &str = "/api/v1";

/// A user with their connection. Clones are the same user on the same connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    /// The account; nil for a guest.
    pub id: Uuid,
}

/// A request that is sent when it is awaited.
#[derive(Debug)]
pub struct Call {
    request: RequestBuilder,
    method: Method,
    path: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Method and path, for messages.
    name: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// `Null` where the body is no JSON.
    pub body: Value,
}

impl Client {
    /// Somebody without credentials.
    pub fn guest(base: &str) -> Self {
        Self { http: connection(), base: base.to_owned(), token: None, id: Uuid::nil() }
    }

    /// The same connections with a token.
    pub fn with_token(&self, token: &str, id: Uuid) -> Self {
        Self { token: Some(token.to_owned()), id, ..self.clone() }
    }

    /// Another user on these connections.
    pub fn as_user(&self, user: &Self) -> Self {
        Self { token: user.token.clone(), id: user.id, ..self.clone() }
    }

    /// The same user on connections of their own: nothing is shared but the token.
    pub fn reconnected(&self) -> Self {
        Self { http: connection(), ..self.clone() }
    }

    /// The same user on another server.
    pub fn at(&self, base: &str) -> Self {
        Self { http: connection(), base: base.to_owned(), ..self.clone() }
    }

    /// Any method and a whole path.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let request = self.http.request(method.clone(), format!("{}{path}", self.base));
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        Call { request, method, path: path.to_owned() }
    }

    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, &format!("{PREFIX}{path}"))
    }

    /// GET with parameters that need escaping.
    pub fn find(&self, path: &str, parameters: &[(&str, &str)]) -> Call {
        let url = format!("{}{PREFIX}{path}", self.base);
        let url = reqwest::Url::parse_with_params(&url, parameters).unwrap();
        let query = url.query().unwrap_or_default();
        self.get(&format!("{path}?{query}"))
    }

    pub fn post(&self, path: &str, body: impl Borrow<Value>) -> Call {
        self.call(Method::POST, &format!("{PREFIX}{path}")).json(body.borrow())
    }

    pub fn put(&self, path: &str, body: impl Borrow<Value>) -> Call {
        self.call(Method::PUT, &format!("{PREFIX}{path}")).json(body.borrow())
    }

    pub fn patch(&self, path: &str, body: impl Borrow<Value>) -> Call {
        self.call(Method::PATCH, &format!("{PREFIX}{path}")).json(body.borrow())
    }

    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, &format!("{PREFIX}{path}"))
    }

    /// An open answer, for streams.
    pub async fn open(&self, path: &str) -> reqwest::Response {
        self.get(path).request.send().await.unwrap()
    }

    pub async fn add_to_cart(&self, product: &str, quantity: u32) -> Value {
        let body = json!({ "product_id": product, "quantity": quantity });
        self.post("/cart/items", body).await.expect(201).body
    }

    /// Orders what is in the cart, to be paid with this method.
    pub fn order_by(&self, payment_method: &str) -> Call {
        self.post("/orders", order_body(payment_method))
    }

    pub fn order(&self) -> Call {
        self.order_by("card")
    }

    /// Orders without a cart.
    pub fn order_items(&self, lines: &[(&str, u32)]) -> Call {
        let mut body = order_body("card");
        let line =
            |&(product, units): &(&str, u32)| json!({ "product_id": product, "quantity": units });
        body["items"] = lines.iter().map(line).collect();
        self.post("/orders", body)
    }

    pub fn pay(&self, order: &str, token: &str) -> Call {
        let body = json!({ "order_id": order, "payment_method": "card", "card_token": token });
        self.post("/payments", body)
    }

    pub async fn order_now(&self, id: &str) -> Value {
        self.get(&format!("/orders/{id}")).await.expect(200).body
    }
}

/// An order of the cart to a made-up address.
pub fn order_body(payment_method: &str) -> Value {
    json!({
        "delivery_method": "standard",
        "delivery_address": "Almaty, Abay 1",
        "phone": "+7 700 000 00 00",
        "payment_method": payment_method,
    })
}

fn connection() -> reqwest::Client {
    // Though nothing here is encrypted. It is there already from the second time on.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

impl Call {
    pub fn json(self, body: &Value) -> Self {
        Self { request: self.request.json(body), ..self }
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    pub fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    /// A body as it is.
    pub fn raw(self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        let request = self.request.header("Content-Type", content_type).body(body);
        Self { request, ..self }
    }

    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        Self { request: self.request.form(fields), ..self }
    }

    /// `None` where the connection broke before there was an answer.
    pub async fn attempt(self) -> Option<Answer> {
        let response = self.request.send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let name = format!("{} {}", self.method, self.path);
        let answer = Answer { name, ..Answer::new(status, headers, response.text().await.ok()?) };
        contract::check(&self.method, &self.path, &answer);
        Some(answer)
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let name = format!("{} {}", self.method, self.path);
        Box::pin(async move {
            self.attempt().await.unwrap_or_else(|| panic!("{name}: the connection broke"))
        })
    }
}

impl Answer {
    pub fn new(status: u16, headers: HeaderMap, text: String) -> Self {
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self { name: String::new(), status, headers, text, body }
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.name, self.text);
        self
    }

    /// A problem document with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.body["code"], code, "{}: {}", answer.name, answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.name);
        assert_eq!(answer.body["status"], status, "{}", answer.text);
        for member in ["type", "title", "detail", "trace_id"] {
            assert!(answer.body[member].is_string(), "{member} is missing: {}", answer.text);
        }
        answer.body
    }

    /// Empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    #[track_caller]
    pub fn id(&self) -> String {
        text(&self.body, "id")
    }
}

/// A member that must be a text.
#[track_caller]
pub fn text(body: &Value, member: &str) -> String {
    let found = body[member].as_str();
    found.unwrap_or_else(|| panic!("{member} is no text: {body}")).to_owned()
}
