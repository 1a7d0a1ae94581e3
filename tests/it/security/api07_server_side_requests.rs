//! API7:2023, server side request forgery. Of all addresses that clients name, the server calls those of
//! webhooks only, and of them only those of the public internet: `webhooks::address` has the list, and
//! the rules of URLs are tested beside them. Image URLs are texts, and uploaded images are bytes in the
//! request.

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::{Client, text};
use crate::support::wait::eventually;
use crate::webhooks::receiver::Receiver;
use ledgerline::webhooks::Resolver;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::net::{IpAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test]
async fn an_address_in_a_body_is_a_text_and_nobody_calls_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/picture.png", listener.local_addr().unwrap());
    let app = TestApp::start().await;
    let (admin, guest) = (app.admin().await, app.guest());

    let body = json!({ "name": "Miles", "image_url": url });
    let artist = admin.post("/artists", body).await.expect(201);
    assert_eq!(artist.body["image_url"], url.as_str());
    let body = json!({ "name": "Lamp", "price": "1.00", "image_urls": [&url], "description": url });
    let product = admin.post("/products", body).await.expect(201).id();
    let path = format!("/products/{product}");
    admin.patch(&path, json!({ "image_urls": [&url, &url] })).await.expect(200);
    let body = json!({ "artist_id": artist.id(), "title": "Kind of Blue", "price": "9.00",
                       "image_urls": [&url] });
    let album = admin.post("/albums", body).await.expect(201).id();
    let row = json!({ "name": "Chair", "price": "2.00", "image_urls": [&url] });
    admin.post("/products/bulk", json!([row])).await;
    let profile = json!({ "default_address": url, "first_name": url });
    admin.patch("/auth/profile", profile).await;
    for path in [path, format!("/albums/{album}")] {
        let shown = guest.get(&path).await.expect(200).body;
        assert_eq!(shown["image_urls"][0], url.as_str(), "the text is kept as it is");
    }
    for header in ["Referer", "Origin", "X-Forwarded-Host", "X-Callback-Url", "X-Wap-Profile"] {
        guest.get("/products").header(header, &url).await.expect(200);
    }
    // Everything that follows from these commands is done.
    app.prove().await;
    let called = listener.accept().map(|(_, from)| from);
    assert_eq!(called.unwrap_err().kind(), ErrorKind::WouldBlock, "somebody called");
    app.stop().await;
}

#[tokio::test]
async fn an_image_is_named_by_the_server_and_not_by_a_path() {
    let app = TestApp::start().await;
    let folder = &app.server.state.config.data_dir;
    std::fs::write(folder.join("secret.png"), "a secret").unwrap();
    for name in [
        "..%2Fsecret.png",
        "..%2F..%2Fetc%2Fpasswd",
        "%2e%2e%2fsecret.png",
        "....%2F%2Fsecret.png",
        "..%5Csecret.png",
        "%2Fetc%2Fpasswd",
        "file:%2F%2F%2Fetc%2Fpasswd",
        "http:%2F%2F127.0.0.1%2Fx.png",
        "secret.png%00",
        "..",
        "jwt.key",
    ] {
        let answer = app.guest().get(&format!("/images/{name}")).await;
        assert!((400..500).contains(&answer.status), "{name}: {}", answer.status);
        assert!(!answer.text.contains("secret") && !answer.text.contains("root:"), "{name}");
    }
    app.finish().await;
}

