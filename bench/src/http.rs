//! An HTTP/1.1 client that costs as little as it can: it shares the machine with what it measures.
//! One request at a time on one connection that is kept. Speaks to loopback only, and understands
//! only what our servers answer: a length, or no body.

use crate::Result;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where the API is.
const PREFIX: &str = "/api/v1";
const MAX_HEADERS: usize = 48;

/// A connection, opened when it is first needed and again after it broke.
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    received: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    head: Vec<u8>,
    pub body: Vec<u8>,
}

/// The bytes of a request. `path` comes behind the API's prefix.
pub fn request(method: &str, path: &str, authorization: &str, more: &str, body: &str) -> Vec<u8> {
    let mut text = format!("{method} {PREFIX}{path} HTTP/1.1\r\nHost: localhost\r\n");
    if !authorization.is_empty() {
        text.push_str("Authorization: ");
        text.push_str(authorization);
        text.push_str("\r\n");
    }
    text.push_str(more);
    if !body.is_empty() {
        let length = body.len();
        text.push_str("Content-Type: application/json\r\n");
        text.push_str("Content-Length: ");
        text.push_str(&length.to_string());
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

impl Connection {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, received: Vec::new() }
    }

    /// Opens it now, so that this is not measured.
    pub async fn open(&mut self) -> Result<()> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        Ok(())
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&mut self, request: &[u8]) -> Result<Answer> {
        self.open().await?;
        let answer = self.exchange(request).await;
        if answer.is_err() {
            self.stream = None;
        }
        answer
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        let stream = self.stream.as_mut().ok_or("not connected")?;
        stream.write_all(request).await?;
        self.received.clear();
        loop {
            if stream.read_buf(&mut self.received).await? == 0 {
                return Err("the connection was closed before the answer".into());
            }
            if let Some((status, head, length)) = parse(&self.received)? {
                while self.received.len() < head + length {
                    if stream.read_buf(&mut self.received).await? == 0 {
                        return Err("the connection was closed within the answer".into());
                    }
                }
                let body = self.received.split_off(head);
                return Ok(Answer { status, head: std::mem::take(&mut self.received), body });
            }
        }
    }
}

/// The status, and the lengths of the head and of the body, once the head is complete.
fn parse(received: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(received)? else {
        return Ok(None);
    };
    let status = response.code.ok_or("an answer without a status")?;
    let mut length = 0;
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            length = std::str::from_utf8(header.value)?.parse()?;
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            return Err("the answer has no length".into());
        }
    }
    // These have no body, whatever length they name.
    Ok(Some((status, head, if matches!(status, 204 | 304) { 0 } else { length })))
}

impl Answer {
    /// The answer, if this is its status; otherwise what it says.
    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        let text = String::from_utf8_lossy(&self.body);
        Err(format!("{} instead of {status}: {text}", self.status).into())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(&self.head).ok()?.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The last part of `Location`: the id of what was made.
    pub fn made(&self) -> Result<String> {
        let location = self.header("location").ok_or("the answer has no Location")?;
        Ok(location.rsplit('/').next().unwrap_or_default().to_owned())
    }
}
