//! The command line and the environment: each flag is also a variable. What is rarely changed stands
//! in the optional file instead (see [`super::file`]).

use super::Secret;
use crate::telemetry::LogFormat;
use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// What of the server a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Role {
    /// Everything.
    #[default]
    All,
    /// HTTP, but only requests that change something.
    Commands,
    /// HTTP, but only requests that change nothing.
    Queries,
    /// Projections, processes and jobs; of HTTP only health and metrics.
    Worker,
}

impl Role {
    pub fn serves_commands(self) -> bool {
        matches!(self, Self::All | Self::Commands)
    }

    pub fn serves_queries(self) -> bool {
        matches!(self, Self::All | Self::Queries)
    }

    /// Whether it runs projections, processes and jobs.
    pub fn works(self) -> bool {
        matches!(self, Self::All | Self::Worker)
    }
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// What the command line and the environment say.
#[derive(Debug, Clone, Args)]
pub struct Flags {
    /// Where the server listens
    #[arg(long, env = "LEDGERLINE_ADDR", default_value = "127.0.0.1:8080")]
    pub addr: SocketAddr,
    /// The folder of the embedded PostgreSQL, the generated keys and the uploaded images
    #[arg(long, env = "LEDGERLINE_DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// What this process does
    #[arg(long, value_enum, env = "LEDGERLINE_ROLE", default_value = "all")]
    pub role: Role,
    /// PostgreSQL; without it the server runs its own in the data folder
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<Secret>,
    /// A streaming replica that queries may read from
    #[arg(long, env = "DATABASE_READ_URL", hide_env_values = true)]
    pub database_read_url: Option<Secret>,
    /// Signs the access tokens: a secret of at least 32 bytes (HS256), `ed25519:` and 64 hexadecimal
    /// digits, or a PEM private key (both EdDSA)
    #[arg(long, env = "LEDGERLINE_JWT_KEY", hide_env_values = true)]
    pub jwt_key: Option<Secret>,
    /// Keys that signed access tokens before, one in each line: what they signed is accepted until
    /// it expires
    #[arg(long, env = "LEDGERLINE_JWT_OLD_KEYS", hide_env_values = true)]
    pub jwt_old_keys: Option<Secret>,
    /// Keys the hashes of gift-card codes: a secret of at least 32 bytes, never to be changed
    #[arg(long, env = "LEDGERLINE_CODE_KEY", hide_env_values = true)]
    pub code_key: Option<Secret>,
    /// Signs the tree heads: `ed25519:` and 64 hexadecimal digits, or a PEM private key; see `audit
    /// keygen`
    #[arg(long, env = "LEDGERLINE_AUDIT_KEY", hide_env_values = true)]
    pub audit_key: Option<Secret>,
    /// The e-mail address of the first administrator, made at start where it is missing
    #[arg(long, env = "LEDGERLINE_ADMIN_EMAIL", requires = "admin_password")]
    pub admin_email: Option<String>,
    /// The first administrator's password
    #[arg(long, env = "LEDGERLINE_ADMIN_PASSWORD", hide_env_values = true)]
    pub admin_password: Option<Secret>,
    /// Whether clients are limited in how fast they may ask
    #[arg(long, value_enum, env = "LEDGERLINE_RATE_LIMITS", default_value = "on")]
    pub rate_limits: Switch,
    /// What is logged, for instance `info,ledgerline=debug`
    #[arg(
        long,
        env = "LEDGERLINE_LOG",
        default_value = "info,sqlx=warn,tokio_cron_scheduler=warn"
    )]
    pub log: String,
    /// How log lines are written
    #[arg(long, value_enum, env = "LEDGERLINE_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// Redis, as a shared cache
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<Secret>,
    /// RabbitMQ, for the events that others subscribe to
    #[arg(long, env = "AMQP_URL", hide_env_values = true)]
    pub amqp_url: Option<Secret>,
    /// The mail server
    #[arg(long, env = "SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<Secret>,
    /// An S3-compatible store for uploaded images
    #[arg(long, env = "S3_URL", hide_env_values = true)]
    pub s3_url: Option<Secret>,
    /// A TOML file for the rest
    #[arg(long, env = "LEDGERLINE_CONFIG")]
    pub config: Option<PathBuf>,
}
