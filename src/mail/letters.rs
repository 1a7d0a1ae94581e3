//! The letters, in Russian and in English, as text and as HTML. What goes into HTML is escaped.

use super::receipt::Receipt;
use aggregates::order::{Details, Status};
use aggregates::{Currency, Money, Points};
use chrono::{DateTime, Utc};
use std::fmt;

/// The language of whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    Russian,
    #[default]
    English,
}

impl Language {
    /// The first of an `Accept-Language` header that we write in.
    pub fn accepted(header: &str) -> Option<Self> {
        header.split(',').find_map(|part| Self::tag(part.split(';').next()?.trim()))
    }

    /// A language tag, as `ru` or `en-GB`.
    pub fn tag(tag: &str) -> Option<Self> {
        match tag.split('-').next()?.to_ascii_lowercase().as_str() {
            // Readers of Kazakh are likelier to read Russian than English.
            "ru" | "kk" => Some(Self::Russian),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Russian => "ru",
            Self::English => "en",
        }
    }
}

/// An amount with its currency: `2599.00 KZT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    pub amount: Money,
    pub currency: Currency,
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// What is to be said.
#[derive(Debug, Clone, PartialEq)]
pub enum Letter {
    Welcome {
        link: String,
    },
    PasswordReset {
        link: String,
    },
    OrderConfirmed {
        order: Box<Details>,
    },
    OrderStatus {
        number: String,
        status: Status,
        tracking_number: Option<String>,
    },
    /// Of the whole order or of a part: money, points and gift card together.
    Refund {
        number: String,
        amount: Price,
    },
    GiftCard {
        code: String,
        amount: Price,
        expires_at: DateTime<Utc>,
    },
    PointsExpire {
        points: Points,
        expires_at: DateTime<Utc>,
    },
}

/// A subject and paragraphs.
struct Words {
    subject: String,
    paragraphs: Vec<String>,
    /// Shown on a line of its own; as a link where it is one.
    highlight: Option<String>,
}

impl Letter {
    /// Subject, text and HTML.
    pub fn write(&self, language: Language) -> (String, String, String) {
        let words = match language {
            Language::Russian => self.russian(),
            Language::English => self.english(),
        };
        let receipt = self.receipt(language);
        let highlight = words.highlight.clone();
        let below = receipt.as_ref().map(Receipt::text).into_iter().chain(highlight);
        let text: Vec<_> = words.paragraphs.iter().cloned().chain(below).collect();
        let html = html(&words, receipt.as_ref(), language);
        (words.subject, text.join("\n\n") + "\n", html)
    }

    fn receipt(&self, language: Language) -> Option<Receipt> {
        match self {
            Self::OrderConfirmed { order } => Some(Receipt::of(order, language)),
            Self::Welcome { .. }
            | Self::PasswordReset { .. }
            | Self::OrderStatus { .. }
            | Self::Refund { .. }
            | Self::GiftCard { .. }
            | Self::PointsExpire { .. } => None,
        }
    }

    fn english(&self) -> Words {
        let words = |subject: &str, paragraph: String, highlight: Option<&String>| Words {
            subject: subject.to_owned(),
            paragraphs: vec![paragraph],
            highlight: highlight.cloned(),
        };
        match self {
            Self::Welcome { link } => words(
                "Welcome",
                "Your account is ready. Please confirm your address within three days:".to_owned(),
                Some(link),
            ),
            Self::PasswordReset { link } => words(
                "A new password",
                "Somebody asked for a new password for your account. If it was you, set it within an hour. \
                 If not, nothing has changed and you need not do anything."
                    .to_owned(),
                Some(link),
            ),
            Self::OrderConfirmed { order } => words(
                &format!("Order {} is confirmed", order.number),
                format!("Thank you. Your order {} is confirmed:", order.number),
                None,
            ),
            Self::OrderStatus { number, status, tracking_number } => words(
                &format!("Order {number}: {status}"),
                format!("Your order {number} is now {status}."),
                tracking_number.as_ref(),
            ),
            Self::Refund { number, amount } => words(
                &format!("Order {number}: a refund"),
                format!("{amount} of your order {number} is given back, the way it was paid."),
                None,
            ),
            Self::GiftCard { code, amount, expires_at } => words(
                "A gift card for you",
                format!(
                    "This is a gift card worth {amount}, valid until {}. Keep its code safe: whoever knows it \
                     can spend it.",
                    expires_at.format("%Y-%m-%d")
                ),
                Some(code),
            ),
            Self::PointsExpire { points, expires_at } => words(
                "Your points are about to expire",
                format!("{points} of your points expire on {}.", expires_at.format("%Y-%m-%d")),
                None,
            ),
        }
    }

