//! The code of a gift card: 15 random symbols of Crockford's base32 and a check symbol. Whoever
//! knows it can spend the card, so that it is never stored, shown in debug output or serialised.

use std::fmt;
use std::str::FromStr;

/// Symbols of a code, the check symbol included.
const LENGTH: usize = 16;
/// Crockford's: without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code as it is written on a card, normalised.
#[derive(Clone, PartialEq, Eq)]
pub struct Code([u8; LENGTH]);

/// A text that is no code, found without looking at any card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("a gift-card code has 16 letters and digits")]
    Shape,
    #[error("the gift-card code is mistyped: its check digit does not fit")]
    CheckDigit,
}

impl Code {
    /// From 75 of these 80 random bits; they must come from a cryptographic source.
    pub fn from_random(random: [u8; 10]) -> Self {
        let bits = random.iter().fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        let mut symbols = [0_u8; LENGTH];
        for (place, symbol) in symbols.iter_mut().take(LENGTH - 1).enumerate() {
            // Five bits: always below 32.
            *symbol = u8::try_from((bits >> (5 * place)) & 31).unwrap_or_default();
        }
        symbols[LENGTH - 1] = check_symbol(&symbols[..LENGTH - 1]);
        Self(symbols)
    }

    /// The sixteen symbols, without separators: the form that is hashed.
    pub fn canonical(&self) -> String {
        self.0.iter().map(|symbol| char::from(ALPHABET[usize::from(*symbol)])).collect()
    }

    /// In groups of four, as people read it.
    pub fn grouped(&self) -> String {
        let text = self.canonical();
        format!("{}-{}-{}-{}", &text[..4], &text[4..8], &text[8..12], &text[12..])
    }

    /// The last four symbols, which may be shown and stored.
    pub fn hint(&self) -> String {
        self.canonical()[LENGTH - 4..].to_owned()
    }
}

/// Hides the code: debug output ends up in logs.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

impl FromStr for Code {
    type Err = CodeError;

    /// Ignores case, hyphens and spaces; reads O as 0, and I and L as 1.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut symbols = [0_u8; LENGTH];
        let mut count = 0;
        for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
            let symbol = symbol(byte).ok_or(CodeError::Shape)?;
            *symbols.get_mut(count).ok_or(CodeError::Shape)? = symbol;
            count += 1;
        }
        if count != LENGTH {
            return Err(CodeError::Shape);
        }
        if check_symbol(&symbols[..LENGTH - 1]) != symbols[LENGTH - 1] {
            return Err(CodeError::CheckDigit);
        }
        Ok(Self(symbols))
    }
}

fn symbol(byte: u8) -> Option<u8> {
    let byte = match byte.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    let place = ALPHABET.iter().position(|symbol| *symbol == byte)?;
    u8::try_from(place).ok()
}

/// A weighted sum in the field of 32 elements (modulus x^5 + x^2 + 1) with the powers of x as
/// weights. Every wrong symbol and every swap of two neighbours changes it.
fn check_symbol(symbols: &[u8]) -> u8 {
    let mut weight = 1;
    symbols.iter().fold(0, |sum, symbol| {
        weight = times(weight, 2);
        sum ^ times(weight, *symbol)
    })
}

/// The product in the field of 32 elements.
fn times(mut a: u8, b: u8) -> u8 {
    let mut product = 0;
    for bit in 0..5 {
        if b >> bit & 1 == 1 {
            product ^= a;
        }
        a <<= 1;
        if a & 0b10_0000 != 0 {
            a ^= 0b10_0101;
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_has_sixteen_symbols_and_reads_back_however_it_is_written() {
        let code = Code::from_random([7; 10]);
        let text = code.canonical();
        assert_eq!(text.len(), 16);
        assert_eq!(text.parse(), Ok(code.clone()));
        assert_eq!(code.grouped().to_lowercase().parse(), Ok(code.clone()));
        assert_eq!(format!("{code:?}"), "Code(..)");
        assert!(text.ends_with(&code.hint()));
    }

    #[test]
    fn letters_that_look_like_digits_are_read_as_digits() {
        let zero = Code::from_random([0; 10]);
        assert_eq!(zero.canonical(), "0000000000000000");
        assert_eq!("OOOO-oooo-0000-0000".parse(), Ok(zero));
        assert_eq!("IL11000000000000".parse::<Code>(), "1111000000000000".parse::<Code>());
    }

    #[test]
    fn what_has_another_shape_is_no_code() {
        for wrong in ["", "0000", "00000000000000000", "000000000000000U", "0000000000000é"] {
            assert_eq!(wrong.parse::<Code>(), Err(CodeError::Shape), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_symbol_or_a_swap_of_neighbours_is_noticed(
            random: [u8; 10], place in 0..16_usize, other in 0..32_u8
        ) {
            let code = Code::from_random(random);
            let mut mistyped = code.clone();
            mistyped.0[place] = other;
            if mistyped != code {
                prop_assert_eq!(mistyped.canonical().parse::<Code>(), Err(CodeError::CheckDigit));
            }
            let mut swapped = code.clone();
            swapped.0.swap(place, (place + 1).min(15));
            if swapped != code {
                prop_assert_eq!(swapped.canonical().parse::<Code>(), Err(CodeError::CheckDigit));
            }
        }
    }
}
