//! Carries one message to one target. Every address that the target's name stands for is checked
//! each time, and the connection is made to exactly an address that was checked: what a name server
//! says a moment later does not matter. Follows no redirect, uses no proxy, and reads little.

use super::address::is_public;
use super::target::{Target, TargetError};
use crate::config::Webhooks as Rules;
use crate::outbound;
use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

/// What of an answer is read at most.
const ANSWER_MAX_BYTES: usize = 4096;
/// The head of an answer, and what is read at once.
const HEAD_MAX_BYTES: usize = 16 * 1024;
/// Of the addresses of a name, so many are tried.
const ADDRESSES_MAX: usize = 4;
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const USER_AGENT: &str = concat!("Ledgerline/", env!("CARGO_PKG_VERSION"));

/// Finds what a name stands for.
#[async_trait]
pub trait Resolver: Send + Sync + fmt::Debug {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's own way.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// What a target answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The beginning of the body.
    pub body: String,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("the name cannot be resolved: {0}")]
    Resolve(io::Error),
    #[error("the name stands for no address")]
    NoAddress,
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("no encrypted connection can be made: {0}")]
    Encrypt(io::Error),
    #[error("the name cannot be in a certificate: {0}")]
    Name(#[from] InvalidDnsNameError),
    #[error("the answer is not HTTP, or broke off: {0}")]
    Exchange(#[from] hyper::Error),
    #[error("the request cannot be written: {0}")]
    Request(#[from] axum::http::Error),
    #[error("there was no answer within {0} s")]
    TimedOut(u64),
}

/// Sends messages. Cheap to clone.
#[derive(Clone)]
pub struct Courier {
    tls: TlsConnector,
    resolver: Arc<dyn Resolver>,
    rules: Arc<Rules>,
}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Courier {
    pub fn new(rules: &Rules, resolver: Arc<dyn Resolver>) -> Result<Self, rustls::Error> {
        let mut config = outbound::tls()?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let tls = TlsConnector::from(Arc::new(config));
        Ok(Self { tls, resolver, rules: Arc::new(rules.clone()) })
    }

    /// Posts JSON. Whatever the answer is, it is an answer.
    pub async fn post(
        &self,
        url: &str,
        headers: HeaderMap,
        body: String,
    ) -> Result<Answer, CourierError> {
        let limit = Duration::from_secs(self.rules.timeout_s);
        let exchange = self.exchange(url, headers, body);
        timeout(limit, exchange).await.unwrap_or(Err(CourierError::TimedOut(self.rules.timeout_s)))
    }

    async fn exchange(
        &self,
        url: &str,
        headers: HeaderMap,
        body: String,
    ) -> Result<Answer, CourierError> {
        // Also what was registered under other rules.
        let target = Target::parse(url, &self.rules)?;
        let request = request(&target, headers, body)?;
        let stream = connect(&self.addresses(&target).await?).await?;
        if !target.is_encrypted() {
            return converse(stream, request).await;
        }
        let name = match target.address() {
            Some(address) => ServerName::from(address),
            None => ServerName::try_from(target.name().to_owned())?,
        };
        let stream = self.tls.connect(name, stream).await.map_err(CourierError::Encrypt)?;
        converse(stream, request).await
    }

    /// Where to connect to. One address that is not allowed spoils all: who mixes them means no good.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, CourierError> {
        let found = match target.address() {
            Some(address) => vec![address],
            None => self.resolver.resolve(target.name()).await.map_err(CourierError::Resolve)?,
        };
        let closed = found.iter().find(|address| !is_public(**address));
        if let Some(address) = closed.filter(|_| !self.rules.allow_private) {
            return Err(TargetError::Address(*address).into());
        }
        let port = target.port();
        let found = found.into_iter().take(ADDRESSES_MAX);
        Ok(found.map(|address| SocketAddr::new(address, port)).collect())
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, CourierError> {
    let mut failed = CourierError::NoAddress;
    for address in addresses {
        match timeout(CONNECT_WITHIN, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failed = CourierError::Connect(error),
            Err(_) => failed = CourierError::Connect(io::ErrorKind::TimedOut.into()),
        }
    }
    Err(failed)
}

fn request(
    target: &Target,
    headers: HeaderMap,
    body: String,
) -> Result<Request<Full<Bytes>>, axum::http::Error> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(target.path_and_query())
        .header(header::HOST, target.authority())
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body)))?;
    request.headers_mut().extend(headers);
    Ok(request)
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answer, CourierError> {
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(HEAD_MAX_BYTES).handshake(TokioIo::new(stream)).await?;
    // Ends with this exchange, however that ends.
    let _driver = AbortOnDropHandle::new(tokio::spawn(connection));
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    Ok(Answer { status, body: beginning(response.into_body()).await })
}

/// The status is there already: a body that breaks off changes nothing.
async fn beginning(mut body: Incoming) -> String {
    let mut read = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            read.extend_from_slice(&data);
        }
        if read.len() >= ANSWER_MAX_BYTES {
            read.truncate(ANSWER_MAX_BYTES);
            break;
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

/// A header value of ours.
pub fn header_value(text: &str) -> HeaderValue {
    // Ids, digits and base64: nothing that a header could not hold.
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