    fn russian(&self) -> Words {
        let words = |subject: &str, paragraph: String, highlight: Option<&String>| Words {
            subject: subject.to_owned(),
            paragraphs: vec![paragraph],
            highlight: highlight.cloned(),
        };
        match self {
            Self::Welcome { link } => words(
                "Добро пожаловать",
                "Ваша учётная запись готова. Подтвердите адрес в течение трёх дней:".to_owned(),
                Some(link),
            ),
            Self::PasswordReset { link } => words(
                "Новый пароль",
                "Для вашей учётной записи запросили новый пароль. Если это были вы, задайте его в течение \
                 часа. Если нет, ничего не изменилось и делать ничего не нужно."
                    .to_owned(),
                Some(link),
            ),
            Self::OrderConfirmed { order } => words(
                &format!("Заказ {} подтверждён", order.number),
                format!("Спасибо! Ваш заказ {} подтверждён:", order.number),
                None,
            ),
            Self::OrderStatus { number, status, tracking_number } => words(
                &format!("Заказ {number}: {}", in_russian(*status)),
                format!("Ваш заказ {number} {}.", in_russian(*status)),
                tracking_number.as_ref(),
            ),
            Self::Refund { number, amount } => words(
                &format!("Заказ {number}: возврат"),
                format!("По заказу {number} возвращается {amount} тем же способом, каким он оплачен."),
                None,
            ),
            Self::GiftCard { code, amount, expires_at } => words(
                "Подарочная карта для вас",
                format!(
                    "Это подарочная карта на {amount}, действует до {}. Берегите код: кто его знает, может её \
                     потратить.",
                    expires_at.format("%d.%m.%Y")
                ),
                Some(code),
            ),
            Self::PointsExpire { points, expires_at } => words(
                "Ваши баллы скоро сгорят",
                format!("Баллов сгорает {}: {points}.", expires_at.format("%d.%m.%Y")),
                None,
            ),
        }
    }
}

fn in_russian(status: Status) -> &'static str {
    match status {
        Status::Pending => "ожидает оплаты",
        Status::Confirmed => "подтверждён",
        Status::Processing => "собирается",
        Status::Shipped => "отправлен",
        Status::Delivered => "доставлен",
        Status::Cancelled => "отменён",
        Status::Refunded => "возвращён",
    }
}

fn html(words: &Words, receipt: Option<&Receipt>, language: Language) -> String {
    let highlight = words.highlight.as_ref().map(|highlight| {
        let shown = escaped(highlight);
        if highlight.starts_with("http://") || highlight.starts_with("https://") {
            format!("<a href=\"{shown}\">{shown}</a>")
        } else {
            format!("<strong>{shown}</strong>")
        }
    });
    let paragraphs = words.paragraphs.iter().map(|text| escaped(text)).chain(highlight);
    let paragraphs = paragraphs.map(|paragraph| format!("<p>{paragraph}</p>"));
    let body: Vec<_> = paragraphs.chain(receipt.map(Receipt::html)).collect();
    let body = body.join("\n");
    let (language, title) = (language.as_str(), escaped(&words.subject));
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body>\n{body}\n</body>\n</html>\n"
    )
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_written_in_the_language_of_its_reader() {
        let letter = Letter::OrderStatus {
            number: "L-1".to_owned(),
            status: Status::Shipped,
            tracking_number: Some("LL7".to_owned()),
        };
        let (subject, text, html) = letter.write(Language::Russian);
        assert_eq!(subject, "Заказ L-1: отправлен");
        assert!(text.contains("LL7") && html.contains("<strong>LL7</strong>"));
        let (subject, text, html) = letter.write(Language::English);
        assert_eq!(
            (subject.as_str(), text.contains("is now shipped")),
            ("Order L-1: shipped", true)
        );
        assert!(html.contains("lang=\"en\""));
    }

    #[test]
    fn what_people_wrote_cannot_become_html() {
        let letter = Letter::Welcome { link: "https://x/?a=1&b=\"><script>".to_owned() };
        let (_, _, html) = letter.write(Language::English);
        assert!(html.contains("href=\"https://x/?a=1&amp;b=&quot;&gt;&lt;script&gt;\""), "{html}");
    }

    #[test]
    fn the_language_is_the_first_that_we_write_in() {
        assert_eq!(Language::accepted("de, ru-RU;q=0.8, en"), Some(Language::Russian));
        assert_eq!(Language::accepted("en-GB,en"), Some(Language::English));
        assert_eq!(Language::accepted("de,fr"), None);
        assert_eq!(Language::accepted(""), None);
    }
}
