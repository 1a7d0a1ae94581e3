//! Access tokens: short-lived JWTs. Never trusts the algorithm, or a key, that a token names.

use super::{Caller, SigningKeys};
use crate::config;
use aggregates::UserId;
use aggregates::account::Role;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// Tokens whose signature was checked and is not checked again: some 500 bytes each.
const REMEMBERED: u64 = 20_000;

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The account.
    pub sub: Uuid,
    pub role: Role,
    /// The login that it belongs to.
    pub sid: Uuid,
    pub iat: i64,
    pub exp: i64,
    pub iss: String,
    pub aud: String,
    /// When it was issued, in microseconds since 1970: `iat` is too coarse to say whether a token
    /// is older than the block of its account.
    pub iat_us: i64,
}

impl Claims {
    pub fn caller(&self) -> Caller {
        Caller { id: UserId::new(self.sub), role: self.role, session_id: self.sid }
    }
}

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the access token is not valid")]
    Invalid,
    #[error("the access token has expired")]
    Expired,
}

/// Issues and verifies access tokens.
#[derive(Debug)]
pub struct Tokens {
    keys: SigningKeys,
    issuer: String,
    audience: String,
    lifetime: TimeDelta,
    /// Checking a signature costs more than most of what a request does.
    verified: Cache<Box<str>, Arc<Claims>>,
}

impl Tokens {
    pub fn new(keys: SigningKeys, settings: &config::Tokens) -> Self {
        Self {
            keys,
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            lifetime: TimeDelta::minutes(settings.access_minutes.into()),
            verified: Cache::new(REMEMBERED),
        }
    }

    /// How long an access token is valid.
    pub fn lifetime(&self) -> TimeDelta {
        self.lifetime
    }

    /// A signed token for this caller.
    pub fn issue(
        &self,
        caller: Caller,
        now: DateTime<Utc>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            sub: caller.id.uuid(),
            role: caller.role,
            sid: caller.session_id,
            iat: now.timestamp(),
            exp: (now + self.lifetime).timestamp(),
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            iat_us: now.timestamp_micros(),
        };
        jsonwebtoken::encode(&Header::new(self.keys.algorithm), &claims, &self.keys.signing)
    }

    /// The claims of a token that we signed and that has not expired.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<Claims>, TokenError> {
        let claims = match self.verified.get(token) {
            Some(claims) => claims,
            None => self.check(token)?,
        };
        if claims.exp <= now.timestamp() { Err(TokenError::Expired) } else { Ok(claims) }
    }

    /// By any of our keys: what the token says of its key (`kid`, `jwk`, `jku`) is not looked at.
    fn check(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        let decoded = self.keys.verifying.iter().find_map(|known| {
            let validation = self.validation(known.algorithm);
            jsonwebtoken::decode::<Claims>(token, &known.key, &validation).ok()
        });
        let claims = Arc::new(decoded.ok_or(TokenError::Invalid)?.claims);
        self.verified.insert(token.into(), Arc::clone(&claims));
        Ok(claims)
    }

    /// The algorithm is the key's: a token that names another one is refused.
    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["sub", "exp", "iss", "aud"]);
        // Checked by `verify`, against the injected clock.
        validation.validate_exp = false;
        validation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::EncodingKey;

    const SECRET: &str = "q8Zt1vB5nM7kX2cR9wL4pJ6hG3fD0sAy";
    const SEED: &str = "ed25519:9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 500_000_000).unwrap()
    }

    fn caller() -> Caller {
        Caller {
            id: UserId::new(Uuid::from_u128(1)),
            role: Role::Seller,
            session_id: Uuid::from_u128(2),
        }
    }

    fn tokens(key: &str) -> Tokens {
        Tokens::new(SigningKeys::parse(key).unwrap(), &config::Tokens::default())
    }

    #[test]
    fn a_token_gives_its_caller_back_until_it_expires() {
        for key in [SECRET, SEED] {
            let tokens = tokens(key);
            let token = tokens.issue(caller(), now()).unwrap();
            let claims = tokens.verify(&token, now() + TimeDelta::minutes(14)).unwrap();
            assert_eq!(claims.caller(), caller());
            assert_eq!(claims.iat_us, now().timestamp_micros());
            let later = tokens.verify(&token, now() + TimeDelta::minutes(15));
            assert_eq!(later, Err(TokenError::Expired));
        }
    }

    #[test]
    fn a_token_of_another_key_issuer_audience_or_algorithm_is_refused() {
        let ours = tokens(SECRET);
        let refused = |token: &str| assert_eq!(ours.verify(token, now()), Err(TokenError::Invalid));
        refused(&tokens(SEED).issue(caller(), now()).unwrap());
        refused(&tokens("another-random-value-q8Zt1vB5nM7kX2c").issue(caller(), now()).unwrap());
        for (issuer, audience) in [("other", "ledgerline"), ("ledgerline", "other")] {
            let settings = config::Tokens {
                issuer: issuer.to_owned(),
                audience: audience.to_owned(),
                ..config::Tokens::default()
            };
            let theirs = Tokens::new(SigningKeys::parse(SECRET).unwrap(), &settings);
            refused(&theirs.issue(caller(), now()).unwrap());
        }
        let good = ours.issue(caller(), now()).unwrap();
        let claims = ours.verify(&good, now()).unwrap();
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        refused(&jsonwebtoken::encode(&Header::new(Algorithm::HS384), &*claims, &key).unwrap());
        // Remembering one token opens nothing to another with its claims.
        let (signed, _) = good.rsplit_once('.').unwrap();
        let (_, foreign) = tokens(SEED)
            .issue(caller(), now())
            .unwrap()
            .rsplit_once('.')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        refused(&format!("{signed}.{foreign}"));
        // The classic attack: no algorithm and no signature.
        let mut parts = good.split('.');
        let (_, payload) = (parts.next(), parts.next().unwrap());
        refused(&format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.{payload}."));
        refused("");
    }

    #[test]
    fn an_old_key_verifies_what_it_signed_and_signs_nothing() {
        let (old, new) = (tokens(SECRET), tokens(SEED));
        let keys = SigningKeys::parse(SEED).unwrap().accepting(SECRET).unwrap();
        let rotated = Tokens::new(keys, &config::Tokens::default());
        let before = old.issue(caller(), now()).unwrap();
        assert_eq!(rotated.verify(&before, now()).unwrap().caller(), caller());
        let expired = rotated.verify(&before, now() + TimeDelta::minutes(15));
        assert_eq!(expired, Err(TokenError::Expired));
        let after = rotated.issue(caller(), now()).unwrap();
        assert!(new.verify(&after, now()).is_ok());
        assert_eq!(old.verify(&after, now()), Err(TokenError::Invalid));
        assert_eq!(new.verify(&before, now()), Err(TokenError::Invalid));
    }
}