#[tokio::test]
async fn links_in_mail_lead_where_the_operator_says_whatever_host_a_client_names() {
    let app = TestApp::start().await;
    let body = json!({ "email": "victim@example.kz", "password": PASSWORD });
    app.guest().post("/auth/register", body).await.expect(201);
    let forgot = app.guest().post("/auth/password/forgot", json!({ "email": "victim@example.kz" }));
    let forgot =
        forgot.header("X-Forwarded-Host", "evil.example").header("Origin", "https://evil.example");
    let forgot = forgot.header("Forwarded", "host=evil.example").header("Host", "evil.example");
    assert_eq!(forgot.await.status, 202);
    let folder = app.server.state.config.data_dir.join("mail");
    let mails = eventually("the welcome and the link", async || {
        let files = std::fs::read_dir(&folder).ok()?;
        let paths = files.map(|file| file.unwrap().path());
        let mails: Vec<String> = paths
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .map(|path| std::fs::read_to_string(path).unwrap().replace("=\r\n", ""))
            .collect();
        (mails.len() >= 2).then_some(mails)
    })
    .await;
    for mail in mails {
        assert!(!mail.contains("evil.example"), "{mail}");
        assert!(mail.contains("http://127.0.0.1:8080/"), "{mail}");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_upload_that_only_names_an_image_is_refused() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "1.00", 1).await;
    let part = |content: &str| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"../a.png\"\r\n\
                 Content-Type: image/png\r\n\r\n{content}\r\n--x--\r\n"
        )
    };
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"http://127.0.0.1/\"/></svg>";
    for content in ["http://127.0.0.1:1/picture.png", svg, "<html><script>1</script>", ""] {
        let path = format!("/api/v1/products/{product}/images");
        let call = seller.call(reqwest::Method::POST, &path);
        let answer = call.raw("multipart/form-data; boundary=x", part(content)).await;
        assert!(
            (400..500).contains(&answer.status),
            "{content}: {} {}",
            answer.status,
            answer.text
        );
    }
    let shown = app.guest().get(&format!("/products/{product}")).await.expect(200).body;
    assert_eq!((text(&shown, "name"), &shown["image_urls"]), ("Lamp".to_owned(), &json!([])));
    app.finish().await;
}

