//! The optional TOML file: what is rarely changed. Every value has a default, an unknown name is an
//! error.

use aggregates::Money;
use aggregates::loyalty_account::Programme;
use aggregates::order::DeliveryMethod;
use aggregates::review::Moderation;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::num::NonZeroU32;

/// Everything that the file can say.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    pub http: Http,
    pub rate_limits: RateLimits,
    pub tokens: Tokens,
    pub database: Database,
    pub orders: Orders,
    pub audit: Audit,
    pub catalogue: Catalogue,
    pub gift_cards: GiftCards,
    pub reviews: Reviews,
    pub mail: Mail,
    pub webhooks: Webhooks,
    /// The loyalty programme in force; raise its version with every change.
    pub loyalty: Programme,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Origins whose scripts may use the API, `*` for any. Default: none.
    pub cors_origins: Vec<String>,
    /// Addresses of proxies whose `X-Forwarded-For` is believed. Default: none.
    pub trusted_proxies: Vec<IpAddr>,
    /// The largest body of a request, in bytes. Default 1 MiB.
    pub body_limit_bytes: usize,
    /// The largest uploaded image, in bytes. Default 10 MiB.
    pub image_limit_bytes: usize,
    /// How long a request may take, in seconds. Default 30.
    pub request_timeout_s: u64,
    /// How long a connection may take to send the head of its next request, also where it sends
    /// nothing at all, in seconds. Default 75: longer than proxies keep idle connections.
    pub idle_timeout_s: u64,
    /// How long a command's answer waits for the read models, in milliseconds. Default 500.
    pub projection_wait_ms: u64,
    /// Memory for answers of the public catalogue, in mebibytes; 0 keeps none. Default 32.
    pub page_cache_mib: u64,
    /// How old figures of the analytics may be that take long to add up, in seconds; 0: never older
    /// than the last change. Default 10.
    pub slow_figures_age_s: u64,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            body_limit_bytes: 1024 * 1024,
            image_limit_bytes: 10 * 1024 * 1024,
            request_timeout_s: 30,
            idle_timeout_s: 75,
            projection_wait_ms: 500,
            page_cache_mib: 32,
            slow_figures_age_s: 10,
        }
    }
}

/// Requests per minute, and how many of them may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Requests a minute.
    pub per_minute: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

