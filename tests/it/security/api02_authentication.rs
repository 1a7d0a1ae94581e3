//! API2:2023, broken authentication: forged tokens, and the rotation of keys. Passwords, refresh tokens,
//! log-outs and blocks are in `http::accounts`; audiences and issuers of right signatures also in
//! the unit tests of `auth::tokens`; limits in [`super::api06_business_flows`].

use crate::support::app::{JWT_KEY, TestApp, now};
use crate::support::client::{Client, text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, EncodePublicKey};
use jsonwebtoken::{Algorithm, EncodingKey};
use ledgerline::clock::ManualClock;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const OTHER_SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";

fn encoded(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

fn signed(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn ed25519(seed: &str) -> (SigningKey, EncodingKey) {
    let key = SigningKey::from_bytes(&hex::decode(seed).unwrap().try_into().unwrap());
    let der = key.to_pkcs8_der().unwrap();
    (key, EncodingKey::from_ed_der(der.as_bytes()))
}

/// What a token of now says of an administrator with the account of this user.
fn claims(user: &Client) -> Value {
    let now = now();
    json!({
        "sub": user.id, "role": "admin", "sid": user.id, "iat": now.timestamp(),
        "exp": (now + TimeDelta::minutes(10)).timestamp(), "iss": "ledgerline",
        "aud": "ledgerline", "iat_us": now.timestamp_micros(),
    })
}

async fn refused(user: &Client, token: &str, what: &str) {
    let answer = user.with_token(token, user.id).get("/admin/users").await;
    assert_eq!(answer.body["code"], "invalid_token", "{what}: {}", answer.text);
    answer.refused(401, "invalid_token");
}

#[tokio::test]
async fn a_token_does_not_say_how_it_is_to_be_verified() {
    let key = format!("ed25519:{SEED}");
    let app = TestApp::setup().with(&["--jwt-key", &key]).start().await;
    let user = app.customer().await;
    let claims = claims(&user);
    let (ours, signing) = ed25519(SEED);
    let right = signed(&json!({ "alg": "EdDSA" }), &claims, &signing, Algorithm::EdDSA);
    user.with_token(&right, user.id).get("/admin/users").await.expect(200);
    let (message, signature) = right.rsplit_once('.').unwrap();

    for none in ["none", "None", "NONE", "nOnE", ""] {
        for signature in ["", signature, "AAAA"] {
            let header = encoded(&json!({ "alg": none, "typ": "JWT" }));
            let token = format!("{header}.{}.{signature}", encoded(&claims));
            refused(&user, &token, none).await;
        }
    }
    refused(&user, message, "two parts").await;
    refused(&user, &format!("{message}."), "no signature").await;
    refused(&user, &format!("{right}.{signature}"), "four parts").await;

    // The public key is no secret: whoever lets a token choose HMAC accepts it as one.
    let public = ours.verifying_key();
    let pem = public.to_public_key_pem(LineEnding::LF).unwrap();
    let hex = hex::encode(public.as_bytes());
    let secrets =
        [public.as_bytes().as_slice(), pem.as_bytes(), pem.trim().as_bytes(), hex.as_bytes(), b""];
    for secret in secrets {
        for (name, algorithm) in
            [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)]
        {
            let header = json!({ "alg": name });
            let token = signed(&header, &claims, &EncodingKey::from_secret(secret), algorithm);
            refused(&user, &token, name).await;
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_token_does_not_bring_its_key() {
    let key = format!("ed25519:{SEED}");
    let app = TestApp::setup().with(&["--jwt-key", &key]).start().await;
    let user = app.customer().await;
    let (theirs, signing) = ed25519(OTHER_SEED);
    let x = URL_SAFE_NO_PAD.encode(theirs.verifying_key().as_bytes());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
    for header in [
        json!({ "alg": "EdDSA" }),
        json!({ "alg": "EdDSA", "jwk": jwk }),
        json!({ "alg": "EdDSA", "jku": format!("{}/keys.json", app.base), "kid": "1" }),
        json!({ "alg": "EdDSA", "x5u": "file:///etc/passwd" }),
        json!({ "alg": "EdDSA", "kid": "../../../../dev/null" }),
        json!({ "alg": "EdDSA", "kid": "' OR 1=1 --" }),
    ] {
        let token = signed(&header, &claims(&user), &signing, Algorithm::EdDSA);
        refused(&user, &token, &header.to_string()).await;
    }
    // The empty secret is what a `kid` that leads to an empty file would give.
    let header = json!({ "alg": "HS256", "kid": "/dev/null" });
    let empty = EncodingKey::from_secret(b"");
    refused(&user, &signed(&header, &claims(&user), &empty, Algorithm::HS256), "empty").await;
    app.finish().await;
}

#[tokio::test]
async fn claims_that_are_not_ours_are_refused_even_under_our_signature() {
    let app = TestApp::start().await;
    let user = app.customer().await;
    let key = EncodingKey::from_secret(JWT_KEY.as_bytes());
    let token = |claims: &Value| signed(&json!({ "alg": "HS256" }), claims, &key, Algorithm::HS256);
    user.with_token(&token(&claims(&user)), user.id).get("/admin/users").await.expect(200);
    for (claim, value) in [
        ("iss", json!("somebody")),
        ("iss", Value::Null),
        ("aud", json!("another-api")),
        ("aud", json!(["another-api"])),
        ("exp", Value::Null),
        ("exp", json!("never")),
        ("sub", json!("admin")),
        ("role", json!("root")),
        ("sid", Value::Null),
    ] {
        let mut changed = claims(&user);
        changed[claim] = value;
        refused(&user, &token(&changed), &changed.to_string()).await;
        changed.as_object_mut().unwrap().remove(claim);
        refused(&user, &token(&changed), &changed.to_string()).await;
    }
    let mut old = claims(&user);
    old["exp"] = json!(now().timestamp() - 1);
    user.with_token(&token(&old), user.id).get("/admin/users").await.refused(401, "token_expired");
    // Another role under the signature of the own one.
    let own = app.server.state.tokens.issue(
        ledgerline::auth::Caller {
            id: user.id.into(),
            role: aggregates::account::Role::Customer,
            session_id: user.id,
        },
        now(),
    );
    let own = own.unwrap();
    let parts: Vec<&str> = own.split('.').collect();
    let raised = format!("{}.{}.{}", parts[0], encoded(&claims(&user)), parts[2]);
    refused(&user, &raised, "raised").await;
    app.finish().await;
}

#[tokio::test]
async fn a_key_that_signed_before_is_accepted_until_its_tokens_expire_and_signs_nothing() {
    let clock = Arc::new(ManualClock::at(now()));
    let setup = || TestApp::setup().clock(Arc::clone(&clock));
    let before = setup().start().await;
    let (user, leaving) = (before.customer().await, before.customer().await);
    let new = format!("ed25519:{SEED}");
    let keys = ["--jwt-key", new.as_str(), "--jwt-old-keys", JWT_KEY];
    let after = before.start_another(setup().with(&keys)).await;
    let strict = before.start_another(setup().with(&["--jwt-key", &new])).await;

    user.at(&after.base).get("/auth/me").await.expect(200);
    user.at(&strict.base).get("/auth/me").await.refused(401, "invalid_token");
    let renewed = after.renewed(&user);
    for base in [&after.base, &strict.base] {
        renewed.at(base).get("/auth/me").await.expect(200);
    }
    renewed.at(&before.base).get("/auth/me").await.refused(401, "invalid_token");
    // A revocation reaches tokens of either key.
    let leaving = leaving.at(&after.base);
    leaving.post("/auth/logout", json!({})).await.expect(204);
    leaving.get("/auth/me").await.refused(401, "token_revoked");

    clock.advance(Duration::from_mins(15));
    user.at(&after.base).get("/auth/me").await.refused(401, "token_expired");
    after.renewed(&user).at(&after.base).get("/auth/me").await.expect(200);
    strict.stop().await;
    after.stop().await;
    before.finish().await;
}

#[tokio::test]
async fn credentials_are_taken_from_one_place_and_each_kind_for_its_purpose() {
    let app = TestApp::start().await;
    let (user, login) = app.registered("one@example.kz", "customer").await;
    let (access, refresh) = (text(&login, "access_token"), text(&login, "refresh_token"));
    let guest = app.guest();
    for name in ["access_token", "token", "authorization"] {
        let me = guest.get(&format!("/auth/me?{name}={access}")).await;
        me.refused(401, "not_authenticated");
        let me = guest.get("/auth/me").header("Cookie", &format!("{name}={access}")).await;
        me.refused(401, "not_authenticated");
    }
    for scheme in ["Basic", "Token", "JWT", "bearer:"] {
        let me = guest.get("/auth/me").header("Authorization", &format!("{scheme} {access}"));
        me.await.refused(401, "unsupported_credentials");
    }
    refused(&user, &refresh, "a refresh token").await;
    let crossed = guest.post("/auth/refresh", json!({ "refresh_token": access })).await;
    assert!([401, 422].contains(&crossed.status), "{}", crossed.text);
    // Bad credentials are refused where none are needed, too.
    guest.with_token("x.y.z", user.id).get("/cart").await.refused(401, "invalid_token");
    app.finish().await;
}
