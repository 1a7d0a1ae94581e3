//! Clients that hold connections and say nothing, or never come to an end. They are freed in time,
//! and the others do not notice them.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Mutex;

use crate::support::database::TestDatabase;
use crate::support::program::{Program, Serving};
use crate::support::shop::{long, prove};
use crate::support::wait::eventually;

const WANTED: usize = 3_000;
/// In the long form.
const MANY: usize = 10_000;
/// What this process needs beside its connections; the other tests of this binary are in it too.
const OTHER_FILES: usize = 4_000;
/// On two busy cores.
const QUICK: Duration = Duration::from_secs(3);

/// One crowd at a time: they measure how others are served beside them.
static CROWD: Mutex<()> = Mutex::const_new(());

async fn serve(toml: &str) -> (TestDatabase, Program, Serving) {
    let database = TestDatabase::create().await;
    let program = Program::on(&database.url(), toml);
    let serving = program.serve(&["--demo"]).await;
    (database, program, serving)
}

async fn connect(serving: &Serving) -> TcpStream {
    TcpStream::connect(serving.base.trim_start_matches("http://")).await.unwrap()
}

/// The slowest of some ordinary requests of somebody else.
async fn slowest(serving: &Serving) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let begun = Instant::now();
        // A new connection each time.
        serving.guest().get("/products?limit=5").await.expect(200);
        slowest = slowest.max(begun.elapsed());
    }
    slowest
}

/// Once the crowd is gone its files are free, all that was stored is right, and the server stops.
async fn ended(program: &Program, serving: Serving) {
    eventually("their end", async || (files(&serving) < 100).then_some(())).await;
    prove(program).await;
    assert_eq!(serving.terminate().await, Some(0));
}

/// Open files of the server's process, sockets among them.
fn files(serving: &Serving) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", serving.pid())).unwrap().count()
}

/// As many connections as this machine allows, up to those that are wanted.
fn possible() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let allowed =
        if setrlimit(Resource::Nofile, most).is_ok() { limit.maximum } else { limit.current };
    let allowed = allowed.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    let wanted = if long() { MANY } else { WANTED };
    let possible = wanted.min(allowed.saturating_sub(OTHER_FILES));
    if possible < wanted {
        println!("only {possible} connections: `ulimit -n` is {allowed}");
    }
    possible
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_idle_connections_are_in_nobodys_way() {
    let _alone = CROWD.lock().await;
    let count = possible();
    // None of them is to end meanwhile.
    let (_database, program, serving) = serve("[http]\nidle_timeout_s = 600\n").await;
    let mut idle = Vec::new();
    while idle.len() < count {
        idle.extend(join_all((0..100).map(|_| connect(&serving))).await);
        // More at once than the system queues would be connected for one side only.
        let accepted = async || (files(&serving) >= idle.len()).then_some(());
        eventually("all of them accepted", accepted).await;
    }
    let slowest = slowest(&serving).await;
    assert!(slowest < QUICK, "{slowest:?} beside {count} idle connections");
    println!("{count} idle connections, the slowest of others took {slowest:?}");
    drop(idle);
    ended(&program, serving).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_never_begin_or_never_end_are_not_waited_for() {
    let _alone = CROWD.lock().await;
    let (_database, program, serving) = serve("[http]\nidle_timeout_s = 3\n").await;
    let begun = Instant::now();
    let waiting = join_all((0..300).map(async |number| {
        let mut stream = connect(&serving).await;
        if number % 2 == 0 {
            // Says nothing until the server hangs up.
            let _ = stream.read_to_end(&mut Vec::new()).await;
            return;
        }
        stream.write_all(b"GET /api/v1/products HTTP/1.1\r\nHost: a\r\nX-Drip: ").await.unwrap();
        // A byte now and then keeps nobody.
        while stream.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }));
    let others = async {
        let slowest = slowest(&serving).await;
        assert!(slowest < QUICK, "{slowest:?}");
    };
    let both = async { tokio::join!(waiting, others) };
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("an end of all of them");
    println!("300 heads without beginning or end were ended after {:?}", begun.elapsed());
    ended(&program, serving).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_never_end_are_refused() {
    let _alone = CROWD.lock().await;
    let (_database, program, serving) =
        serve("[http]\nrequest_timeout_s = 3\nbody_limit_bytes = 65536\n").await;
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    // One drips, the other floods.
    let endless = join_all([("1\r\na\r\n", 200), ("400\r\n", 0)].into_iter().cycle().take(60).map(
        async |(start, pause)| {
            let (mut read, mut write) = connect(&serving).await.into_split();
            let chunk =
                if pause == 0 { format!("{start}{:1024}\r\n", "") } else { start.to_owned() };
            let writing = tokio::spawn(async move {
                let _ = write.write_all(head.as_bytes()).await;
                while write.write_all(chunk.as_bytes()).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
            });
            let mut answer = Vec::new();
            // It may be cut off by a reset, once the server no longer reads.
            let _ = read.read_to_end(&mut answer).await;
            writing.abort();
            String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
        },
    ));
    let others = async {
        let slowest = slowest(&serving).await;
        assert!(slowest < QUICK, "{slowest:?}");
    };
    let both = async { tokio::join!(endless, others) };
    let (answers, ()) =
        tokio::time::timeout(Duration::from_secs(25), both).await.expect("an end of all of them");
    for pair in answers.chunks(2) {
        assert!(pair[0].contains(" 503 "), "what drips takes too long: {pair:?}");
        assert!(pair[1].is_empty() || pair[1].contains(" 413 "), "a flood is too large: {pair:?}");
    }
    assert!(answers.iter().any(|answer| answer.contains(" 413 ")));
    ended(&program, serving).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_do_not_read_hold_up_only_themselves() {
    let _alone = CROWD.lock().await;
    let (_database, program, serving) = serve("").await;
    // Each asks for more than all buffers on the way can hold.
    let request = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50);
    let address = serving.base.trim_start_matches("http://").parse().unwrap();
    let deaf = join_all((0..50).map(async |_| {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }))
    .await;
    let slowest = slowest(&serving).await;
    assert!(slowest < QUICK, "{slowest:?}");
    drop(deaf);
    ended(&program, serving).await;
}
