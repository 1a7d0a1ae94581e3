//! Mail: what is written to whom, once for each cause, into a folder or to an SMTP server.

pub mod server;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::{Client, order_body, text};
use crate::support::wait::eventually;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledgerline::jobs::{self, Job};
use serde_json::json;
use server::SmtpServer;
use std::path::Path;
use std::time::Duration;

/// A mail as it was written.
#[derive(Debug, Clone)]
struct Written {
    headers: String,
    text: String,
    html: String,
}

impl Written {
    /// Both parts must be there.
    fn parse(raw: &str) -> Self {
        let (headers, body) = raw.split_once("\r\n\r\n").unwrap();
        let headers = headers.replace("\r\n ", "");
        assert!(headers.contains("multipart/alternative"), "{headers}");
        let boundary = headers.split("boundary=\"").nth(1).expect(&headers).split('"').next();
        let boundary = format!("--{}", boundary.unwrap());
        let part = |media_type: &str| {
            let mut parts = body.split(&boundary).filter_map(|part| part.split_once("\r\n\r\n"));
            let (headers, body) = parts.find(|(headers, _)| headers.contains(media_type)).unwrap();
            decoded(headers, body)
        };
        let (text, html) = (part("text/plain"), part("text/html"));
        Self { headers, text, html }
    }

    fn says(&self, what: &str) -> bool {
        [&self.headers, &self.text, &self.html].iter().any(|part| part.contains(what))
    }

    /// What stands behind `token=` in a link.
    fn token(&self) -> String {
        let start = self.text.find("token=").expect(&self.text) + "token=".len();
        let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        self.text[start..].chars().take_while(|c| is_token(*c)).collect()
    }
}

/// A part of a mail without its transfer encoding.
fn decoded(headers: &str, body: &str) -> String {
    let bytes = if headers.contains("base64") {
        STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap()
    } else if headers.contains("quoted-printable") {
        unquoted(&body.replace("=\r\n", ""))
    } else {
        body.as_bytes().to_vec()
    };
    String::from_utf8(bytes).unwrap()
}

fn unquoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        match (first, behind) {
            (b'=', [high, low, behind @ ..]) => {
                bytes.extend(hex::decode([*high, *low]).unwrap());
                rest = behind;
            }
            _ => bytes.push(*first),
        }
    }
    bytes
}

/// All mail in the folder of a server.
fn folder(app: &TestApp) -> Vec<Written> {
    read(&app.server.state.config.data_dir.join("mail"))
}

