//! Connections: accepting them, serving each, and closing those that say nothing for too long. Knows
//! nothing of what is asked and answered.

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::serve::Listener;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Serves until told to stop, then until what is under way is answered. A client has `idle` for the
/// head of each request.
pub(super) async fn serve(
    mut listener: TcpListener,
    router: Router,
    idle: Duration,
    stop: CancellationToken,
) {
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    // `axum::serve` sets no timer: whoever sends half a head would be waited for for ever.
    http.http1().timer(TokioTimer::new()).header_read_timeout(idle);
    let open = TaskTracker::new();
    while let Some((stream, client)) =
        stop.run_until_cancelled(Listener::accept(&mut listener)).await
    {
        open.spawn(converse(http.clone(), stream, client, router.clone(), stop.clone()));
    }
    // Nobody must believe to be connected to us.
    drop(listener);
    open.close();
    open.wait().await;
}

/// One connection, to its end.
async fn converse(
    http: Builder<TokioExecutor>,
    stream: TcpStream,
    client: SocketAddr,
    router: Router,
    stop: CancellationToken,
) {
    let service = router.map_request(move |request: Request<_>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(client));
        request
    });
    let service = TowerToHyperService::new(service);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection ended early");
    }
}
