//! `ledgerline serve`: the server, until it is told to stop.

use super::CliError;
use crate::config::{Config, Flags};
use crate::demo;
use crate::server::{Server, allow_connections};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    flags: Flags,
    /// Load the demonstration: twenty products, and a log-in for each role
    #[arg(long)]
    demo: bool,
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let config = Config::load(args.flags)?;
    crate::telemetry::init(&config.log, config.log_format)?;
    let metrics = PrometheusBuilder::new()
        .set_buckets(&[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0])
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| CliError::Failed(format!("cannot keep metrics: {error}")))?;
    allow_connections();
    // Asked for before anything is started, so that no signal is missed.
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let server = tokio::select! {
        server = Server::start(config, metrics) => server?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    if args.demo {
        demo::load(&server.state).await?;
    }
    print_welcome(&server, args.demo);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    Ok(server.stop().await?)
}

fn listen(kind: SignalKind) -> Result<tokio::signal::unix::Signal, CliError> {
    signal(kind).map_err(|error| CliError::Failed(format!("cannot receive signals: {error}")))
}

fn print_welcome(server: &Server, demo: bool) {
    let base = format!("http://{}", server.addr);
    println!("Ledgerline is ready.");
    println!("  API          {base}/api/v1");
    println!("  Swagger UI   {base}/docs");
    println!("  ReDoc        {base}/redoc");
    println!("  OpenAPI      {base}/openapi.json");
    println!("  Health       {base}/readyz");
    println!("  Metrics      {base}/metrics");
    if demo {
        println!("Demo log-ins (role, e-mail, password):");
        for login in demo::LOGINS {
            println!("  {:<10} {:<24} {}", login.role.as_str(), login.email, login.password);
        }
    }
}
