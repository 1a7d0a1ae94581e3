//! Product images: what is uploaded, what of it is served, in which sizes, and from which store.

mod s3;

use std::io::Cursor;

use futures_util::future::join_all;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::{Answer, Client};
use crate::support::contract;
use s3::S3Server;

/// A picture of one colour.
pub fn picture(width: u32, height: u32, colour: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb(colour))
}

pub fn png(image: RgbImage) -> Vec<u8> {
    encoded(image, ImageFormat::Png)
}

fn encoded(image: RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(image).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// What a form with these files is sent as.
pub const FORM: &str = "multipart/form-data; boundary=x";

pub fn form(files: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for file in files {
        body.extend_from_slice(
            b"--x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\r\n\r\n",
        );
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--x--\r\n");
    body
}

async fn upload(client: &Client, product: &str, files: &[Vec<u8>]) -> Answer {
    let path = format!("/api/v1/products/{product}/images");
    client.call(Method::POST, &path).raw(FORM, form(files)).await
}

fn urls(product: &Value) -> Vec<String> {
    let urls = product["image_urls"].as_array().unwrap().iter();
    urls.map(|url| url.as_str().unwrap().to_owned()).collect()
}

/// The picture at an address of the API.
async fn shown(app: &TestApp, url: &str) -> (reqwest::header::HeaderMap, DynamicImage) {
    let answer = reqwest::get(format!("{}{url}", app.base)).await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    let headers = answer.headers().clone();
    let bytes = answer.bytes().await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    contract::check(&Method::GET, url, &Answer::new(200, headers.clone(), text));
    (headers, image::load_from_memory(&bytes).unwrap())
}

#[tokio::test]
async fn an_image_is_served_whole_and_smaller_and_kept_by_caches() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "1.00", 1).await;
    let answer = upload(&seller, &product, &[png(picture(600, 300, [200, 10, 10]))]).await;
    let url = urls(&answer.expect(200).body).remove(0);
    for (query, width, height) in [
        ("", 600, 300),
        ("?size=small", 160, 80),
        ("?size=medium", 480, 240),
        ("?size=large", 600, 300),
    ] {
        let (headers, image) = shown(&app, &format!("{url}{query}")).await;
        assert_eq!((image.width(), image.height()), (width, height), "{query}");
        assert_eq!(headers["content-type"], "image/png");
        assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(image.to_rgb8().get_pixel(5, 5).0, [200, 10, 10]);
        let again = app.guest().call(Method::GET, &format!("{url}{query}"));
        let again = again.header("If-None-Match", headers["etag"].to_str().unwrap()).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""));
    }
    let photograph = encoded(picture(20, 20, [10, 10, 200]), ImageFormat::Jpeg);
    let answer = upload(&seller, &product, &[photograph]).await.expect(200);
    let (headers, _) = shown(&app, &urls(&answer.body)[1]).await;
    assert_eq!(headers["content-type"], "image/jpeg");
    let wrong = app.guest().call(Method::GET, &format!("{url}?size=huge")).await;
    assert_eq!(wrong.status, 422);
    app.finish().await;
}

#[tokio::test]
async fn an_upload_changes_all_or_nothing() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "1.00", 1).await;
    let good = png(picture(20, 20, [0, 0, 0]));
    let broken = [&good[..40], b"no more"].concat();
    upload(&seller, &product, &[good.clone(), broken]).await.refused(422, "unreadable_image");
    let many: Vec<String> = (0..19).map(|number| format!("https://a.example/{number}")).collect();
    seller.patch(&format!("/products/{product}"), json!({ "image_urls": many })).await.expect(200);
    let two = [good.clone(), png(picture(21, 20, [0, 0, 0]))];
    assert_eq!(upload(&seller, &product, &two).await.status, 422);
    let images = app.server.state.config.data_dir.join("images");
    assert!(!images.exists(), "what is refused is not stored");
    upload(&seller, &product, &[good]).await.expect(200);
    app.finish().await;
}

