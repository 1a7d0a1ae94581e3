//! Somebody who is told of what happens: an HTTP server of the test's own, which remembers what it
//! got, checks signatures by itself, and answers as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::support::wait::eventually;

/// A message as it arrived.
#[derive(Debug, Clone)]
pub struct Received {
    pub id: String,
    pub timestamp: i64,
    signatures: Vec<String>,
    pub host: String,
    pub path: String,
    pub text: String,
    pub body: Value,
}

#[derive(Debug)]
struct Shared {
    received: Mutex<Vec<Received>>,
    /// Status, and where it leads elsewhere.
    answer: Mutex<(u16, Option<String>)>,
    held: watch::Sender<bool>,
}

/// It runs until the test ends.
#[derive(Debug, Clone)]
pub struct Receiver {
    pub addr: SocketAddr,
    shared: Arc<Shared>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            received: Mutex::default(),
            answer: Mutex::new((200, None)),
            held: watch::Sender::new(false),
        });
        let router = Router::new().fallback(take).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { addr, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks?shop=1", self.addr)
    }

    /// From now on it answers with this status.
    pub fn answer(&self, status: u16) {
        *self.shared.answer.lock().unwrap() = (status, None);
    }

    pub fn redirect_to(&self, url: &str) {
        *self.shared.answer.lock().unwrap() = (307, Some(url.to_owned()));
    }

    /// From now on it takes messages and does not answer, until it is released.
    pub fn hold(&self, held: bool) {
        self.shared.held.send_replace(held);
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Those of a type, as they came.
    pub fn of(&self, event_type: &str) -> Vec<Received> {
        self.received().into_iter().filter(|one| one.body["type"] == event_type).collect()
    }

    /// Waits until it has got so many messages, and returns all.
    pub async fn when(&self, count: usize) -> Vec<Received> {
        eventually(&format!("{count} messages"), async || {
            Some(self.received()).filter(|received| received.len() >= count)
        })
        .await
    }

    /// Waits for the first message of a type.
    pub async fn first(&self, event_type: &str) -> Received {
        eventually(event_type, async || self.of(event_type).into_iter().next()).await
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert_eq!(header("content-type"), "application/json");
    shared.received.lock().unwrap().push(Received {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp").parse().unwrap(),
        signatures: header("webhook-signature").split(' ').map(str::to_owned).collect(),
        host: header("host"),
        path: uri.to_string(),
        body: serde_json::from_str(&text).unwrap(),
        text,
    });
    // The answer of the moment at which it came.
    let (status, location) = shared.answer.lock().unwrap().clone();
    let _ = shared.held.subscribe().wait_for(|held| !held).await;
    let status = StatusCode::from_u16(status).unwrap();
    match location {
        Some(location) => (status, [("location", location)]).into_response(),
        None => (status, "so be it").into_response(),
    }
}

impl Received {
    /// How many signatures there are, and whether one of them is by this secret.
    pub fn signed_by(&self, secret: &str) -> (usize, bool) {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let message = format!("{}.{}.{}", self.id, self.timestamp, self.text);
        let signature = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, message.as_bytes())));
        (self.signatures.len(), self.signatures.contains(&signature))
    }
}

/// RFC 2104, written out: the program's own must not check itself.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64);
    let pad = |with: u8| -> Vec<u8> {
        (0..64).map(|place| key.get(place).copied().unwrap_or(0) ^ with).collect()
    };
    let inner = Sha256::digest([&pad(0x36)[..], message].concat());
    Sha256::digest([&pad(0x5c)[..], &inner[..]].concat()).to_vec()
}

#[test]
fn the_hmac_is_that_of_the_rfc() {
    // RFC 4231, test case 2.
    let code = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
    let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(hex::encode(code), expected);
}
