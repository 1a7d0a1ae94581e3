//! Codes of gift cards as people type them.

use super::must;
use aggregates::gift_card::{Code, CodeError};

/// Crockford's base32, in the order of the values.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Only what has the shape of a code and one of its 32 last symbols is one; it comes back however it
/// is written; and one wrong symbol is always noticed.
pub fn gift_card_codes(data: &[u8]) {
    if let Some(random) = data.first_chunk::<10>() {
        made(&Code::from_random(*random));
    }
    let Ok(text) = str::from_utf8(data) else { return };
    let normal = normalised(text);
    match text.parse::<Code>() {
        Ok(code) => {
            assert_eq!(Some(code.canonical()), normal, "the code is the one that was typed");
            made(&code);
        }
        Err(CodeError::Shape) => assert_eq!(normal, None, "this has the shape of a code"),
        Err(CodeError::CheckDigit) => {
            let normal = normal.unwrap_or_else(|| panic!("this has no shape of a code: {text:?}"));
            let code = right_codes(&normal[..15]);
            assert_ne!(code, normal, "the last symbol was right");
        }
    }
}

/// Sixteen symbols, if that is what is left without the separators; by its definition.
fn normalised(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let text = text.to_ascii_uppercase().replace('O', "0").replace(['I', 'L'], "1");
    let is_code = text.len() == 16 && text.bytes().all(|byte| SYMBOLS.contains(&byte));
    is_code.then_some(text)
}

/// The one code that begins with these symbols.
fn right_codes(begin: &str) -> String {
    let codes = SYMBOLS.iter().map(|last| format!("{begin}{}", char::from(*last)));
    let mut right = codes.filter(|code| code.parse::<Code>().is_ok());
    let (first, second) = (right.next(), right.next());
    assert_eq!(second, None, "there is one last symbol");
    first.unwrap_or_else(|| panic!("{begin} has no last symbol"))
}

fn made(code: &Code) {
    let text = code.canonical();
    for written in [&text, &text.to_lowercase(), &code.grouped(), &format!(" {text}-")] {
        assert_eq!(must(written.parse::<Code>(), "a code is read"), *code);
    }
    assert!(text.ends_with(&code.hint()) && code.hint().len() == 4);
    assert!(!format!("{code:?}").contains(&text));
    for place in 0..16 {
        let mut mistyped = text.clone().into_bytes();
        // The next one of the 32.
        let value = SYMBOLS.iter().position(|symbol| *symbol == mistyped[place]);
        mistyped[place] = SYMBOLS[(value.unwrap_or(0) + 1) % 32];
        let mistyped = String::from_utf8_lossy(&mistyped);
        assert_eq!(mistyped.parse::<Code>(), Err(CodeError::CheckDigit), "{mistyped}");
    }
}
