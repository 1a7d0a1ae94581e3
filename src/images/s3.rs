//! Images in an S3-compatible store: AWS, MinIO, Ceph, R2. Requests are signed by `rusty-s3` and
//! name the bucket in their path, which all of these understand. Never shows the credentials.

use super::store::{Store, StoreError};
use crate::outbound;
use async_trait::async_trait;
use bytes::Bytes;
use reqwest::{Client, Response, StatusCode, Url, header};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use std::time::Duration;

/// How long one request may take, and its signature is valid.
const PATIENCE: Duration = Duration::from_secs(20);
/// What is read of an answer that refuses.
const MAX_SAID: usize = 500;
const REGION: &str = "us-east-1";

/// Why the address of a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum S3SetupError {
    #[error("S3_URL is not like https://KEY:SECRET@host/bucket?region=name")]
    Malformed,
    #[error("the client of the store of images cannot be made")]
    Client(#[from] reqwest::Error),
    #[error("the client of the store of images cannot be made")]
    Tls(#[from] rustls::Error),
}

/// A bucket.
pub struct S3 {
    client: Client,
    bucket: Bucket,
    credentials: Credentials,
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3").field("bucket", &self.bucket.name()).finish_non_exhaustive()
    }
}

impl S3 {
    /// `https://KEY:SECRET@host/bucket?region=name`. What the key or the secret has of `/`, `+`, `@`
    /// and `%` is percent-encoded.
    pub fn new(url: &str) -> Result<Self, S3SetupError> {
        let mut endpoint = Url::parse(url).map_err(|_| S3SetupError::Malformed)?;
        let key = decoded(endpoint.username())?;
        let secret = decoded(endpoint.password().ok_or(S3SetupError::Malformed)?)?;
        let region = endpoint.query_pairs().find(|(name, _)| name == "region");
        let region = region.map_or_else(|| REGION.to_owned(), |(_, region)| region.into_owned());
        let bucket = endpoint.path().trim_matches('/').to_owned();
        if bucket.is_empty() || bucket.contains('/') || key.is_empty() {
            return Err(S3SetupError::Malformed);
        }
        endpoint.set_path("/");
        endpoint.set_query(None);
        let cleared = endpoint.set_username("").and_then(|()| endpoint.set_password(None));
        cleared.map_err(|()| S3SetupError::Malformed)?;
        let bucket = Bucket::new(endpoint, UrlStyle::Path, bucket, region)
            .map_err(|_| S3SetupError::Malformed)?;
        let client = Client::builder()
            .tls_backend_preconfigured(outbound::tls()?)
            .timeout(PATIENCE)
            .build()?;
        Ok(Self { client, bucket, credentials: Credentials::new(key, secret) })
    }
}

fn decoded(text: &str) -> Result<String, S3SetupError> {
    let text = percent_encoding::percent_decode_str(text).decode_utf8();
    text.map(std::borrow::Cow::into_owned).map_err(|_| S3SetupError::Malformed)
}

async fn refused(answer: Response) -> StoreError {
    let status = answer.status().as_u16();
    let said = answer.text().await.unwrap_or_default().chars().take(MAX_SAID).collect();
    StoreError::Answer { status, said }
}

#[async_trait]
impl Store for S3 {
    async fn put(&self, key: &str, media_type: &str, bytes: Bytes) -> Result<(), StoreError> {
        let mut action = self.bucket.put_object(Some(&self.credentials), key);
        action.headers_mut().insert("content-type", media_type);
        let request = self.client.put(action.sign(PATIENCE));
        let request = request.header(header::CONTENT_TYPE, media_type).body(bytes);
        let answer = request.send().await.map_err(reqwest::Error::without_url)?;
        if answer.status().is_success() { Ok(()) } else { Err(refused(answer).await) }
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        let action = self.bucket.get_object(Some(&self.credentials), key);
        let answer = self.client.get(action.sign(PATIENCE)).send().await;
        let answer = answer.map_err(reqwest::Error::without_url)?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => {
                Ok(Some(answer.bytes().await.map_err(reqwest::Error::without_url)?))
            }
            _ => Err(refused(answer).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_who_where_and_which_bucket() {
        let s3 = S3::new("https://AKID:a%2Fb%2Bc@s3.example:9000/goods?region=eu-north-1").unwrap();
        assert_eq!((s3.bucket.name(), s3.bucket.region()), ("goods", "eu-north-1"));
        assert_eq!((s3.credentials.key(), s3.credentials.secret()), ("AKID", "a/b+c"));
        assert_eq!(s3.bucket.base_url().as_str(), "https://s3.example:9000/goods/");
        assert!(!format!("{s3:?}").contains("a/b"));
        for wrong in [
            "not an address",
            "https://AKID:secret@s3.example/",
            "https://AKID:secret@s3.example/goods/2024",
            "https://s3.example/goods",
            "https://AKID@s3.example/goods",
            "ftp://AKID:secret@s3.example/goods",
        ] {
            assert!(matches!(S3::new(wrong), Err(S3SetupError::Malformed)), "{wrong}");
        }
    }
}
