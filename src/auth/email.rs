//! E-mail addresses as they are stored: checked and in lower case, so that uniqueness ignores case.
//! Never proves that anybody reads mail there.

use std::fmt;
use std::str::FromStr;

/// A checked e-mail address in lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct InvalidEmail;

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Personal data, which must not reach a log by accident.
        f.write_str("Email(***)")
    }
}

/// Whether a text of a request is an address, as garde asks.
pub fn is_email(text: &str, (): &()) -> garde::Result {
    text.parse::<Email>().map(drop).map_err(garde::Error::new)
}

impl FromStr for Email {
    type Err = InvalidEmail;

    /// The rule of HTML's `<input type=email>`, with a dot in the domain, and RFC 5321's lengths.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let local_is_valid = (1..=64).contains(&local.len())
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.chars().all(|c| {
                c.is_ascii_alphanumeric()
                    || ".!#$%&'*+/=?^_`{|}~-".contains(c)
                    || (!c.is_ascii() && c.is_alphanumeric())
            });
        let labels_are_valid = domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
        if local_is_valid && labels_are_valid && domain.contains('.') && text.len() <= 254 {
            Ok(Self(text.to_lowercase()))
        } else {
            Err(InvalidEmail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_outer_spaces_do_not_matter() {
        let email: Email = " Aigerim.K@Example.KZ ".parse().unwrap();
        assert_eq!(email.as_str(), "aigerim.k@example.kz");
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "plain",
            "@example.com",
            "a@",
            "a@localhost",
            "a b@example.com",
            "a@exa mple.com",
            "a@-example.com",
            "a@example..com",
            ".a@example.com",
            "a..b@example.com",
            "a@b@example.com",
            "a\n@example.com",
            &long,
        ] {
            assert!(text.parse::<Email>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn usual_addresses_are_accepted() {
        for text in ["a@b.co", "first+tag@mail.example.com", "почта@пример.рф", "o'neil@x.org"]
        {
            assert!(text.parse::<Email>().is_ok(), "{text:?}");
        }
    }
}
