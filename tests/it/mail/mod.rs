//! Mail: what is written to whom, once for each cause, into a folder or to an SMTP server.

pub mod server;

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::{Client, text};
use crate::support::wait::eventually;
use serde_json::json;
use server::SmtpServer;
use std::path::Path;

/// A mail as it was written.
#[derive(Debug, Clone)]
struct Written {
    headers: String,
    body: String,
}

impl Written {
    fn parse(raw: &str) -> Self {
        let (headers, body) = raw.split_once("\r\n\r\n").unwrap();
        // Long lines are folded by soft line breaks, and some signs are escaped.
        let body = body.replace("=\r\n", "").replace("=3D", "=");
        Self { headers: headers.replace("\r\n ", ""), body }
    }

    /// What stands behind `token=` in a link.
    fn token(&self) -> String {
        let start = self.body.find("token=").expect(&self.body) + "token=".len();
        let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        self.body[start..].chars().take_while(|c| is_token(*c)).collect()
    }
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

async fn mail_to(app: &TestApp, address: &str, saying: &str) -> Written {
    eventually(&format!("a mail to {address} that says {saying}"), async || {
        let said = |mail: &Written| {
            mail.headers.contains(address)
                && (mail.body.contains(saying) || mail.headers.contains(saying))
        };
        folder(app).into_iter().find(said)
    })
    .await
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
    // A link of one kind opens nothing of the other.
    let (_, _) = app.registered("erlan@example.kz", "customer").await;
    let verify = mail_to(&app, "erlan@example.kz", "confirm your address").await.token();
    let crossed = json!({ "token": verify, "password": new });
    app.guest().post("/auth/password/reset", crossed).await.refused(422, "invalid_link");
    app.finish().await;
}

#[tokio::test]
async fn a_buyer_is_told_of_the_order_and_the_recipient_of_the_card() {
    let app = TestApp::start().await;
    let guest = app.guest();
    let body = json!({ "email": "rus@example.kz", "password": PASSWORD });
    guest.post("/auth/register", body).header("Accept-Language", "ru-RU, en").await.expect(201);
    let login = app.login("rus@example.kz").await;
    let id = text(&login["user"], "id").parse().unwrap();
    let buyer: Client = guest.with_token(&text(&login, "access_token"), id);
    let product = app.product("1000.00", 5).await;
    let order = buyer.order_items(&[(&product, 1)]).await.expect(201);
    buyer.pay(&order.id(), "tok_ok").await.expect(201);
    mail_to(&app, "rus@example.kz", order.body["number"].as_str().unwrap()).await;

    let gift = json!({ "amount": 700, "recipient_email": "friend@example.kz" });
    let gift = app.admin().await.post("/giftcards/create", gift).await.expect(201).body;
    let code = text(&gift, "code");
    let mail = mail_to(&app, "friend@example.kz", &code).await;
    assert!(mail.headers.contains("A gift card for you"), "{}", mail.headers);
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
