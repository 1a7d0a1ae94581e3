//! The cursors of all lists, as clients send them back.

use super::must;
use crate::http::extract::json_has_nul;
use crate::http::pagination::{List, PageQuery};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use projections::{
    accounts, albums, artists, catalogue, gift_card_entries, ledger, loyalty_entries, orders,
    promotions, reviews, wishlists,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// A cursor is refused, or is the one that the server would write; and never has what the database
/// cannot store.
pub fn cursors(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        of_all_lists(text);
    }
    // A fuzzer would not find by itself what is under the encoding.
    of_all_lists(&URL_SAFE_NO_PAD.encode(data));
}

fn of_all_lists(text: &str) {
    check::<accounts::Cursor>(text);
    check::<albums::Cursor>(text);
    check::<artists::Cursor>(text);
    check::<catalogue::Cursor>(text);
    check::<gift_card_entries::Cursor>(text);
    check::<ledger::Cursor>(text);
    check::<loyalty_entries::Cursor>(text);
    check::<orders::Cursor>(text);
    check::<promotions::Cursor>(text);
    check::<reviews::Cursor>(text);
    check::<wishlists::Cursor>(text);
    // That of checkpoints.
    check::<i64>(text);
}

fn check<C: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) {
    let Ok(Some(cursor)) = page(text).after::<C>() else { return };
    let json = must(serde_json::to_string(&cursor), "a cursor is JSON");
    assert!(!json_has_nul(json.as_bytes()), "{json}");
    let Some(next) = List::<()>::new(vec![], Some(&cursor)).next_cursor else {
        panic!("a cursor without a text: {cursor:?}");
    };
    let again = must(page(&next).after::<C>(), "a cursor of the server is taken back");
    assert_eq!(again, Some(cursor));
}

fn page(cursor: &str) -> PageQuery {
    must(serde_json::from_value(serde_json::json!({ "cursor": cursor })), "a page")
}
