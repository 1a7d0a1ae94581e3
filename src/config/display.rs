//! What `ledgerline config` prints: everything in force, as TOML, with the secrets hidden.

use super::{
    Audit, Catalogue, Config, Database, GiftCards, Http, Mail, Orders, RateLimits, Reviews, Role,
    Secret, Tokens, Webhooks,
};
use aggregates::loyalty_account::Programme;
use serde::Serialize;

#[derive(Serialize)]
struct Shown<'c> {
    addr: String,
    data_dir: String,
    role: &'static str,
    log: &'c str,
    log_format: crate::telemetry::LogFormat,
    database_url: String,
    database_read_url: String,
    jwt_key: &'static str,
    jwt_old_keys: &'static str,
    audit_key: &'static str,
    code_key: &'static str,
    admin_email: &'c str,
    redis_url: String,
    amqp_url: String,
    smtp_url: String,
    s3_url: String,
    http: &'c Http,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limits: Option<&'c RateLimits>,
    tokens: &'c Tokens,
    database: &'c Database,
    orders: &'c Orders,
    audit: &'c Audit,
    catalogue: &'c Catalogue,
    gift_cards: &'c GiftCards,
    reviews: &'c Reviews,
    mail: &'c Mail,
    webhooks: &'c Webhooks,
    loyalty: &'c Programme,
}

impl Config {
    /// As TOML, for people. Passwords and keys are not in it.
    pub fn display(&self) -> String {
        let shown = toml::to_string_pretty(&Shown {
            addr: self.addr.to_string(),
            data_dir: self.data_dir.display().to_string(),
            role: match self.role {
                Role::All => "all",
                Role::Commands => "commands",
                Role::Queries => "queries",
                Role::Worker => "worker",
            },
            log: &self.log,
            log_format: self.log_format,
            database_url: address(self.database_url.as_ref(), "(embedded)"),
            database_read_url: address(self.database_read_url.as_ref(), "(the same database)"),
            audit_key: if self.audit_key.is_some() { "***" } else { "(kept in the data folder)" },
            jwt_key: if self.jwt_key.is_some() { "***" } else { "(kept in the data folder)" },
            jwt_old_keys: if self.jwt_old_keys.is_some() { "***" } else { "(none)" },
            code_key: if self.code_key.is_some() { "***" } else { "(kept in the data folder)" },
            admin_email: self.first_admin.as_ref().map_or("", |admin| &admin.email),
            redis_url: address(self.redis_url.as_ref(), "(in process)"),
            amqp_url: address(self.amqp_url.as_ref(), "(in process)"),
            smtp_url: address(self.smtp_url.as_ref(), "(files in the data folder)"),
            s3_url: address(self.s3_url.as_ref(), "(files in the data folder)"),
            http: &self.http,
            rate_limits: self.rate_limits.as_ref(),
            tokens: &self.tokens,
            database: &self.database,
            orders: &self.orders,
            audit: &self.audit,
            catalogue: &self.catalogue,
            gift_cards: &self.gift_cards,
            reviews: &self.reviews,
            mail: &self.mail,
            webhooks: &self.webhooks,
            loyalty: &self.loyalty,
        });
        #[expect(clippy::expect_used, reason = "tables of texts and numbers, tables last")]
        shown.expect("a configuration serialises")
    }
}

/// A URL without what stands before the `@` and after the `?`: either may hold a password.
fn address(url: Option<&Secret>, missing: &str) -> String {
    let Some(url) = url else { return missing.to_owned() };
    let Some((scheme, rest)) = url.expose().split_once("://") else { return "***".to_owned() };
    let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://***@{host}"),
        None => format!("{scheme}://{rest}"),
    }
}