/// A name server whose owner means no good: each question gets the next answer, and the last one stays.
#[derive(Debug, Default)]
struct Rebinding {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Rebinding {
    fn says(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |one: &&[&str]| -> Vec<IpAddr> {
            one.iter().map(|text| text.parse().unwrap()).collect()
        };
        let answers = Mutex::new(answers.iter().map(parse).collect());
        Arc::new(Self { answers, asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl Resolver for Rebinding {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

/// Waits for the first attempt of the latest delivery, and returns it.
async fn attempted(owner: &Client, webhook: &Value) -> Value {
    let path = format!("/webhooks/{}/deliveries", text(webhook, "id"));
    eventually("an attempt", async || {
        let latest = owner.get(&path).await.expect(200).body["items"][0].clone();
        (latest["attempts"].as_i64() >= Some(1)).then_some(latest)
    })
    .await
}

#[tokio::test]
async fn a_webhook_does_not_lead_into_our_own_networks() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let own = app.server.addr;
    let webhook = json!({ "url": "https://shop.example/hooks", "events": ["*"] });
    let webhook = seller.post("/webhooks", webhook).await.expect(201).body;
    let path = format!("/webhooks/{}", text(&webhook, "id"));
    for url in [
        format!("http://{own}/healthz"),
        format!("https://{own}/healthz"),
        "https://127.0.0.1/".to_owned(),
        "https://2130706433/".to_owned(),
        "https://0x7f.0.0.1/".to_owned(),
        "https://[::ffff:127.0.0.1]/".to_owned(),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://metadata.google.internal/".to_owned(),
        "https://localhost/".to_owned(),
        "https://postgres:5432/".to_owned(),
        "https://shop.example:5432/".to_owned(),
        "https://admin:secret@shop.example/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "unix:///run/postgresql/.s.PGSQL.5432".to_owned(),
    ] {
        let body = json!({ "url": url, "events": ["*"] });
        for refused in [seller.post("/webhooks", &body).await, seller.put(&path, &body).await] {
            let problem = refused.refused(422, "validation_failed");
            assert_eq!(problem["errors"][0]["code"], "target_not_allowed", "{url}: {problem}");
        }
    }
    let shown = seller.get(&path).await.expect(200).body;
    assert_eq!(
        (&shown["url"], &shown["version"]),
        (&json!("https://shop.example/hooks"), &json!(1))
    );
    app.finish().await;
}

#[tokio::test]
async fn a_name_that_turns_out_to_be_ours_is_not_called() {
    let receiver = Receiver::start().await;
    let port = receiver.addr.port();
    // One after another: ours, ours among others, ours in disguise, and a cloud's.
    let names = Rebinding::says(&[
        &["127.0.0.1"],
        &["8.8.8.8", "127.0.0.1"],
        &["::ffff:127.0.0.1"],
        &["169.254.169.254"],
    ]);
    let resolver: Arc<dyn Resolver> = names.clone();
    let file = format!("[webhooks]\nallow_http = true\nports = [{port}]\n");
    let app = TestApp::setup().file(&file).resolver(resolver).start().await;
    let seller = app.seller().await;
    let body = json!({ "url": format!("http://shop.example:{port}/"), "events": ["*"] });
    let webhook = seller.post("/webhooks", body).await.expect(201).body;
    assert_eq!(names.asked(), 0, "nobody learns from registering what a name stands for");
    for round in 1..=4 {
        let test = format!("/webhooks/{}/test", text(&webhook, "id"));
        seller.post(&test, json!({})).await.expect(202);
        eventually("a question", async || (names.asked() >= round).then_some(())).await;
        let delivery = attempted(&seller, &webhook).await;
        let (status, log) = (text(&delivery, "status"), &delivery["log"][0]);
        assert_eq!((status.as_str(), &log["response_status"]), ("pending", &json!(null)));
        // Which address it is, its owner is not told: that would map our networks.
        let error = text(log, "error");
        assert_eq!(error, "the target is not an address of the public internet");
    }
    assert!(receiver.received().is_empty(), "somebody called");
    app.stop().await;
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_called() {
    let receiver = Receiver::start().await;
    // Who asks a second time is led astray.
    let names = Rebinding::says(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let resolver: Arc<dyn Resolver> = names.clone();
    let file = "[webhooks]\nallow_http = true\nallow_private = true\n";
    let app = TestApp::setup().file(file).resolver(resolver).start().await;
    let seller = app.seller().await;
    let host = format!("shop.example:{}", receiver.addr.port());
    let body = json!({ "url": format!("http://{host}/hooks"), "events": ["*"] });
    let webhook = seller.post("/webhooks", body).await.expect(201).body;
    let test = format!("/webhooks/{}/test", text(&webhook, "id"));
    seller.post(&test, json!({})).await.expect(202);
    assert_eq!(receiver.when(1).await[0].host, host);
    assert_eq!(attempted(&seller, &webhook).await["status"], "delivered");
    assert_eq!(names.asked(), 1);
    app.finish().await;
}

#[tokio::test]
async fn an_encrypted_target_is_spoken_to_by_tls_for_its_name_and_nothing_else() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let resolver: Arc<dyn Resolver> = Rebinding::says(&[&["127.0.0.1"]]);
    let app = TestApp::setup()
        .file("[webhooks]\nallow_private = true\n")
        .resolver(resolver)
        .start()
        .await;
    let seller = app.seller().await;
    let body = json!({ "url": format!("https://shop.example:{port}/hooks"), "events": ["*"] });
    let webhook = seller.post("/webhooks", body).await.expect(201).body;
    let test = format!("/webhooks/{}/test", text(&webhook, "id"));
    seller.post(&test, json!({})).await.expect(202);
    let called = tokio::time::timeout(Duration::from_secs(30), listener.accept()).await;
    let (mut socket, _) = called.expect("a call").unwrap();
    let mut hello = vec![0; 4096];
    let length = tokio::io::AsyncReadExt::read(&mut socket, &mut hello).await.unwrap();
    let hello = &hello[..length];
    assert_eq!(hello[..2], [0x16, 3], "a TLS handshake");
    assert!(hello.windows(12).any(|window| window == b"shop.example"), "for the name");
    // Somebody who cannot prove to be shop.example.
    tokio::io::AsyncWriteExt::write_all(&mut socket, b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    drop(socket);
    let delivery = attempted(&seller, &webhook).await;
    let error = text(&delivery["log"][0], "error");
    assert!(error.starts_with("no encrypted connection can be made"), "{error}");
    app.stop().await;
}