fn read(folder: &Path) -> Vec<Written> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(|path| Written::parse(&std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn all_to(app: &TestApp, address: &str, saying: &str) -> Vec<Written> {
    let to = format!("To: {address}");
    let is_meant = |mail: &Written| mail.headers.contains(&to) && mail.says(saying);
    folder(app).into_iter().filter(is_meant).collect()
}

async fn mail_to(app: &TestApp, address: &str, saying: &str) -> Written {
    let what = format!("a mail to {address} that says {saying}");
    eventually(&what, async || all_to(app, address, saying).pop()).await
}

/// Somebody who reads Russian.
async fn russian(app: &TestApp, email: &str) -> Client {
    let guest = app.guest();
    let body = json!({ "email": email, "password": PASSWORD });
    guest.post("/auth/register", body).header("Accept-Language", "ru-RU, en").await.expect(201);
    let login = app.login(email).await;
    guest.with_token(&text(&login, "access_token"), text(&login["user"], "id").parse().unwrap())
}

async fn logs_in(app: &TestApp, email: &str, password: &str) -> u16 {
    let body = json!({ "email": email, "password": password });
    app.guest().post("/auth/login", body).await.status
}

#[tokio::test]
async fn an_address_is_proved_once_by_the_link_that_was_mailed() {
    let app = TestApp::start().await;
    let (user, _) = app.registered("aliya@example.kz", "customer").await;
    assert_eq!(user.get("/auth/me").await.expect(200).body["is_verified"], false);
    let welcome = mail_to(&app, "aliya@example.kz", "confirm your address").await;
    let link = format!("verify?token={}", welcome.token());
    assert!(welcome.text.contains(&link), "{}", welcome.text);
    let shown = format!("<a href=\"http://127.0.0.1:8080/{link}\">");
    assert!(welcome.html.contains(&shown), "{}", welcome.html);
    let token = json!({ "token": welcome.token() });
    app.guest().post("/auth/verify", json!({ "token": "x" })).await.refused(422, "invalid_link");
    app.guest().post("/auth/verify", &token).await.expect(204);
    assert_eq!(user.get("/auth/me").await.expect(200).body["is_verified"], true);
    app.guest().post("/auth/verify", &token).await.refused(422, "invalid_link");
    app.finish().await;
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_and_all_log_ins_end() {
    let app = TestApp::start().await;
    let (user, login) = app.registered("dana@example.kz", "customer").await;
    let forgot = |email: &str| app.guest().post("/auth/password/forgot", json!({ "email": email }));
    assert_eq!(forgot("nobody@example.kz").await.status, 202, "the same for whoever is unknown");
    forgot("no address").await.refused(422, "validation_failed");
    assert_eq!(forgot("DANA@example.kz").await.status, 202);
    let link = mail_to(&app, "dana@example.kz", "new password").await.token();

    let new = "a whole new passphrase";
    let weak = json!({ "token": link, "password": "short" });
    app.guest().post("/auth/password/reset", weak).await.refused(422, "validation_failed");
    let reset = json!({ "token": link, "password": new });
    app.guest().post("/auth/password/reset", &reset).await.expect(204);
    app.guest().post("/auth/password/reset", &reset).await.refused(422, "invalid_link");
    user.get("/auth/me").await.expect(401);
    let refresh = json!({ "refresh_token": text(&login, "refresh_token") });
    assert_eq!(app.guest().post("/auth/refresh", refresh).await.status, 401);
    assert_eq!(logs_in(&app, "dana@example.kz", PASSWORD).await, 401);
    assert_eq!(logs_in(&app, "dana@example.kz", new).await, 200);
    let login = app.login_with("dana@example.kz", new).await;
    assert_eq!(login["user"]["is_verified"], true, "the link was read at this address");
    // A link of one kind opens nothing of the other.
    let (_, _) = app.registered("erlan@example.kz", "customer").await;
    let verify = mail_to(&app, "erlan@example.kz", "confirm your address").await.token();
    let crossed = json!({ "token": verify, "password": new });
    app.guest().post("/auth/password/reset", crossed).await.refused(422, "invalid_link");
    app.finish().await;
}

#[tokio::test]
async fn a_link_that_has_expired_opens_nothing_and_a_new_password_proves_the_address_too() {
    let (app, clock) = TestApp::start_with_clock().await;
    app.registered("late@example.kz", "customer").await;
    let verify = mail_to(&app, "late@example.kz", "confirm your address").await.token();
    clock.advance(Duration::from_hours(72));
    let expired = app.guest().post("/auth/verify", json!({ "token": verify })).await;
    let detail = text(&expired.refused(422, "invalid_link"), "detail");
    assert!(detail.contains("password"), "says what helps: {detail}");

    let forgot = json!({ "email": "late@example.kz" });
    let reset = |token: &str| {
        let body = json!({ "token": token, "password": "a whole new passphrase" });
        app.guest().post("/auth/password/reset", body)
    };
    app.guest().post("/auth/password/forgot", &forgot).await.expect(202);
    let first = mail_to(&app, "late@example.kz", "new password").await.token();
    clock.advance(Duration::from_hours(1));
    reset(&first).await.refused(422, "invalid_link");

    app.guest().post("/auth/password/forgot", &forgot).await.expect(202);
    let second = eventually("another link", async || {
        let mut mails = all_to(&app, "late@example.kz", "new password").into_iter();
        mails.find_map(|mail| Some(mail.token()).filter(|token| *token != first))
    })
    .await;
    reset(&second).await.expect(204);
    let login = app.login_with("late@example.kz", "a whole new passphrase").await;
    assert_eq!(login["user"]["is_verified"], true);
    app.finish().await;
}

#[tokio::test]
async fn a_buyer_is_told_of_the_order_and_the_recipient_of_the_card() {
    let app = TestApp::start().await;
    let buyer = russian(&app, "rus@example.kz").await;
    let welcome = mail_to(&app, "rus@example.kz", "Подтвердите адрес").await;
    assert!(welcome.html.contains("<html lang=\"ru\">"), "{}", welcome.html);
    let (english, _) = app.registered("eng@example.kz", "customer").await;
    let name = "Турка <медная> & \"Co\"";
    let product = app.product_of(&app.seller().await, name, "1250.50", 9).await;
    for (buyer, address, total) in
        [(&buyer, "rus@example.kz", "Итого"), (&english, "eng@example.kz", "Total")]
    {
        let order = buyer.order_items(&[(&product, 2)]).await.expect(201);
        buyer.pay(&order.id(), "tok_ok").await.expect(201);
        let mail = mail_to(&app, address, order.body["number"].as_str().unwrap()).await;
        let line = format!("{name}: 2 × 1250.50 KZT = 2501.00 KZT");
        assert!(mail.text.contains(&line), "{}", mail.text);
        assert!(mail.text.contains(&format!("{total}: 4001.00 KZT")), "{}", mail.text);
        assert!(mail.html.contains("Турка &lt;медная&gt; &amp; &quot;Co&quot;"), "{}", mail.html);
        assert!(mail.html.contains("2501.00 KZT") && mail.html.contains("4001.00 KZT"));
        assert!(!mail.html.contains("<медная>"), "{}", mail.html);
    }

    let gift = json!({ "amount": 700, "recipient_email": "friend@example.kz" });
    let gift = app.admin().await.post("/giftcards/create", gift).await.expect(201).body;
    let code = text(&gift, "code");
    let mail = mail_to(&app, "friend@example.kz", &code).await;
    assert!(mail.headers.contains("A gift card for you"), "{}", mail.headers);
    assert!(mail.text.contains("700.00 KZT"), "{}", mail.text);

    let mut body = order_body("card");
    body["items"] = json!([{ "product_id": product, "quantity": 1 }]);
    body["gift_card_code"] = json!(code);
    let order = english.post("/orders", body).await.expect(201);
    english.pay(&order.id(), "tok_ok").await.expect(201);
    let mail = mail_to(&app, "eng@example.kz", &text(&order.body, "number")).await;
    let sums = "Goods: 1250.50 KZT\nDelivery: 1500.00 KZT\nTotal: 2750.50 KZT\n\
                By gift card: -700.00 KZT\nIn money: 2050.50 KZT\n";
    assert!(mail.text.replace("\r\n", "\n").contains(sums), "{}", mail.text);
    app.finish().await;
}

#[tokio::test]
async fn a_buyer_is_told_once_of_every_status_whoever_sends_what() {
    let app = TestApp::start().await;
    let address = "steps@example.kz";
    let (buyer, _) = app.registered(address, "customer").await;
    let sellers = [app.seller().await, app.seller().await];
    let lamp = app.product_of(&sellers[0], "Lamp", "10.00", 5).await;
    let chair = app.product_of(&sellers[1], "Chair", "20.00", 5).await;
    let order = buyer.order_items(&[(&lamp, 1), (&chair, 1)]).await.expect(201);
    buyer.pay(&order.id(), "tok_ok").await.expect(201);
    for status in ["processing", "shipped", "delivered"] {
        for seller in &sellers {
            let step = json!({ "status": status });
            seller.put(&format!("/orders/{}/status", order.id()), step).await.expect(200);
        }
        mail_to(&app, address, &format!("is now {status}")).await;
    }
    let now = buyer.order_now(&order.id()).await;
    let shipped = mail_to(&app, address, "is now shipped").await;
    for part in now["fulfilments"].as_array().unwrap() {
        assert!(shipped.text.contains(&text(part, "tracking_number")), "{}", shipped.text);
    }
    let refund = json!({ "amount": "5.00", "reason": "a scratch" });
    let path = format!("/orders/{}/refund", order.id());
    app.admin().await.post(&path, refund).await.expect(200);
    let refunded = mail_to(&app, address, "5.00 KZT").await;
    assert!(!refunded.says("is now refunded"), "it is delivered still: {}", refunded.text);
    let number = text(&order.body, "number");
    let subjects = all_to(&app, address, &number);
    assert_eq!(subjects.len(), 5, "confirmed, three steps and a refund: {subjects:#?}");
    app.finish().await;
}

#[tokio::test]
async fn somebody_is_told_before_their_points_expire() {
    let (app, clock) = TestApp::start_with_clock().await;
    let (buyer, _) = app.registered("points@example.kz", "customer").await;
    let (admin, product) = (app.admin().await, app.product("10000.00", 1).await);
    let order = buyer.order_items(&[(&product, 1)]).await.expect(201).id();
    buyer.pay(&order, "tok_ok").await.expect(201);
    for status in ["processing", "shipped", "delivered"] {
        let step = json!({ "status": status });
        admin.put(&format!("/orders/{order}/status"), step).await.expect(200);
    }
    app.prove().await;
    clock.advance(Duration::from_hours(24) * 340);
    jobs::run_now(&app.server.state, Job::AnnounceExpiry).await.unwrap();
    let mail = mail_to(&app, "points@example.kz", "about to expire").await;
    assert!(mail.text.contains("100 of your points expire on "), "{}", mail.text);
    app.finish().await;
}

#[tokio::test]
async fn mail_goes_to_a_server_once_for_each_cause_and_waits_while_there_is_none() {
    let smtp = SmtpServer::start().await;
    let url = smtp.url();
    smtp.refuse_for_now();
    let app = TestApp::setup().with(&["--smtp-url", &url]).start().await;
    app.registered("one@example.kz", "customer").await;
    eventually("a first attempt", async || (smtp.refusals() > 0).then_some(())).await;
    assert!(smtp.received().is_empty());
    smtp.accept();
    app.registered("two@example.kz", "customer").await;
    eventually("both mails", async || (smtp.received().len() >= 2).then_some(())).await;
    let received = smtp.received();
    for address in ["one@example.kz", "two@example.kz"] {
        let to = |mail: &&String| mail.contains(&format!("To: {address}"));
        assert_eq!(received.iter().filter(to).count(), 1, "{address}: {received:?}");
    }
    assert!(folder(&app).is_empty());
    app.stop().await;
}

#[tokio::test]
async fn mail_waits_while_the_server_refuses_the_shop_and_none_is_lost() {
    let smtp = SmtpServer::start().await;
    let url = smtp.url_with_password();
    smtp.refuse("AUTH", "535 5.7.8 wrong password");
    let app = TestApp::setup().with(&["--smtp-url", &url]).start().await;
    for (number, command, answer) in [
        (0, "AUTH", "535 5.7.8 wrong password"),
        (1, "MAIL", "554 no service for you"),
        (2, "MAIL", "550 5.1.8 no such sender"),
        (3, "RCPT", "554 5.7.1 relay access denied"),
        (4, "RCPT", "550 relaying denied"),
        (5, "DATA", "550 5.7.1 looks like spam"),
    ] {
        smtp.refuse(command, answer);
        let before = smtp.refusals();
        app.registered(&format!("number{number}@example.kz"), "customer").await;
        eventually(answer, async || (smtp.refusals() > before).then_some(())).await;
        smtp.accept();
        eventually(&format!("mail after {answer}"), async || {
            (smtp.received().len() > number).then_some(())
        })
        .await;
        assert!(smtp.received()[number].contains(&format!("To: number{number}@example.kz")));
    }
    app.stop().await;
}

#[tokio::test]
async fn only_the_mail_is_skipped_whose_recipient_is_refused() {
    let smtp = SmtpServer::start().await;
    let url = smtp.url();
    smtp.refuse("RCPT TO:<nobody@", "550 no such user here");
    smtp.refuse("RCPT TO:<moved@", "551 user not local");
    smtp.refuse("RCPT TO:<gone@", "554 5.1.1 unknown user");
    smtp.refuse("RCPT TO:<full@", "552 5.2.2 mailbox full");
    let app = TestApp::setup().with(&["--smtp-url", &url]).start().await;
    // An address that this server takes from nobody.
    app.registered("жанна@example.kz", "customer").await;
    for name in ["nobody", "moved", "gone", "full", "somebody"] {
        app.registered(&format!("{name}@example.kz"), "customer").await;
    }
    eventually("the mail of the last", async || (!smtp.received().is_empty()).then_some(())).await;
    assert_eq!((smtp.received().len(), smtp.refusals()), (1, 4));
    assert!(smtp.received()[0].contains("To: somebody@example.kz"));
    app.stop().await;
}
