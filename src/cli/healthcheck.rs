//! `ledgerline healthcheck`: asks a running server, as a container's health check.

use super::CliError;
use crate::config::Flags;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(flags: &Flags) -> Result<(), CliError> {
    let addr = reachable(flags.addr);
    let asked = tokio::time::timeout(PATIENCE, ask(addr)).await;
    let status = asked
        .map_err(|_| CliError::Failed(format!("{addr} does not answer")))?
        .map_err(|error| CliError::Failed(format!("{addr} cannot be asked: {error}")))?;
    if status.starts_with("HTTP/1.1 200") {
        return Ok(());
    }
    let status = status.lines().next().unwrap_or_default().to_owned();
    Err(CliError::Failed(format!("{addr} is not well: {status}")))
}

/// A server that listens on every address is asked on the loopback one.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

/// One request needs no HTTP client.
async fn ask(addr: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(addr).await?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