impl Quota {
    const fn of(per_minute: u32, burst: u32) -> Self {
        let per_minute = match NonZeroU32::new(per_minute) {
            Some(number) => number,
            None => NonZeroU32::MIN,
        };
        let burst = match NonZeroU32::new(burst) {
            Some(number) => number,
            None => NonZeroU32::MIN,
        };
        Self { per_minute, burst }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// For each account, or address without one. Default 1200 a minute, 400 at once.
    pub general: Quota,
    /// For each address on what takes passwords and tokens. Default 60 a minute, 30 at once.
    pub auth: Quota,
    /// Gift-card codes that turn out wrong, for each account and for each address. Default 10 a
    /// minute, 20 at once.
    pub codes: Quota,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { general: Quota::of(1200, 400), auth: Quota::of(60, 30), codes: Quota::of(10, 20) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tokens {
    /// How long an access token is valid, in minutes. Default 15.
    pub access_minutes: u32,
    /// How long a refresh token is valid, in days. Default 30.
    pub refresh_days: u32,
    /// Who issues them (`iss`). Default `ledgerline`.
    pub issuer: String,
    /// Whom they are for (`aud`). Default `ledgerline`.
    pub audience: String,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            access_minutes: 15,
            refresh_days: 30,
            issuer: "ledgerline".to_owned(),
            audience: "ledgerline".to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// Connections that commands use at most. Default 16.
    pub write_connections: u32,
    /// Connections that queries and projections use at most. Default 16.
    pub read_connections: u32,
    /// How long a request waits for a connection, in seconds. Default 5.
    pub acquire_timeout_s: u64,
}

impl Default for Database {
    fn default() -> Self {
        Self { write_connections: 16, read_connections: 16, acquire_timeout_s: 5 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// The name of the log in its signed checkpoints, without spaces and `+`; for instance the
    /// host name of the shop. Changing it makes another log of it. Default `ledgerline`.
    pub origin: String,
    /// How many events `GET /audit/verify` verifies at most. Default 20,000.
    pub verify_limit_events: u64,
}

impl Default for Audit {
    fn default() -> Self {
        Self { origin: "ledgerline".to_owned(), verify_limit_events: 20_000 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Catalogue {
    /// Units in stock of an imported product whose row has no `quantity`: lists of shops that count no
    /// stock can be sold from. Lists of releases are of what is on the shelf. Default 100.
    pub imported_quantity: u32,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self { imported_quantity: 100 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Orders {
    /// How long stock and balances are held for an order that is not paid, in minutes. Default 15.
    pub hold_minutes: u32,
    /// What delivery costs and how long it takes.
    pub delivery: DeliveryTable,
}

impl Default for Orders {
    fn default() -> Self {
        Self { hold_minutes: 15, delivery: DeliveryTable::default() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Who writes. Default `Ledgerline <no-reply@localhost.localdomain>`.
    pub from: String,
    /// Where the link to prove an address leads; `{token}` is replaced.
    pub verify_url: String,
    /// Where the link to a new password leads; `{token}` is replaced.
    pub reset_url: String,
}

impl Default for Mail {
    fn default() -> Self {
        let link = |page: &str| format!("http://127.0.0.1:8080/{page}?token={{token}}");
        Self {
            from: "Ledgerline <no-reply@localhost.localdomain>".to_owned(),
            verify_url: link("verify"),
            reset_url: link("reset"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Whether targets may be `http`, also on port 80. For development only. Default false.
    pub allow_http: bool,
    /// Whether targets may be in private networks and on any port. For development only: with it, sellers
    /// reach whatever the server reaches. Default false.
    pub allow_private: bool,
    /// The ports that targets may have. Default 443 and 8443.
    pub ports: Vec<u16>,
    /// Deliveries at once. Default 16.
    pub concurrency: u32,
    /// How long a target may take to answer, in seconds. Default 15.
    pub timeout_s: u64,
    /// Webhooks that an account may have. Default 20.
    pub per_account: u32,
    /// How long deliveries are kept, in days. Default 30.
    pub kept_days: u32,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            allow_http: false,
            allow_private: false,
            ports: vec![443, 8443],
            concurrency: 16,
            timeout_s: 15,
            per_account: 20,
            kept_days: 30,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GiftCards {
    /// How long a card is valid where nobody says otherwise, in days. Default 1095, three years.
    pub valid_days: u32,
    /// The smallest amount that a customer can buy. Default 500.00.
    pub smallest: Money,
    /// The largest amount of a card. Default 1,000,000.00.
    pub largest: Money,
}

impl Default for GiftCards {
    fn default() -> Self {
        // Far below the largest amount.
        let whole = |units: u64| Money::from_minor(units * 100).unwrap_or(Money::MAX);
        Self { valid_days: 1095, smallest: whole(500), largest: whole(1_000_000) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reviews {
    /// `after`: a review is published at once, and may be rejected later. `before`: it is published
    /// when a moderator has approved it. Default `after`.
    pub moderation: Moderation,
}

/// One way to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// In the store's currency.
    pub price: Money,
    /// The shortest time, in days.
    pub min_days: u8,
    /// The longest time, in days.
    pub max_days: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryTable {
    /// Default 1500.00, 5 to 7 days.
    pub standard: Delivery,
    /// Default 3000.00, 2 to 3 days.
    pub express: Delivery,
    /// Default 5000.00, on the same day.
    pub same_day: Delivery,
}

impl DeliveryTable {
    pub fn get(&self, method: DeliveryMethod) -> Delivery {
        match method {
            DeliveryMethod::Standard => self.standard,
            DeliveryMethod::Express => self.express,
            DeliveryMethod::SameDay => self.same_day,
        }
    }
}

impl Default for DeliveryTable {
    fn default() -> Self {
        let row = |minor, min_days, max_days| Delivery {
            // Far below the largest amount.
            price: Money::from_minor(minor).unwrap_or(Money::MAX),
            min_days,
            max_days,
        };
        Self {
            standard: row(150_000, 5, 7),
            express: row(300_000, 2, 3),
            same_day: row(500_000, 0, 0),
        }
    }
}
