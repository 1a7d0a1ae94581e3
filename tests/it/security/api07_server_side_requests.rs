//! API7:2023, server side request forgery. The server never fetches an address that a client names: it
//! has no webhooks, and image URLs are texts to it. Uploaded images are bytes in the request.

use crate::support::app::{PASSWORD, TestApp};
use crate::support::client::text;
use crate::support::wait::eventually;
use serde_json::json;
use std::io::ErrorKind;
use std::net::TcpListener;

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
