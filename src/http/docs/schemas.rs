//! How the document describes the values that many requests and answers have in common. What is
//! described here is enforced elsewhere: by the type that the field really has.

use crate::webhooks::deliveries::Status as DeliveryStatus;
use aggregates::order::{DeliveryMethod, PaymentMethod, Status as OrderStatus};
use aggregates::webhook::Topic;
use aggregates::{gift_card, payment, review};
use projections::{
    albums, artists, catalogue, gift_card_entries, ledger, loyalty_entries, reviews,
    stock_movements,
};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, Ref, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// What a client types as an e-mail address: the rule of `Email`, as far as it is one of ASCII.
const EMAIL: &str = concat!(
    "^([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}",
    "|[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,31}\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,31}",
    "|[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}){2})",
    "@[A-Za-z0-9]([A-Za-z0-9-]{0,40}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,40}[A-Za-z0-9])?){1,3}$",
);
/// A day of the years 2000 to 2199, or a time on it.
const EDGE: &str = concat!(
    "^(2[01][0-9]{2}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)",
    "|(0[13578]|1[02])-31)|(20([02468][048]|[13579][26])|21(0[48]|[2468][048]|[13579][26]))-02-29)",
    "(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$",
);
const TIME_ZONE: &str = "^[A-Za-z][A-Za-z_+-]{0,20}(/[A-Za-z][A-Za-z0-9_+-]{0,20}){0,2}$";

macro_rules! described {
    ($($(#[$doc:meta])* $name:ident as $shown:literal: $schema:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                $shown.into()
            }
        }
    )+};
}

