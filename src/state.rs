//! What every request can reach, built in one place. Cheap to clone. Holds no state of its own that
//! would be lost with the process.

use crate::appended::Appended;
use crate::audit::note::NoteSigner;
use crate::auth::{Passwords, Revocations, Sessions, SigningKeys, Tokens};
use crate::clock::Clock;
use crate::config::Config;
use crate::entropy::Entropy;
use crate::gift_cards::CodeKeys;
use crate::http::middleware::{Limits, Pages};
use crate::http::problem::Problem;
use crate::http::queries::KeptFigures;
use crate::images::Images;
use crate::payments::PaymentProvider;
use aggregates::{Account, UserId};
use eventlog::EventLog;
use metrics_exporter_prometheus::PrometheusHandle;
use projections::ReadModels;
use projections::catalogue::CommonWords;
use sqlx::PgPool;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often what nobody waits for is tidied up.
const UPKEEP: Duration = Duration::from_secs(10);

/// Aggregates kept in memory, a few hundred bytes each.
const CACHED_AGGREGATES: u64 = 100_000;

/// The shared state of a process.
#[derive(Debug, Clone)]
pub struct AppState(Arc<Inner>);

/// See [`AppState`].
pub struct Inner {
    pub config: Config,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<Entropy>,
    /// Where commands are decided and stored.
    pub log: EventLog,
    /// Wakes the projections after each append.
    pub appended: Appended,
    /// The primary: writes, and reads that must be up to date.
    pub pool: PgPool,
    /// For queries; possibly a replica.
    pub read_pool: PgPool,
    /// What commands wait for.
    pub read_models: ReadModels,
    /// Figures and ledgers: queries wait for them, commands do not.
    pub books: ReadModels,
    pub tokens: Tokens,
    pub passwords: Passwords,
    pub sessions: Sessions,
    pub revocations: Arc<Revocations>,
    /// Signs the tree heads, where the role is one that does.
    pub audit_signer: Option<NoteSigner>,
    pub limits: Limits,
    /// Answers of the public catalogue.
    pub pages: Pages,
    /// Figures that take long to add up.
    pub figures: KeptFigures,
    /// What very many products match.
    pub common_words: CommonWords,
    pub metrics: PrometheusHandle,
    pub provider: Arc<dyn PaymentProvider>,
    pub images: Images,
    /// Hashes and seals the codes of gift cards.
    pub code_keys: CodeKeys,
    /// Cancelled when the process stops: streams that would go on for ever end by it.
    pub stopping: CancellationToken,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What [`AppState::build`] puts together.
pub struct Parts {
    pub config: Config,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<Entropy>,
    pub keys: SigningKeys,
    pub pool: PgPool,
    pub read_pool: PgPool,
    pub read_models: ReadModels,
    pub books: ReadModels,
    pub metrics: PrometheusHandle,
    pub provider: Arc<dyn PaymentProvider>,
    pub images: Images,
    pub code_keys: CodeKeys,
    pub audit_signer: Option<NoteSigner>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl AppState {
    /// Starts the event log and loads which tokens are void. The migrations must have been applied.
    pub async fn build(parts: Parts) -> Result<Self, sqlx::Error> {
        let Parts {
            config,
            clock,
            entropy,
            keys,
            pool,
            read_pool,
            read_models,
            books,
            metrics,
            provider,
            images,
            code_keys,
            audit_signer,
        } = parts;
        let appended = Appended::default();
        let (log_clock, log_entropy) = (Arc::clone(&clock), Arc::clone(&entropy));
        let waker = appended.clone();
        let options = eventlog::Options {
            codec: Arc::new(crate::log::codec()),
            on_append: Arc::new(move |_| waker.tell()),
            cache_capacity: CACHED_AGGREGATES,
            ..eventlog::Options::new(move || log_clock.now(), move || log_entropy.new_id())
        };
        let tokens = Tokens::new(keys, &config.tokens);
        let sessions = Sessions::new(pool.clone(), config.tokens.refresh_days);
        let revocations = Arc::new(Revocations::new(tokens.lifetime()));
        revocations.refresh(&pool, &sessions, clock.now()).await?;
        Ok(Self(Arc::new(Inner {
            log: EventLog::start(pool.clone(), options),
            appended,
            limits: Limits::new(config.rate_limits),
            pages: Pages::new(config.http.page_cache_mib, config.database_read_url.is_none()),
            figures: KeptFigures::new(Duration::from_secs(config.http.slow_figures_age_s)),
            common_words: CommonWords::default(),
            passwords: Passwords::default(),
            config,
            clock,
            entropy,
            pool,
            read_pool,
            read_models,
            books,
            tokens,
            sessions,
            revocations,
            audit_signer,
            metrics,
            provider,
            images,
            code_keys,
            stopping: CancellationToken::new(),
        })))
    }

    /// Starts what goes on beside the requests of this process: following the revocations of other
    /// processes, telling them of appends, and tidying up. Ends when told to stop.
    pub fn start_background(&self, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
        let follow = Arc::clone(&self.revocations).follow(
            self.pool.clone(),
            self.sessions.clone(),
            Arc::clone(&self.clock),
            stop.clone(),
        );
        let mut tasks = vec![tokio::spawn(follow), tokio::spawn(self.clone().upkeep(stop.clone()))];
        // Nobody else uses the embedded database.
        if self.config.database_url.is_some() {
            let notify = self.appended.clone().notify_others(self.pool.clone());
            let stop = stop.clone();
            tasks.push(tokio::spawn(async move {
                stop.run_until_cancelled(notify).await;
            }));
        }
        tasks
    }

    async fn upkeep(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_some() {
            self.limits.forget_idle();
            self.metrics.run_upkeep();
        }
    }

    /// An account and its version, from the log: up to date.
    pub async fn account(&self, id: UserId) -> Result<(Account, i64), Problem> {
        Ok(eventlog::load_stream(&self.pool, self.log.codec(), &id.to_string()).await?)
    }
}
