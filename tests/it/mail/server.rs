//! A small SMTP server (RFC 5321): what a client needs to deliver, and nothing else. It can be told
//! to be out of order for a while, and what to refuse.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug, Default)]
struct Shared {
    received: Mutex<Vec<String>>,
    /// How commands begin, in capitals, and the line that refuses them.
    refused: Mutex<Vec<(String, String)>>,
    refusals: AtomicU32,
    /// How long it takes over each mail.
    pause: Mutex<Duration>,
}

impl Shared {
    /// The line that refuses a command, where there is one.
    fn refusal(&self, command: &str) -> Option<String> {
        let command = command.to_ascii_uppercase();
        let refused = self.refused.lock().unwrap();
        let (_, answer) = refused.iter().find(|(start, _)| command.starts_with(start))?;
        self.refusals.fetch_add(1, Ordering::SeqCst);
        Some(format!("{answer}\r\n"))
    }
}

/// It runs until the test ends.
#[derive(Debug)]
pub struct SmtpServer {
    port: u16,
    shared: Arc<Shared>,
}

impl SmtpServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let sharing = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(converse(socket, Arc::clone(&sharing)));
            }
        });
        Self { port, shared }
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The same, for a client with a password.
    pub fn url_with_password(&self) -> String {
        format!("smtp://shop:secret@127.0.0.1:{}", self.port)
    }

    /// From now on it answers commands that begin so with this line.
    pub fn refuse(&self, command: &str, answer: &str) {
        let refused = (command.to_ascii_uppercase(), answer.to_owned());
        self.shared.refused.lock().unwrap().push(refused);
    }

    /// From now on it says that it cannot take mail at the moment.
    pub fn refuse_for_now(&self) {
        self.refuse("MAIL", "451 try again later");
    }

    /// From now on it takes its time over each mail.
    pub fn slowly(&self, pause: Duration) {
        *self.shared.pause.lock().unwrap() = pause;
    }

    pub fn accept(&self) {
        self.shared.refused.lock().unwrap().clear();
    }

    pub fn refusals(&self) -> u32 {
        self.shared.refusals.load(Ordering::SeqCst)
    }

    /// The mails that it took, as they came.
    pub fn received(&self) -> Vec<String> {
        self.shared.received.lock().unwrap().clone()
    }
}

/// One connection. Ends with the client's.
async fn converse(socket: TcpStream, shared: Arc<Shared>) {
    let (reader, mut writer) = socket.into_split();
    let mut lines = BufReader::new(reader).lines();
    if writer.write_all(b"220 test ESMTP\r\n").await.is_err() {
        return;
    }
    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let refusal = shared.refusal(&line);
        let answer: &[u8] = match verb.as_str() {
            _ if refusal.is_some() => refusal.as_deref().unwrap_or_default().as_bytes(),
            "EHLO" => b"250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n",
            "AUTH" => b"235 welcome\r\n",
            "DATA" => {
                let _ = writer.write_all(b"354 go on\r\n").await;
                let mut mail = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.push_str("\r\n");
                }
                shared.received.lock().unwrap().push(mail);
                let pause = *shared.pause.lock().unwrap();
                tokio::time::sleep(pause).await;
                b"250 taken\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            "MAIL" | "RCPT" | "RSET" | "NOOP" | "HELO" => b"250 ok\r\n",
            _ => b"502 not here\r\n",
        };
        if writer.write_all(answer).await.is_err() || verb == "QUIT" {
            return;
        }
    }
}
