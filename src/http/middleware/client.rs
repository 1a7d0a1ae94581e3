//! The client's address. `X-Forwarded-For` can be forged by anybody, so it is believed only as far
//! as configured proxies wrote it.

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The address of the client behind this request.
pub(super) fn address(request: &Request, trusted_proxies: &[IpAddr]) -> IpAddr {
    // Without a socket (in tests) everybody is the same local client.
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(socket)| socket.ip().to_canonical());
    through_proxies(peer, request.headers(), trusted_proxies)
}

/// Walks back from the peer over the proxies that are trusted, to the first address that is not.
fn through_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect();
    let mut client = peer;
    for hop in hops.into_iter().rev() {
        if !trusted.contains(&client) {
            break;
        }
        match hop.parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
    }
    client
}

/// What stands for one client in limits: an IPv6 customer usually has a whole /64.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let prefix = u128::from(v6) & !u128::from(u64::MAX);
            IpAddr::V6(prefix.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn seen(peer: &str, forwarded: &str, trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_str(forwarded).unwrap());
        let trusted: Vec<IpAddr> = trusted.iter().map(|ip| ip.parse().unwrap()).collect();
        through_proxies(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_an_address() {
        assert_eq!(seen("203.0.113.9", "10.0.0.1", &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", "10.0.0.1", &["192.0.2.1"]), "203.0.113.9");
    }

    #[test]
    fn trusted_proxies_are_walked_through_from_the_right() {
        let proxies = ["192.0.2.1", "192.0.2.2"];
        assert_eq!(seen("192.0.2.1", "198.51.100.7", &proxies), "198.51.100.7");
        let forged = "1.1.1.1, 198.51.100.7, 192.0.2.2";
        assert_eq!(seen("192.0.2.1", forged, &proxies), "198.51.100.7");
        assert_eq!(seen("192.0.2.1", "garbage", &proxies), "192.0.2.1");
    }

    #[test]
    fn a_v6_network_is_one_client() {
        let one = network("2001:db8:1:2:3:4:5:6".parse().unwrap());
        assert_eq!(one, network("2001:db8:1:2:ffff::1".parse().unwrap()));
        assert_ne!(one, network("2001:db8:1:3::1".parse().unwrap()));
    }
}
