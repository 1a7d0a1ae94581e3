//! API10:2023, unsafe consumption of APIs: whom the server calls is believed no more than a client. What
//! the payment provider may answer is in `faults::provider`, a mail server that is away in `mail`.

use crate::support::app::{PASSWORD, TestApp};
use crate::support::wait::eventually;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A mail server that says one thing to everybody, and counts those who listened.
async fn says(what: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let heard = Arc::new(AtomicUsize::new(0));
    let hearing = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (what, hearing) = (what.clone(), Arc::clone(&hearing));
            tokio::spawn(async move {
                // Who hangs up in the middle has heard enough.
                let _ = socket.write_all(&what).await;
                let _ = socket.shutdown().await;
                hearing.fetch_add(1, Ordering::SeqCst);
                let _ = socket.read_to_end(&mut Vec::new()).await;
            });
        }
    });
    (url, heard)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_talks_nonsense_stops_neither_sales_nor_the_server() {
    let line = "250-".to_owned() + &"x".repeat(1 << 16);
    let nonsense = [
        b"\x00\xff\xfe\x80\x00\r\n".repeat(1000),
        line.into_bytes(),
        b"250-more\r\n".repeat(500),
        b"220 hello\r\n999 what\r\n-1\r\n".to_vec(),
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n".to_vec(),
        Vec::new(),
    ];
    for (number, what) in nonsense.into_iter().enumerate() {
        let (url, heard) = says(what).await;
        let app = TestApp::setup().with(&["--smtp-url", &url]).start().await;
        let body = json!({ "email": "one@example.kz", "password": PASSWORD });
        app.guest().post("/auth/register", body).await.expect(201);
        let product = app.product("10.00", 5).await;
        let buyer = app.customer().await;
        eventually(&format!("an attempt to send mail ({number})"), async || {
            (heard.load(Ordering::SeqCst) > 0).then_some(())
        })
        .await;
        let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
        buyer.pay(&order, "tok_ok").await.expect(201);
        assert_eq!(buyer.order_now(&order).await["status"], "confirmed", "{number}");
        app.guest().call(reqwest::Method::GET, "/readyz").await.expect(200);
        let stopping = tokio::time::timeout(Duration::from_secs(30), app.stop());
        assert!(stopping.await.is_ok(), "{number}: the server waits for the mail server");
    }
}

#[tokio::test]
async fn what_people_write_does_not_become_a_header_or_a_recipient_of_mail() {
    let app = TestApp::start().await;
    let guest = app.guest();
    let admin = app.admin().await;
    for address in [
        "a@example.kz\r\nBcc: all@example.kz",
        "a@example.kz\nBcc: all@example.kz",
        "a@example.kz, all@example.kz",
        "a@example.kz%0aBcc: all@example.kz",
        "<a@example.kz> all@example.kz",
        "a@example.kz>\r\nRCPT TO:<all@example.kz",
    ] {
        let body = json!({ "email": address, "password": PASSWORD });
        guest.post("/auth/register", body).await.refused(422, "validation_failed");
        let gift = json!({ "amount": "700.00", "recipient_email": address });
        admin.post("/giftcards/create", gift).await.refused(422, "validation_failed");
    }
    // Names and languages may be anything, and stay what they are.
    let name = "Dana\r\nBcc: all@example.kz\r\n\r\nhello";
    let body = json!({ "email": "one@example.kz", "password": PASSWORD, "first_name": name });
    let call = guest.post("/auth/register", body).header("Accept-Language", "kk, ru;q=0.9, */*");
    call.await.expect(201);
    let folder = app.server.state.config.data_dir.join("mail");
    let mail = eventually("the welcome", async || {
        let files = std::fs::read_dir(&folder).ok()?.map(|file| file.unwrap().path());
        let mails = files.filter(|path| path.extension().is_some_and(|end| end == "eml"));
        let mut mails = mails.map(|path| std::fs::read_to_string(path).unwrap());
        mails.find(|mail| mail.contains("one@example.kz"))
    })
    .await;
    let (headers, _) = mail.split_once("\r\n\r\n").unwrap();
    assert!(headers.contains("To: one@example.kz"), "{headers}");
    assert!(!headers.contains("all@example.kz"), "{headers}");
    app.finish().await;
}
