//! A small S3: objects of one bucket in memory, behind signatures that it computes on its own, as
//! the documentation of AWS says ("Authenticating Requests: Using Query Parameters").

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

struct Shared {
    bucket: String,
    key: String,
    secret: String,
    refuses: AtomicBool,
    objects: Mutex<BTreeMap<String, (String, Bytes)>>,
}

/// It runs until the test ends.
pub struct S3Server {
    port: u16,
    shared: Arc<Shared>,
}

impl S3Server {
    pub async fn start(bucket: &str, key: &str, secret: &str) -> Self {
        let shared = Arc::new(Shared {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            secret: secret.to_owned(),
            refuses: AtomicBool::new(false),
            objects: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, shared }
    }

    pub fn url(&self) -> String {
        let Shared { bucket, key, secret, .. } = &*self.shared;
        let secret = secret.replace('/', "%2F");
        format!("http://{key}:{secret}@127.0.0.1:{}/{bucket}?region=eu-north-1", self.port)
    }

    /// From now on it says that it cannot.
    pub fn refuse(&self) {
        self.shared.refuses.store(true, Ordering::SeqCst);
    }

    pub fn keys(&self) -> BTreeSet<String> {
        self.shared.objects.lock().unwrap().keys().cloned().collect()
    }

    pub fn media_type(&self, key: &str) -> String {
        self.shared.objects.lock().unwrap()[key].0.clone()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if shared.refuses.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if !is_signed(&shared, &method, &uri, &headers) {
        return (StatusCode::FORBIDDEN, "SignatureDoesNotMatch").into_response();
    }
    let Some(key) = uri.path().strip_prefix(&format!("/{}/", shared.bucket)) else {
        return (StatusCode::NOT_FOUND, "NoSuchBucket").into_response();
    };
    let mut objects = shared.objects.lock().unwrap();
    if method == Method::PUT {
        let media_type = headers[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        objects.insert(key.to_owned(), (media_type, body));
        return StatusCode::OK.into_response();
    }
    match objects.get(key) {
        Some((_, bytes)) => bytes.clone().into_response(),
        None => (StatusCode::NOT_FOUND, "NoSuchKey").into_response(),
    }
}

fn is_signed(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let mut parameters: Vec<&str> = uri.query().unwrap_or_default().split('&').collect();
    parameters.sort_unstable();
    let value = |name: &str| {
        let found = parameters.iter().find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.unwrap_or_default().replace("%2F", "/").replace("%3B", ";")
    };
    let (names, time) = (value("X-Amz-SignedHeaders"), value("X-Amz-Date"));
    let signature = value("X-Amz-Signature");
    let day = time.get(..8).unwrap_or_default();
    let scope = format!("{day}/eu-north-1/s3/aws4_request");
    if value("X-Amz-Credential") != format!("{}/{scope}", shared.key) {
        return false;
    }
    let signed = names.split(';').map(|name| {
        let value = headers.get(name).map_or("", |value| value.to_str().unwrap());
        format!("{name}:{}\n", value.trim())
    });
    let query: Vec<&str> =
        parameters.iter().copied().filter(|pair| !pair.starts_with("X-Amz-Signature=")).collect();
    let request = format!(
        "{method}\n{}\n{}\n{}\n{names}\nUNSIGNED-PAYLOAD",
        uri.path(),
        query.join("&"),
        signed.collect::<String>()
    );
    let digest = hex::encode(Sha256::digest(request));
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}");
    let first = format!("AWS4{}", shared.secret).into_bytes();
    let key =
        [day, "eu-north-1", "s3", "aws4_request"].iter().fold(first, |key, part| keyed(&key, part));
    hex::encode(keyed(&key, &text)) == signature
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
