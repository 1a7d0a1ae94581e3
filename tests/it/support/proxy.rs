//! A TCP proxy in front of a database, for what networks do: break connections, deliver late, fall
//! silent, and lose an answer after the work is done. It never changes a byte that it passes on.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the network is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Fair,
    /// Each piece of data takes this much longer, both ways.
    Slow(Duration),
    /// Nothing passes, and nobody is told.
    Silent,
    /// Connections break, and new ones are refused.
    Cut,
}

#[derive(Debug)]
struct Shared {
    upstream: u16,
    weather: watch::Sender<Weather>,
    /// The answer to what contains these bytes is lost, once, and with it its connection.
    swallow: Mutex<Option<Vec<u8>>>,
    /// Connections of an older age break.
    age: watch::Sender<u32>,
}

impl Shared {
    /// Whether the answer to this is to be lost: once.
    fn swallows(&self, piece: &[u8]) -> bool {
        let mut swallow = self.swallow.lock().unwrap();
        let wanted = |bytes: &Vec<u8>| piece.windows(bytes.len()).any(|part| part == bytes);
        swallow.take_if(|bytes| wanted(bytes)).is_some()
    }
}

/// It runs until the test's runtime ends.
#[derive(Debug, Clone)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    /// In front of the database of a URL.
    pub async fn to(url: &str) -> Self {
        let upstream = port_of(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            upstream,
            weather: watch::Sender::new(Weather::Fair),
            swallow: Mutex::new(None),
            age: watch::Sender::new(0),
        });
        let sharing = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, Arc::clone(&sharing)));
            }
        });
        Self { port, shared }
    }

    /// The URL of the same database, but through the proxy.
    pub fn url(&self, url: &str) -> String {
        url.replace(&format!(":{}/", port_of(url)), &format!(":{}/", self.port))
    }

    pub fn set(&self, weather: Weather) {
        self.shared.weather.send_replace(weather);
    }

    /// Breaks all connections; new ones are welcome.
    pub fn break_all(&self) {
        self.shared.age.send_modify(|age| *age += 1);
    }

    /// Lets the next request with these bytes reach the database, and loses the answer.
    pub fn swallow_answer_to(&self, bytes: &[u8]) {
        *self.shared.swallow.lock().unwrap() = Some(bytes.to_vec());
    }

    /// Whether that has happened.
    pub fn has_swallowed(&self) -> bool {
        self.shared.swallow.lock().unwrap().is_none()
    }
}

fn port_of(url: &str) -> u16 {
    let (_, place) = url.rsplit_once('@').unwrap();
    let (_, port) = place.split_once('/').unwrap().0.split_once(':').unwrap();
    port.parse().unwrap()
}

async fn connect(client: TcpStream, shared: Arc<Shared>) {
    if *shared.weather.borrow() == Weather::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", shared.upstream)).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Once the answer is lost, nothing passes any more.
    let lost = watch::Sender::new(false);
    let there = requests(from_client, to_server, &shared, &lost);
    let back = answers(from_server, to_client, &shared, lost.subscribe());
    let (mut weather, mut age) = (shared.weather.subscribe(), shared.age.subscribe());
    age.mark_unchanged();
    tokio::select! {
        _ = there => {}
        _ = back => {}
        _ = age.changed() => {}
        _ = weather.wait_for(|weather| *weather == Weather::Cut) => {}
    }
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    lost: &watch::Sender<bool>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        weathered(shared).await;
        let piece = &buffer[..count];
        if shared.swallows(piece) {
            lost.send_replace(true);
        }
        to.write_all(piece).await?;
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    lost: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        if *lost.borrow() {
            // `ReadyForQuery`, idle: the statement has committed, and nobody will know.
            if buffer[..count].ends_with(b"Z\0\0\0\x05I") {
                return Ok(());
            }
            continue;
        }
        weathered(shared).await;
        to.write_all(&buffer[..count]).await?;
    }
}

/// Waits as long as the weather wants it.
async fn weathered(shared: &Shared) {
    let mut weather = shared.weather.subscribe();
    let now = *weather.borrow_and_update();
    match now {
        Weather::Slow(by) => tokio::time::sleep(by).await,
        Weather::Silent => {
            let _ = weather.wait_for(|weather| *weather != Weather::Silent).await;
        }
        Weather::Fair | Weather::Cut => {}
    }
}
