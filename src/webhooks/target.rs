//! Where a webhook may lead: the rules of its URL. A URL that passes is not yet safe to call, for what
//! its name stands for is only known when it is called; see `courier`.

use super::address::is_public;
use crate::config::Webhooks as Rules;
use std::net::IpAddr;
use std::str::FromStr;
use url::{Host, Url};

/// Names that are not of the public internet, with all that is below them.
const CLOSED: [&str; 9] =
    ["arpa", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost", "onion"];

/// A URL that the rules allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(Url);

/// Why a URL is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("this is no URL: {0}")]
    Malformed(#[from] url::ParseError),
    #[error("a target is reached by https")]
    Scheme,
    #[error("a target has no user and no password in its URL")]
    Credentials,
    #[error("a target has no fragment")]
    Fragment,
    #[error("port {0} is not one of those that targets may have")]
    Port(u16),
    #[error("{0} is not a name of the public internet")]
    Name(String),
    #[error("{0} is not an address of the public internet")]
    Address(IpAddr),
    #[error("a target has at most 2000 characters")]
    TooLong,
}

impl Target {
    /// Parsed as browsers do, so that `0x7f.1` is the address that it stands for.
    pub fn parse(text: &str, rules: &Rules) -> Result<Self, TargetError> {
        let url = Url::from_str(text)?;
        match url.scheme() {
            "https" => {}
            "http" if rules.allow_http => {}
            _ => return Err(TargetError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(TargetError::Fragment);
        }
        let target = Self(url);
        let port = target.port();
        let plain = rules.allow_http && port == 80;
        if !(rules.allow_private || plain || rules.ports.contains(&port)) {
            return Err(TargetError::Port(port));
        }
        if !rules.allow_private {
            target.check_host()?;
        }
        Ok(target)
    }

    fn check_host(&self) -> Result<(), TargetError> {
        if let Some(address) = self.address() {
            return if is_public(address) { Ok(()) } else { Err(TargetError::Address(address)) };
        }
        let name = self.name().trim_end_matches('.');
        let closed = |end: &str| name.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'));
        if !name.contains('.') || CLOSED.iter().any(|end| closed(end)) {
            return Err(TargetError::Name(name.to_owned()));
        }
        Ok(())
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// As the URL writes it, an IPv6 address in brackets.
    pub fn name(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// `None` where the host is a name.
    pub fn address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        }
    }

    /// What stands in the `Host` header.
    pub fn authority(&self) -> String {
        match self.0.port() {
            Some(port) => format!("{}:{port}", self.name()),
            None => self.name().to_owned(),
        }
    }

    pub fn path_and_query(&self) -> String {
        match self.0.query() {
            Some(query) => format!("{}?{query}", self.0.path()),
            None => self.0.path().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Target, TargetError> {
        Target::parse(text, &Rules::default())
    }

    #[test]
    fn a_public_name_reached_by_https_is_allowed() {
        for (text, authority, path) in [
            ("https://shop.example/hooks", "shop.example", "/hooks"),
            ("https://shop.example", "shop.example", "/"),
            ("https://shop.example:8443/a?b=c", "shop.example:8443", "/a?b=c"),
            ("HTTPS://SHOP.example:443/", "shop.example", "/"),
            ("https://8.8.8.8/", "8.8.8.8", "/"),
            ("https://[2606:4700:4700::1111]/", "[2606:4700:4700::1111]", "/"),
        ] {
            let target = parse(text).unwrap();
            assert_eq!(
                (target.authority().as_str(), target.path_and_query().as_str()),
                (authority, path)
            );
            assert!(target.is_encrypted());
        }
    }

    #[test]
    fn what_is_no_way_to_the_public_internet_is_refused() {
        for text in [
            "http://shop.example/",
            "ftp://shop.example/",
            "file:///etc/passwd",
            "gopher://shop.example/",
            "javascript:alert(1)",
            "//shop.example/",
            "shop.example",
            "",
            "https://",
            "https://user@shop.example/",
            "https://user:secret@shop.example/",
            "https://:secret@shop.example/",
            "https://shop.example/#top",
            "https://shop.example:22/",
            "https://shop.example:80/",
            "https://shop.example:6379/",
            "https://shop.example:0/",
            "https://shop.example:99999/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://postgres/",
            "https://metadata.google.internal/",
            "https://metadata.google.internal./",
            "https://printer.local/",
            "https://router.lan/",
            "https://1.0.0.127.in-addr.arpa/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://%31%32%37.0.0.1/",
            "https://１２７.0.0.1/",
            "https://127。0。0。1/",
            "https://0/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1%25eth0]/",
        ] {
            assert!(parse(text).is_err(), "{text:?} leads to {:?}", parse(text));
        }
    }

    #[test]
    fn in_development_it_may_be_this_machine() {
        let rules = Rules { allow_http: true, allow_private: true, ..Rules::default() };
        for text in ["http://127.0.0.1:3000/", "http://localhost:80/", "https://[::1]:9/"] {
            assert!(Target::parse(text, &rules).is_ok(), "{text}");
        }
        let plain = Rules { allow_http: true, ..Rules::default() };
        assert!(Target::parse("http://shop.example/", &plain).is_ok());
        assert!(Target::parse("http://shop.example:81/", &plain).is_err());
        assert!(Target::parse("http://127.0.0.1/", &plain).is_err());
    }
}
