//! The configuration: one typed struct, made once at start from flags, environment and an optional
//! file. Nothing else reads the environment. Never shows a secret.

mod display;
mod file;
mod flags;
mod secret;

pub use file::{
    Audit, Catalogue, Database, Delivery, DeliveryTable, File, GiftCards, Http, Mail, Orders,
    Quota, RateLimits, Reviews, Tokens, Webhooks,
};
pub use flags::{Flags, Role, Switch};
pub use secret::Secret;

use crate::mail;
use crate::telemetry::LogFormat;
use aggregates::loyalty_account::Programme;
use lettre::address::AddressError;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is in force.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the server listens. `LEDGERLINE_ADDR`, default 127.0.0.1:8080.
    pub addr: SocketAddr,
    /// The embedded PostgreSQL, generated keys, uploaded images. `LEDGERLINE_DATA_DIR`, `./data`.
    pub data_dir: PathBuf,
    /// What this process does. `LEDGERLINE_ROLE`, default `all`.
    pub role: Role,
    /// `DATABASE_URL`; `None`: PostgreSQL runs embedded in the data folder.
    pub database_url: Option<Secret>,
    /// `DATABASE_READ_URL`, a replica for queries; `None`: the same database.
    pub database_read_url: Option<Secret>,
    /// `LEDGERLINE_JWT_KEY`; `None`: a random one is made and kept in the data folder.
    pub jwt_key: Option<Secret>,
    /// `LEDGERLINE_JWT_OLD_KEYS`: accepted until the tokens that they signed have expired.
    pub jwt_old_keys: Option<Secret>,
    /// `LEDGERLINE_CODE_KEY`; `None`: a random one is made and kept in the data folder.
    pub code_key: Option<Secret>,
    /// `LEDGERLINE_AUDIT_KEY`; `None`: a random one is made and kept in the data folder.
    pub audit_key: Option<Secret>,
    /// `LEDGERLINE_ADMIN_EMAIL` and `LEDGERLINE_ADMIN_PASSWORD`.
    pub first_admin: Option<FirstAdmin>,
    /// `LEDGERLINE_RATE_LIMITS`: `None` where it is `off`.
    pub rate_limits: Option<RateLimits>,
    /// What is logged. `LEDGERLINE_LOG`, default `info`.
    pub log: String,
    /// How log lines are written. `LEDGERLINE_LOG_FORMAT`, default `text`.
    pub log_format: LogFormat,
    /// `REDIS_URL`; `None`: caches are in the process.
    pub redis_url: Option<Secret>,
    /// `AMQP_URL`; `None`: the bus is in the process.
    pub amqp_url: Option<Secret>,
    /// `SMTP_URL`; `None`: mail is written into the data folder.
    pub smtp_url: Option<Secret>,
    /// `S3_URL`; `None`: uploaded images are kept in the data folder.
    pub s3_url: Option<Secret>,
    /// Limits of HTTP, from the file.
    pub http: Http,
    /// Life times of tokens, from the file.
    pub tokens: Tokens,
    /// Sizes of the connection pools, from the file.
    pub database: Database,
    /// Delivery and holds, from the file.
    pub orders: Orders,
    /// The name of the log and what the API verifies, from the file.
    pub audit: Audit,
    /// The stock of what is imported, from the file.
    pub catalogue: Catalogue,
    /// Sender and links of mail, from the file.
    pub mail: Mail,
    /// Where webhooks may lead and how they are delivered, from the file.
    pub webhooks: Webhooks,
    /// Validity and amounts of gift cards, from the file.
    pub gift_cards: GiftCards,
    /// How reviews are moderated, from the file.
    pub reviews: Reviews,
    /// The loyalty programme, from the file.
    pub loyalty: Arc<Programme>,
}

