//! `ledgerline admin create`: the first administrator.

use super::CliError;
use crate::auth::bootstrap::{FirstAdmin, first_admin};
use crate::config::{Config, Flags, Secret};
use crate::server::{Database, ServerError, state_for_cli};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make an administrator, unless one with this address exists
    Create {
        #[command(flatten)]
        flags: Flags,
        #[arg(long)]
        email: String,
        /// 8 to 128 characters; better given by the environment than on the command line
        #[arg(long, env = "LEDGERLINE_NEW_ADMIN_PASSWORD", hide_env_values = true)]
        password: Secret,
    },
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let Action::Create { flags, email, password } = args.action;
    let config = Config::load(flags)?;
    crate::telemetry::init("warn", config.log_format)?;
    let database = Database::open_beside(&config).await?;
    let state = state_for_cli(config, &database).await?;
    let made = first_admin(&state, &email, password.expose()).await;
    state.pool.close().await;
    state.read_pool.close().await;
    database.close().await.map_err(ServerError::from)?;
    match made.map_err(ServerError::from)? {
        FirstAdmin::Created(id) => println!("created administrator {id}"),
        FirstAdmin::Exists(id) => println!("administrator {id} exists already"),
    }
    Ok(())
}