/// A few bytes that promise very many pixels.
fn huge() -> Vec<u8> {
    let mut bytes = encoded(picture(8, 8, [0, 0, 0]), ImageFormat::Jpeg);
    let frame = bytes.windows(2).position(|marker| marker == b"\xff\xc0").unwrap();
    let sides = frame + 5..frame + 9;
    bytes[sides].copy_from_slice(&[16_000_u16.to_be_bytes(), 16_000_u16.to_be_bytes()].concat());
    bytes
}

#[tokio::test]
async fn what_is_too_large_or_not_theirs_is_refused_and_not_stored() {
    let app = TestApp::start().await;
    let (seller, other) = (app.seller().await, app.seller().await);
    let product = app.product_of(&seller, "Lamp", "1.00", 1).await;
    let good = png(picture(20, 20, [0, 0, 0]));
    let heavy = [good.clone(), vec![0; 10 * 1024 * 1024]].concat();
    upload(&seller, &product, &[heavy]).await.refused(413, "body_too_large");
    upload(&seller, &product, &[huge()]).await.refused(422, "image_too_large");
    upload(&other, &product, std::slice::from_ref(&good)).await.refused(403, "not_owner");
    let customer = app.customer().await;
    upload(&customer, &product, std::slice::from_ref(&good)).await.refused(403, "role_not_allowed");
    upload(&app.guest(), &product, &[good]).await.refused(401, "not_authenticated");
    let shown = app.guest().get(&format!("/products/{product}")).await.expect(200).body;
    assert!(urls(&shown).is_empty(), "{shown}");
    assert!(!app.server.state.config.data_dir.join("images").exists());
    app.finish().await;
}

#[tokio::test]
async fn uploads_at_once_all_stay() {
    let app = TestApp::start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "1.00", 1).await;
    let files: Vec<_> = (0..8).map(|number| [png(picture(20 + number, 20, [0, 0, 0]))]).collect();
    for answer in join_all(files.iter().map(|file| upload(&seller, &product, file))).await {
        answer.expect(200);
    }
    let all = urls(&app.guest().get(&format!("/products/{product}")).await.expect(200).body);
    assert_eq!(all.len(), 8);
    for url in all {
        shown(&app, &url).await;
    }
    app.finish().await;
}

#[tokio::test]
async fn images_lie_in_an_s3_store_where_one_is_configured() {
    let store = S3Server::start("goods", "AKID", "sec/ret").await;
    let url = store.url();
    let app = TestApp::setup().with(&["--s3-url", &url]).start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "1.00", 1).await;
    let answer = upload(&seller, &product, &[png(picture(300, 300, [1, 2, 3]))]).await;
    let shown_at = urls(&answer.expect(200).body).remove(0);
    let name = shown_at.rsplit('/').next().unwrap().to_owned();
    let hash = name.strip_suffix(".png").unwrap();
    let small = format!("{hash}.small.png");
    assert_eq!(store.keys(), [name.clone(), small.clone()].into());
    assert_eq!(store.media_type(&name), "image/png");
    assert!(!app.server.state.config.data_dir.join("images").exists());
    for (query, side) in [("", 300), ("?size=small", 160), ("?size=large", 300)] {
        let (_, image) = shown(&app, &format!("{shown_at}{query}")).await;
        assert_eq!(image.width(), side);
    }
    // Out of order: nothing changes, and the answer says so.
    store.refuse();
    let refused = upload(&seller, &product, &[png(picture(30, 30, [1, 2, 3]))]).await;
    refused.refused(503, "unavailable");
    let now = app.guest().get(&format!("/products/{product}")).await.expect(200).body;
    assert_eq!(urls(&now), [shown_at]);
    app.finish().await;
}

#[tokio::test]
async fn who_does_not_have_the_secret_is_not_served_by_the_store() {
    let store = S3Server::start("goods", "AKID", "secret").await;
    let url = store.url().replace("secret", "guessed");
    let app = TestApp::setup().with(&["--s3-url", &url]).start().await;
    let seller = app.seller().await;
    let product = app.product_of(&seller, "Lamp", "1.00", 1).await;
    let answer = upload(&seller, &product, &[png(picture(30, 30, [1, 2, 3]))]).await;
    assert_eq!(answer.status, 500, "a mistake of the operator");
    assert!(store.keys().is_empty());
    app.finish().await;
}
