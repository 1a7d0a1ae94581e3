//! How the embedded PostgreSQL is set up.
//!
//! What durability rests on is on the command line, where neither `ALTER SYSTEM` nor a file can
//! change it. The rest is a file that every start writes anew; an operator overrides it with `ALTER
//! SYSTEM`.

/// What the cluster is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A server with its data.
    Serve,
    /// Throw-away databases of the tests.
    Test,
}

impl Profile {
    /// The settings that neither `ALTER SYSTEM` nor a file can change.
    pub(super) fn durability(self) -> [&'static str; 3] {
        match self {
            // A commit that was confirmed is on the disk, whatever happens.
            Self::Serve => ["fsync=on", "synchronous_commit=on", "full_page_writes=on"],
            // Only a crash of the whole machine can tell the difference, and it takes the databases
            // with it: nobody will read them again. It makes dropping one 50 times faster.
            Self::Test => ["fsync=off", "synchronous_commit=on", "full_page_writes=on"],
        }
    }
}

/// The name of the settings file in the database folder.
pub(super) const FILE: &str = "ledgerline.conf";

const COMMON: &str = "\
# Written by every start of the server. To change a setting, use ALTER SYSTEM.
autovacuum = on
checkpoint_completion_target = 0.9
idle_in_transaction_session_timeout = '10s'
jit = off
random_page_cost = 1.1
timezone = 'UTC'
track_io_timing = off
wal_compression = on

# Conflicts are a normal answer here, and a failed statement or the detail of an error may hold
# personal data, which must not reach the log.
log_destination = 'stderr'
logging_collector = off
log_error_verbosity = terse
log_line_prefix = '%m [%p] %q%u@%d '
log_min_error_statement = panic
log_min_messages = warning
log_parameter_max_length_on_error = 0
log_timezone = 'UTC'
";

const SERVE: &str = "
max_connections = 100
max_wal_size = '2GB'
shared_buffers = '256MB'
";

/// Many small pools at once, and no database that lives long enough to be worth vacuuming soon: a
/// worker that visits the template would hold up a `CREATE DATABASE`.
const TEST: &str = "
autovacuum_naptime = '1h'
checkpoint_timeout = '1h'
max_connections = 1000
max_wal_size = '2GB'
shared_buffers = '64MB'
";

/// The text of the settings file.
pub(super) fn file(profile: Profile) -> String {
    let rest = match profile {
        Profile::Serve => SERVE,
        Profile::Test => TEST,
    };
    format!("{COMMON}{rest}")
}