/// The administrator that exists from the first start on.
#[derive(Debug, Clone)]
pub struct FirstAdmin {
    pub email: String,
    pub password: Secret,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} is not a configuration file: {source}")]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
    #[error("{name} must be at least {least}")]
    TooSmall { name: &'static str, least: u64 },
    #[error(
        "a process with the role {role:?} needs DATABASE_URL: it shares a database with others"
    )]
    DatabaseMissing { role: Role },
    #[error(
        "a process with the role {role:?} needs LEDGERLINE_JWT_KEY: it must accept the tokens of others"
    )]
    JwtKeyMissing { role: Role },
    #[error(
        "a process with the role {role:?} needs LEDGERLINE_CODE_KEY: it must know the gift cards and webhooks of others"
    )]
    CodeKeyMissing { role: Role },
    #[error(
        "the loyalty programme needs a tier from 0.00, tiers by rising spend, a share of at most 100 percent, and at most 36500 days"
    )]
    LoyaltyTiers,
    #[error("mail.from is no address: {0}")]
    MailFrom(#[from] AddressError),
    #[error("LEDGERLINE_ADMIN_PASSWORD needs LEDGERLINE_ADMIN_EMAIL")]
    AdminEmailMissing,
    #[error("DATABASE_READ_URL needs DATABASE_URL")]
    ReplicaWithoutDatabase,
}

impl Config {
    /// Reads the file that the flags name, if any, and puts all together.
    pub fn load(flags: Flags) -> Result<Self, ConfigError> {
        let file = match &flags.config {
            Some(path) => read(path)?,
            None => File::default(),
        };
        Self::new(flags, file)
    }

    /// Checks what can be checked without looking at the machine.
    pub fn new(flags: Flags, file: File) -> Result<Self, ConfigError> {
        let role = flags.role;
        if role != Role::All {
            if flags.database_url.is_none() {
                return Err(ConfigError::DatabaseMissing { role });
            }
            if flags.jwt_key.is_none() {
                return Err(ConfigError::JwtKeyMissing { role });
            }
            if flags.code_key.is_none() {
                return Err(ConfigError::CodeKeyMissing { role });
            }
        }
        if flags.database_read_url.is_some() && flags.database_url.is_none() {
            return Err(ConfigError::ReplicaWithoutDatabase);
        }
        let first_admin = match (flags.admin_email, flags.admin_password) {
            (Some(email), Some(password)) => Some(FirstAdmin { email, password }),
            (None, Some(_)) => return Err(ConfigError::AdminEmailMissing),
            (_, None) => None,
        };
        if !file.loyalty.is_sound() {
            return Err(ConfigError::LoyaltyTiers);
        }
        mail::sender(&file.mail.from)?;
        for (name, value, least) in limits(&file) {
            if value < least {
                return Err(ConfigError::TooSmall { name, least });
            }
        }
        Ok(Self {
            addr: flags.addr,
            data_dir: flags.data_dir,
            role,
            database_url: flags.database_url,
            database_read_url: flags.database_read_url,
            jwt_key: flags.jwt_key,
            jwt_old_keys: flags.jwt_old_keys,
            audit_key: flags.audit_key,
            code_key: flags.code_key,
            first_admin,
            rate_limits: (flags.rate_limits == Switch::On).then_some(file.rate_limits),
            log: flags.log,
            log_format: flags.log_format,
            redis_url: flags.redis_url,
            amqp_url: flags.amqp_url,
            smtp_url: flags.smtp_url,
            s3_url: flags.s3_url,
            http: file.http,
            tokens: file.tokens,
            database: file.database,
            orders: file.orders,
            audit: file.audit,
            catalogue: file.catalogue,
            gift_cards: file.gift_cards,
            reviews: file.reviews,
            mail: file.mail,
            webhooks: file.webhooks,
            loyalty: Arc::new(file.loyalty),
        })
    }
}

fn read(path: &Path) -> Result<File, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    toml::from_str(&text)
        .map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })
}