described!(
    /// An amount of money that is not negative.
    Amount as "Amount": text(
        "An amount of money, with at most two digits behind the point.",
        "^[0-9]{1,12}(\\.[0-9]{1,2})?$",
        "2599.00",
    );
    /// The same in a body, where clients may write a number.
    AmountInput as "AmountInput": OneOfBuilder::new()
        .description(Some("An amount of money, as a text or as a number."))
        .item(Ref::from_schema_name("Amount"))
        .item(
            ObjectBuilder::new()
                .schema_type(Type::Number)
                .minimum(Some(0))
                .maximum(Some(999_999_999_999.99))
                .multiple_of(Some(0.01)),
        );
    /// A sum or a difference, which may be negative or large.
    SignedAmount as "SignedAmount": text(
        "A sum or a difference of amounts of money.",
        "^-?[0-9]+(\\.[0-9]{1,2})?$",
        "-400.00",
    );
    /// The least rating that is asked for.
    LeastRating as "LeastRating": text(
        "0 to 5, with at most two digits behind the point.",
        "^([0-4](\\.[0-9]{1,2})?|5(\\.0{1,2})?)$",
        "4",
    );
    /// A rating that is shown.
    AverageRating as "AverageRating": text(
        "0 to 5, with two digits behind the point.",
        "^([0-4]\\.[0-9]{2}|5\\.00)$",
        "4.50",
    );
    /// An e-mail address.
    EmailSchema as "Email": text(
            "An e-mail address; its case does not matter. Letters of all scripts are taken.",
            EMAIL,
            "aigerim@example.kz",
        ).max_length(Some(254));
    /// The code of a promotion.
    PromoCodeSchema as "PromoCode": text(
        "The code of a promotion; its case does not matter.",
        "^[A-Za-z0-9_-]{1,32}$",
        "SUMMER25",
    );
    /// Where the page before ended.
    CursorSchema as "Cursor": ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Where the page before ended: the `next_cursor` of the same list."))
        .pattern(Some("^[A-Za-z0-9_-]*$"))
        .max_length(Some(1000));
    /// An end of a range of time.
    RangeEdge as "RangeEdge": text("A day, or a time.", EDGE, "2026-01-01");
    /// The name of a time zone.
    TimeZoneSchema as "TimeZone": text("The name of a time zone.", TIME_ZONE, "Asia/Almaty").max_length(Some(64));
    /// A moment of the log.
    AsOfSchema as "AsOf": OneOfBuilder::new()
        .description(Some("An RFC 3339 time, or a position of the log."))
        .item(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
        )
        .item(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .pattern(Some("^[0-9a-f]{1,15}-[0-9a-f]{1,15}$")),
        );
    /// What else there is to say of a product, by name.
    AttributesSchema as "Attributes": ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("What else there is to say, by name."))
        .property_names(Some(Schema::from(text_of(0, 64))))
        .additional_properties(Some(Schema::from(text_of(0, 1000))))
        .max_properties(Some(50))
        .examples([serde_json::json!({ "colour": "black" })]);
    /// The images of a product.
    ImageUrlsSchema as "ImageUrls":
        ArrayBuilder::new().items(text_of(0, 2000)).max_items(Some(20));
    /// The categories that a promotion is for.
    CategoriesSchema as "Categories":
        ArrayBuilder::new().items(text_of(1, 64)).min_items(Some(1)).max_items(Some(100));
    /// What a log-in may be asked for with.
    GrantType as "GrantType": one_of(&["password", ""]);
    /// How far an order has come.
    OrderStatusSchema as "OrderStatus": one_of(&OrderStatus::ALL);
    /// How an order is delivered.
    DeliveryMethodSchema as "DeliveryMethod":
        one_of(&[DeliveryMethod::Standard, DeliveryMethod::Express, DeliveryMethod::SameDay]);
    /// How an order is paid.
    PaymentMethodSchema as "PaymentMethod":
        one_of(&[PaymentMethod::Card, PaymentMethod::Kaspi, PaymentMethod::CashOnDelivery]);
    /// How far a payment has come.
    PaymentStatusSchema as "PaymentStatus": one_of(&[
        payment::Status::Pending,
        payment::Status::Processing,
        payment::Status::Completed,
        payment::Status::Failed,
        payment::Status::Refunded,
    ]);
    /// Whether a gift card can be spent.
    GiftCardStatusSchema as "GiftCardStatus": one_of(&[
        gift_card::Status::Pending,
        gift_card::Status::Active,
        gift_card::Status::Disabled,
        gift_card::Status::Expired,
        gift_card::Status::Used,
        gift_card::Status::Withdrawn,
    ]);
    /// Whether a review is shown.
    ReviewStatusSchema as "ReviewStatus":
        one_of(&[review::Status::Pending, review::Status::Published, review::Status::Rejected]);
    /// How far a delivery to a webhook has come.
    DeliveryStatusSchema as "DeliveryStatus": one_of(
        &[
            DeliveryStatus::Pending,
            DeliveryStatus::Delivered,
            DeliveryStatus::Failed,
            DeliveryStatus::Cancelled,
        ]
        .map(DeliveryStatus::as_str),
    );
    /// What a webhook is told of.
    WebhookEvents as "WebhookEvents": ArrayBuilder::new()
        .items(one_of(&Topic::ALL.iter().map(|topic| topic.as_str()).collect::<Vec<_>>()))
        .min_items(Some(1))
        .max_items(Some(50));
    /// An account of the journal.
    JournalAccount as "JournalAccount": one_of(&ledger::Account::ALL);
    /// What moved the balance of a gift card.
    CardEntryKind as "CardEntryKind": one_of(&[
        gift_card_entries::Kind::Issued,
        gift_card_entries::Kind::Held,
        gift_card_entries::Kind::Captured,
        gift_card_entries::Kind::Voided,
        gift_card_entries::Kind::CreditedBack,
        gift_card_entries::Kind::Expired,
    ]);
    /// What moved points.
    PointsEntryKind as "PointsEntryKind": one_of(&[
        loyalty_entries::Kind::Earned,
        loyalty_entries::Kind::Activated,
        loyalty_entries::Kind::Held,
        loyalty_entries::Kind::Spent,
        loyalty_entries::Kind::Released,
        loyalty_entries::Kind::Restored,
        loyalty_entries::Kind::Reversed,
        loyalty_entries::Kind::Expired,
    ]);
    /// What moved the stock of a product: `reserved` is for an order, and ends `sold` or `released`.
    StockMovementKind as "StockMovementKind": one_of(&[
        stock_movements::Kind::Received,
        stock_movements::Kind::Adjusted,
        stock_movements::Kind::Reserved,
        stock_movements::Kind::Sold,
        stock_movements::Kind::Released,
        stock_movements::Kind::Returned,
    ]);
    /// The order of products.
    ProductSort as "ProductSort": one_of(&[
        catalogue::Sort::Price,
        catalogue::Sort::PriceDescending,
        catalogue::Sort::Name,
        catalogue::Sort::NameDescending,
        catalogue::Sort::Rating,
        catalogue::Sort::Newest,
        catalogue::Sort::Relevance,
    ]);
    /// The order of albums.
    AlbumSort as "AlbumSort": one_of(&[
        albums::Sort::Price,
        albums::Sort::PriceDescending,
        albums::Sort::Name,
        albums::Sort::NameDescending,
        albums::Sort::Title,
        albums::Sort::TitleDescending,
        albums::Sort::Year,
        albums::Sort::YearDescending,
        albums::Sort::Rating,
        albums::Sort::Newest,
        albums::Sort::Relevance,
    ]);
    /// The order of artists.
    ArtistSort as "ArtistSort": one_of(&[
        artists::Sort::Name,
        artists::Sort::NameDescending,
        artists::Sort::Newest,
        artists::Sort::Relevance,
    ]);
    /// The order of reviews.
    ReviewSort as "ReviewSort": one_of(&[reviews::Sort::Newest, reviews::Sort::Rating]);
);

fn text(description: &str, pattern: &str, example: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .pattern(Some(pattern))
        .examples([example])
}

fn text_of(least: usize, most: usize) -> Object {
    let least = Some(least).filter(|least| *least > 0);
    ObjectBuilder::new().schema_type(Type::String).min_length(least).max_length(Some(most)).build()
}

/// One of these, as they are written.
fn one_of<T: Serialize>(values: &[T]) -> Object {
    let shown = values.iter().map(|value| serde_json::to_value(value).unwrap_or(Value::Null));
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(shown)).build()
}
