//! An idempotency key between the two appends of a payment: the first one claims the client's key,
//! the last one records the answer under a key that only belongs to this claim. So a key is taken
//! before the provider is asked, and another request under it is never charged.

use eventlog::IdempotencyKey;
use serde_json::{Value, json};
use uuid::Uuid;

/// No answer to a request has such a member.
const CLAIMED_BY: &str = "claimed_by";

/// What is recorded under the client's key until there is an answer, and after that.
pub(super) fn record(claim: Uuid) -> Value {
    json!({ CLAIMED_BY: claim.to_string() })
}

/// Where the answer of whoever made the claim is recorded.
pub(super) fn answer_key(key: &IdempotencyKey, claim: Uuid) -> IdempotencyKey {
    named(key, &claim.to_string())
}

/// The same of a claim that was found; `None` where `recorded` is an answer itself.
pub(super) fn found(key: &IdempotencyKey, recorded: &Value) -> Option<IdempotencyKey> {
    recorded.get(CLAIMED_BY)?.as_str().map(|claim| named(key, claim))
}

/// No client's key has a line break: it is a header.
fn named(key: &IdempotencyKey, claim: &str) -> IdempotencyKey {
    IdempotencyKey { key: format!("{}\n{claim}", key.key), ..key.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_finds_a_claim_finds_its_answer_and_an_answer_is_no_claim() {
        let (scope, key) = ("account:1".to_owned(), "k".to_owned());
        let key = IdempotencyKey { scope, key, request_hash: [7; 32] };
        let claim = Uuid::from_u128(5);
        assert_eq!(found(&key, &record(claim)), Some(answer_key(&key, claim)));
        assert_ne!(answer_key(&key, claim), answer_key(&key, Uuid::from_u128(6)));
        assert_eq!(found(&key, &json!({ "status": 201, "body": { "id": 1 } })), None);
    }
}