/// Numbers of the file that make no sense below a least value: name, value, least.
fn limits(file: &File) -> [(&'static str, u64, u64); 11] {
    let size = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    [
        ("http.body_limit_bytes", size(file.http.body_limit_bytes), 1024),
        ("http.request_timeout_s", file.http.request_timeout_s, 1),
        ("http.idle_timeout_s", file.http.idle_timeout_s, 1),
        ("tokens.access_minutes", file.tokens.access_minutes.into(), 1),
        ("tokens.refresh_days", file.tokens.refresh_days.into(), 1),
        ("database.write_connections", file.database.write_connections.into(), 2),
        ("database.read_connections", file.database.read_connections.into(), 2),
        ("orders.hold_minutes", file.orders.hold_minutes.into(), 1),
        ("webhooks.concurrency", file.webhooks.concurrency.into(), 1),
        ("webhooks.timeout_s", file.webhooks.timeout_s, 1),
        // Deliveries are tried for three days.
        ("webhooks.kept_days", file.webhooks.kept_days.into(), 4),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults. Not parsed: the parser would read the environment of whoever runs the tests.
    fn flags() -> Flags {
        Flags {
            addr: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: "./data".into(),
            role: Role::All,
            database_url: None,
            database_read_url: None,
            jwt_key: None,
            jwt_old_keys: None,
            audit_key: None,
            code_key: None,
            admin_email: None,
            admin_password: None,
            rate_limits: Switch::On,
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            redis_url: None,
            amqp_url: None,
            smtp_url: None,
            s3_url: None,
            config: None,
        }
    }

    fn database() -> Secret {
        Secret::new("postgres://shop:s3cret@db.example/ledgerline?password=s3cret")
    }

    fn key() -> Secret {
        Secret::new("a-very-long-random-text-of-more-than-32-bytes")
    }

    #[test]
    fn without_arguments_everything_runs_embedded() {
        let config = Config::new(flags(), File::default()).unwrap();
        assert_eq!(config.role, Role::All);
        assert_eq!(config.orders.delivery.standard.price.to_string(), "1500.00");
        assert_eq!(config.orders.delivery.same_day.max_days, 0);
        assert!(config.rate_limits.is_some());
    }

    #[test]
    fn a_part_of_the_system_needs_the_database_and_the_key_of_the_others() {
        let part = |database_url, jwt_key| {
            let flags = Flags {
                role: Role::Queries,
                database_url,
                jwt_key,
                code_key: Some(key()),
                ..flags()
            };
            Config::new(flags, File::default()).map(|_| ())
        };
        assert!(matches!(part(None, Some(key())), Err(ConfigError::DatabaseMissing { .. })));
        assert!(matches!(part(Some(database()), None), Err(ConfigError::JwtKeyMissing { .. })));
        assert!(part(Some(database()), Some(key())).is_ok());
    }

    #[test]
    fn the_file_overrides_defaults_and_refuses_unknown_names() {
        let file: File = toml::from_str(
            "[orders.delivery.express]\nprice = \"2500.00\"\nmin_days = 1\nmax_days = 2\n",
        )
        .unwrap();
        assert_eq!(file.orders.delivery.express.price.to_string(), "2500.00");
        assert_eq!(file.orders.delivery.standard.price.to_string(), "1500.00");
        assert!(toml::from_str::<File>("[orders]\nhold_minuets = 5\n").is_err());
    }

    #[test]
    fn a_limit_that_makes_no_sense_is_refused() {
        let file: File = toml::from_str("[http]\nrequest_timeout_s = 0\n").unwrap();
        assert!(matches!(Config::new(flags(), file), Err(ConfigError::TooSmall { .. })));
    }

    #[test]
    fn a_sender_of_mail_that_is_no_address_is_refused() {
        let with = |from: &str| {
            let mail = Mail { from: from.to_owned(), ..Mail::default() };
            Config::new(flags(), File { mail, ..File::default() })
        };
        for good in ["shop@example.kz", "Лавка <shop@example.kz>"] {
            assert_eq!(with(good).unwrap().mail.from, good);
        }
        for wrong in ["", "shop", "Shop <shop>", "shop@example.kz, me@example.kz"] {
            assert!(matches!(with(wrong), Err(ConfigError::MailFrom(_))), "{wrong}");
        }
    }

    #[test]
    fn secrets_are_hidden() {
        let flags = Flags {
            database_url: Some(database()),
            jwt_key: Some(key()),
            jwt_old_keys: Some(Secret::new("a-very-long-text-that-signed-before-this-one")),
            admin_email: Some("root@example.com".to_owned()),
            admin_password: Some(Secret::new("correct horse")),
            ..flags()
        };
        let config = Config::new(flags, File::default()).unwrap();
        for shown in [config.display(), format!("{config:?}")] {
            for secret in ["s3cret", "horse", "a-very-long"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
        assert!(config.display().contains("db.example"));
    }
}
